"""Requests that change features, and what is looked at afterwards."""

import json

from django.test import Client

from layers.plants import Plant
from tests import make

TREES = "/api/collections/fruit-trees/items"


def an_apple():
    """A tree in a town, at version 1."""
    make.town()
    return make.plant(
        species=make.species(), cultivar="Boskoop", height_m=4.0, crown_m=2.0, note="am Weg"
    )


def send(method, path, content=None, media_type="application/geo+json", **headers):
    data = content if isinstance(content, str | bytes) else json.dumps(content)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    client = Client(enforce_csrf_checks=True)
    return client.generic(method, path, data, content_type=media_type, headers=names)


def put(tree, document, who, **headers):
    return send("PUT", f"{TREES}/{tree.id}", document, **{**who, **headers})


def patch(tree, content, who, **headers):
    path, media_type = f"{TREES}/{tree.id}", "application/merge-patch+json"
    return send("PATCH", path, content, media_type, **{**who, **headers})


def read(tree, **parameters):
    response = Client().get(f"{TREES}/{tree.id}", parameters)
    assert response.status_code == 200
    return json.loads(response.content)


def changed(document, **properties):
    return {**document, "properties": {**document["properties"], **properties}}


def problem(response, status):
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    return json.loads(response.content)


def now(tree):
    return Plant.objects.get(pk=tree.pk)

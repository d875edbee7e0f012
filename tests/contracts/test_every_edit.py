"""Create, replace, update and delete, for each layer that takes edits: at once for staff, as proposals for anybody."""

from __future__ import annotations

import json
import uuid

import pytest
from django.db import models
from django.test import Client

from geoplatform.catalog import registry
from geoplatform.contributions.models import Action, Proposal
from tests import make
from tests.contracts import samples
from tests.services import people

pytestmark = pytest.mark.django_db
EDITABLE = [layer for layer in registry.layers() if layer.editable]


@pytest.fixture(params=EDITABLE, ids=lambda layer: layer.name)
def layer(request):
    return request.param


@pytest.fixture
def feature(layer):
    make.town()
    make.species()
    return samples.feature(layer)


def send(method, address, content=None, who=None, media_type="application/geo+json"):
    client = Client(enforce_csrf_checks=True)
    data = "" if content is None else json.dumps(content)
    response = client.generic(method, address, data, content_type=media_type, headers=who or {})
    assert not response.cookies
    return response


def items(layer):
    return f"/api/collections/{layer.name}/items"


def read(layer, id):
    response = Client().get(f"{items(layer)}/{id}")
    assert response.status_code == 200, response.content
    return json.loads(response.content)


def a_text(layer):
    """An editable property that takes any text, or a choice, with a value that the sample does not have."""
    for name in layer.editable:
        field = layer.model._meta.get_field(name)
        if field.choices:
            return name, field.choices[-1][0]
        if isinstance(field, models.CharField | models.TextField) and not isinstance(
            field, models.URLField
        ):
            return name, "Neu"
    pytest.fail(f"{layer.name} has no text to edit")


def new_document(layer, feature):
    """A copy of the sample as a client would send it, under an id of its own."""
    copy = read(layer, feature.id)
    related = {
        name: str(getattr(row, row.reference))
        for name in layer.editable
        if isinstance(layer.model._meta.get_field(name), models.ForeignKey)
        and (row := getattr(feature, name)) is not None
    }
    own = {
        rule.own: getattr(feature, rule.own)
        for rule in layer.model.derived
        if rule.own in layer.editable
    }
    properties = {**copy["properties"], **related, **own}
    return {**copy, "id": str(uuid.uuid4()), "properties": properties}


def test_staff_edits_at_once(layer, feature):
    staff = people.staff()
    document = new_document(layer, feature)
    made = send("POST", items(layer), document, staff)
    assert made.status_code == 201, made.content
    address = made.headers["Location"]
    assert address.endswith(document["id"])
    name, value = a_text(layer)

    copy = read(layer, document["id"])
    replaced = send(
        "PUT", address, {**copy, "properties": {**copy["properties"], name: value}}, staff
    )
    assert replaced.status_code == 200, replaced.content
    found = read(layer, document["id"])
    assert (found["properties"][name], found["properties"]["version"]) == (value, 2)
    assert found["geometry"] == copy["geometry"]

    before = copy["properties"][name]
    patched = send(
        "PATCH",
        address,
        {"properties": {name: before}},
        staff,
        "application/merge-patch+json",
    )
    assert patched.status_code == 200, patched.content
    assert read(layer, document["id"])["properties"][name] == before

    assert send("DELETE", address, None, staff).status_code == 204
    assert Client().get(address).status_code == 404
    states = set(Proposal.objects.values_list("state", flat=True))
    assert states == {"applied"}


def test_what_was_read_can_be_sent_back(layer, feature):
    response = send("PUT", f"{items(layer)}/{feature.id}", read(layer, feature.id), people.staff())
    assert response.status_code == 200, response.content
    assert read(layer, feature.id)["properties"]["version"] == 1


def test_anybody_proposes(layer, feature):
    name, value = a_text(layer)
    address = f"{items(layer)}/{feature.id}"
    body = {"properties": {name: value}}
    assert send("PATCH", address, body).status_code == 202
    assert send("DELETE", address).status_code == 202
    document = new_document(layer, feature)
    made = send("POST", items(layer), document)
    assert made.status_code == (201 if layer.open_to_all and not layer.reviewed else 202)
    assert read(layer, document["id"])["properties"]["status"] in ("unconfirmed", "proposed")
    assert read(layer, feature.id)["properties"]["version"] == 1
    waiting = Proposal.objects.exclude(state="applied")
    assert {Action.CHANGE, Action.DELETE} <= set(waiting.values_list("action", flat=True))
    listed = json.loads(Client().get("/api/proposals").content)
    assert {each["id"] for each in listed["features"]} == {str(each.pk) for each in waiting}


def test_it_says_what_may_be_done(layer, feature):
    assert "POST" in Client().options(items(layer)).headers["Allow"]
    allowed = Client().options(f"{items(layer)}/{feature.id}").headers["Allow"]
    assert {"PUT", "DELETE"} <= set(allowed.split(", "))
    described = json.loads(Client().get("/api/openapi").content)["paths"]
    path = f"/collections/{layer.name}/items"
    assert "post" in described[path]
    assert {"put", "patch", "delete"} <= set(described[f"{path}/{{id}}"])
    schema = json.loads(Client().get(f"/api/collections/{layer.name}/schema").content)
    assert schema["properties"]["version"]["readOnly"]


@pytest.mark.parametrize("name", [each.name for each in registry.layers() if not each.editable])
def test_the_others_are_read_only(name):
    address = f"/api/collections/{name}/items"
    for method, path in (("POST", address), ("PUT", f"{address}/{uuid.uuid4()}")):
        response = send(method, path, {"type": "Feature"}, people.staff())
        assert response.status_code == 405
        assert response.headers["Allow"] == "GET, HEAD, OPTIONS"

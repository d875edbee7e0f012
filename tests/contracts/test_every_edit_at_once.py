"""The usual edit is one statement that is a transaction of its own: for each layer that takes edits."""

from __future__ import annotations

import json

import psycopg
import pytest
from django.db import connection
from django.test import Client

from geoplatform.catalog import registry
from geoplatform.contributions.models import Proposal
from tests import make
from tests.contracts import samples
from tests.contracts.test_every_edit import a_text, items, read, send
from tests.services import people

PATCH = "application/merge-patch+json"


@pytest.fixture(
    params=[layer for layer in registry.layers() if layer.editable], ids=lambda layer: layer.name
)
def layer(request):
    return request.param


@pytest.fixture
def feature(fresh_database, layer):
    make.town()
    make.species()
    return samples.feature(layer)


def shifted(geometry):
    """The same, a millionth of a degree or so to the east."""

    def moved(positions):
        if isinstance(positions[0], list):
            return [moved(each) for each in positions]
        return [round(positions[0] + 0.00001, 7), *positions[1:]]

    return {**geometry, "coordinates": moved(geometry["coordinates"])}


def told(response):
    """What an answer says, without the links."""
    return {k: v for k, v in json.loads(response.content).items() if k != "links"}


def test_what_is_answered_is_what_is_read_afterwards(layer, feature):
    """The answer comes with the write; nothing that follows it may change what it said."""
    staff = people.staff()
    address = f"{items(layer)}/{feature.id}"
    name, value = a_text(layer)
    wishes = [{"properties": {name: value}}]
    if layer.geometry:
        wishes.append({"geometry": shifted(read(layer, feature.id)["geometry"])})
    for number, wish in enumerate(wishes, 2):
        answer = send("PATCH", address, wish, staff, PATCH)
        assert answer.status_code == 200, answer.content
        again = Client().get(address)
        assert told(answer) == told(again)
        assert answer.headers["ETag"] == again.headers["ETag"]
        assert told(again)["properties"]["version"] == number
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.actor, c.channel FROM contributions_proposal p"
            " JOIN history_changeset c ON c.id = p.changeset AND c.transaction <> 0 ORDER BY c.id"
        )
        found = cursor.fetchall()
    assert len(found) == len(set(Proposal.objects.values_list("changeset", flat=True)))
    assert {channel for _actor, channel in found} == {"api"}
    assert all(actor.startswith("user:") for actor, _channel in found)


def test_it_takes_two_statements(layer, feature, monkeypatch):
    """One asks who it is and how the feature is, one writes; nothing is forgotten or begun besides."""
    staff = people.staff()
    address = f"{items(layer)}/{feature.id}"
    name, value = a_text(layer)
    before = getattr(feature, name)
    assert send("PATCH", address, {"properties": {name: value}}, staff, PATCH).status_code == 200
    connection.connection.may_know_who = False
    asked = []
    execute, command = psycopg.Cursor.execute, psycopg.Connection._exec_command

    def executed(cursor, query, *given, **more):
        asked.append(query)
        return execute(cursor, query, *given, **more)

    def commanded(session, text, *given, **more):
        asked.append(text)
        return command(session, text, *given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", executed)
        patch.setattr(psycopg.Connection, "_exec_command", commanded)  # BEGIN and COMMIT
        answer = send("PATCH", address, {"properties": {name: before}}, staff, PATCH)
    assert not connection.connection.may_know_who  # the next one has nothing to forget
    assert answer.status_code == 200, answer.content
    assert len(asked) == 2, asked

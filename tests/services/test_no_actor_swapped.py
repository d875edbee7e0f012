"""Requests of many people through one server and its pool of connections: each edit is its own author's."""

import json

import pytest
from django.contrib.auth.models import User
from django.db import connection

from geoplatform.contributions import keys
from geoplatform.contributions.models import Proposal
from geoplatform.contributions.roles import Role, make_token
from geoplatform.history.models import Changeset
from tests import make
from tests.services import people
from tests.services.edit_traffic import UNLIMITED, Person, Traffic
from tests.serving import serving

VERSIONS = """
    SELECT c.actor, v.note FROM (
        SELECT opened_by, note FROM history.layers_plant UNION ALL
        SELECT changeset, note FROM layers_plant) v
    JOIN history_changeset c ON c.id = v.opened_by"""


def with_roles(number: int) -> tuple[Person, str]:
    user = User.objects.create_user(f"staff-{number}")
    Role.objects.create(user=user, kind="staff")
    text = make_token(user=user, name="test", layers=[], expires=None)[1]
    return Person(f"staff {number}", people.bearer(text)), f"user:{user.pk}"


def with_keys(number: int) -> tuple[Person, str]:
    secret = keys.new_secret()
    headers = {"Contributor-Key": secret}
    return Person(f"browser {number}", headers), f"key:{keys.of_key(secret).pk}"


def proven(database, requests: int) -> None:
    make.town()
    make.species()
    pairs = [with_roles(n) for n in range(12)] + [with_keys(n) for n in range(12)]
    pairs += [(Person("nobody", {}), "anonymous")] * 3
    actors = {person.name: actor for person, actor in pairs}
    environment = {**database.environment, "CONTRIBUTIONS": UNLIMITED}
    with serving(environment) as (address, _process):
        sent = Traffic(address, [person for person, _actor in pairs], seed=7).run(requests)
    assert len(sent) == requests
    assert {each.status for each in sent} <= {200, 201, 202}

    stored = {str(each.pk): each for each in Proposal.objects.select_related("author").iterator()}
    said = dict(Changeset.objects.values_list("id", "actor"))
    assert len(stored) == requests, "none lost, none doubled"
    for each in sent:
        proposal = stored[each.key]
        author = proposal.author.actor if proposal.author else "anonymous"
        assert author == actors[each.person]
        if proposal.changeset:
            assert said[proposal.changeset] == actors[each.person]
    with connection.cursor() as cursor:
        cursor.execute(VERSIONS)
        versions = cursor.fetchall()
    applied = sum(each.state == "applied" for each in stored.values())
    assert len(versions) == applied > requests * 0.7
    assert {(actor, actors[note]) for actor, note in versions} == {
        (actor, actor) for actor in set(actors.values())
    }, json.dumps(sorted({(a, n) for a, n in versions}))


def test_hundreds_of_requests_swap_no_actor(fresh_database):
    proven(fresh_database, 300)


@pytest.mark.prove
def test_ten_thousand_requests_swap_no_actor(fresh_database):
    proven(fresh_database, 10_000)

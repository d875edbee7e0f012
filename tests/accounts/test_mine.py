"""What belongs to a key or an account: seen, withdrawn, taken away and erased by it alone."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from geoplatform.accounts import retention
from geoplatform.contributions import access, keys
from geoplatform.contributions.models import Contributor, Proposal
from geoplatform.contributions.roles import AccessToken, Role, make_token
from geoplatform.contributions.services import Author, reject, submit
from geoplatform.pages import guard
from layers.plants import Plant
from tests import make
from tests.contributions.people import add, layer, reviewer, send

pytestmark = pytest.mark.django_db
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def tree():
    """An apple of somebody else's."""
    make.town()
    return add(Author(), make.species())


def change(tree, author: Author, value: str = "Boskoop"):
    return submit(
        layer=layer(),
        action="change",
        author=author,
        channel="test",
        feature=tree.feature_id,
        values={"cultivar": value},
        reason="Schild am Baum",
    )


def ask(client: Client | None = None, headers=OURS, **fields):
    return (client or Client()).post("/my/", fields, headers=headers)


def test_a_key_shows_what_came_of_its_proposals(tree):
    secret = keys.new_secret()
    author = access.author_of_key(secret, True)
    waiting, declined = change(tree, author), change(tree, author, "Topaz")
    reject(proposal=declined.proposal.pk, reviewer=reviewer(), reason="Das ist ein Gravensteiner.")
    answer = ask(key=secret)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "wartet" in page
    assert "Das ist ein Gravensteiner." in page
    assert str(waiting.proposal.pk) in page
    assert secret not in page
    assert not answer.cookies
    assert "no-store" in answer.headers["Cache-Control"]


def test_an_unknown_key_shows_nothing_and_makes_nobody(tree):
    before = Contributor.objects.count()
    assert "nicht bekannt" in ask(key=keys.new_secret()).content.decode()
    assert "nicht bekannt" in ask(key="x").content.decode()
    assert Contributor.objects.count() == before


def test_withdraw_is_the_authors_alone(tree):
    secret = keys.new_secret()
    waiting = change(tree, access.author_of_key(secret, True)).proposal
    other = keys.new_secret()
    access.author_of_key(other, True)
    for wrong in (other, keys.new_secret()):
        ask(key=wrong, do="withdraw", proposal=str(waiting.pk))
        waiting.refresh_from_db()
        assert waiting.state == "open"
    assert ask(key=secret, do="withdraw", proposal="nonsense").status_code == 422
    assert ask(key=secret, do="withdraw", proposal=str(waiting.pk)).status_code == 200
    waiting.refresh_from_db()
    assert waiting.state == "withdrawn"


def test_nothing_happens_from_another_site(tree):
    secret = keys.new_secret()
    access.author_of_key(secret, True)
    answer = ask(key=secret, do="erase", sure="yes", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert access.author_of_key(secret, False)


def test_everything_can_be_taken_away(tree):
    secret = keys.new_secret()
    sent = change(tree, access.author_of_key(secret, True))
    answer = ask(key=secret, do="export")
    document = json.loads(answer.content)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert [each["id"] for each in document["proposals"]] == [str(sent.proposal.pk)]
    assert document["proposals"][0]["properties"]["values"] == {"cultivar": "Boskoop"}


def test_erasing_cuts_the_link_and_keeps_what_was_given(tree):
    secret = keys.new_secret()
    given = add(access.author_of_key(secret, True), make.species("Pyrus communis"))
    assert ask(key=secret, do="erase").status_code == 422
    assert access.author_of_key(secret, False)
    assert "data-erased" in ask(key=secret, do="erase", sure="yes").content.decode()
    assert access.author_of_key(secret, False) is None
    assert Plant.objects.filter(pk=given.feature_id).exists()
    assert Proposal.objects.get(pk=given.proposal.pk).author.key_hash is None


def test_an_account_needs_no_script(tree):
    user = User.objects.create_user("ada")
    client = Client()
    client.force_login(user)
    waiting = change(tree, access.author_of_user(user)).proposal
    assert str(waiting.pk) in client.get("/my/").content.decode()
    assert ask(client, do="withdraw", proposal=str(waiting.pk)).status_code == 303
    waiting.refresh_from_db()
    assert waiting.state == "withdrawn"
    document = json.loads(ask(client, do="export").content)
    assert document["account"]["username"] == "ada"
    assert ask(client, do="erase", sure="yes").headers["Location"] == "/"
    assert not User.objects.filter(username="ada").exists()
    assert Proposal.objects.get(pk=waiting.pk).author.user is None


def test_who_holds_a_role_is_not_deleted_by_the_way(tree):
    user = User.objects.create_user("ada")
    Role.objects.create(user=user, kind="reviewer")
    access.author_of_user(user)
    client = Client()
    client.force_login(user)
    assert ask(client, do="erase", sure="yes").status_code == 422
    assert User.objects.filter(username="ada").exists()


def test_the_maps_form_belongs_to_the_key_that_came_with_it(tree):
    secret = keys.new_secret()
    fields = {
        "token": guard.token("fruit-trees"),
        "species": "Apfel",
        "latitude": "53.06",
        "longitude": "11.06",
        "consent": "1.0",
    }
    wrong = Client().post(
        "/fruit-trees/new", {**fields, "species": "", "key": secret}, headers=OURS
    )
    assert wrong.status_code == 422
    assert access.author_of_key(secret, False) is None
    sent = Client().post("/fruit-trees/new", {**fields, "key": secret}, headers=OURS)
    assert sent.status_code == 303
    found = Proposal.objects.get(author__key_hash__isnull=False)
    assert found.author == access.author_of_key(secret, False).contributor
    assert (found.consent, found.licence) == ("1.0", "cc-zero")


def test_what_is_not_needed_any_longer_is_forgotten(tree):
    old, young = keys.new_secret(), keys.new_secret()
    author = access.author_of_key(old, True)
    given = send("report", author, feature=tree.feature_id, kind="private")
    access.author_of_key(young, True)
    today = timezone.localdate()
    Contributor.objects.filter(pk=author.contributor.pk).update(
        last_seen=today - dt.timedelta(days=366)
    )
    user = User.objects.create_user("ada")
    for days in (-31, -1, 1):
        make_token(user=user, name=str(days), layers=[], expires=today + dt.timedelta(days=days))
    for session_days in (-1, 1):
        store = SessionStore()
        store.set_expiry(dt.timedelta(days=session_days))
        store.create()
    assert retention.forget() == {"keys": 1, "tokens": 1, "sessions": 1}
    assert access.author_of_key(old, False) is None
    assert access.author_of_key(young, False)
    assert set(AccessToken.objects.values_list("name", flat=True)) == {"-1", "1"}
    assert Session.objects.count() == 1
    assert Proposal.objects.get(pk=given.proposal.pk).author == author.contributor
    call_command("retention", verbosity=0)

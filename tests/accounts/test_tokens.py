"""The page of access tokens: shown once, one's own alone, ended at once."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from geoplatform.contributions.access import author_of_token
from geoplatform.contributions.roles import AccessToken

pytestmark = pytest.mark.django_db
PAGE = "/accounts/tokens/"


def visitor(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.create_user(name))
    return client


def made(client: Client, **fields) -> str:
    answer = client.post(PAGE, {"name": "QGIS", "days": 30, **fields})
    assert answer.status_code == 200
    return re.search(r"geoplatform_[\w-]{43}", answer.content.decode()).group()


def test_a_token_is_shown_once_and_works():
    client = visitor("ada")
    text = made(client, layers=["trees"])
    author = author_of_token(text)
    assert author
    assert author.layers == {"trees"}
    page = client.get(PAGE).content.decode()
    assert text not in page
    assert "QGIS" in page


def test_an_ended_token_is_worth_nothing():
    client = visitor("ada")
    text = made(client)
    assert client.post(f"{PAGE}{AccessToken.objects.get().pk}/end").status_code == 302
    assert author_of_token(text) is None
    assert "beendet" in client.get(PAGE).content.decode()


def test_nobody_sees_or_ends_another_ones():
    text = made(visitor("ada"))
    eve = visitor("eve")
    assert "Sie haben keine" in eve.get(PAGE).content.decode()
    assert eve.post(f"{PAGE}{AccessToken.objects.get().pk}/end").status_code == 404
    assert author_of_token(text)


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"name": "x" * 81}, {"days": 10**6}, {"layers": ["nothing"]}]
)
def test_wrong_wishes_are_told(fields):
    answer = visitor("ada").post(PAGE, {"name": "QGIS", "days": 30, **fields})
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert not AccessToken.objects.exists()


def test_there_is_an_end_to_tokens():
    client = visitor("ada")
    for _each in range(20):
        made(client)
    assert client.post(PAGE, {"name": "QGIS", "days": 30}).status_code == 422


def test_the_page_is_for_accounts():
    assert Client().get(PAGE).headers["Location"].startswith("/accounts/login/")
    assert Client().get(f"/en{PAGE}").headers["Location"].startswith("/en/accounts/login/")


def test_a_token_is_made_with_our_form_alone():
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_user("ada"))
    assert client.post(PAGE, {"name": "QGIS", "days": 30}).status_code == 403

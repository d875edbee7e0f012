"""Addresses whose views come with their first request."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import translation

from geoplatform.pages.later import Later

HEAVY = ("pandas", "geopandas", "scipy")
LOOK = f"""
import sys
import geoplatform.wsgi
from django.urls import get_resolver, reverse
assert reverse("planning") and len(get_resolver().reverse_dict) > 50
print([name for name in {HEAVY!r} if name in sys.modules])
"""


def later(patterns: Any) -> Iterator[Later]:
    for each in patterns:
        if not isinstance(each, URLPattern):
            yield from later(each.url_patterns)
        elif isinstance(each.callback, Later):
            yield each.callback


FOUND = sorted({each.name: each for each in later(get_resolver().url_patterns)}.items())


def test_there_are_such_addresses() -> None:
    assert len(FOUND) > 10


@pytest.mark.parametrize(("name", "address"), FOUND, ids=[name for name, _address in FOUND])
def test_the_view_is_there(name: str, address: Later) -> None:
    assert callable(address.view)
    assert address.view.__name__ == name.rpartition(".")[2]


@pytest.mark.django_db
def test_who_draws_needs_no_cookie() -> None:
    """What the view says of itself reaches Django through the address: there the origin is looked at instead."""
    client = Client(enforce_csrf_checks=True)
    with translation.override("en"):
        address = reverse("scenario-draw")
    ours = client.post(address, {}, headers={"origin": "http://testserver"})
    assert ours.status_code == 400  # there is no town to draw in: the view itself has answered
    theirs = client.post(address, {}, headers={"origin": "https://elsewhere.example"})
    assert theirs.status_code == 403
    assert "not sent from a page of this platform" in theirs.content.decode()


def test_a_server_starts_without_the_planners_libraries() -> None:
    command = [sys.executable, "-c", LOOK]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"

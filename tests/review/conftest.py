"""People who review, logged in, and something for them to look at."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from geoplatform.contributions.models import Role
from tests import make


@pytest.fixture(autouse=True)
def forgetful():
    """Pages keep names and outlines for a minute; tests do not wait for it."""
    cache.clear()
    yield
    cache.clear()


def client_of(name: str, **role) -> Client:
    """A client that is logged in; with a role where one is given."""
    user = User.objects.create_user(name)
    if role:
        Role.objects.create(user=user, **role)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def apple(db):
    make.town()
    return make.species()


@pytest.fixture
def tree(apple):
    return make.plant(species=apple, note="old", height_m=3.0)


@pytest.fixture
def reviewer(apple) -> Client:
    """Somebody who decides about everything everywhere."""
    return client_of("everywhere", kind="reviewer")

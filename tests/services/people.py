"""Who sends requests, in tests: tokens of accounts with and without roles, keys of browsers."""

from __future__ import annotations

import base64
from itertools import count

from django.contrib.auth.models import User

from geoplatform.contributions import keys
from geoplatform.contributions.roles import Role, make_token

NUMBERS = count()


def token(role: str | None = None, layers: tuple[str, ...] = (), **scope) -> str:
    """A token of a new account, with a role (all municipalities and layers unless `scope` says less) or none."""
    user = User.objects.create_user(f"person-{next(NUMBERS)}", password=None)
    if role:
        Role.objects.create(user=user, kind=role, **scope)
    return make_token(user=user, name="test", layers=list(layers), expires=None)[1]


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def basic(text: str, name: str = "me") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{text}".encode()).decode()}


def staff(**scope) -> dict[str, str]:
    return bearer(token("staff", **scope))


def browser() -> dict[str, str]:
    return {"Contributor-Key": keys.new_secret()}

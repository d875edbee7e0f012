"""Who somebody is by what they show: a token, an account or a contributor's key. No HTTP here.

The services of this room ask an `Author` alone; rooms above take what came with a request to one of these functions.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Feature
from geoplatform.contributions import keys
from geoplatform.contributions.models import Contributor
from geoplatform.contributions.roles import PREFIX, AccessToken, Role, digest_of
from geoplatform.contributions.who import Author, Reviews, everywhere, nowhere
from geoplatform.query.select import raw_cursor

LONGEST = 200  # characters that are looked at as a token
DECIDING = (Role.Kind.REVIEWER, Role.Kind.STAFF)


def author_of_token(text: str, *, address: str = "") -> Author | None:
    """The owner of a token, narrowed to its layers; None when it is unknown, revoked, expired or its owner inactive.

    Whoever logs in with a name besides (HTTP Basic) should compare it with `author.contributor.user.username`.
    """
    if not text.startswith(PREFIX) or len(text) > LONGEST:
        return None
    today = timezone.localdate()
    with connection.wrap_database_errors, raw_cursor() as cursor:
        row = cursor.execute(_shown(), [digest_of(text), today], prepare=True).fetchone()
    if row is None:
        return None
    token, layers, last_used, superuser, held, *contributor = row
    user = User(pk=contributor[-1], is_superuser=superuser)
    if last_used != today:
        AccessToken.objects.filter(pk=token).update(last_used=today)
    known = contributor[0] is not None
    found = (
        Contributor.from_db("default", COLUMNS, contributor[:-1]) if known else keys.of_user(user)
    )
    found.user = user
    return _author(
        user, found, [_role(each) for each in json.loads(held)], json.loads(layers) or None, address
    )


COLUMNS = [each.attname for each in Contributor._meta.concrete_fields]


@cache
def _shown() -> str:
    """Token, account, contributor and roles at once: every request of a program asks this. Planned once."""
    contributor = ", ".join(f"c.{each}" for each in COLUMNS)
    return f"""SELECT t.id, t.layers, t.last_used, u.is_superuser,
        (SELECT coalesce(jsonb_agg(jsonb_build_array(r.kind, r.municipality_id, r.layer)), '[]')
            FROM contributions_role r WHERE r.user_id = u.id),
        {contributor}, u.id
        FROM contributions_accesstoken t JOIN auth_user u ON u.id = t.user_id
        LEFT JOIN contributions_contributor c ON c.user_id = u.id
        WHERE t.digest = %s AND t.revoked IS NULL AND (t.expires IS NULL OR t.expires >= %s) AND u.is_active"""


# Django's connections leave JSON to its fields, so it comes as text.
def _role(told: tuple[str, str | None, str]) -> Role:
    kind, municipality, layer = told
    return Role(
        kind=kind, municipality_id=uuid.UUID(municipality) if municipality else None, layer=layer
    )


def author_of_user(
    user: AbstractBaseUser | AnonymousUser,
    *,
    address: str = "",
    layers: Collection[str] | None = None,
    make: bool = True,
) -> Author:
    """An account with its roles, narrowed to `layers` where these are given.

    make  whether its row of contributor is made where it has none: not for pages that only read
    """
    if not isinstance(user, User) or not user.is_active:
        return Author(address=address)
    contributor = keys.of_user(user) if make else Contributor.objects.filter(user=user).first()
    if contributor is not None:
        contributor.user = user  # known already, so nobody asks the database for it again
    return _author(user, contributor, roles_of(user), layers, address)


def _author(
    user: User,
    contributor: Contributor | None,
    held: list[Role],
    layers: Collection[str] | None,
    address: str,
) -> Author:
    return Author(
        contributor=contributor,
        reviews=_where(user, held, DECIDING, layers),
        trusted=_where(user, held, Role.Kind.values, layers),
        layers=None if layers is None else frozenset(layers),
        address=address,
    )


def author_of_key(secret: str, make: bool, *, address: str = "") -> Author | None:
    """The contributor of a key; None when it is no key, or nobody's and `make` is false (reading makes none)."""
    if not keys.SECRET.fullmatch(secret):
        return None
    contributor = keys.of_key(secret) if make else keys.known(secret)
    return Author(contributor=contributor, address=address) if contributor else None


def roles_of(user: Any) -> list[Role]:
    return list(Role.objects.filter(user=user)) if user.is_authenticated else []


def reviews_somewhere(user: Any) -> bool:
    """Whether somebody may enter the room of review at all."""
    if not user.is_active or not user.is_authenticated:
        return False
    return user.is_superuser or Role.objects.filter(user=user, kind__in=DECIDING).exists()


def _where(
    user: User, held: Iterable[Role], kinds: Collection[str], layers: Collection[str] | None
) -> Reviews:
    """Where one of these roles holds. Superusers hold all of them everywhere."""
    scopes = {(role.municipality_id, role.layer) for role in held if role.kind in kinds}
    if layers is None and user.is_superuser:
        return everywhere
    if not scopes and not user.is_superuser:
        return nowhere

    def holds(layer: Layer, municipality: uuid.UUID | None) -> bool:
        if layers is not None and layer.name not in layers:
            return False
        return user.is_superuser or any(
            town in (None, municipality) and name in ("", layer.name) for town, name in scopes
        )

    return holds


def may_edit(user: Any, model: type[Feature]) -> Q | None:
    """Which rows of a model an account may edit in the administration by its staff roles; None: none at all."""
    found: Q | None = None
    for role in roles_of(user):
        if role.kind != Role.Kind.STAFF:
            continue
        layers = [each for each in registry.layers() if each.model is model]
        for layer in layers:
            if role.layer not in ("", layer.name):
                continue
            rows = Q() if role.layer == "" else (layer.where or Q())
            if role.municipality_id:
                # A municipality's own row is named by its key.
                own = "pk" if layer.role == "municipality" else "municipality"
                rows &= Q(**{own: role.municipality_id})
            found = rows if found is None else found | rows
    return found

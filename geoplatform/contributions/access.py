"""Who somebody is by what they show: a token, an account or a contributor's key. No HTTP here.

The services of this room ask an `Author` alone; rooms above take what came with a request to one of these functions.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import Q
from django.utils import timezone

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Feature
from geoplatform.contributions import keys
from geoplatform.contributions.looking import Situation, bound, feature_sql, situation
from geoplatform.contributions.models import Contributor
from geoplatform.contributions.roles import PREFIX, AccessToken, Role, digest_of
from geoplatform.contributions.statements import ask
from geoplatform.contributions.who import Author, Reviews, everywhere, nowhere

LONGEST = 200  # characters that are looked at as a token
DECIDING = (Role.Kind.REVIEWER, Role.Kind.STAFF)
ANY_KIND = tuple(Role.Kind.values)


def author_of_token(text: str, *, address: str = "") -> Author | None:
    """The owner of a token, narrowed to its layers; None when it is unknown, revoked, expired or its owner inactive."""
    if not _may_be_a_token(text):
        return None
    row = ask(TOKEN, _shown(text))
    return _owner(row, address) if row else None


def author_and_feature(
    text: str,
    layer: Layer,
    *,
    feature: uuid.UUID,
    id: uuid.UUID | None = None,
    geometry: str | None = None,
    address: str = "",
) -> tuple[Author, Situation] | None:
    """`author_of_token`, and by the same statement `looking.look_at_feature`, without a lock: a message to the database
    and back costs more than either."""
    if not _may_be_a_token(text):
        return None
    parameters = {**bound(layer, id, feature, None, geometry), **_shown(text)}
    row = ask(_token_and_feature(layer, geometry is not None), parameters)
    if row is None:
        return None
    seen = row[WIDTH:]
    # What is not there is not looked for in its history here: whoever wants to know looks again.
    gone = Situation(known=False, taken=False)
    return _owner(row[:WIDTH], address), situation(layer, seen) if seen[0] is not None else gone


def _may_be_a_token(text: str) -> bool:
    return text.startswith(PREFIX) and len(text) <= LONGEST


def _shown(text: str) -> dict[str, Any]:
    return {"digest": digest_of(text), "today": timezone.localdate()}


COLUMNS = [each.attname for each in Contributor._meta.concrete_fields]
# Token, account, contributor and roles at once: every request of a program asks this.
TOKEN = f"""SELECT t.id AS token, t.layers, t.last_used IS NOT DISTINCT FROM %(today)s::date AS used, u.is_superuser,
        (SELECT coalesce(jsonb_agg(jsonb_build_array(r.kind, r.municipality_id, r.layer)), '[]')
            FROM contributions_role r WHERE r.user_id = u.id) AS roles,
        u.id AS account, {", ".join(f"c.{each}" for each in COLUMNS)}
        FROM contributions_accesstoken t JOIN auth_user u ON u.id = t.user_id
        LEFT JOIN contributions_contributor c ON c.user_id = u.id
        WHERE t.digest = %(digest)s AND t.revoked IS NULL AND (t.expires IS NULL OR t.expires >= %(today)s)
            AND u.is_active"""
WIDTH = 6 + len(COLUMNS)


@cache
def _token_and_feature(layer: Layer, moves: bool) -> str:
    seen = feature_sql(layer, moves, lock=False, author="who.id")
    return f"WITH who AS MATERIALIZED ({TOKEN}) SELECT * FROM who LEFT JOIN LATERAL ({seen}) seen ON true"


def _owner(row: Sequence[Any], address: str) -> Author:
    token, layers, used, superuser, held, user, *contributor = row
    if not used:
        AccessToken.objects.filter(pk=token).update(last_used=timezone.localdate())
    known = contributor[0] is not None
    found = (
        Contributor.from_db("default", COLUMNS, contributor)
        if known
        else keys.of_user(User(pk=user))
    )
    scopes = [_held(each) for each in json.loads(held)]
    return _author(superuser, found, scopes, json.loads(layers) or None, address)


class Held(NamedTuple):
    """A role that somebody has: what kind, and where (None: in all municipalities; empty: for all layers)."""

    kind: str
    municipality: uuid.UUID | None
    layer: str


# Django's connections leave JSON to its fields, so it comes as text.
def _held(told: tuple[str, str | None, str]) -> Held:
    kind, municipality, layer = told
    return Held(kind, uuid.UUID(municipality) if municipality else None, layer)


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
    held = [Held(each.kind, each.municipality_id, each.layer) for each in roles_of(user)]
    return _author(user.is_superuser, contributor, held, layers, address)


def _author(
    superuser: bool,
    contributor: Contributor | None,
    held: list[Held],
    layers: Collection[str] | None,
    address: str,
) -> Author:
    return Author(
        contributor=contributor,
        reviews=_where(superuser, held, DECIDING, layers),
        trusted=_where(superuser, held, ANY_KIND, layers),
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
    superuser: bool, held: Iterable[Held], kinds: Collection[str], layers: Collection[str] | None
) -> Reviews:
    """Where one of these roles holds. Superusers hold all of them everywhere."""
    scopes = {(role.municipality, role.layer) for role in held if role.kind in kinds}
    if layers is None and superuser:
        return everywhere
    if not scopes and not superuser:
        return nowhere

    def holds(layer: Layer, municipality: uuid.UUID | None) -> bool:
        if layers is not None and layer.name not in layers:
            return False
        return superuser or any(
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

"""Scenarios kept and found again. Whoever saves over a version that they have not seen is told so, never obeyed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from geoplatform.analysis.overlay import Overlay
from geoplatform.planning.models import Scenario
from geoplatform.query.errors import QueryError

MOST_SCENARIOS = 100  # of an account
MOST_VERSIONS = 100  # of a scenario
MOST_NAME = 200
MOST_NOTE = 5000


class Stale(Exception):
    """Somebody has saved since; `version` is what stands there now (None: nothing any more)."""

    def __init__(self, version: int | None) -> None:
        super().__init__(version)
        self.version = version


class NotYours(Exception):
    """A scenario is changed and deleted by its author alone."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What is to be kept. `base` is the instant of the data that it was looked at with."""

    name: str
    note: str
    overlay: Overlay
    question: dict[str, str]
    municipalities: Sequence[str]
    base: dt.datetime


def found(key: uuid.UUID, version: int | None = None) -> Scenario | None:
    """A version of a scenario, the newest without a number; None where there is none."""
    versions = Scenario.objects.filter(key=key)
    if version is not None:
        versions = versions.filter(version=version)
    return versions.order_by("-version").first()


def of(author: User) -> list[Scenario]:
    """The newest version of each scenario of somebody, the last saved first; their drawings are read when asked for."""
    own = Scenario.objects.filter(author=author).defer("overlay")
    newest = own.order_by("key", "-version").distinct("key")
    return sorted(newest, key=lambda each: each.saved, reverse=True)


def save(*, author: User, draft: Draft, key: uuid.UUID | None, seen: int) -> Scenario:
    """A version more; the first of a new scenario without `key`. `seen` is the version that the author has looked at.

    Raises QueryError, Stale, NotYours.
    """
    _check(draft)
    if key is None:
        own = Scenario.objects.filter(author=author).values("key").distinct()
        if own.count() >= MOST_SCENARIOS:
            raise QueryError("name", _("You have %d scenarios: delete one first.") % MOST_SCENARIOS)
        return _added(author, draft, uuid.uuid4(), 1)
    there = found(key)
    if there is None:
        raise Stale(None)
    if there.author != author:
        raise NotYours
    if there.version != seen:
        raise Stale(there.version)
    if there.version >= MOST_VERSIONS:
        message = _("This scenario has %d versions: keep it under another name.")
        raise QueryError("name", message % MOST_VERSIONS)
    return _added(author, draft, key, seen + 1)


def delete(*, author: User, key: uuid.UUID) -> None:
    """All versions of a scenario. Raises NotYours."""
    versions = Scenario.objects.filter(key=key)
    if versions.exclude(author=author).exists() and not author.is_superuser:
        raise NotYours
    versions.delete()


def _check(draft: Draft) -> None:
    if not draft.name:
        raise QueryError("name", _("Please give it a name."))
    texts: list[tuple[str, str, int]] = [("name", draft.name, MOST_NAME), ("note", draft.note, MOST_NOTE)]  # fmt: skip
    for field, text, most in texts:
        if len(text) > most:
            message = _("This is longer than %d characters.")
            raise QueryError(field, message % most)
        if "\x00" in text:
            raise QueryError(field, _("This holds a character that cannot be stored."))
    if not draft.overlay.parts:
        raise QueryError("overlay", _("Nothing is drawn yet."))


def _added(author: User, draft: Draft, key: uuid.UUID, version: int) -> Scenario:
    values: dict[str, Any] = {
        "name": draft.name,
        "note": draft.note,
        "overlay": draft.overlay.document(),
        "question": draft.question,
        "municipalities": list(draft.municipalities),
        "base": draft.base,
    }
    try:
        with transaction.atomic():
            made = Scenario.objects.create(key=key, version=version, author=author, **values)
    except IntegrityError:
        there = found(key)
        raise Stale(there.version if there else None) from None
    made.refresh_from_db()
    return made

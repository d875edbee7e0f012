"""What is read of contributions: the queue, the public overlay, one's own, one proposal with all that decides it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from geoplatform.catalog.layer import Layer
from geoplatform.contributions.models import WAITING, Contributor, Decision, Proposal


@dataclass(frozen=True)
class Difference:
    """One field of a proposal in three columns, as JSON values (a geometry as GeoJSON, a related row by its reference).

    verdict  "apply", "same" (nothing to do) or "conflict"
    part     all fields that are decided together with it
    """

    name: str
    label: str
    base: Any
    theirs: Any
    ours: Any
    verdict: str
    part: tuple[str, ...]


def queue(
    *,
    layers: Collection[str] | None = None,
    municipality: uuid.UUID | None = None,
    quarter: uuid.UUID | None = None,
    actions: Collection[str] | None = None,
    states: Collection[str] = WAITING,
    older_than: dt.datetime | None = None,
    author: int | None = None,
    newest_first: bool = False,
) -> QuerySet[Proposal]:
    """What waits, oldest first, with quarter, municipality and author joined; slice it for a page."""
    raise NotImplementedError


def tally(**narrowed: Any) -> dict[str, dict[str, int]]:
    """How many wait, by quarter (id), layer, action and state: {"quarter": {...}, ...}. Arguments as of `queue`."""
    raise NotImplementedError


def overlay(
    *,
    layer: Layer | None = None,
    bbox: Sequence[float] | None = None,
    feature: uuid.UUID | None = None,
    after: uuid.UUID | None = None,
    limit: int = 100,
) -> list[Proposal]:
    """What waits, for everybody: /api/proposals. bbox west, south, east, north in EPSG:4326; in order of ids."""
    raise NotImplementedError


def public(proposal: Proposal) -> dict[str, Any]:
    """A proposal as a GeoJSON Feature without a trace of its author: properties layer, action, kind, feature, values,
    reason, state, waits_for, created, changed, decisions with reasons."""
    raise NotImplementedError


def proposal(id: uuid.UUID) -> Proposal | None:
    """One proposal with quarter, municipality and author joined."""
    raise NotImplementedError


def held_creation(layer: Layer, id: uuid.UUID) -> Proposal | None:
    """The proposal of a feature that is not there yet: its item address answers with it, `status: proposed`."""
    raise NotImplementedError


def mine(contributor: Contributor) -> QuerySet[Proposal]:
    """All that somebody proposed, newest first."""
    raise NotImplementedError


def about(layer: Layer, feature: uuid.UUID) -> QuerySet[Proposal]:
    """All proposals about a feature, newest first."""
    raise NotImplementedError


def decisions(proposal: Proposal) -> list[Decision]:
    """What was decided about it, oldest first."""
    raise NotImplementedError


def differences(proposal: Proposal) -> list[Difference]:
    """Three columns, field by field, against the feature as it is now."""
    raise NotImplementedError


def record(contributor: Contributor) -> dict[str, int]:
    """How many of somebody's proposals are in each state."""
    raise NotImplementedError

"""Decide about what waits. All need a person who reviews the layer at the place of the proposal (`Author.reviews`)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.gis.geos import GEOSGeometry

from geoplatform.contributions.outcome import Outcome
from geoplatform.contributions.who import Author


def accept(
    *,
    proposal: uuid.UUID,
    reviewer: Author,
    fields: Collection[str] | None = None,
    edited: Mapping[str, Any] | None = None,
    geometry: GEOSGeometry | None = None,
    seen: int | None = None,
    reason: str = "",
    channel: str = "review",
) -> Outcome:
    """Apply a waiting proposal: whole, in part, or edited.

    fields    names (of `layer.editable`, the geometry's too) that are taken; None: all. The rest is left as it is
    edited    values of the model's types that the reviewer gives instead of, or besides, the proposed ones
    geometry  the same for the geometry
    seen      the feature's version that the reviewer looked at. What the proposal and later changes disagree about is
              then decided for the proposal, but not against changes later than `seen`. None: against nobody

    Raises InConflict (the proposal waits as `conflict` afterwards: this alone is written), NotThere, NotAllowed,
    WrongState, ValidationError.
    """
    raise NotImplementedError


def reject(*, proposal: uuid.UUID, reviewer: Author, reason: str) -> Outcome:
    """Decline a waiting proposal, with a reason that everybody sees. Raises ValidationError without one, NotThere,
    NotAllowed, WrongState."""
    raise NotImplementedError


def supersede(*, proposal: uuid.UUID, reviewer: Author, by: uuid.UUID, reason: str = "") -> Outcome:
    """End a waiting proposal because another one, `by`, says the same or more. Raises as `reject`."""
    raise NotImplementedError


def merge_duplicates(
    *,
    layer: Any,
    keep: uuid.UUID,
    remove: Collection[uuid.UUID],
    reviewer: Author,
    values: Mapping[str, Any] | None = None,
    reason: str = "",
    channel: str = "review",
) -> int:
    """Delete features that are the same as `keep`, give `keep` the values that the reviewer chose, and end the waiting
    proposals about the deleted ones: one transaction, one changeset.

    The version of `keep` afterwards. Raises NotThere, NotAllowed, ValidationError.
    """
    raise NotImplementedError

"""Send a proposal: judge it, apply it at once or let it wait."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.gis.geos import GEOSGeometry

from geoplatform.catalog.layer import Layer
from geoplatform.contributions.models import Action
from geoplatform.contributions.outcome import Outcome
from geoplatform.contributions.who import Author


def submit(
    *,
    layer: Layer,
    action: Action | str,
    author: Author,
    channel: str,
    id: uuid.UUID | None = None,
    feature: uuid.UUID | None = None,
    base_version: int | None = None,
    values: Mapping[str, Any] | None = None,
    geometry: GEOSGeometry | None = None,
    reason: str = "",
    kind: str = "",
    duplicate_of: uuid.UUID | None = None,
    consent: str = "",
) -> Outcome:
    """Store a proposal and, where trust, place and rate allow it, apply it in the same transaction.

    id            made by the client: the Idempotency-Key, and of a creation the feature's id. None: made here
    feature       what it is about; of a creation the same as `id`
    base_version  the version that the author saw; None: the current one (so it overwrites what it names)
    values        names of `layer.editable` to values of the model's types, a related row as instance. Of a change
                  those that were sent, changed or not: what equals the base is left alone
    geometry      EPSG:4326, longitude first, of the layer's type (geometry.parse_geometry, geometry.make_point)
    kind          of a confirmation or report (models.Kind)
    duplicate_of  of the report `duplicate`: the feature that stays
    consent       version of the licence text that the author accepted

    The outcome's state is `applied`, `held` (a creation, or what only a reviewer may let through), `open` (two
    independent contributors or a reviewer may let it through) or `conflict` (kept, waiting; `merge` tells with what).
    Raises ValidationError, AlreadyThere, OtherBody, NotThere, Blocked, TooMany; then nothing is written.
    """
    raise NotImplementedError

"""What a source says otherwise than people: it waits in the queue like anybody's proposal, and overwrites nobody.

A re-import writes in sets, so this takes many at once and stores them in one go. Who loads decides what disagrees
(exchange/merging.py); here it becomes proposals.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.contributions import deciding
from geoplatform.contributions.geometry import MOST_VERTICES
from geoplatform.contributions.models import WAITING, Action, Decision, Kind, Proposal, State
from geoplatform.contributions.submit import fingerprint
from geoplatform.contributions.values import shown

CHANNEL = "import"
# Why it waits (trust.why).
SOURCE = "source"
BATCH = 1000


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """The new word of a source about a feature that people changed.

    base_version  of the feature, where nothing of people's stood beside the source's; None: it never was
    says          columns' values by field name, a geometry as EWKB in hexadecimal
    moved         fields of which the source says something else than last time
    differs       fields that people changed, and that stand otherwise than the source says
    """

    layer: Layer
    feature: uuid.UUID
    base_version: int | None
    says: Mapping[str, Any]
    moved: frozenset[str]
    differs: frozenset[str]
    licence: str
    municipality: uuid.UUID | None = None
    quarter: uuid.UUID | None = None

    @property
    def new(self) -> frozenset[str]:
        """What the two disagree about since now."""
        return self.moved & self.differs

    @property
    def asked(self) -> frozenset[str]:
        """What of it people can decide in the queue."""
        return self.new & self._open

    @property
    def _open(self) -> frozenset[str]:
        names = {*self.layer.editable}
        place = self.layer.geometry
        if place and place in self.says and not _fits(self.says[place]):
            names.discard(place)
        return frozenset(names)

    def about(self, waiting: Iterable[frozenset[str]]) -> frozenset[str]:
        """The fields of one proposal that takes the place of those that wait already."""
        before = frozenset[str]().union(*waiting)
        return (self.new | before & self.differs) & self._open


def disagree(*, found: Sequence[Disagreement], actor: str, reason: str) -> int:
    """Store what a source says otherwise than people as proposals that wait, one for each feature; how many are new.

    One that waits since an earlier load ends where the source takes its word back: what is left of it goes into the new
    one. Call it within the load's transaction and changeset, the features locked.
    """
    waiting = _waiting([each.feature for each in found])
    made: list[tuple[Disagreement, frozenset[str]]] = []
    ended: list[Proposal] = []
    for each in found:
        before = waiting.get((each.feature, each.layer.name), [])
        stale = [one for one in before if _names(one) & each.moved]
        names = each.about(_names(one) for one in stale)
        ended += stale
        if names:
            made.append((each, names))
    for proposal in sorted(ended, key=lambda each: each.pk):
        deciding.decide(
            proposal,
            Decision.Kind.SUPERSEDE,
            State.SUPERSEDED,
            actor=actor,
            reason=_("The source says something else now."),
        )
    Proposal.objects.bulk_create(_proposals(made, reason), batch_size=BATCH)
    return len(made)


def _waiting(features: list[uuid.UUID]) -> dict[tuple[uuid.UUID, str], list[Proposal]]:
    found: dict[tuple[uuid.UUID, str], list[Proposal]] = {}
    if not features:
        return found
    waiting = Proposal.objects.select_for_update().filter(
        feature__in=features, state__in=WAITING, channel=CHANNEL, action=Action.CHANGE
    )
    for each in waiting.order_by("id"):
        found.setdefault((each.feature, each.layer), []).append(each)
    return found


def _names(proposal: Proposal) -> frozenset[str]:
    layer = registry.get(proposal.layer)
    place = [layer.geometry] if layer and layer.geometry and proposal.geometry is not None else []
    return frozenset([*proposal.fields, *place])


def _proposals(made: Sequence[tuple[Disagreement, frozenset[str]]], reason: str) -> list[Proposal]:
    by_layer: dict[Layer, list[tuple[Disagreement, frozenset[str]]]] = {}
    for one in made:
        by_layer.setdefault(one[0].layer, []).append(one)
    found = []
    for layer, group in by_layer.items():
        rows = shown(
            layer,
            [{n: each.says[n] for n in names if n != layer.geometry} for each, names in group],
        )
        for (each, names), values in zip(group, rows, strict=True):
            place = each.says[layer.geometry] if layer.geometry in names else None
            found.append(
                _stored(
                    each,
                    layer=layer.name,
                    action=Action.CHANGE,
                    base_version=each.base_version,
                    fields=values,
                    geometry=GEOSGeometry(place) if place else None,
                    reason=reason,
                    state=State.CONFLICT,
                    waits_for=SOURCE,
                )
            )
    return found


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A feature that a source does not name any more, though people have found it there since."""

    layer: str
    feature: uuid.UUID
    version: int
    licence: str
    municipality: uuid.UUID | None = None
    quarter: uuid.UUID | None = None


def missing(*, found: Sequence[Missing], reason: str) -> None:
    """Store that a source says they are gone, as reports that wait. Call it as `disagree`."""
    _report(found, reason=reason, kind=Kind.GONE, state=State.OPEN)


@dataclass(frozen=True, kw_only=True)
class Twin:
    """A feature of people's that may be the same as one of a source (`twin_of`)."""

    layer: str
    feature: uuid.UUID
    twin_of: uuid.UUID
    version: int
    licence: str
    municipality: uuid.UUID | None = None
    quarter: uuid.UUID | None = None


def twins(*, found: Sequence[Twin], reason: str) -> None:
    """Offer pairs to be laid side by side and merged, as reports of duplicates. Call it as `disagree`."""
    _report(found, reason=reason, kind=Kind.DUPLICATE, state=State.HELD)


def _report(
    found: Sequence[Missing] | Sequence[Twin], *, reason: str, kind: Kind, state: State
) -> None:
    """Store a report about each, which waits in this state."""
    Proposal.objects.bulk_create(
        [
            _stored(
                each,
                layer=each.layer,
                action=Action.REPORT,
                kind=kind,
                duplicate_of=each.twin_of if isinstance(each, Twin) else None,
                base_version=each.version,
                reason=reason,
                state=state,
                waits_for="report",
            )
            for each in found
        ],
        batch_size=BATCH,
    )


def _stored(about: Disagreement | Missing | Twin, **said: Any) -> Proposal:
    """A proposal that is not saved yet."""
    made = Proposal(
        id=uuid.uuid4(),
        feature=about.feature,
        channel=CHANNEL,
        licence=about.licence,
        municipality_id=about.municipality,
        quarter_id=about.quarter,
        **said,
    )
    made.fingerprint = fingerprint(made)
    return made


def _fits(geometry: str | None) -> bool:
    """Whether a proposal can hold it (database/sql/proposals.sql)."""
    return geometry is not None and GEOSGeometry(geometry).num_coords <= MOST_VERTICES

"""What is read of contributions: the queue, the public overlay, one's own, one proposal with all that decides it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import Polygon
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from psycopg import sql

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import own_field
from geoplatform.contributions import effect, looking
from geoplatform.contributions.models import (
    WAITING,
    Action,
    Contributor,
    Decision,
    Proposal,
    State,
)
from geoplatform.contributions.values import from_json, geojson, shown
from geoplatform.database import reading

JOINED = ("author", "quarter", "municipality")
OVERLAY_MOST = 1000


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


@dataclass(frozen=True)
class Seen:
    """Columns by name, a geometry as EWKB in hexadecimal."""

    base: dict[str, Any]
    now: dict[str, Any]


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
    found = Proposal.objects.filter(state__in=states)
    for name, value in (("municipality", municipality), ("quarter", quarter), ("author", author)):
        if value is not None:
            found = found.filter(**{name: value})
    if layers is not None:
        found = found.filter(layer__in=layers)
    if actions is not None:
        found = found.filter(action__in=actions)
    if older_than is not None:
        found = found.filter(created__lt=older_than)
    order = ("-created", "-id") if newest_first else ("created", "id")
    return found.select_related(*JOINED).order_by(*order)


def tally(**narrowed: Any) -> dict[str, dict[str, int]]:
    """How many wait, by quarter (id), layer, action and state: {"quarter": {...}, ...}. Arguments as of `queue`."""
    found = queue(**narrowed).select_related(None).order_by()
    return {
        name: {
            str(key) if key else "": number
            for key, number in found.values_list(name).annotate(number=Count("pk"))
        }
        for name in ("quarter", "layer", "action", "state")
    }


def overlay(
    *,
    layer: Layer | None = None,
    bbox: Sequence[float] | None = None,
    feature: uuid.UUID | None = None,
    states: Collection[str] = WAITING,
    after: uuid.UUID | None = None,
    limit: int = 100,
) -> list[Proposal]:
    """What waits, for everybody: /api/proposals. bbox west, south, east, north in EPSG:4326; in order of ids."""
    found = Proposal.objects.filter(state__in=set(states) & set(WAITING))
    if layer is not None:
        found = found.filter(layer=layer.name)
    if feature is not None:
        found = found.filter(feature=feature)
    if after is not None:
        found = found.filter(id__gt=after)
    if bbox is not None:
        found = found.filter(
            _within(Polygon.from_bbox((bbox[0], bbox[1], bbox[2], bbox[3])), layer)
        )
    found = found.prefetch_related("decisions").order_by("id")
    return list(found[: max(0, min(limit, OVERLAY_MOST))])


def _within(box: Polygon, layer: Layer | None) -> Q:
    """What is proposed within a box, or about a feature that lies there."""
    box.srid = 4326
    places = Q(geometry__intersects=box)
    for each in [layer] if layer is not None else registry.layers():
        if each.geometry and each.editable:
            there = each.model._default_manager.filter(**{f"{each.geometry}__intersects": box})
            places |= Q(layer=each.name, geometry=None, feature__in=there.values("pk"))
    return places


def public(proposal: Proposal) -> dict[str, Any]:
    """A proposal as a GeoJSON Feature without a trace of its author: properties layer, action, kind, feature, values,
    reason, state, waits_for, created, changed, decisions with reasons."""
    waits = proposal.state in WAITING
    return {
        "type": "Feature",
        "id": str(proposal.id),
        "geometry": geojson(proposal.geometry) if proposal.geometry is not None else None,
        "properties": {
            "layer": proposal.layer,
            "action": str(proposal.action),
            "kind": proposal.kind or None,
            "feature": str(proposal.feature),
            "duplicate_of": str(proposal.duplicate_of) if proposal.duplicate_of else None,
            "base_version": proposal.base_version,
            "values": proposal.fields,
            "reason": proposal.reason,
            "licence": str(proposal.licence),
            "state": str(proposal.state),
            "status": "proposed" if waits else None,
            "waits_for": proposal.waits_for or None,
            "created": proposal.created.isoformat(),
            "changed": proposal.changed.isoformat(),
            "decisions": [
                {
                    "kind": str(each.kind),
                    "from": str(each.was),
                    "to": str(each.became),
                    "reason": each.reason,
                    "at": each.at.isoformat(),
                }
                for each in decisions(proposal)
            ],
        },
    }


def proposal(id: uuid.UUID) -> Proposal | None:
    """One proposal with quarter, municipality and author joined."""
    return Proposal.objects.select_related(*JOINED).filter(pk=id).first()


def held_creation(layer: Layer, id: uuid.UUID) -> Proposal | None:
    """The proposal of a feature that is not there yet: its item address answers with it, `status: proposed`."""
    return Proposal.objects.filter(
        pk=id, layer=layer.name, action=Action.CREATE, state__in=WAITING
    ).first()


def mine(contributor: Contributor) -> QuerySet[Proposal]:
    """All that somebody proposed, newest first."""
    return Proposal.objects.filter(author=contributor).order_by("-created", "-id")


def about(layer: Layer, feature: uuid.UUID) -> QuerySet[Proposal]:
    """All proposals about a feature, newest first."""
    return (
        Proposal.objects.filter(layer=layer.name, feature=feature)
        .select_related("author")
        .order_by("-created", "-id")
    )


def decisions(proposal: Proposal) -> list[Decision]:
    """What was decided about it, oldest first."""
    # In Python, since they may be prefetched.
    return sorted(proposal.decisions.all(), key=lambda each: each.pk)


def differences(proposal: Proposal) -> list[Difference]:
    """Three columns, field by field, against the feature as it is now."""
    layer = registry.get(proposal.layer)
    if layer is None:
        return []
    now = _now(layer, proposal.feature)
    base = now.values if now else None
    if now is None or proposal.base_version not in (None, now.version):
        base = looking.version_of(layer, proposal.feature, proposal.base_version or 0)
    try:
        asked = from_json(layer, proposal.fields)
        wanted = effect.wanted_columns(layer, asked, proposal.geometry)
    except ValidationError:  # what it names is gone since: shown as it was written
        wanted = {}
    names = list(wanted)
    merge = None
    if now is not None and base is not None and proposal.action != Action.CREATE:
        merge = effect.merged(
            layer,
            now,
            wanted,
            feature=proposal.feature,
            base_version=proposal.base_version,
        )
        names = [n for n in layer.editable if any(n in part for part in _parts(merge, names))]
    columns = shown(
        layer,
        [
            {name: base[name] for name in names} if base else None,
            {name: now.values[name] for name in names} if now else None,
            {name: wanted.get(name, (base or {}).get(name)) for name in names},
        ],
    )
    return list(_differences(layer, names, columns, merge))


def changes_since(proposal: Proposal) -> list[Difference]:
    """What others changed in the feature since the author saw it, or that it is gone: what speaks against a deletion,
    and against any change of what is not there any more."""
    layer = registry.get(proposal.layer)
    if layer is None:
        return []
    now = _now(layer, proposal.feature)
    base = looking.version_of(layer, proposal.feature, proposal.base_version or 0)
    theirs = now.values if now else None
    names = [n for n in layer.editable if not base or not theirs or base[n] != theirs[n]]
    columns = shown(layer, [{n: row[n] for n in names} if row else None for row in (base, theirs)])
    return [
        Difference(
            name=name,
            label=str(own_field(layer, name).verbose_name),
            base=columns[0][name] if columns[0] else None,
            theirs=columns[1][name] if columns[1] else None,
            ours=None,
            verdict="conflict",
            part=tuple(names),
        )
        for name in names
    ]


def seen_at(layer: Layer, feature: uuid.UUID, version: int) -> Seen | None:
    """A feature's editable columns as they were at a version and as they are now; None: gone, or it never was."""
    now = _now(layer, feature)
    if now is None:
        return None
    base = now.values if now.version == version else looking.version_of(layer, feature, version)
    return Seen(base, now.values) if base is not None else None


def _now(layer: Layer, feature: uuid.UUID) -> looking.Situation | None:
    """The feature as it stands, without locking it."""
    found = looking.look_at_feature(layer, feature=feature, lock=False)
    return found if found.version is not None else None


def _parts(merge: Any, names: Iterable[str]) -> list[tuple[str, ...]]:
    return [each.fields for each in merge.conflicts] + [(name,) for name in names]


def _differences(
    layer: Layer, names: list[str], columns: list[dict[str, Any] | None], merge: Any
) -> Iterable[Difference]:
    base, theirs, ours = columns
    in_conflict = {
        n: each.fields for each in (merge.conflicts if merge else ()) for n in each.fields
    }
    for name in names:
        verdict = "apply" if merge is None or name in merge.apply else "same"
        yield Difference(
            name=name,
            label=str(own_field(layer, name).verbose_name),
            base=base[name] if base else None,
            theirs=theirs[name] if theirs else None,
            ours=ours[name] if ours else None,
            verdict="conflict" if name in in_conflict else verdict,
            part=in_conflict.get(
                name, next((part for part in layer.coupled if name in part), (name,))
            ),
        )


def record(contributor: Contributor) -> dict[str, int]:
    """How many of somebody's proposals are in each state."""
    found = Proposal.objects.filter(author=contributor).values_list("state")
    counted = dict(found.annotate(number=Count("pk")))
    return {state.value: int(counted.get(state.value, 0)) for state in State}


def standing_values(layer: Layer, feature: uuid.UUID) -> dict[str, Any] | None:
    """The editable values of a feature as it stands, as JSON (a related row by its reference); None: it is gone."""
    now = _now(layer, feature)
    return shown(layer, [now.values])[0] if now else None


def successor(layer: Layer, feature: uuid.UUID) -> uuid.UUID | None:
    """The feature that one goes on as, after people found the two to be the same; None where it is there itself,
    was deleted for another reason, or nothing is left of either."""
    statement = sql.SQL(
        """SELECT p.duplicate_of FROM history.{table} h JOIN contributions_proposal p
            ON p.feature = h.id AND p.changeset = h.closed_by AND p.kind = 'duplicate' AND p.state = 'applied'
        WHERE h.id = %s AND h.deleted ORDER BY h.version DESC LIMIT 1"""
    ).format(table=sql.Identifier(layer.model._meta.db_table))
    rows_there = layer.model._default_manager
    seen = {feature}
    if rows_there.filter(pk=feature).exists():
        return None
    while True:
        with reading.connection().cursor() as cursor:
            cursor.execute(statement, [feature])
            row = cursor.fetchone()
        if row is None or row[0] is None or row[0] in seen:
            return None
        feature = row[0]
        seen.add(feature)
        if rows_there.filter(pk=feature).exists():
            return feature

"""A feature through time: its versions, who made each and why, and what differs from the one before.

Only what a layer shows of a feature today is shown of what it was; a version that was not in the layer says no more
than that it was there. Of who made it, the kind is told, never who.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property, properties
from geoplatform.database.redaction import MARKER as MARKER
from geoplatform.query.compose import Statement, layer_condition
from geoplatform.query.crs import CRS84
from geoplatform.query.geojson import feature_text
from geoplatform.query.select import raw_cursor

MAX_VERSIONS = 100
# The beginning of a changeset's actor -> what is told of it.
KINDS = {
    "anonymous": "anonymous",
    "key": "contributor",
    "user": "account",
    "import": "import",
    "operator": "operator",
    "database": "operator",
}
# What the database assigns by today's borders, and what a version is anyway.
NO_DIFFERENCE = {"municipality", "quarter", "changed", "version"}


@dataclass(frozen=True)
class Changeset:
    """Who (a kind of KINDS, else "other"), why, by which road and when."""

    id: int
    by: str
    reason: str
    channel: str
    at: dt.datetime


@dataclass(frozen=True)
class Difference:
    """One property in two versions, as GeoJSON has its values."""

    property: Property
    before: Any
    after: Any


@dataclass(frozen=True)
class Moved:
    """Another geometry than before: how far its middle moved, in metres, and for lines and areas their size (m, m²)."""

    metres: float
    size_before: float | None
    size: float | None


@dataclass(frozen=True)
class Version:
    """One version. `end` is None while it stands. What was not in the layer has no feature, and nothing to differ.

    feature     GeoJSON with all public properties; those that the database derives, by today's borders and species
    before      the geometry of the version before, where it was another one
    deletion    the changeset that deleted the feature in this version
    """

    number: int
    start: dt.datetime
    end: dt.datetime | None
    changeset: Changeset
    deletion: Changeset | None
    feature: Mapping[str, Any] | None
    returned: bool
    differences: Sequence[Difference]
    moved: Moved | None
    before: Mapping[str, Any] | None


@dataclass(frozen=True)
class History:
    """Some versions of a feature, the last one first; whether there are earlier ones, and how many in all."""

    versions: Sequence[Version]
    count: int
    more: bool


def history(
    layer: Layer, id: uuid.UUID, *, limit: int = MAX_VERSIONS, before: int | None = None
) -> History | None:
    """The versions of a feature, those before the number `before`; None where it was never in the layer."""
    with raw_cursor() as cursor:
        statement, parameters = _sql(layer, id, limit, before)
        rows = cursor.execute(statement, parameters).fetchall()
        count, shown = cursor.execute(*_counted(layer, id)).fetchone() or (0, 0)
    if not shown:
        return None
    raw = [_Row(*row) for row in rows]
    found = [
        _version(layer, row, raw[n + 1] if n + 1 < len(raw) else None)
        for n, row in enumerate(raw[:limit])
    ]
    return History(found, int(count), len(raw) > limit)


@dataclass(frozen=True)
class _Row:
    version: int
    start: dt.datetime
    end: dt.datetime | None
    deleted: bool
    shown: bool
    text: str
    opened: str
    closed: str | None
    metres: float | None
    size_before: float | None
    size: float | None


def _sql(
    layer: Layer, id: uuid.UUID, limit: int, before: int | None
) -> tuple[sql.Composed, list[Any]]:
    statement = Statement(layer, versions_of=id)
    number = statement.own("version")
    geometry: list[sql.Composable] = [sql.SQL("NULL")] * 3
    if layer.geometry:
        geometry = _geometry(layer, statement.own(layer.geometry), number)
    condition, parameters = _shown(layer, statement)
    columns: list[sql.Composable] = [
        number,
        statement.own("changed"),
        *(sql.SQL("{}.{}").format(statement.table, sql.Identifier(n)) for n in ("valid_to", "deleted")),
        condition,
        feature_text(statement, properties(layer), CRS84),
        _changeset("opened_by", statement),
        _changeset("closed_by", statement),
        *geometry,
    ]  # fmt: skip
    text = statement.select(columns)
    # The version before is there too: windows run over all of them, before the cut.
    cut = sql.SQL(
        "SELECT * FROM ({}) v (n, a, b, c, d, e, f, g, h, i, j){} ORDER BY n DESC LIMIT {}"
    )
    where = sql.SQL(" WHERE n < {}").format(sql.Literal(before)) if before is not None else sql.SQL("")  # fmt: skip
    return cut.format(text, where, sql.Literal(limit + 1)), parameters


def _counted(layer: Layer, id: uuid.UUID) -> tuple[sql.Composed, list[Any]]:
    statement = Statement(layer, versions_of=id)
    condition, parameters = _shown(layer, statement)
    statement.own("id")
    return statement.select(
        [sql.SQL("count(*), count(*) FILTER (WHERE {})").format(condition)]
    ), parameters


def _shown(layer: Layer, statement: Statement) -> tuple[sql.Composable, list[Any]]:
    """Whether a version was in the layer."""
    condition = layer_condition(layer)
    if condition is None:
        return sql.SQL("true"), []
    text, parameters, columns = condition
    statement.columns.update(columns)
    return sql.SQL("coalesce({}, false)").format(sql.SQL(text)), list(parameters)


def _changeset(column: str, statement: Statement) -> sql.Composable:
    return sql.SQL(
        "(SELECT jsonb_build_array(c.id, c.actor, c.reason, c.channel, c.at) FROM public.history_changeset c"
        " WHERE c.id = {}.{})"
    ).format(statement.table, sql.Identifier(column))


def _geometry(layer: Layer, stored: sql.Composable, number: sql.Composable) -> list[sql.Composable]:
    """How far the middle moved, where the geometry is another one, and the sizes; on the ellipsoid, in metres."""
    earlier = sql.SQL("lag({}) OVER (ORDER BY {})").format(stored, number)
    metres = sql.SQL(
        "CASE WHEN {now} IS DISTINCT FROM {then} THEN"
        " ST_Distance(ST_Centroid({now})::geography, ST_Centroid({then})::geography) END"
    ).format(now=stored, then=earlier)
    measure = {1: "ST_Length({}::geography)", 2: "ST_Area({}::geography)"}.get(layer.dimension or 0)
    if measure is None:
        return [metres, sql.SQL("NULL"), sql.SQL("NULL")]
    size: sql.Composable = sql.SQL(measure).format(stored)
    return [metres, sql.SQL("lag({}) OVER (ORDER BY {})").format(size, number), size]


def _version(layer: Layer, row: _Row, earlier: _Row | None) -> Version:
    feature = json.loads(row.text) if row.shown else None
    then = json.loads(earlier.text) if earlier and earlier.shown else None
    moved = None
    if feature and then and row.metres is not None:
        moved = Moved(row.metres, row.size_before, row.size)
    opened = _told(row.opened)
    assert opened is not None
    return Version(
        number=row.version,
        start=row.start,
        end=row.end,
        changeset=opened,
        deletion=_told(row.closed) if row.deleted else None,
        feature=feature,
        returned=bool(earlier and earlier.deleted),
        differences=differences(layer, then["properties"], feature["properties"])
        if feature and then
        else (),
        moved=moved,
        before=then["geometry"] if moved and then else None,
    )


def _told(text: str | None) -> Changeset | None:
    if text is None:
        return None
    # Django leaves JSON to its own fields: it arrives as text.
    id, actor, reason, channel, at = json.loads(text)
    kind = KINDS.get(actor.partition(":")[0], "other")
    return Changeset(id, kind, reason, channel, dt.datetime.fromisoformat(at))


def differences(
    layer: Layer, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Difference]:
    """What differs, each thing said once: a species by its name, not by all that follows from it."""
    chosen = properties(layer)
    names = {each.name for each in chosen}
    differing = [
        each
        for each in chosen
        if each.name not in NO_DIFFERENCE and before.get(each.name) != after.get(each.name)
    ]
    # A property called like its foreign key stands for the related row as a whole.
    others = {
        each.foreign_key.name
        for each in differing
        if each.foreign_key is not None and each.foreign_key.name == each.name
    }
    follows = {rule.field: rule.path.partition("__")[0] for rule in layer.model.derived}
    return [
        Difference(each, before.get(each.name), after.get(each.name))
        for each in differing
        if follows.get(each.path) not in others
        and (
            each.foreign_key is None
            or each.foreign_key.name == each.name
            or each.foreign_key.name not in names
        )
    ]

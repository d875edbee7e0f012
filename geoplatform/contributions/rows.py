"""The statements of a contribution: one that locks and looks, one that writes feature and proposal together.

An edit through the platform should cost little more than the edit itself, so what decides about it is read in one
statement, and what follows is written in another. SQL is composed once for each layer and set of columns; values are
always bound.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.db import connection, models
from django.db.models import NOT_PROVIDED
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import has_field, own_field
from geoplatform.contributions.models import Proposal
from geoplatform.contributions.trust import OPEN_REPORTS
from geoplatform.contributions.values import column, hex_of
from geoplatform.history.upkeep import condition, upkeep_of
from geoplatform.query.select import raw_cursor

ZONES = """(
    SELECT coalesce(bool_or(z.reviews_new), false)::int + 2 * coalesce(bool_or(z.reviews_changes), false)::int
    FROM contributions_zone z
    WHERE (z.layers = '[]' OR z.layers @> to_jsonb(%(layer)s::text)) AND (z.until IS NULL OR z.until >= current_date)
        AND ({where}))"""
LICENCE = """(
    SELECT l.licence FROM catalog_licensing l WHERE l."table" = %(table)s AND l.municipality_id = {municipality})"""
KNOWN = "EXISTS (SELECT FROM contributions_proposal p WHERE p.id = %(id)s)"
TAKEN = """(EXISTS (SELECT FROM public.{table} t WHERE t.id = %(feature)s)
    OR EXISTS (SELECT FROM history.{table} h WHERE h.id = %(feature)s))"""


@dataclass(frozen=True)
class Situation:
    """What decides about a proposal, read in one statement; a feature that it is about is locked from then on.

    known         a proposal with this id is stored already
    taken         the feature exists or has existed
    version       of the feature; None: it is not there (any more)
    values        columns of its editable fields, a geometry as EWKB in hexadecimal
    creator       contributor who added it
    municipality  where it is, or would be added (id); `destination` where it would be moved to
    """

    known: bool
    taken: bool
    version: int | None = None
    status: str = ""
    in_layer: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    creator: int | None = None
    municipality: uuid.UUID | None = None
    quarter: uuid.UUID | None = None
    destination: uuid.UUID | None = None
    licence: str | None = None
    zone_of_new: bool = False
    zone_of_changes: bool = False
    open_reports: int = 0
    source: int | None = None


@dataclass(frozen=True)
class Written:
    """A feature after it was written; of a deleted one the last version."""

    version: int
    changeset: int
    municipality: uuid.UUID | None
    quarter: uuid.UUID | None
    in_layer: bool


def look_at_place(
    layer: Layer, *, id: uuid.UUID, geometry: str | None, author: int | None, source: str
) -> Situation:
    """Before a creation."""
    parameters = {**_names(layer, id, id, author), "geometry": geometry, "source": source}
    row = _ask(_place_sql(layer), parameters)
    known, taken, municipality, quarter, licence, zones, reports, source_id = row
    return Situation(
        known=known,
        taken=taken,
        municipality=municipality,
        quarter=quarter,
        licence=licence,
        zone_of_new=bool(zones & 1),
        zone_of_changes=bool(zones & 2),
        open_reports=reports or 0,
        source=source_id,
    )


def look_at_feature(
    layer: Layer,
    *,
    feature: uuid.UUID,
    id: uuid.UUID | None = None,
    geometry: str | None = None,
    author: int | None = None,
    lock: bool = True,
) -> Situation:
    """Before anything about a feature that is there; locks its row unless it is only looked at."""
    parameters = {**_names(layer, id, feature, author), "geometry": geometry}
    row = _ask(_feature_sql(layer, geometry is not None, lock), parameters)
    if row is None:
        known, taken = _ask(_gone_sql(layer), parameters)
        return Situation(known=known, taken=taken)
    fixed, values = row[:11], row[11:]
    known, version, status, in_layer, municipality, quarter = fixed[:6]
    destination, licence, zones, reports, creator = fixed[6:]
    return Situation(
        known=known,
        taken=True,
        version=version,
        status=status,
        in_layer=in_layer,
        values=dict(zip(layer.editable, values, strict=True)),
        creator=creator,
        municipality=municipality,
        quarter=quarter,
        destination=destination,
        licence=licence,
        zone_of_new=bool(zones & 1),
        zone_of_changes=bool(zones & 2),
        open_reports=reports or 0,
    )


def version_of(layer: Layer, feature: uuid.UUID, version: int) -> dict[str, Any] | None:
    """Columns of the editable fields at a closed version, or None."""
    names = sql.SQL(", ").join(sql.Identifier(_column_of(layer, name)) for name in layer.editable)
    statement = sql.SQL("SELECT {} FROM history.{} WHERE id = %s AND version = %s").format(
        names, sql.Identifier(layer.model._meta.db_table)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [feature, version])
        row = cursor.fetchone()
    return dict(zip(layer.editable, row, strict=True)) if row else None


def changed_by_others(
    layer: Layer, feature: uuid.UUID, since: int, current: dict[str, Any], author: int | None
) -> set[str]:
    """Names of the editable fields that changed after the version `since`, but not by what this author sent from the
    very same copy of the feature."""
    table = sql.Identifier(layer.model._meta.db_table)
    names = sql.SQL(", ").join(
        sql.SQL("h.") + sql.Identifier(_column_of(layer, name)) for name in layer.editable
    )
    statement = sql.SQL(
        "SELECT EXISTS (SELECT FROM contributions_proposal p WHERE p.author_id = %s AND p.feature = h.id"
        " AND p.changeset = h.closed_by AND p.base_version = %s AND p.channel = 'api'), {}"
        " FROM history.{} h WHERE h.id = %s AND h.version >= %s ORDER BY h.version"
    ).format(names, table)
    with connection.cursor() as cursor:
        cursor.execute(statement, [author, since, feature, since])
        versions = cursor.fetchall()
    after = [*(each[1:] for each in versions[1:]), tuple(current[n] for n in layer.editable)]
    return {
        name
        for (own, *before), then in zip(versions, after, strict=True)
        for name, old, new in zip(layer.editable, before, then, strict=True)
        if not own and old != new
    }


def add(layer: Layer, made: models.Model, note: Proposal | None = None) -> Written:
    """Insert a feature and, beside it, the proposal that asked for it."""
    values = {
        f"f_{each.column}": _stored(each, getattr(made, each.attname)) for each in _inserted(layer)
    }
    return _write(_add_sql(layer, note is not None), {**values, **_note(note)})


def change(
    layer: Layer, feature: uuid.UUID, values: dict[str, Any], note: Proposal | None = None
) -> Written:
    """Write columns' values by field name (also `status`, `last_confirmed`) into a feature that is locked."""
    statement = _change_sql(layer, tuple(sorted(values)), note is not None)
    given = {f"f_{name}": value for name, value in values.items()}
    return _write(statement, {**given, "target": feature, **_note(note)})


def delete(layer: Layer, feature: uuid.UUID, note: Proposal | None = None) -> Written:
    """Delete a feature that is locked; its versions stay."""
    return _write(_delete_sql(layer, note is not None), {"target": feature, **_note(note)})


def note(proposal: Proposal) -> None:
    """Store a proposal alone."""
    _ask(_note_sql(False) + " RETURNING id", _note(proposal))


def _write(statement: str, parameters: dict[str, Any]) -> Written:
    return Written(*_ask(statement, parameters))


def _ask(statement: str, parameters: dict[str, Any]) -> Any:
    """The one row of a statement, or None. It is planned once for each connection, which halves its cost."""
    # The error handling that Django's own cursor has.
    with connection.wrap_database_errors, raw_cursor() as cursor:
        return cursor.execute(statement, parameters, prepare=True).fetchone()


def _names(
    layer: Layer, id: uuid.UUID | None, feature: uuid.UUID, author: int | None
) -> dict[str, Any]:
    return {
        "layer": layer.name,
        "table": layer.model._meta.db_table,
        "id": id,
        "feature": feature,
        "author": author,
    }


def _stored(each: Any, value: Any) -> Any:
    if value is not None and isinstance(each, GeometryField):
        return hex_of(value)
    return column(each, value)


def _column_of(layer: Layer, name: str) -> str:
    return str(own_field(layer, name).column)


def _inside(layer: Layer) -> str:
    """Whether a row is in the layer, as SQL with its values written out."""
    return (condition(layer) or "true").replace("%", "%%")


def _place_of(layer: Layer) -> tuple[str, str]:
    names = ("municipality", "quarter")
    return tuple(  # type: ignore[return-value]
        f"{name}_id" if has_field(layer, name) else "NULL::uuid" for name in names
    )


@cache
def _place_sql(layer: Layer) -> str:
    table = sql.Identifier(layer.model._meta.db_table).as_string(None)
    zones = ZONES.format(where="ST_Intersects(z.outline, %(geometry)s::geometry)")
    return f"""SELECT {KNOWN}, {TAKEN.format(table=table)}, t.municipality, t.quarter,
        {LICENCE.format(municipality="t.municipality")}, {zones},
        CASE WHEN %(author)s::bigint IS NOT NULL THEN ({OPEN_REPORTS.format(author="%(author)s")}) END,
        (SELECT s.id FROM catalog_source s WHERE s.name = %(source)s)
        FROM geoplatform.territory(%(geometry)s::geometry, NULL) t"""


@cache
def _feature_sql(layer: Layer, moves: bool, lock: bool) -> str:
    table = sql.Identifier(layer.model._meta.db_table).as_string(None)
    municipality, quarter = _place_of(layer)
    where, destination = "false", "NULL::uuid"
    if layer.geometry:
        here = f"ST_Intersects(z.outline, {table}.{_quoted(layer, layer.geometry)})"
        there = " OR ST_Intersects(z.outline, %(geometry)s::geometry)" if moves else ""
        where = here + there
    if moves:
        destination = (
            "(SELECT t.municipality FROM geoplatform.territory(%(geometry)s::geometry, NULL) t)"
        )
    names = ", ".join(_quoted(layer, name) for name in layer.editable)
    first, last = ("(SELECT geoplatform.derives()::text) = '' AND ", " FOR UPDATE")
    if not lock:
        first = last = ""
    # The lock of those who derive comes before the row's: who moves a border takes them in this order.
    return f"""SELECT {KNOWN}, version, status, coalesce({_inside(layer)}, false), {municipality}, {quarter},
        {destination}, {LICENCE.format(municipality=municipality)}, {ZONES.format(where=where)},
        CASE WHEN %(author)s::bigint IS NOT NULL THEN ({OPEN_REPORTS.format(author="%(author)s")}) END,
        (SELECT p.author_id FROM contributions_proposal p WHERE p.id = {table}.id AND p.action = 'create'),
        {names}
        FROM public.{table} WHERE {first}{table}.id = %(feature)s{last}"""


@cache
def _gone_sql(layer: Layer) -> str:
    table = sql.Identifier(layer.model._meta.db_table).as_string(None)
    return f"SELECT {KNOWN}, {TAKEN.format(table=table)}"


def _quoted(layer: Layer, name: str) -> str:
    return sql.Identifier(_column_of(layer, name)).as_string(None)


@cache
def _inserted(layer: Layer) -> list[Any]:
    """The fields that a new row states itself: not what the database numbers, dates, derives or generates."""
    upkeep = upkeep_of(layer)
    derived = set(upkeep.derived_columns())
    return [
        each
        for each in layer.model._meta.local_concrete_fields
        if not isinstance(each, models.GeneratedField)
        and each.db_default is NOT_PROVIDED
        and each.column not in derived
    ]


@cache
def _add_sql(layer: Layer, noted: bool) -> str:
    columns = [str(each.column) for each in _inserted(layer)]
    names = ", ".join(sql.Identifier(each).as_string(None) for each in columns)
    values = ", ".join(f"%(f_{each})s" for each in columns)
    return _with_note(
        layer, f"INSERT INTO public.{{table}} ({names}) VALUES ({values})", "changeset", noted
    )


@cache
def _change_sql(layer: Layer, names: tuple[str, ...], noted: bool) -> str:
    pairs = ", ".join(f"{_quoted(layer, name)} = %(f_{name})s" for name in names)
    return _with_note(
        layer, f"UPDATE public.{{table}} SET {pairs} WHERE id = %(target)s", "changeset", noted
    )


@cache
def _delete_sql(layer: Layer, noted: bool) -> str:
    # The row still names the changeset of its last version; the deletion has its own.
    return _with_note(
        layer,
        "DELETE FROM public.{table} WHERE id = %(target)s",
        "geoplatform.changeset()",
        noted,
    )


def _with_note(layer: Layer, statement: str, changeset: str, noted: bool) -> str:
    table = sql.Identifier(layer.model._meta.db_table).as_string(None)
    municipality, quarter = _place_of(layer)
    beside = f", noted AS ({_note_sql(True)})" if noted else ""
    return f"""WITH written AS (
        {statement.format(table=table)}
        RETURNING version, {changeset} AS changeset, {municipality} AS municipality_id, {quarter} AS quarter_id,
            coalesce({_inside(layer)}, false) AS inside){beside}
        SELECT version, changeset, municipality_id, quarter_id, inside FROM written"""


# What a proposal says itself, and what a feature that was just written says for it.
SAID = (
    "id",
    "layer",
    "action",
    "kind",
    "feature",
    "duplicate_of",
    "base_version",
    "fields",
    "geometry",
    "reason",
    "author_id",
    "channel",
    "licence",
    "consent",
    "fingerprint",
    "state",
    "waits_for",
)
FOLLOWS = ("changeset", "municipality_id", "quarter_id")


@cache
def _note_sql(from_written: bool) -> str:
    names = ", ".join((*SAID, *FOLLOWS))
    said = ", ".join(f"%(p_{name})s" for name in SAID)
    if from_written:
        follows = ", ".join(f"w.{name}" for name in FOLLOWS)
        return (
            f"INSERT INTO contributions_proposal ({names}) SELECT {said}, {follows} FROM written w"
        )
    follows = ", ".join(f"%(p_{name})s" for name in FOLLOWS)
    return f"INSERT INTO contributions_proposal ({names}) VALUES ({said}, {follows})"


def _note(proposal: Proposal | None) -> dict[str, Any]:
    if proposal is None:
        return {}
    values = {f"p_{name}": getattr(proposal, name) for name in (*SAID, *FOLLOWS)}
    values["p_fields"] = json.dumps(proposal.fields, allow_nan=False)
    for name in ("action", "kind", "state", "licence"):
        values[f"p_{name}"] = str(getattr(proposal, name))
    if proposal.geometry is not None:
        values["p_geometry"] = hex_of(proposal.geometry)
    return values

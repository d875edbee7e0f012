"""What decides about a contribution, read in one statement: the place of a new feature, or a feature, locked or not.

An edit through the platform should cost little more than the edit itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db import connection
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.contributions.statements import (
    DERIVES,
    ask,
    column_of,
    inside,
    place_of,
    quoted,
)
from geoplatform.contributions.trust import OPEN_REPORTS

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


def look_at_place(
    layer: Layer, *, id: uuid.UUID, geometry: str | None, author: int | None, source: str
) -> Situation:
    """Before a creation."""
    parameters = {**bound(layer, id, id, author, geometry), "source": source}
    row = ask(_place_sql(layer), parameters)
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
    parameters = bound(layer, id, feature, author, geometry)
    row = ask(feature_sql(layer, geometry is not None, lock), parameters)
    if row is None:
        known, taken = ask(_gone_sql(layer), parameters)
        return Situation(known=known, taken=taken)
    return situation(layer, row)


def situation(layer: Layer, row: Sequence[Any]) -> Situation:
    """What a row of `feature_sql` says."""
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
    names = sql.SQL(", ").join(sql.Identifier(column_of(layer, name)) for name in layer.editable)
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
        sql.SQL("h.") + sql.Identifier(column_of(layer, name)) for name in layer.editable
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


def bound(
    layer: Layer,
    id: uuid.UUID | None,
    feature: uuid.UUID,
    author: int | None,
    geometry: str | None,
) -> dict[str, Any]:
    """The parameters of these statements."""
    return {
        "layer": layer.name,
        "table": layer.model._meta.db_table,
        "id": id,
        "feature": feature,
        "author": author,
        "geometry": geometry,
    }


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
def feature_sql(layer: Layer, moves: bool, lock: bool, author: str = "%(author)s") -> str:
    """A feature's row as `situation` reads it; `author` is SQL for the contributor's id, or null.

    Parameters: id (of the proposal), feature, layer and table (names), geometry (where `moves`), author.
    """
    table = sql.Identifier(layer.model._meta.db_table).as_string(None)
    municipality, quarter = place_of(layer)
    where, destination = "false", "NULL::uuid"
    if layer.geometry:
        here = f"ST_Intersects(z.outline, {table}.{quoted(layer, layer.geometry)})"
        there = " OR ST_Intersects(z.outline, %(geometry)s::geometry)" if moves else ""
        where = here + there
    if moves:
        destination = (
            "(SELECT t.municipality FROM geoplatform.territory(%(geometry)s::geometry, NULL) t)"
        )
    names = ", ".join(quoted(layer, name) for name in layer.editable)
    first, last = (f"{DERIVES} AND ", " FOR UPDATE") if lock else ("", "")
    return f"""SELECT {KNOWN}, version, status, coalesce({inside(layer)}, false), {municipality}, {quarter},
        {destination}, {LICENCE.format(municipality=municipality)}, {ZONES.format(where=where)},
        CASE WHEN {author}::bigint IS NOT NULL THEN ({OPEN_REPORTS.format(author=author)}) END,
        (SELECT p.author_id FROM contributions_proposal p WHERE p.id = {table}.id AND p.action = 'create'),
        {names}
        FROM public.{table} WHERE {first}{table}.id = %(feature)s{last}"""


@cache
def _gone_sql(layer: Layer) -> str:
    table = sql.Identifier(layer.model._meta.db_table).as_string(None)
    return f"SELECT {KNOWN}, {TAKEN.format(table=table)}"

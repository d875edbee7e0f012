"""Features that a complete file does not name any more: marked as gone, never deleted.

A file is complete where its mapping says so (`complete = true`): of its source, in its layer, in the municipalities
that its rows belong to. Nothing else is judged. Who has seen a feature since the source last named it is asked first.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _
from psycopg import sql

from geoplatform.catalog.models import Status
from geoplatform.catalog.properties import has_field
from geoplatform.contributions.services import Missing
from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.merging import Merging, base, layer_of, place_of
from geoplatform.history.upkeep import condition
from geoplatform.query.select import raw_cursor

# More than so many missing at once look like a file that was cut off.
FEW = 10
MOST_PERCENT = 10
SEEN = ("status", "last_confirmed")


@dataclass(frozen=True)
class Gone:
    """How many were marked, and those of which people said later that they are there."""

    marked: int
    asked: list[Missing]


def mark(
    merging: Merging, *, towns: Collection[str], reported: Collection[str], most_percent: int
) -> Gone:
    """Mark what is missing; call it when the rows of the file are written.

    towns     ids of the municipalities that rows of the file belong to
    reported  keys of rows that were not loaded: what they are about is there

    Raises LoadError where more than `most_percent` of a hundred, and more than ten, are missing.
    """
    whole, missing = _missing(merging, towns, reported)
    if missing > FEW and missing * 100 > most_percent * whole:
        raise LoadError(
            _(
                "%(missing)d of %(whole)d features of this source are not in the file. If they are really gone, "
                "say so: --most-gone 100. Nothing was loaded."
            )
            % {"missing": missing, "whole": whole}
        )
    if not missing:
        return Gone(0, [])
    merging.bases()
    asked = _seen_since(merging)
    merging.run(
        """INSERT INTO {said} AS l (feature, layer, values, version)
        SELECT m.id, {layer}, jsonb_object(ARRAY[{names}], ARRAY[{values}]) || {gone}, m.version FROM pg_temp.met m
        ON CONFLICT (feature, layer) DO UPDATE SET values = l.values || {gone}, at = now()
        WHERE NOT l.values @> {gone}""",
        layer=merging.layer.name,
        names=sql.SQL(", ").join(map(sql.Literal, merging.columns)),
        values=sql.SQL(", ").join(sql.SQL("{}::text").format(base(n)) for n in merging.columns),
        gone=sql.SQL("jsonb_build_object('status', {}::text)").format(Status.GONE.value),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            merging.compose(
                "UPDATE {table} t SET status = {gone} FROM pg_temp.pending p WHERE p.id = t.id AND NOT EXISTS ("
                "SELECT FROM pg_temp.met m WHERE m.id = p.id AND ({told} OR {seen}))",
                gone=Status.GONE.value,
                told=_told(),
                seen=merging.edited(SEEN),
            )
        )
        return Gone(cursor.rowcount, asked)


def _missing(
    merging: Merging, towns: Collection[str], reported: Collection[str]
) -> tuple[int, int]:
    """How many features the file should name, and how many it does not; these are locked in `pg_temp.pending`."""
    staging, layer = merging.staging, merging.layer
    place = "true"
    if has_field(layer, "municipality"):
        place = "municipality_id = ANY({towns}::uuid[])"
    scope = merging.compose(
        "{table}.source_id = {source} AND source_key IS NOT NULL AND status <> {gone} AND "
        + place
        + " AND ({layer})",
        source=staging.source.pk,
        gone=Status.GONE.value,
        towns=sorted(towns),
        layer=sql.SQL(condition(layer) or "true"),
    )
    merging.run("DROP TABLE IF EXISTS pg_temp.pending, pg_temp.met")
    merging.run("SELECT geoplatform.derives()")
    # A table that was just filled has no statistics yet, and looking each feature up among all rows takes an hour.
    merging.run("SET LOCAL enable_nestloop = off")
    merging.run(
        """CREATE TEMP TABLE pending ON COMMIT DROP AS
        SELECT 0 AS "row", {table}.id, c.id IS NULL OR s.feature IS NOT NULL AS met
        FROM {table}
        LEFT JOIN (SELECT DISTINCT feature FROM {said}) s ON s.feature = {table}.id
        LEFT JOIN history_changeset c ON c.id = {table}.changeset AND c.channel = 'import'
        WHERE {scope} AND source_key <> ALL ({reported})
            AND NOT EXISTS (SELECT FROM pg_temp.staged r WHERE r.source_key = {table}.source_key)
        FOR UPDATE OF {plain}""",
        scope=scope,
        reported=list(reported),
        plain=sql.Identifier(staging.model._meta.db_table),
    )
    merging.run("SET LOCAL enable_nestloop TO DEFAULT; ANALYZE pg_temp.pending")
    whole = merging.run("SELECT count(*) FROM {table} WHERE {scope}", scope=scope)
    return whole, merging.run("SELECT count(*) FROM pg_temp.pending")


def _seen_since(merging: Merging) -> list[Missing]:
    """What people found there, after the source had named it and before it stopped to."""
    statement = merging.compose(
        "SELECT t.id, {layer}, t.version, t.licence, {municipality}, {quarter}"
        " FROM pg_temp.met m JOIN {table} t ON t.id = m.id WHERE NOT {told} AND {seen} ORDER BY t.fid",
        layer=layer_of(merging.layer, sql.SQL("m.id")),
        municipality=place_of(merging.layer, "t", "municipality"),
        quarter=place_of(merging.layer, "t", "quarter"),
        told=_told(),
        seen=merging.edited(SEEN),
    )
    with connection.wrap_database_errors, raw_cursor() as cursor:
        return [
            Missing(
                layer=name or merging.layer.name,
                feature=id,
                version=version,
                licence=licence,
                municipality=municipality,
                quarter=quarter,
            )
            for id, name, version, licence, municipality, quarter in cursor.execute(statement)
        ]


def _told() -> sql.Composable:
    """Whether the source's last word was that it is gone: people brought it back since."""
    return sql.SQL("({} IS NOT DISTINCT FROM {})").format(base("status"), Status.GONE.value)

"""A layer as it was at an instant: what is still so, and the closed versions that held then.

Versioned columns are those of the time. What the database derives (municipality, quarter, what is inherited from a
species) is derived from the time's own values and today's borders, species and counts.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import connection
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.seasons import HalfMonths, Season
from geoplatform.database import reading
from geoplatform.database.counted import number
from geoplatform.database.upkeep import Upkeep
from geoplatform.history.upkeep import upkeep_of

TERRITORY = {"municipality_id": "municipality", "quarter_id": "quarter"}


def stable(instant: dt.datetime) -> dt.datetime:
    """The instant itself, or the latest one about which nothing can change any more.

    A transaction that still writes may commit changes dated before now, so its start is the limit.
    """
    with connection.cursor() as cursor:  # the primary's: a replica sees nobody write
        cursor.execute("SELECT geoplatform.stable_instant(%s)", [instant])
        found: dt.datetime = cursor.fetchone()[0]
    reading.catch_up()
    return found


def relation(layer: Layer, at: dt.datetime, columns: set[str]) -> sql.Composed:
    """SELECT of these columns of the layer's table as they were; conditions on it reach the indexes of both parts."""
    table = layer.model._meta.db_table
    now, past, joins = _both(layer, columns)
    return sql.SQL(
        "SELECT {now} FROM public.{table} f WHERE f.changed <= {at}"
        " UNION ALL SELECT {past} FROM history.{table} h{joins}"
        " WHERE h.valid_from <= {at} AND h.valid_to > {at}"
    ).format(
        now=now,
        past=past,
        table=sql.Identifier(table),
        at=sql.Literal(at),
        joins=joins,
    )


def every_version(layer: Layer, id: uuid.UUID, columns: set[str]) -> sql.Composed:
    """SELECT of these columns of one feature in every version there was, and what the history says of each:

    `valid_to`, `opened_by`, `closed_by` (changesets) and `deleted`; null and false for the version that stands.
    """
    now, past, joins = _both(layer, columns)
    return sql.SQL(
        "SELECT {now}, NULL::timestamptz AS valid_to, f.changeset AS opened_by, NULL::bigint AS closed_by,"
        " false AS deleted FROM public.{table} f WHERE f.id = {id}"
        " UNION ALL SELECT {past}, h.valid_to, h.opened_by, h.closed_by, h.deleted"
        " FROM history.{table} h{joins} WHERE h.id = {id}"
    ).format(
        now=now,
        past=past,
        table=sql.Identifier(layer.model._meta.db_table),
        id=sql.Literal(id),
        joins=joins,
    )


def _both(layer: Layer, columns: set[str]) -> tuple[sql.Composed, sql.Composed, sql.Composed]:
    """The columns of the row that stands (`f`), the same of a closed version (`h`), and the joins that those need."""
    upkeep = upkeep_of(layer)
    names = sorted(columns)
    joins: dict[str, sql.Composable] = {}
    now = sql.SQL(", ").join(sql.SQL("f.{}").format(sql.Identifier(name)) for name in names)
    past = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(_past(layer, upkeep, name, joins), sql.Identifier(name))
        for name in names
    )
    return now, past, sql.Composed(list(joins.values()))


def _past(
    layer: Layer, upkeep: Upkeep, name: str, joins: dict[str, sql.Composable]
) -> sql.Composable:
    """A column of a closed version; adds the joins that it needs."""
    if name == "changed":
        return sql.SQL("h.valid_from")
    if upkeep.territory and name in TERRITORY:
        joins["territory"] = sql.SQL(
            " LEFT JOIN LATERAL geoplatform.territory(h.{}, NULL) t ON true"
        ).format(sql.Identifier(str(upkeep.geometry)))
        return sql.SQL("t.{}").format(sql.Identifier(TERRITORY[name]))
    for field, own, key, target, column in upkeep.inherited:
        if field == name:
            alias = sql.Identifier(f"i_{key}")
            joins[key] = sql.SQL(" LEFT JOIN public.{} {} ON {}.id = h.{}").format(
                sql.Identifier(target), alias, alias, sql.Identifier(key)
            )
            return sql.SQL("coalesce(h.{}, {}.{})").format(
                sql.Identifier(own), alias, sql.Identifier(column)
            )
    for rule in upkeep.counted:
        if rule[0] == name:
            return sql.SQL(number(rule, "h.id"))
    for each in layer.model._meta.local_concrete_fields:
        if each.column == name and isinstance(each, HalfMonths):
            ends = [_past(layer, upkeep, end, joins).as_string(None) for end in each.ends]
            return sql.SQL(Season.template.format(a=ends[0], b=ends[1]))
    return sql.SQL("h.{}").format(sql.Identifier(name))

"""Features of people's that may be the same as one that a source brings: near, of the same kind, of the same name.

They are offered as pairs, each once, and stay two until somebody has looked. The rule is that of
contributions/alike.py, said for a set.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, models
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Source, Status
from geoplatform.catalog.properties import own_field, searched_properties
from geoplatform.contributions.alike import TOO_NEAR, distance, near
from geoplatform.contributions.effect import CITIZENS, STAFF
from geoplatform.contributions.services import Twin
from geoplatform.exchange.merging import layer_of, place_of
from geoplatform.query.select import raw_cursor


def find(layer: Layer, source: Source) -> list[Twin]:
    """Pairs that nobody has been offered yet; the nearest one of each feature of people's.

    Looked at is what this load wrote, and what people wrote since the load before it.
    """
    if not layer.geometry or not _people_wrote(layer):
        return []
    column = str(own_field(layer, layer.geometry).column)
    theirs, ours = sql.Identifier("p", column), sql.Identifier("t", column)
    apart = distance(ours, theirs)
    statement = sql.SQL(
        """WITH before AS (
            SELECT coalesce(max(at), '-infinity') AS at FROM history_changeset
            WHERE channel = 'import' AND actor = {actor} AND id <> coalesce({this}, 0))
        SELECT p.id, {layer}, n.id, p.version, p.licence, {municipality}, {quarter}
        FROM {table} p JOIN catalog_source s ON s.id = p.source_id AND s.name = ANY({people})
        CROSS JOIN before
        CROSS JOIN LATERAL (
            SELECT t.id FROM {table} t
            WHERE t.source_id = {source} AND t.status <> {gone} AND t.id <> p.id AND {near}
                AND ({kinds} OR {apart} <= {too_near}) AND {names} AND (t.changeset = {this} OR p.changed > before.at)
                AND NOT EXISTS (SELECT FROM contributions_proposal d
                    WHERE d.feature = p.id AND d.duplicate_of = t.id AND d.kind = 'duplicate')
                AND NOT EXISTS (SELECT FROM contributions_proposal d
                    WHERE d.feature = t.id AND d.duplicate_of = p.id AND d.kind = 'duplicate')
            ORDER BY {apart}, t.fid LIMIT 1) n
        WHERE p.status <> {gone} ORDER BY p.fid"""
    ).format(
        actor=f"import:{source.name}",
        this=sql.SQL("nullif(current_setting('geoplatform.changeset', true), '')::bigint"),
        layer=layer_of(layer, sql.SQL("p.id")),
        municipality=place_of(layer, "p", "municipality"),
        quarter=place_of(layer, "p", "quarter"),
        table=sql.Identifier("public", layer.model._meta.db_table),
        people=[CITIZENS, STAFF],
        source=source.pk,
        gone=Status.GONE.value,
        near=near(layer, ours, theirs, sql.Literal(layer.alike)),
        kinds=_kinds(layer),
        names=_names(layer),
        apart=apart,
        too_near=layer.alike * TOO_NEAR,
    )
    with connection.wrap_database_errors, raw_cursor() as cursor:
        return [
            Twin(
                layer=name or layer.name,
                feature=id,
                twin_of=other,
                version=version,
                licence=licence,
                municipality=municipality,
                quarter=quarter,
            )
            for id, name, other, version, licence, municipality, quarter in cursor.execute(
                statement
            ).fetchall()
        ]


def _people_wrote(layer: Layer) -> bool:
    """Whether there is anything of people's at all; a new city's layers have nothing to be compared with."""
    statement = sql.SQL(
        "SELECT EXISTS (SELECT FROM {table} p JOIN catalog_source s ON s.id = p.source_id WHERE s.name = ANY({people}))"
    ).format(table=sql.Identifier("public", layer.model._meta.db_table), people=[CITIZENS, STAFF])
    with connection.wrap_database_errors, raw_cursor() as cursor:
        row = cursor.execute(statement).fetchone()
    assert row is not None
    return bool(row[0])


def _kinds(layer: Layer) -> sql.Composable:
    """Of the same kind, as far as it is known of both."""
    fields = [own_field(layer, name) for name in layer.editable]
    return _all(
        "t.{0} = p.{0} OR t.{0} IS NULL OR p.{0} IS NULL",
        [str(each.column) for each in fields if isinstance(each, models.ForeignKey)],
    )


def _names(layer: Layer) -> sql.Composable:
    """Not of two names."""
    return _all(
        "geoplatform.folded(t.{0}) = geoplatform.folded(p.{0}) OR coalesce(t.{0}, '') = '' OR coalesce(p.{0}, '') = ''",
        [str(each.field.column) for each in searched_properties(layer)],
    )


def _all(rule: str, columns: Sequence[str]) -> sql.Composable:
    rules = [sql.SQL(f"({rule})").format(sql.Identifier(each)) for each in columns]
    return sql.SQL(" AND ").join([sql.SQL("true"), *rules])

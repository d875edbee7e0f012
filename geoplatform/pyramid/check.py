"""Does the pyramid say what the rows say? Chunks and deltas less the rows leave nothing, in any cell of any level."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from geoplatform.catalog.facets import DEEPEST, MASK, first_level
from geoplatform.catalog.layer import Layer
from geoplatform.database import points, pyramid
from geoplatform.database.postgis.schema import upkeep_of

# How many differences are told of each level.
TOLD = 20


def levels(layer: Layer) -> range:
    return range(first_level(layer), DEEPEST + 1)


def differences(layer: Layer, level: int) -> list[str]:
    """What is wrong at one level, in words; empty when all is right. One snapshot, so writers do not disturb it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        # Nothing of a request is in these texts: names and conditions are the declaration's.
        cursor.execute(_less_the_rows(layer, level), None)
        wrong = [_told(level, row) for row in cursor.fetchall()]
        cursor.execute(_totals(), [layer.name, level])
        return wrong + [f"level {level} tile {tile}: wrong total" for (tile,) in cursor.fetchall()]


def _told(level: int, row: tuple[Any, ...]) -> str:
    facet, value, tile, cell, kind, n, sx, sy, sf = row
    return (
        f"level {level} tile {tile} cell {cell} {facet}{value} {kind}:"
        f" {n:+} points, {sx:+} in x, {sy:+} in y, {sf:+} in numbers"
    )


def _less_the_rows(layer: Layer, level: int) -> str:
    """Written apart from the SQL that folds, so that one does not repeat the other's mistakes."""
    table = layer.model._meta.db_table
    upkeep = upkeep_of(layer.model)
    assert upkeep is not None
    it = pyramid.of(table, upkeep)
    assert it is not None
    names = ", ".join(it.names)
    columns = f"sign, x, y, fid, {names}"
    rows = points.points(it, f"SELECT -1 AS sign, {points.facts(it, 'f')} FROM public.{table} f")
    shift = DEEPEST + 6 - level
    last = 2**level - 1
    return f"""
    SELECT facet, value, tile, cell, kind, sum(n), sum(sx), sum(sy), sum(sf) FROM (
        SELECT c.facet, c.value, c.tile, u.cell, CASE WHEN c.facet = '{_divides(it, layer)}' THEN b.facts
            ELSE ROW(k.symbol, k.status)::text END AS kind, u.n, u.sx, u.sy, u.sf
        FROM geoplatform.chunk c
        CROSS JOIN LATERAL unnest(c.cells, c.kinds, c.counts, c.xs, c.ys, c.fids) u (cell, kind, n, sx, sy, sf)
        LEFT JOIN geoplatform.point_class k ON k.id = u.kind
        LEFT JOIN geoplatform.combination_{table} b ON b.id = u.kind
        WHERE c.layer = '{layer.name}' AND c.level = {level}
        UNION ALL
        SELECT f.facet, f.value, geoplatform.morton(tx, ty), 66 * (cy - 64 * ty + 1) + cx - 64 * tx + 1, f.kind,
            p.sign, p.sign * (p.x - (cx << {shift})), p.sign * (p.y - (cy << {shift})), p.sign * p.fid
        FROM (
            SELECT *, x >> {shift} AS cx, y >> {shift} AS cy FROM (
                SELECT {columns} FROM ({rows}) r UNION ALL SELECT {columns} FROM geoplatform.delta_{table}
            ) both_ WHERE {points.member(layer.name)}
        ) p
        CROSS JOIN LATERAL generate_series(greatest((cx - 1) >> 6, 0), least((cx + 1) >> 6, {last})) tx
        CROSS JOIN LATERAL generate_series(greatest((cy - 1) >> 6, 0), least((cy + 1) >> 6, {last})) ty
        CROSS JOIN LATERAL ({_facets(it, layer)}) f (facet, value, kind)
    ) difference
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(n) <> 0 OR sum(sx) <> 0 OR sum(sy) <> 0 OR sum(sf) <> 0
    ORDER BY 1, 2, 3, 4, 5 LIMIT {TOLD}"""


def _declared(it: points.Pyramids, layer: Layer) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    return next((each[3], each[4]) for each in it.layers if each[0] == layer.name)


def _divides(it: points.Pyramids, layer: Layer) -> str:
    return next((facet for facet, _name in _declared(it, layer)[1]), "-")


def _facets(it: points.Pyramids, layer: Layer) -> str:
    return " UNION ALL ".join(_facet_rows(it, layer))


def _facet_rows(it: points.Pyramids, layer: Layer) -> Iterator[str]:
    symbol, facets = _declared(it, layer)
    kinds = {name: kind for name, kind, *_ in it.values}
    drawn = f'ROW(p."{symbol}"::text, p.status)::text' if symbol else "ROW(NULL, p.status)::text"
    whole = ", ".join(f"p.{name}" for name in it.names)
    yield f"SELECT '', '', {drawn}"
    for facet, name in facets:
        if kinds[name] == MASK:
            yield f"""SELECT '{facet}', '=' || b, {drawn} FROM generate_series(0, 23) b
                WHERE (p."{name}" >> b) & 1 = 1"""
        elif facet == facets[0][0]:
            yield f"""SELECT '{facet}', coalesce('=' || p."{name}", ''), ROW({whole})::text"""
        else:
            yield f"""SELECT '{facet}', '=' || p."{name}", {drawn} WHERE p."{name}" IS NOT NULL"""


def _totals() -> str:
    return """
    SELECT DISTINCT c.tile FROM geoplatform.chunk c
    WHERE c.layer = %s AND c.level = %s AND c.total <> coalesce((
        SELECT sum(u.n) FROM unnest(c.cells, c.counts) u (cell, n)
        WHERE u.cell %% 66 BETWEEN 1 AND 64 AND u.cell / 66 BETWEEN 1 AND 64), 0)"""

"""The cells of one tile, chunk and visible deltas together, as one SQL statement: one snapshot, so always true."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from psycopg import sql

from geoplatform.catalog.facets import DEEPEST, Facet, Value, drawn, facets, first_level
from geoplatform.catalog.layer import Layer
from geoplatform.query.facets import Choices

SIDE = 66  # cells along a tile with its rim


@dataclass(frozen=True)
class Tile:
    """A tile of the pyramid: zoom from the layer's first level to 13; column from the west, row from the north."""

    z: int
    x: int
    y: int

    @property
    def number(self) -> int:
        return morton(self.x, self.y)

    @property
    def shift(self) -> int:
        """Bits of the grid within a cell."""
        return DEEPEST + 6 - self.z

    def ranges(self) -> tuple[list[int], list[int]]:
        """First and last tile of zoom 13, by Morton number, of this tile and its neighbours; runs are joined."""
        size, bits = 2**self.z, 2 * (DEEPEST - self.z)
        around = sorted(
            morton(x, y)
            for x in range(max(self.x - 1, 0), min(self.x + 2, size))
            for y in range(max(self.y - 1, 0), min(self.y + 2, size))
        )
        low: list[int] = []
        high: list[int] = []
        for each in around:
            if high and high[-1] == (each << bits) - 1:
                high[-1] += 1 << bits
            else:
                low.append(each << bits)
                high.append(((each + 1) << bits) - 1)
        return low, high

    def parameters(self) -> dict[str, Any]:
        low, high = self.ranges()
        return {
            "level": self.z,
            "tile": self.number,
            "low": low,
            "high": high,
            "shift": self.shift,
            "left": (self.x * 64 - 1),
            "top": (self.y * 64 - 1),
        }


def morton(x: int, y: int) -> int:
    """The bits of two numbers by turns, x first, as `geoplatform.morton` does."""
    return sum(((x >> i & 1) | (y >> i & 1) << 1) << 2 * i for i in range(DEEPEST))


def entries(layer: Layer, choices: Choices) -> tuple[str, dict[str, Any]]:
    """A SELECT of `cell, symbol, status, n, sx, sy, sf` and the choices' parameters; a Tile's are to be added."""
    return _entries(layer, shape_of(choices)), parameters_of(choices)


# What of the choices decides the SQL: which facets, and whether each has one value or several. Values are bound.
Shape = tuple[tuple[Facet, bool], ...]


def shape_of(choices: Choices) -> Shape:
    return tuple((each.facet, len(each.values) > 1) for each in choices)


def parameters_of(choices: Choices) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, each in enumerate(choices):
        found[f"c{number}"] = each.mask if each.facet.is_mask else list(each.values)
        found[f"t{number}"] = [f"={_text(value)}" for value in each.values]
    return found


def _text(value: Any) -> str:
    """A value as PostgreSQL casts it to text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def table(kind: str, layer: Layer) -> sql.Identifier:
    return sql.Identifier("geoplatform", f"{kind}_{layer.model._meta.db_table}")


def _column(row: str, value: Value) -> sql.Composable:
    return sql.Identifier(row, value.name)


def symbol_of(layer: Layer, row: str) -> sql.Composable:
    value = drawn(layer)[0]
    return sql.SQL("{}::text").format(_column(row, value)) if value else sql.SQL("NULL::text")


def chosen_by(layer: Layer, row: str, shape: Shape) -> sql.Composable:
    """That a row of the table's combinations or deltas is in the layer and as the choices say."""
    parts: list[sql.Composable] = [sql.Identifier(row, f"in_{layer.name.replace('-', '_')}")]
    for number, (facet, _several) in enumerate(shape):
        given = sql.Placeholder(f"c{number}")
        column = _column(row, facet.value)
        if facet.is_mask:
            parts.append(sql.SQL("{} & {} <> 0").format(column, given))
        elif facet.stands_for_row:
            assert facet.shown is not None
            assert facet.shown.foreign_key is not None
            parts.append(
                sql.SQL("{} = ANY (ARRAY(SELECT id FROM {} WHERE {} = ANY ({})))").format(
                    column,
                    sql.Identifier(facet.shown.foreign_key.related_model._meta.db_table),
                    sql.Identifier(str(facet.shown.field.column)),
                    given,
                )
            )
        else:
            parts.append(sql.SQL("{} = ANY ({})").format(column, given))
    return sql.SQL(" AND ").join(parts)


def divides(layer: Layer) -> Facet:
    """The facet whose chunks hold full combinations: the first."""
    return facets(layer)[0]


def is_marginal(layer: Layer, shape: Shape) -> bool:
    """Whether chunks of single values answer the choices: one facet, unless it is the dividing one or several bits."""
    if not shape:
        return True
    (facet, several), *others = shape
    return not others and facet != divides(layer) and not (facet.is_mask and several)


def matching(layer: Layer, shape: Shape) -> sql.Composable:
    """The combinations that the choices allow: their class, and in which chunks they are."""
    first = _column("c", divides(layer).value)
    return sql.SQL(
        """matching AS MATERIALIZED (
        SELECT c.id, coalesce('=' || {first}::text, '') AS part, k.id AS class
        FROM {combination} c JOIN geoplatform.point_class k ON k.layer = {layer}
            AND (k.symbol, k.status) IS NOT DISTINCT FROM ({symbol}, c.status)
        WHERE {chosen})"""
    ).format(
        first=first,
        combination=table("combination", layer),
        layer=sql.Literal(layer.name),
        symbol=symbol_of(layer, "c"),
        chosen=chosen_by(layer, "c", shape),
    )


UNPACKED = sql.SQL(
    """geoplatform.chunk c
        CROSS JOIN LATERAL unnest(c.cells, c.kinds, c.counts, c.xs, c.ys, c.fids) u (cell, kind, n, sx, sy, sf)"""
)
SUMS = sql.SQL(
    "sum(u.n) AS n, sum(u.sx)::bigint AS sx, sum(u.sy)::bigint AS sy, sum(u.sf)::bigint AS sf"
)


def _packed(layer: Layer, shape: Shape) -> sql.Composable:
    """`cell, kind (a class), n, sx, sy, sf` of the tile's chunks."""
    if not is_marginal(layer, shape):
        return sql.SQL(
            """{matching}, packed AS (
            SELECT u.cell, m.class AS kind, {sums} FROM {unpacked} JOIN matching m ON m.id = u.kind
            WHERE c.layer = {layer} AND c.level = %(level)s AND c.tile = %(tile)s AND c.facet = {facet}
                AND c.value = ANY (ARRAY(SELECT DISTINCT part FROM matching))
            GROUP BY u.cell, m.class)"""
        ).format(
            matching=matching(layer, shape),
            sums=SUMS,
            unpacked=UNPACKED,
            layer=sql.Literal(layer.name),
            facet=sql.Literal(divides(layer).name),
        )
    facet = sql.Literal(shape[0][0].name if shape else "")
    several = bool(shape) and shape[0][1]
    return sql.SQL(
        """packed AS (
        SELECT u.cell, u.kind, {what} FROM {unpacked}
        WHERE c.layer = {layer} AND c.level = %(level)s AND c.tile = %(tile)s AND c.facet = {facet}
            AND c.value = {value}{group})"""
    ).format(
        what=SUMS if several else sql.SQL("u.n, u.sx, u.sy, u.sf"),
        unpacked=UNPACKED,
        layer=sql.Literal(layer.name),
        facet=facet,
        value=sql.SQL("ANY (%(t0)s)") if shape else sql.SQL("''"),
        group=sql.SQL(" GROUP BY u.cell, u.kind") if several else sql.SQL(""),
    )


@cache
def _entries(layer: Layer, shape: Shape) -> str:
    text = sql.SQL(
        """WITH {packed}, changed AS MATERIALIZED (
        SELECT {side} * ((d.y >> %(shift)s) - %(top)s) + (d.x >> %(shift)s) - %(left)s AS cell,
            {symbol} AS symbol, d.status, sum(d.sign) AS n, sum(d.sign * (d.x & (1 << %(shift)s) - 1)) AS sx,
            sum(d.sign * (d.y & (1 << %(shift)s) - 1)) AS sy, sum(d.sign * d.fid)::bigint AS sf
        FROM unnest(%(low)s::integer[], %(high)s::integer[]) r (low, high)
        JOIN {delta} d ON d.key BETWEEN r.low AND r.high
        WHERE (d.x >> %(shift)s) - %(left)s BETWEEN 0 AND 65 AND (d.y >> %(shift)s) - %(top)s BETWEEN 0 AND 65
            AND {chosen}
        GROUP BY 1, 2, 3
    ), delta AS (
        SELECT d.*, k.id AS kind FROM changed d LEFT JOIN geoplatform.point_class k ON k.layer = {layer}
            AND (k.symbol, k.status) IS NOT DISTINCT FROM (d.symbol, d.status)
    )
    SELECT coalesce(p.cell, d.cell) AS cell,
        coalesce(k.symbol, d.symbol) AS symbol, coalesce(k.status, d.status) AS status,
        coalesce(p.n, 0) + coalesce(d.n, 0) AS n, coalesce(p.sx, 0) + coalesce(d.sx, 0) AS sx,
        coalesce(p.sy, 0) + coalesce(d.sy, 0) AS sy, coalesce(p.sf, 0) + coalesce(d.sf, 0) AS sf
    FROM packed p FULL JOIN delta d ON d.cell = p.cell AND d.kind = p.kind
    LEFT JOIN geoplatform.point_class k ON k.id = p.kind
    WHERE coalesce(p.n, 0) + coalesce(d.n, 0) > 0"""
    ).format(
        packed=_packed(layer, shape),
        side=sql.Literal(SIDE),
        symbol=symbol_of(layer, "d"),
        delta=table("delta", layer),
        chosen=chosen_by(layer, "d", shape),
        layer=sql.Literal(layer.name),
    )
    return text.as_string(None)


@cache
def _total(layer: Layer, shape: Shape) -> str:
    """How many points there are: totals of the coarsest level and all deltas."""
    if is_marginal(layer, shape):
        before: sql.Composable = sql.SQL("")
        packed = sql.SQL(
            """SELECT sum(total) FROM geoplatform.chunk
            WHERE layer = {layer} AND level = {level} AND facet = {facet} AND value = {value}"""
        ).format(
            layer=sql.Literal(layer.name),
            level=sql.Literal(first_level(layer)),
            facet=sql.Literal(shape[0][0].name if shape else ""),
            value=sql.SQL("ANY (%(t0)s)") if shape else sql.SQL("''"),
        )
    else:
        before = sql.SQL("WITH {} ").format(matching(layer, shape))
        packed = sql.SQL(
            """SELECT sum(u.n) FROM {unpacked} JOIN matching m ON m.id = u.kind
            WHERE c.layer = {layer} AND c.level = {level} AND c.facet = {facet}
                AND c.value = ANY (ARRAY(SELECT DISTINCT part FROM matching))
                AND u.cell %% {side} BETWEEN 1 AND 64 AND u.cell / {side} BETWEEN 1 AND 64"""
        ).format(
            unpacked=UNPACKED,
            layer=sql.Literal(layer.name),
            level=sql.Literal(first_level(layer)),
            facet=sql.Literal(divides(layer).name),
            side=sql.Literal(SIDE),
        )
    text = sql.SQL(
        "{before}SELECT coalesce(({packed}), 0) + coalesce((SELECT sum(d.sign) FROM {delta} d WHERE {chosen}), 0)"
    ).format(
        before=before,
        packed=packed,
        delta=table("delta", layer),
        chosen=chosen_by(layer, "d", shape),
    )
    return text.as_string(None)


def total(layer: Layer, choices: Choices) -> tuple[str, dict[str, Any]]:
    """A SELECT of the number of points, and its parameters."""
    return _total(layer, shape_of(choices)), parameters_of(choices)

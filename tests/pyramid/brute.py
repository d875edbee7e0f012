"""What a pyramid ought to say, found out the slow way: every row looked at in Python."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import F

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import property_by_name
from geoplatform.catalog.symbols import Categorized
from geoplatform.pyramid.entries import Tile, entries
from geoplatform.query.facets import Choices, parse_facets
from geoplatform.query.select import raw_cursor

HALF = 20037508.342789244
HALF_MONTHS = [n / 2 for n in range(2, 26)]

Cell = tuple[int, str | None, str]
Sums = tuple[int, int, int, int]


def _drawn(layer: Layer) -> dict[int, tuple[float, float]]:
    """The generated EPSG:3857 column by number."""
    column = f'"{layer.geometry}_3857"'
    with raw_cursor() as cursor:
        cursor.execute(
            f"SELECT fid, ST_X({column}), ST_Y({column}) FROM {layer.model._meta.db_table}"
        )
        return {fid: (x, y) for fid, x, y in cursor}


def season(start: float | None, end: float | None) -> set[float]:
    """The half months of a season, walked one by one."""
    if start is None or end is None:
        return set()
    found, at = {start}, start
    while at != end:
        at = HALF_MONTHS[(HALF_MONTHS.index(at) + 1) % 24]
        found.add(at)
    return found


def rows(layer: Layer, parameters: dict[str, str]) -> list[dict[str, Any]]:
    """The layer's rows that the facets let through: x and y on the grid, fid, symbol's value, status."""
    paths = {name: each.path for name, each in property_by_name(layer).items()}
    asked = {name: set(text.split(",")) for name, text in parameters.items()}
    wanted = {name: F(paths[name]) for name in asked if name in paths}
    found = []
    drawn = _drawn(layer)
    for row in layer.rows().annotate(**{f"f_{name}": path for name, path in wanted.items()}):
        if any(
            _text(getattr(row, f"f_{name}")) not in asked[name]
            if name in wanted
            else not {float(each) for each in asked[name]} & season(row.fruit_from, row.fruit_to)
            for name in asked
        ):
            continue
        symbol = None
        if isinstance(layer.symbol, Categorized):
            symbol = row
            for step in paths[layer.symbol.field].split("__"):
                symbol = getattr(symbol, step, None)
        x, y = drawn[row.fid]
        found.append(
            {
                "x": min(max(int((x + HALF) * (2**25 / (2 * HALF)) // 1), 0), 2**25 - 1),
                "y": min(max(int((HALF - y) * (2**25 / (2 * HALF)) // 1), 0), 2**25 - 1),
                "fid": row.fid,
                "symbol": symbol,
                "status": row.status,
            }
        )
    return found


def _text(value: Any) -> str | None:
    return str(value).lower() if isinstance(value, bool) else value if value is None else str(value)


def cells(found: list[dict[str, Any]], z: int, x: int, y: int) -> dict[Cell, Sums]:
    """Number of points, sums of their offsets and numbers, by cell of the tile with its rim, and class."""
    side = 2 ** (19 - z)
    sums: dict[Cell, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in found:
        column, line = row["x"] // side - 64 * x + 1, row["y"] // side - 64 * y + 1
        if 0 <= column < 66 and 0 <= line < 66:
            each = sums[66 * line + column, row["symbol"], row["status"]]
            each[0] += 1
            each[1] += row["x"] % side
            each[2] += row["y"] % side
            each[3] += row["fid"]
    return {cell: (a, b, c, d) for cell, (a, b, c, d) in sums.items()}


def kept(layer: Layer, z: int, x: int, y: int, choices: Choices) -> dict[Cell, Sums]:
    """The same from the pyramid."""
    statement, parameters = entries(layer, choices)
    with raw_cursor() as cursor:
        cursor.execute(statement.encode(), parameters | Tile(z, x, y).parameters())
        fetched = cursor.fetchall()
    found = {(row[0], row[1], row[2]): (row[3], row[4], row[5], row[6]) for row in fetched}
    assert len(found) == len(fetched), "a cell and class stand once"
    return found


def choices(layer: Layer, parameters: dict[str, str]) -> Choices:
    return parse_facets(layer, parameters)

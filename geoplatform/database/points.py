"""What a pyramid knows of a point, said as SQL over a row: where it is on the grid, its values, the layers it is in."""

from __future__ import annotations

from dataclasses import dataclass

# The grid: EPSG:3857 divided into 2^25 units in each direction, x from the west, y from the north: the units of
# tiles of zoom 13, about 1.2 m at the equator. A cell of level z is 2^(19 - z) units wide.
HALF = 20037508.342789244  # metres from the middle of EPSG:3857 to its edge
UNITS = 2**25


@dataclass(frozen=True)
class Pyramids:
    """The pyramids of one table.

    values  name, kind, own column, related table and column (None: it is the own column's value)
    layers  name, first level, condition, name of the value that its symbol goes by (or None), facets as pairs of
            their own name and that of their value
    """

    table: str
    geometry: str
    values: tuple[tuple[str, str, str, str | None, str | None], ...]
    layers: tuple[tuple[str, int, str | None, str | None, tuple[tuple[str, str], ...]], ...]

    @property
    def names(self) -> list[str]:
        """The columns that tell points apart: values, and the layers they are in."""
        return [f'"{each[0]}"' for each in self.values] + [member(each[0]) for each in self.layers]

    @property
    def related(self) -> dict[tuple[str, str], list[str]]:
        """Foreign key column and the table it leads to -> columns that are read there."""
        found: dict[tuple[str, str], list[str]] = {}
        for _name, _kind, column, table, related in self.values:
            if table and related:
                found.setdefault((column, table), []).append(related)
        return found


def member(layer: str) -> str:
    """The flag of a point that it is in a layer."""
    return f'"in_{layer.replace("-", "_")}"'


def grid(point: str, axis: str) -> str:
    """A coordinate of a point in EPSG:3857 as a whole number of the grid."""
    metres = f"ST_X({point}) + {HALF}" if axis == "x" else f"{HALF} - ST_Y({point})"
    return f"least(greatest(floor(({metres}) * {UNITS / (2 * HALF)!r}), 0), {UNITS - 1})::integer"


def facts(it: Pyramids, row: str) -> str:
    """What the pyramid knows of a row (an alias, NEW or OLD), related values not yet looked up."""
    own = [f'{row}."{it.geometry}_3857" AS point', f"{row}.fid"]
    for name, kind, column, table, _related in it.values:
        cast = "::text" if kind == "text" and not table else ""
        own.append(f'{row}."{column}"{cast} AS "{name}"')
    for name, _level, condition, *_ in it.layers:
        said = f"coalesce({_of_row(it, condition, row)}, false)" if condition else "true"
        own.append(f"{said} AS {member(name)}")
    return ", ".join(own)


def _of_row(it: Pyramids, condition: str, row: str) -> str:
    # Django names columns by their table.
    return condition.replace(f'"{it.table}".', f"{row}.")


def points(it: Pyramids, source: str, *, known: tuple[str, str] | None = None) -> str:
    """Rows of `sign, x, y, fid, values, flags` from a SELECT of sign and facts; only those in a layer.

    known  a foreign key column whose related row is already in `source` as `r_<column>`: not looked up again
    """
    joins, values = "", []
    for key, target in it.related:
        if (key, target) != known:
            name = next(each[0] for each in it.values if each[2:4] == (key, target))
            joins += f' LEFT JOIN public.{target} "r_{key}" ON "r_{key}".id = s."{name}"'
    for name, kind, column, table, related in it.values:
        if not table or not related:
            values.append(f's."{name}"')
        else:
            row = (
                f's."r_{column}__{related}"'
                if (column, table) == known
                else f'"r_{column}"."{related}"'
            )
            values.append(f'{row}{"::text" if kind == "text" else ""} AS "{name}"')
    flags = [f"s.{member(each[0])}" for each in it.layers]
    x, y = grid("s.point", "x"), grid("s.point", "y")
    return f"""SELECT s.sign, {x} AS x, {y} AS y, s.fid, {", ".join(values + flags)}
        FROM ({source}) s{joins}
        WHERE s.point IS NOT NULL AND ({" OR ".join(flags)}) OFFSET 0"""


def relevant(it: Pyramids, row: str) -> str:
    """The part of a row on which the pyramid stands."""
    parts = [f'{row}."{it.geometry}"', *dict.fromkeys(f'{row}."{each[2]}"' for each in it.values)]
    parts += [f"({_of_row(it, each[2], row)})" for each in it.layers if each[2]]
    return f"ROW({', '.join(parts)})"

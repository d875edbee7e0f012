"""A city as indicators see it: frames in one metric CRS, and what follows from them, each found out once.

Everything within reach beyond the city's border is there too, from whatever municipality: borders of municipalities
do not matter to people who walk. Tests build a city from frames; `reading` builds it from the database. A city never
changes: after an edit there is another one (`after`), which takes over what the edit left as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplatform.analysis import green as greens
from geoplatform.analysis import growing, walking
from geoplatform.analysis import origins as departures
from geoplatform.analysis.network import Links, Network, Whole, network, on_foot

PIECE = 50  # vertices of a piece of border
Which = Literal["all", "public", "parks"]
Made = TypeVar("Made")

# Columns of each frame besides `geometry`; the index is the feature's id as text. Metres, square metres.
COLUMNS: dict[str, dict[str, str]] = {
    "quarters": {"key": "str", "name": "str", "municipality": "str", "inhabitants": "float64"},
    "green": {"kind": "str", "public_access": "boolean"},
    "gardens": {"kind": "str"},
    "plots": {"garden": "str"},
    "corridors": {"kind": "str"},
    # `flat`: lines that know no levels, as those of some files and drawn paths: they meet whatever they cross.
    "streets": {"kind": "str", "foot": "boolean", "flat": "bool"},
    # Those without a crown diameter are left out.
    "crowns": {"crown_m": "float64"},
    # Where people live, if something better than streets is known: `weight` people at a point.
    "grid": {"weight": "float64"},
}
# What is found out of a city, and the subjects that it stands on: while those stay, so does it.
STANDS_ON = {
    "network": {"streets"},
    "origins": {"streets", "quarters", "around", "grid"},
    "edge": {"quarters", "around", "known"},
    "near edge": {"streets", "quarters", "around", "grid", "known"},
    "areas": {"green"},
    "patches": {"green"},
    "entrances": {"green", "streets"},
    "walk": {"green", "streets"},
}
# Of more new streets than this share of all the network is made anew.
MOST = 0.1
# No geometry: `number` trees alike in a quarter.
TREES = {
    "quarter": "str",
    "species": "str",
    "genus": "str",
    "family": "str",
    "edible": "boolean",
    "access": "str",
    "number": "int64",
}


def empty(subject: str, srid: int) -> gpd.GeoDataFrame:
    """A frame of a subject with no feature in it."""
    columns = {name: pd.Series(dtype=kind) for name, kind in COLUMNS[subject].items()}
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=srid), crs=srid)


def positions(then: pd.Index, now: pd.Index) -> Whole:
    """For each id of one frame its position in another; -1 where it is not there. What came last is cheap."""
    if now[: len(then)].equals(then):
        return np.arange(len(then))
    # The earlier one is asked again and again, and keeps its table of ids.
    was = then.get_indexer(now)
    place = np.full(len(then), -1, dtype=np.intp)
    place[was[was >= 0]] = np.flatnonzero(was >= 0)
    return place


@dataclass(eq=False)
class City:
    """The subjects of a city.

    quarters  those asked for; `around` are others, of any municipality, whose people use the same green
    known     the area of which green and streets are known; None: that of all quarters
    kept      what was found out already; shared by cities that differ only in which quarters are asked for
    before    an earlier state of it, from which some of this can be had at less cost
    changed   the subjects in which it differs from `before`
    """

    srid: int
    quarters: gpd.GeoDataFrame
    around: gpd.GeoDataFrame
    green: gpd.GeoDataFrame
    gardens: gpd.GeoDataFrame
    plots: gpd.GeoDataFrame
    corridors: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    crowns: gpd.GeoDataFrame
    trees: pd.DataFrame
    grid: gpd.GeoDataFrame | None = None
    known: shapely.Geometry | None = None
    kept: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    before: City | None = None
    changed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, srid: int = 25833, **subjects: Any) -> City:
        """A city of these subjects; those not given are empty."""
        trees = subjects.pop("trees", None)
        if trees is None:
            trees = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in TREES.items()})
        given = {name: empty(name, srid) for name in COLUMNS if name != "grid"}
        around = empty("quarters", srid)
        return cls(**{"srid": srid, "around": around, "trees": trees, **given, **subjects})

    def only(self, quarters: Iterable[str]) -> City:
        """The same city, asked for some of its quarters."""
        wanted = self.quarters.index.isin(list(quarters))
        if wanted.all():
            return self
        around = pd.concat([self.quarters[~wanted], self.around])
        return replace(self, quarters=self.quarters[wanted], around=around)

    def after(self, **changed: pd.DataFrame) -> City:
        """The city with other green, trees, streets ... What stands on none of them is taken over.

        What stands on green that came, changed or went is repaired where that lies; so is what stands on streets that
        came. A street that changed or went makes the network anew. What comes last in its frame is found at least cost.
        """
        kept = {
            key: made
            for key, made in self.kept.items()
            if key[0] in STANDS_ON and not STANDS_ON[key[0]] & set(changed)
        }
        # One step back is enough to repair from.
        before = replace(self, before=None)
        return replace(self, **changed, kept=kept, before=before, changed=frozenset(changed))

    def blank(self, *columns: str) -> pd.DataFrame:
        """A frame by quarter id, all null."""
        return pd.DataFrame(np.nan, index=self.quarters.index, columns=list(columns))

    @property
    def inhabitants(self) -> pd.Series:
        """By quarter id; null where unknown or nobody lives there, so that what is divided by it is null too."""
        return self.quarters["inhabitants"].astype("float64").where(lambda n: n > 0)

    def trees_by_quarter(self, trees: pd.DataFrame) -> pd.Series:
        """How many of some `trees` (rows of the frame) stand in each quarter, by quarter id."""
        number = trees.groupby("quarter")["number"].sum()
        return number.reindex(self.quarters.index, fill_value=0).astype("float64")

    @property
    def weighting(self) -> str:
        """How inhabitants are spread within a quarter: `streets` (by length) or `grid`."""
        return "streets" if self.grid is None else "grid"

    @property
    def network(self) -> Network:
        """What can be walked on."""
        return self._ways[0]

    def islands(self, streets: Iterable[str]) -> list[str]:
        """Ids of those among some streets that lead nowhere: no other street meets them, nor one that meets them.

        Ids that are no street's, and streets that nobody may walk on, are left out.
        """
        ways, place, ids = self._ways
        lines = place[self.streets.index.isin(list(streets))]
        some = np.zeros(len(ids), dtype=bool)
        some[lines[lines >= 0]] = True
        return list(ids[growing.islands(ways, some)])

    @cached_property
    def origins(self) -> departures.Origins:
        """Where people of the quarters asked for set out from, and at which quarter (position)."""
        return self._everybody.of(self._places)

    def near_edge(self, limit: float) -> NDArray[np.bool_]:
        """Which of `origins` lie within `limit` metres of where the data end."""
        everybody, edge, key = self._everybody, self.edge, ("near edge", limit)

        def make() -> NDArray[np.bool_]:
            then = self.before
            if then is None or key not in then.kept:
                return departures.near(everybody.points, edge, limit)
            if then.edge is not edge or then._everybody.points is not everybody.points:
                return departures.near(everybody.points, edge, limit)
            near: NDArray[np.bool_] = then.kept[key]
            return near

        return self._once(key, make)[np.isin(everybody.quarter, self._places)]

    @property
    def everybody(self) -> tuple[departures.Origins, NDArray[np.float64]]:
        """The origins of all quarters in and around the city, and the people of each; NaN where unknown."""
        found = self._everybody
        return found, found.share * self.everywhere["inhabitants"].to_numpy("float64")[
            found.quarter
        ]

    @property
    def edge(self) -> NDArray[np.object_]:
        """Where the data end: the border of what is known, as pieces of line."""

        def make() -> NDArray[np.object_]:
            known = self.known
            if known is None:
                known = shapely.union_all(self.everywhere.geometry.to_numpy())
            rings = shapely.get_rings(shapely.get_parts(known))
            xy, ring = shapely.get_coordinates(rings, return_index=True)
            start = np.arange(len(xy)) - np.searchsorted(ring, ring)
            # Short pieces are found by their boxes; each ends where the next one begins, none at a ring's last vertex.
            last = np.append(ring[1:] != ring[:-1], True)
            begins = (start % PIECE == 0) & ~last
            piece = np.cumsum(begins) - 1
            ends = np.flatnonzero(begins & (start > 0))
            order = np.argsort(np.concatenate([np.arange(len(xy)), ends - 0.5]), kind="stable")
            number = np.concatenate([piece, piece[ends] - 1])[order]
            return shapely.linestrings(np.concatenate([xy, xy[ends]])[order], indices=number)

        return self._once(("edge",), make)

    def areas(self, which: Which) -> gpd.GeoDataFrame:
        """All green, what of it is public, or parks alone."""
        choose = {"all": lambda green: green, "public": greens.public, "parks": greens.parks}[which]
        return self._once(("areas", which), lambda: choose(self.green))

    def patches(self, which: Which, gap: float) -> greens.Patches:
        """Which areas of `areas(which)` hang together over gaps of up to `gap` metres."""
        key = ("patches", which, gap)

        def make() -> greens.Patches:
            shapes = self.areas(which).geometry.to_numpy()
            if self.before is None or key not in self.before.kept:
                return greens.patches(shapes, gap)
            return greens.renewed(self.before.kept[key], self._now(which), shapes, gap)

        return self._once(key, make)

    def large(self, which: Which, gap: float, size: float) -> NDArray[np.bool_]:
        """Which of `areas(which)` belong to a patch of at least `size` m2."""
        return self.patches(which, gap).at_least(size)

    def walk(self, which: Which, gap: float, size: float, tolerance: float) -> walking.Field:
        """Metres to walk from each node to the nearest area (position in `areas(which)`) of a patch large enough."""
        key = ("walk", which, gap, size, tolerance)
        return self._once(key, lambda: self._walked(which, gap, size, tolerance))

    def _once(self, key: tuple[Any, ...], make: Callable[[], Made]) -> Made:
        if key not in self.kept:
            self.kept[key] = make()
        found: Made = self.kept[key]
        return found

    @property
    def _ways(self) -> tuple[Network, Whole, pd.Index]:
        """The network, the position of each street among its lines (-1: of none), and the ids of those."""

        def make() -> tuple[Network, Whole, pd.Index]:
            open_ = on_foot(self.streets)
            place = np.where(open_, np.cumsum(open_) - 1, -1)
            lines, ids = self.streets.geometry.to_numpy()[open_], self.streets.index[open_]
            flat = self.streets["flat"].to_numpy(bool)[open_]
            was = self._were(lines, flat, ids)
            if was is None:
                return network(lines, flat=flat), place, ids
            assert self.before is not None
            if np.array_equal(was, np.arange(len(self.before.network.lines))):
                return self.before.network, place, ids
            ways, self.kept["growth",] = growing.grown(self.before.network, lines, flat, was)
            return ways, place, ids

        return self._once(("network",), make)

    def _were(
        self, lines: NDArray[np.object_], flat: NDArray[np.bool_], ids: pd.Index
    ) -> Whole | None:
        """For each street its position in the network of the city before, -1 where it came since.

        None where that network cannot grow into today's.
        """
        then = self.before
        if then is None or ("network",) not in then.kept:
            return None
        ways, place, then_ids = then._ways
        today = positions(then_ids, ids)
        if (today < 0).any() or len(ids) - len(today) > MOST * len(today):
            return None
        was = np.full(len(ids), -1, dtype=np.intp)
        was[today] = np.arange(len(today))
        stays = was >= 0
        if not shapely.length(lines[~stays]).all():
            return None  # a line without length is near to nothing, as GEOS has it
        then_flat = then.streets["flat"].to_numpy(bool)[place >= 0]
        same = shapely.equals_identical(ways.lines[was[stays]], lines[stays])
        return was if (same & (then_flat[was[stays]] == flat[stays])).all() else None

    @property
    def _since(self) -> tuple[int, Links | None] | None:
        """How many nodes the network had in the city before, and the links that came; None: it is another one."""
        if self.before is None or ("network",) not in self.before.kept:
            return None
        ways = self.network
        if self.before.network is ways:
            return len(ways.x), None
        growth: growing.Growth | None = self.kept.get(("growth",))
        return (growth.nodes, growth.links) if growth else None

    @cached_property
    def everywhere(self) -> gpd.GeoDataFrame:
        """All quarters, those around too."""
        # In one order whichever of them are asked for, so that borders that two share are always given to the same.
        return pd.concat([self.quarters, self.around]).sort_index()

    @property
    def _places(self) -> Whole:
        return self.everywhere.index.get_indexer(self.quarters.index)

    @property
    def _everybody(self) -> departures.Origins:
        def make() -> departures.Origins:
            ways, lines, _ids = self._ways
            if self.grid is not None:
                return departures.of_grid(self.grid, ways, self.everywhere)
            growth: growing.Growth | None = self.kept.get(("growth",))
            if growth and self._same_homes(growth):
                assert self.before is not None
                return self.before._everybody.on(ways, growth.place, growth.touched)
            return departures.along_streets(self.streets, ways, lines, self.everywhere)

        return self._once(("origins",), make)

    def _same_homes(self, growth: growing.Growth) -> bool:
        """Whether people live along the same streets, and in the same quarters, as in the city before."""
        if self.before is None or self.changed & {"quarters", "around", "grid"}:
            return False
        then, now = (
            departures.residential(city.streets)[city._ways[1] >= 0] for city in (self.before, self)
        )
        return bool(now.sum() == then.sum() and (now[growth.place] == then).all())

    def entrances(self, which: Which, tolerance: float) -> walking.Entrances:
        """Where one can leave the network for each of `areas(which)`, within `tolerance` metres."""
        key = ("entrances", which, tolerance)

        def make() -> walking.Entrances:
            shapes = self.areas(which).geometry.to_numpy()
            if self.before is None or key not in self.before.kept or self._since is None:
                return walking.entrances(self.network, shapes, tolerance)
            then, now, (nodes, _more) = self.before.kept[key], self._now(which), self._since
            return walking.renewed(self.network, then, now, shapes, tolerance, nodes)

        return self._once(key, make)

    def _walked(self, which: Which, gap: float, size: float, tolerance: float) -> walking.Field:
        large = self.large(which, gap, size)
        doors = self.entrances(which, tolerance).of(large)
        key = ("walk", which, gap, size, tolerance)
        if self.before is None or key not in self.before.kept or self._since is None:
            return walking.field(self.network, doors, len(large))
        now = self._now(which)
        counted = (now >= 0) & self.before.large(which, gap, size)
        counted[counted] = large[now[counted]]
        now = np.where(counted, now, -1)
        _nodes, more = self._since
        return walking.repaired(self.network, self.before.kept[key], now, doors, len(large), more)

    def _now(self, which: Which) -> Whole:
        """For each area of the city before its position in this one; -1 where it went or has another shape."""
        return self._once(("now", which), lambda: self._positions(which))

    def _positions(self, which: Which) -> Whole:
        assert self.before is not None
        then, today = self.before.areas(which), self.areas(which)
        if then is today:
            return np.arange(len(today))
        place = positions(then.index, today.index)
        stays = place >= 0
        same = shapely.equals_identical(
            then.geometry.to_numpy()[stays], today.geometry.to_numpy()[place[stays]]
        )
        place[np.flatnonzero(stays)[~same]] = -1
        return place

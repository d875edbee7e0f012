"""What a planner's change costs: a park more, a park less, a path more in Cologne, against reckoning it all anew.

Reads `$SAMPLE_DATA/cologne`; without it this counts as not run. The changes are those that `tests/analysis` holds
equal to a city made anew.
"""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from benchmarks import cologne
from benchmarks.outcome import costs, not_run
from geoplatform.analysis import changes, drawn, keeping, overlay, registry
from geoplatform.analysis.city import City
from geoplatform.analysis.scenario import laid
from geoplatform.analysis.walking import Field

SEED = 9
PARKS, REMOVED, PATHS = 200, 15, 20
ROUNDS = 5
GAP, SIZE, TOLERANCE = 20.0, 5000.0, 25.0
BOUND = 1 / 20
# By a drawing: it is read and guarded, too, and a path is looked at for being an island.
DRAWINGS, DRAWN = 20, 1 / 10
Frames = dict[str, pd.DataFrame]


def run() -> list[dict[str, Any]]:
    folder = os.environ.get("SAMPLE_DATA")
    if not folder:
        return [not_run("scenarios: Cologne", "SAMPLE_DATA is not set")]
    town = cologne.city(cologne.files(Path(folder)))
    figures(town)
    rows = []
    for what, kind in (("park more", parks), ("park less", less), ("path more", paths)):
        ours = [_after(town, frames) for frames in kind(town)]
        full = [_anew(town, frames) for frames, _n in zip(kind(town), range(ROUNDS), strict=False)]
        label = f"Cologne with a {what}, median of {len(ours)}"
        for n, part in enumerate(("the walk and its shares by quarter", "the walk alone")):
            middle = [[median(each[n] for each in times)] for times in (ours, full)]
            rows.append(costs(f"{label}: {part}, against the same made anew", *middle, BOUND))
    return [*rows, *drawings(town)]


def drawings(town: City) -> list[dict[str, Any]]:
    """The same by the way of a planner's drawing: read out of GeoJSON, laid upon the city, only its quarters again."""
    rows = []
    before, indicator = figures(town), registry.get("green-within-a-walk")
    for what, texts in (("park", drawn_parks(town)), ("path", drawn_paths(town))):
        ours, full = [], []
        for text in texts:
            begun = time.process_time()
            state = laid(town, overlay.parse(text))
            islands = state.islands
            now = keeping.again(indicator, indicator.values(), town, state.city, before)
            ours.append(time.process_time() - begun)
            assert len(now) == len(town.quarters)
            assert len(islands) <= 1
            if len(full) < ROUNDS:
                full.append(_seconds(partial(figures, anew(state.city))))
        label = f"Cologne with a {what} drawn, median of {len(ours)}: figures by quarter, against"
        rows.append(costs(f"{label} the same made anew", [median(ours)], [median(full)], DRAWN))
    return rows


def drawn_parks(town: City) -> Iterator[str]:
    for frames in itertools.islice(parks(town), DRAWINGS):
        yield _drawing("green-spaces", frames["green"], town)


def drawn_paths(town: City) -> Iterator[str]:
    for frames in itertools.islice(paths(town), DRAWINGS):
        yield _drawing("streets", frames["streets"], town)


def _drawing(layer: str, frame: Any, town: City) -> str:
    """The last feature of a frame as a drawing of it alone."""
    back = Transformer.from_crs(town.srid, 4326, always_xy=True)
    shape = shapely.transform(frame.geometry.iloc[-1], back.transform, interleaved=False)
    said = {"type": "Feature", "properties": {"layer": layer}, "geometry": drawn.written(shape)}
    return json.dumps({"type": "FeatureCollection", "features": [said]})


def parks(town: City) -> Iterator[Frames]:
    """The green with a park of up to 4 ha more, each time another one near where people live."""
    rng = np.random.default_rng(SEED)
    homes = town.origins.points
    for number in range(PARKS):
        (x, y), (width, height) = _xy(homes, rng), rng.uniform(40, 200, 2)
        area = shapely.box(x, y, x + width, y + height)
        yield {"green": _with(town.green, area, f"park{number}", kind="park", public_access=None)}


def less(town: City) -> Iterator[Frames]:
    """The green without one of those that people walk to."""
    counted = np.flatnonzero(town.large("public", GAP, SIZE))
    rng = np.random.default_rng(SEED)
    for id in town.areas("public").index[rng.choice(counted, REMOVED, replace=False)]:
        yield {"green": town.green.drop(index=id)}


def paths(town: City) -> Iterator[Frames]:
    """The streets with a path more, drawn from a corner of a street over a place on the way to that of another."""
    rng = np.random.default_rng(SEED)
    ways = town.network
    for number in range(PATHS):
        corner = rng.integers(len(ways.x))
        near = ways.nodes.query(shapely.Point(ways.x[corner], ways.y[corner]).buffer(300))
        other = rng.choice(near)
        ends = np.column_stack([ways.x[[corner, other]], ways.y[[corner, other]]])
        line = shapely.LineString([ends[0], ends.mean(axis=0) + rng.uniform(-50, 50, 2), ends[1]])
        more = _with(town.streets, line, f"path{number}", kind="footway", foot=None, flat=True)
        yield {"streets": more}


def figures(town: City) -> pd.DataFrame:
    """Who can walk to green, by quarter."""
    indicator = registry.get("green-within-a-walk")
    assert indicator.compute is not None
    return indicator.compute(town, indicator.values())


def walk(town: City) -> Field:
    """The walk from each node to the nearest green, as those figures have it."""
    return town.walk("public", GAP, SIZE, TOLERANCE)


def anew(town: City) -> City:
    """The same city, which knows of no earlier one."""
    return City.of(town.srid, quarters=town.quarters, green=town.green, streets=town.streets)


def _after(town: City, frames: Frames) -> tuple[float, float]:
    """CPU seconds until the figures are there, and of the walk alone once the city's parts are."""
    indicator = registry.get("green-within-a-walk")
    begun = time.process_time()
    now = town.after(**frames)
    assert len(changes.touched(indicator, indicator.values(), town, now)) == len(town.quarters)
    figures(now)
    whole = time.process_time() - begun
    del now.kept["walk", "public", GAP, SIZE, TOLERANCE]
    return whole, _seconds(lambda: walk(now))


def _anew(town: City, frames: Frames) -> tuple[float, float]:
    now = anew(town.after(**frames))
    whole = _seconds(lambda: figures(now))
    del now.kept["walk", "public", GAP, SIZE, TOLERANCE]
    return whole, _seconds(lambda: walk(now))


def _seconds(do: Callable[[], object]) -> float:
    begun = time.process_time()
    do()
    return time.process_time() - begun


def _xy(points: Any, rng: np.random.Generator) -> Any:
    return shapely.get_coordinates(points[rng.integers(len(points))])[0]


def _with(frame: Any, shape: shapely.Geometry, id: str, **columns: Any) -> gpd.GeoDataFrame:
    types = {name: frame[name].dtype for name in columns}
    values = pd.DataFrame(columns, index=[id]).astype(types)
    return pd.concat([frame, gpd.GeoDataFrame(values, geometry=[shape], crs=frame.crs)])

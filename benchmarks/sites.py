"""What it costs to find whom 500 sites in Cologne would newly serve, against repairing the walk for each of them.

Reads `$SAMPLE_DATA/cologne`; without it this counts as not run.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks import cologne
from benchmarks.outcome import costs, not_run
from geoplatform.analysis import candidates
from geoplatform.analysis.city import City

SEED = 3
SITES = candidates.MOST
ASKED = 20  # of them are looked at the other way
ROUNDS = 3
VALUES = {"limit": 300.0, "area": 0.5, "gap": 20.0, "tolerance": 25.0}


def run() -> list[dict[str, Any]]:
    folder = os.environ.get("SAMPLE_DATA")
    if not folder:
        return [not_run("sites: Cologne", "SAMPLE_DATA is not set")]
    town = cologne.city(cologne.files(Path(folder)))
    shapes = areas(town)
    served(town)
    ours, peer = [], []
    for _round in range(ROUNDS):
        begun = time.process_time()
        found = candidates.newly_served(town, shapes, VALUES)
        ours.append((time.process_time() - begun) / SITES)
        begun = time.process_time()
        for number in range(ASKED):
            assert found[number].tolist() == newly_served(town, shapes[number]).tolist()
        peer.append((time.process_time() - begun) / ASKED)
    what = f"whom a site in Cologne newly serves, of {SITES}, against the city with a park there"
    return [costs(what, ours, peer, 0.2)]


def areas(town: City) -> Any:
    """Squares of up to 2.6 ha beside places where people live."""
    rng = np.random.default_rng(SEED)
    homes = town.origins.points
    chosen = homes[rng.choice(len(homes), SITES, replace=False)]
    x, y = shapely.get_coordinates(chosen).T
    width, height = rng.uniform(40, 160, (2, SITES))
    return shapely.box(x, y, x + width, y + height)


def served(town: City) -> Any:
    """Who has green within the limit."""
    field = town.walk("public", VALUES["gap"], VALUES["area"] * 10_000, VALUES["tolerance"])
    return town.everybody[0].walk(field)[0] <= VALUES["limit"]


def newly_served(town: City, site: shapely.Geometry) -> Any:
    """The same as `candidates.newly_served`, by a city with a park more."""
    kinds = pd.DataFrame({"kind": ["park"], "public_access": [None]}, index=["site"])
    kinds = kinds.astype({name: town.green[name].dtype for name in kinds})
    new = gpd.GeoDataFrame(kinds, geometry=[site], crs=town.green.crs)
    after = town.after(green=pd.concat([town.green, new]))
    return np.flatnonzero(served(after) & ~served(town))

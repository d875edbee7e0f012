"""Who goes without green within a walk, by quarter and by place: what a map of need is drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplatform.analysis import access
from geoplatform.analysis.city import City
from geoplatform.analysis.indicator import Values
from geoplatform.analysis.network import Floats

HECTARE = 10_000
# Within the limit; beyond it, up to a tenth farther; farther than that, or nowhere.
BANDS = ("within", "just", "beyond")
# Metres: places nearer than this are told together; if they would be more than MOST_CELLS, twice as far.
SIDE = 100.0
MOST_CELLS = 1_500


@dataclass(frozen=True, eq=False)
class Need:
    """People by the band of the limit (BANDS).

    quarters  by quarter id, percent of its inhabitants in each band; null where nobody lives
    people    the same in people; null where their number is unknown
    x, y      middle of squares in which somebody goes without (metres), `without` how many people; where no quarter's
              inhabitants are known, percent of a quarter; `beyond` those of them in the last band
    side      of a square, in metres
    """

    quarters: pd.DataFrame
    people: pd.DataFrame
    x: Floats
    y: Floats
    without: Floats
    beyond: Floats
    side: float


def need(city: City, values: Values, *, known: bool) -> Need:
    """The need for green within `limit` metres' walk. `known`: whether any quarter's inhabitants are."""
    size, tolerance = values["area"] * HECTARE, values["tolerance"]
    origins = city.origins
    metres, _area = origins.walk(city.walk("public", values["gap"], size, tolerance))
    limit, _lower, upper = access.band(values["limit"])
    band = np.digitize(metres, [limit, upper], right=True)
    quarters = pd.DataFrame(
        {name: access.share(city, band == number) for number, name in enumerate(BANDS)}
    )
    people = quarters.mul(city.quarters["inhabitants"], axis=0) / 100
    inhabitants = city.quarters["inhabitants"].to_numpy("float64")[origins.quarter]
    weight = origins.share * (np.nan_to_num(inhabitants) if known else 100.0)
    some = (band > 0) & (weight > 0)
    xy = shapely.get_coordinates(origins.points[some])
    return Need(quarters, people, *_cells(xy, weight[some], band[some] == 2))


def _cells(
    xy: Floats, weight: Floats, beyond: NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats, Floats, float]:
    side = SIDE
    while True:
        cells, number = np.unique(np.floor(xy / side), axis=0, return_inverse=True)
        if len(cells) <= MOST_CELLS:
            break
        side *= 2
    x, y = ((cells + 0.5) * side).T
    without = np.bincount(number, weight, len(cells)).astype("float64")
    far = np.bincount(number, weight * beyond, len(cells)).astype("float64")
    return x, y, without, far, side

"""How much of a quarter lies beneath crowns of trees."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from django.utils.translation import gettext_lazy as _

from geoplatform.analysis.city import City
from geoplatform.analysis.crowns import discs
from geoplatform.analysis.green import area_in_quarters
from geoplatform.analysis.indicator import Column, Indicator, Reference, Target, Values

# Metres from trunk to the rim of a crown: at most 100 m across are recorded, and its drawing is a little wider.
WIDEST = 51.0


def compute(city: City, values: Values) -> pd.DataFrame:
    """Percent of the quarter beneath crowns drawn as circles, what overlaps counted once; null without any crown."""
    crowns = _near(city)
    shapes = discs(crowns.geometry.to_numpy(), crowns["crown_m"].to_numpy("float64"))
    covered = area_in_quarters(city.quarters, pd.Series(shapes, index=crowns.index))
    area = shapely.area(city.quarters.geometry.to_numpy())
    return pd.DataFrame({"cover": (covered / area * 100).where(covered > 0, np.nan)})


def _near(city: City) -> gpd.GeoDataFrame:
    """The crowns that may reach into a quarter that is asked for."""
    points = city.crowns.geometry.to_numpy()
    areas = city.quarters.geometry.to_numpy()
    _quarter, near = shapely.STRtree(points).query(areas, predicate="dwithin", distance=WIDEST)
    return city.crowns.iloc[np.unique(near)]


indicator = Indicator(
    id="crown-cover",
    title=_("Crown cover"),
    definition=_(
        "Share of the quarter beneath the crowns of recorded trees, drawn as circles of the recorded diameter; what"
        " overlaps counts once."
    ),
    formula="area(union(circles) ∩ quarter) / area of the quarter · 100",
    columns=(Column(name="cover", title=_("crown cover"), unit="%", better="more"),),
    inputs=("quarters", "crowns"),
    references=(
        Reference(
            text="Konijnendijk: Evidence-based guidelines for greener, healthier, more resilient neighbourhoods:"
            " Introducing the 3-30-300 rule. Journal of Forestry Research 34, 821-830",
            year=2023,
            url="https://doi.org/10.1007/s11676-022-01523-z",
            note=_("Only the abstract was read."),
        ),
    ),
    official=False,
    caveats=(
        _(
            "Trees without a recorded crown diameter, forests and private trees are missing: the true cover is higher."
        ),
    ),
    targets=(Target(column="cover", value=30, text=_("3-30-300: at least 30 %")),),
    reach=lambda values: WIDEST,
    compute=compute,
)

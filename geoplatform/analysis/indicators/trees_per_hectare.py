"""Trees per hectare of a quarter."""

import pandas as pd
import shapely
from django.utils.translation import gettext_lazy as _

from geoplatform.analysis.city import City
from geoplatform.analysis.indicator import Column, Indicator, Values


def compute(city: City, values: Values) -> pd.DataFrame:
    """Recorded trees per hectare of the quarter, and how many those are."""
    number = city.trees_by_quarter(city.trees)
    hectares = shapely.area(city.quarters.geometry.to_numpy()) / 10_000
    return pd.DataFrame({"density": number / hectares, "trees": number})


indicator = Indicator(
    id="trees-per-hectare",
    title=_("Trees per hectare"),
    definition=_("Recorded trees in the quarter, divided by its area."),
    formula="trees / area of the quarter",
    columns=(
        Column(name="density", title=_("trees per hectare"), unit="1/ha", better="more"),
        Column(name="trees", title=_("trees"), unit="", digits=0),
    ),
    inputs=("quarters", "trees"),
    official=False,
    caveats=(
        _(
            "Only recorded trees count: mostly those of the city, seldom those of gardens and forests."
        ),
    ),
    reach=lambda values: 0,
    compute=compute,
)

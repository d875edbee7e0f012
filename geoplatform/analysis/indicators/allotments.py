"""Allotment plots and allotment area for the inhabitants of a quarter."""

import numpy as np
import pandas as pd
from django.utils.translation import gettext_lazy as _

from geoplatform.analysis import plots
from geoplatform.analysis.city import City
from geoplatform.analysis.green import area_in_quarters
from geoplatform.analysis.indicator import Column, Indicator, Values


def compute(city: City, values: Values) -> pd.DataFrame:
    """Plots per 1,000 inhabitants, and m2 of allotments per inhabitant.

    Where there are sites but no plot is recorded, their number is unknown, not 0.
    """
    sites = plots.sites(city.gardens).geometry
    own = plots.allotments(city.gardens, city.plots)
    area = area_in_quarters(city.quarters, pd.concat([sites, own.geometry]))
    number = plots.counted(city, own).astype("float64")
    number = number.where((number > 0) | (area == 0), np.nan)
    return pd.DataFrame(
        {"plots": number / city.inhabitants * 1000, "area": area / city.inhabitants}
    )


indicator = Indicator(
    id="allotments",
    title=_("Allotments"),
    definition=_(
        "Allotment plots per 1,000 inhabitants, and area of allotment sites per inhabitant, in the quarter. A"
        " plot belongs"
        " to the quarter that holds the most of it; sites are cut at the quarter's border."
    ),
    formula="plots / inhabitants · 1,000;  area(union(sites) ∩ quarter) / inhabitants",
    columns=(
        Column(name="plots", title=_("allotment plots"), unit="1/1,000 inh.", better="more"),
        Column(name="area", title=_("allotment area"), unit="m²/inh.", better="more"),
    ),
    inputs=("quarters", "gardens", "plots"),
    official=False,
    caveats=(
        _("Where sites are recorded but none of their plots, the number of plots is unknown."),
        _("Plots serve people of other quarters too."),
    ),
    # A plot may lie partly in the next quarter, and in a garden that does not reach it.
    reach=lambda values: 250,
    compute=compute,
)

"""How many allotment plots are larger than the law has them."""

import numpy as np
import pandas as pd
import shapely
from django.utils.translation import gettext_lazy as _

from geoplatform.analysis import plots
from geoplatform.analysis.city import City
from geoplatform.analysis.indicator import Column, Indicator, Parameter, Reference, Values


def compute(city: City, values: Values) -> pd.DataFrame:
    """Percent of the quarter's allotment plots that are larger than `size` m2; null where it has none."""
    own = plots.allotments(city.gardens, city.plots)
    large = own[shapely.area(own.geometry.to_numpy()) > values["size"]]
    all_, some = plots.counted(city, own), plots.counted(city, large)
    return pd.DataFrame(
        {"large": some / all_.where(all_ > 0, np.nan) * 100, "plots": all_.astype("float64")}
    )


indicator = Indicator(
    id="large-plots",
    title=_("Allotment plots over 400 m²"),
    definition=_(
        "Share of the allotment plots of a quarter whose drawn area is larger than 400 m², the size that"
        " section 3(1) of"
        " the German allotment law says a plot should not exceed."
    ),
    formula="plots(area > 400 m²) / plots · 100",
    columns=(
        Column(name="large", title=_("plots larger than that"), unit="%", better="less"),
        Column(name="plots", title=_("plots"), unit="", digits=0),
    ),
    parameters=(
        Parameter(name="size", title=_("size not to be exceeded"), unit="m²", default=400, low=50, high=2000),
    ),
    inputs=("quarters", "gardens", "plots"),
    references=(
        Reference(
            text="Bundeskleingartengesetz (BKleingG), § 3 Abs. 1",
            year=1983,
            url="https://www.gesetze-im-internet.de/bkleingg/__3.html",
            checked=True,
            note=_("Read in two reprints of the law, as of 2024; the address itself was not opened."),
        ),
    ),
    official=False,
    caveats=(
        _("The law says “should”: plots larger than that may be lawful, older ones above all."),
        _("The area is that of the drawn outline, not of the lease."),
    ),
    # A plot may lie partly in the next quarter, and in a garden that does not reach it.
    reach=lambda values: 250,
    compute=compute,
)  # fmt: skip

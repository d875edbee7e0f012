"""Public green per inhabitant of the quarter it lies in."""

import pandas as pd
from django.utils.translation import gettext_lazy as _

from geoplatform.analysis.city import City
from geoplatform.analysis.green import area_in_quarters, public
from geoplatform.analysis.indicator import Column, Indicator, Reference, Values


def compute(city: City, values: Values) -> pd.DataFrame:
    """m2 of public green within the quarter per inhabitant; the same as hectares per 100,000 inhabitants."""
    area = area_in_quarters(city.quarters, public(city.green).geometry)
    each = area / city.inhabitants
    # 1 m2/inh = 100,000 m2 = 10 ha per 100,000 inhabitants.
    return pd.DataFrame({"green": each, "iso37120": each * 10})


indicator = Indicator(
    id="green-per-inhabitant",
    title=_("Public green per inhabitant"),
    definition=_(
        "Area of public green within the quarter, overlaps counted once, divided by the quarter's inhabitants."
    ),
    formula="area(union(green) ∩ quarter) / inhabitants",
    columns=(
        Column(name="green", title=_("public green"), unit="m²/inh.", better="more"),
        Column(name="iso37120", title=_("public green"), unit="ha/100,000 inh.", better="more"),
    ),
    inputs=("quarters", "green"),
    references=(
        Reference(
            text="ISO 37120: Sustainable cities and communities - Indicators for city services and quality of"
            " life, 21.1",
            year=2018,
            url="https://www.iso.org/standard/68498.html",
            note=_("The standard itself was not read, only a city's account of indicator 21.1."),
        ),
    ),
    official=False,
    caveats=(
        _(
            "ISO 37120 counts all green, public and private, of the whole city; here public green counts alone."
        ),
        _("Green beyond the quarter's border does not count, however near it is."),
        _(
            "Green counts as public where its record says so, or says nothing and its kind usually is."
        ),
    ),
    reach=lambda values: 0,
    compute=compute,
)

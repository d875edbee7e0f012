"""How much park there is for each inhabitant within a walk."""

import numpy as np
import pandas as pd
from django.utils.translation import gettext_lazy as _

from geoplatform.analysis import access
from geoplatform.analysis.city import City
from geoplatform.analysis.indicator import Column, Indicator, Patches, Reference, Target, Values
from geoplatform.analysis.network import Whole
from geoplatform.analysis.origins import Origins
from geoplatform.analysis.walking import Field

HECTARE = 10_000


def compute(city: City, values: Values) -> pd.DataFrame:
    """m2 of park per inhabitant: each park is shared by all whose nearest it is, within `limit` metres' walk.

    Those without a park within the limit have 0 m2, and stay in the mean.
    """
    parks = city.patches("parks", values["gap"])
    field = city.walk("parks", values["gap"], values["area"] * HECTARE, values["tolerance"])
    everybody, people = city.everybody
    at = _within(everybody, field, values["limit"])
    some = at >= 0
    users = np.bincount(parks.patch[at[some]], np.nan_to_num(people[some]), len(parks.size))
    with np.errstate(divide="ignore", invalid="ignore"):
        each = parks.size / users
    nearest = _within(city.origins, field, values["limit"])
    area = np.zeros(len(nearest))
    area[nearest >= 0] = each[parks.patch[nearest[nearest >= 0]]]
    found = city.origins.total(area, len(city.quarters))
    return pd.DataFrame(
        {"area": np.where(city.inhabitants.notna(), found, np.nan)}, index=city.quarters.index
    )


def _within(origins: Origins, field: Field, limit: float) -> Whole:
    """The nearest park (position) of each origin; -1 where it is farther than the limit."""
    metres, area = origins.walk(field)
    return np.where(metres <= limit, area, -1)


indicator = Indicator(
    id="park-area-within-a-walk",
    title=_("Park within a walk, per inhabitant"),
    definition=_(
        "Area of parks and public gardens of at least 0.5 ha per inhabitant within a walk of 500 m: each park is shared"
        " among all whose nearest it is, whichever quarter they live in."
    ),
    formula="Σ people · (area of the nearest park / people whose nearest it is) / inhabitants",
    columns=(Column(name="area", title=_("park per inhabitant"), unit="m²/inh.", better="more"),),
    parameters=(
        access.limit("limit", _("limit"), 500),
        access.smallest("area", 0.5),
        access.GAP,
        access.TOLERANCE,
    ),
    inputs=("quarters", "green", "streets"),
    references=(
        Reference(
            text="Gartenamtsleiterkonferenz (GALK): Kennwerte für öffentliches Grün: im Wohngebiet mindestens 6 m²"
            " Park je Einwohner, mindestens 0,5 ha, bis 500 m",
            year=1973,
            url="https://wiki.open-accessibility.org/indicators/gruenversorgung",
            note=_("Not read itself: the values are as the address, a later account, quotes them."),
        ),
    ),
    official=False,
    caveats=(
        _("A park counts for those alone whose nearest it is, so that no area counts twice."),
        access.STREETS_CAVEAT,
        access.WALK_CAVEAT,
        access.DOOR_CAVEAT,
        access.PUBLIC_CAVEAT,
    ),
    targets=(Target(column="area", value=6, text=_("GALK: at least 6 m² per inhabitant")),),
    reach=None,
    patches=lambda values: Patches(which="parks", gap=values["gap"]),
    compute=compute,
)

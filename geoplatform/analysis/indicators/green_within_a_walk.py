"""Who can walk to green within 300 m, and within 500 m, along streets and paths."""

import pandas as pd
from django.utils.translation import gettext_lazy as _

from geoplatform.analysis import access
from geoplatform.analysis.city import City
from geoplatform.analysis.indicator import Column, Indicator, Patches, Reference, Values

HECTARE = 10_000
NAMES = ("share", "lower", "upper")
FAR_NAMES = ("far", "far_lower", "far_upper")


def compute(city: City, values: Values) -> pd.DataFrame:
    """Percent of inhabitants who can walk to public green within `limit` and within `far_limit` metres."""
    field = city.walk("public", values["gap"], values["area"] * HECTARE, values["tolerance"])
    metres, _nearest = city.origins.walk(field)
    found = {
        name: metres <= limit
        for names, given in ((NAMES, values["limit"]), (FAR_NAMES, values["far_limit"]))
        for name, limit in zip(names, access.band(given), strict=True)
    }
    return access.with_band(city, found, max(values["limit"], values["far_limit"]))


indicator = Indicator(
    id="green-within-a-walk",
    title=_("Green within a walk"),
    definition=_(
        "Share of inhabitants who can walk to public green of at least 0.5 ha within 300 m, and within 500 m, along"
        " streets and paths. Who cannot reach any counts as not having it."
    ),
    formula="inhabitants(walk ≤ 300 m) / inhabitants · 100",
    columns=(
        access.SHARE,
        access.LOWER,
        access.UPPER,
        Column(name="far", title=_("inhabitants within the longer walk"), unit="%", better="more"),
        Column(name="far_lower", title=_("longer walk, 10 % shorter"), unit="%", better="more"),
        Column(name="far_upper", title=_("longer walk, 10 % longer"), unit="%", better="more"),
        access.NEAR_EDGE,
    ),
    parameters=(
        access.limit("limit", _("limit"), 300),
        access.limit("far_limit", _("limit of the longer walk"), 500),
        access.smallest("area", 0.5),
        access.GAP,
        access.TOLERANCE,
    ),
    inputs=("quarters", "green", "streets"),
    references=(
        Reference(
            text="Konijnendijk: Evidence-based guidelines for greener, healthier, more resilient neighbourhoods:"
            " Introducing the 3-30-300 rule. Journal of Forestry Research 34, 821-830",
            year=2023,
            url="https://doi.org/10.1007/s11676-022-01523-z",
            note=_(
                "Only the abstract was read. The 500 m and the smallest area are this platform's choice."
            ),
        ),
    ),
    official=False,
    caveats=(
        access.STREETS_CAVEAT,
        access.WALK_CAVEAT,
        access.DOOR_CAVEAT,
        access.PUBLIC_CAVEAT,
        access.EDGE_CAVEAT,
    ),
    reach=None,
    patches=lambda values: Patches(
        which="public", gap=values["gap"], sizes=(values["area"] * HECTARE,)
    ),
    compute=compute,
)

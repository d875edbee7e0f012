"""How far it is to walk to the nearest green, and who cannot walk to any."""

import numpy as np
import pandas as pd
from django.utils.translation import gettext_lazy as _

from geoplatform.analysis import access
from geoplatform.analysis.city import City
from geoplatform.analysis.indicator import Column, Indicator, Patches, Values

HECTARE = 10_000


def compute(city: City, values: Values) -> pd.DataFrame:
    """Metres to walk to the nearest public green, on average over those who can, and percent of those who cannot."""
    field = city.walk("public", values["gap"], values["area"] * HECTARE, values["tolerance"])
    metres, _nearest = city.origins.walk(field)
    reached = np.isfinite(metres)
    there = access.share(city, reached)
    sums = access.share(city, np.where(reached, metres, 0))
    return pd.DataFrame(
        {"walk": sums / there.where(there > 0), "unreachable": access.share(city, ~reached)}
    )


indicator = Indicator(
    id="walk-to-green",
    title=_("Walk to the nearest green"),
    definition=_(
        "Mean way along streets and paths from where people live to the nearest public green of at least 0.5"
        " ha, over all"
        " who can walk to one; and the share of those who cannot."
    ),
    formula="Σ people · walk / Σ people who can reach green",
    columns=(
        Column(name="walk", title=_("mean walk"), unit="m", digits=0, better="less"),
        Column(name="unreachable", title=_("inhabitants who cannot walk to green"), unit="%", better="less"),
    ),
    parameters=(access.smallest("area", 0.5), access.GAP, access.TOLERANCE),
    inputs=("quarters", "green", "streets"),
    official=False,
    caveats=(
        access.STREETS_CAVEAT,
        access.WALK_CAVEAT,
        access.DOOR_CAVEAT,
        access.PUBLIC_CAVEAT,
        _("A mean hides who walks far: read it with the share within a walk."),
    ),
    reach=None,
    patches=lambda values: Patches(
        which="public", gap=values["gap"], sizes=(values["area"] * HECTARE,)
    ),
    compute=compute,
)  # fmt: skip

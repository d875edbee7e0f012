"""Who has green near and a large green within reach, as the crow flies."""

import numpy as np
import pandas as pd
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from geoplatform.analysis import access
from geoplatform.analysis.city import City
from geoplatform.analysis.indicator import Indicator, Patches, Reference, Values

HECTARE = 10_000


def compute(city: City, values: Values) -> pd.DataFrame:
    """Percent of inhabitants near both a patch of `area` hectares and one of `large_area` hectares."""
    shapes = city.areas("public").geometry.to_numpy()
    near = shapes[city.large("public", values["gap"], values["area"] * HECTARE)]
    large = shapes[city.large("public", values["gap"], values["large_area"] * HECTARE)]
    pairs = zip(
        access.straight(city.origins, near, *access.band(values["limit"])),
        access.straight(city.origins, large, *access.band(values["large_limit"])),
        strict=True,
    )
    found = [both(*pair) for pair in pairs]
    return access.with_band(
        city, dict(zip(("share", "lower", "upper"), found, strict=True)), values["large_limit"]
    )


def both(near: NDArray[np.bool_], large: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Who has green near and a large one within reach: one of the two alone is not enough."""
    return near & large


indicator = Indicator(
    id="green-near-and-large",
    title=_("Green near, and a large one within reach"),
    definition=_(
        "Share of inhabitants who live no farther than 300 m from contiguous public green of at least 1 ha and"
        " no farther"
        " than 700 m from contiguous public green of at least 10 ha, as the crow flies."
    ),
    formula="inhabitants(distance₁ ≤ 300 m ∧ distance₁₀ ≤ 700 m) / inhabitants · 100",
    columns=(access.SHARE, access.LOWER, access.UPPER, access.NEAR_EDGE),
    parameters=(
        access.limit("limit", _("limit"), 300),
        access.smallest("area", 1),
        access.limit("large_limit", _("limit of the large green"), 700),
        access.smallest("large_area", 10),
        access.GAP,
    ),
    inputs=("quarters", "green", "streets"),
    references=(
        Reference(
            text="Grunewald, Richter, Meinel, Herold, Syrbe: Vorschlag bundesweiter Indikatoren zur Erreichbarkeit"
            " öffentlicher Grünflächen. Naturschutz und Landschaftsplanung 48 (7), 218-226",
            year=2016,
            note=_(
                "Only the abstract was read, which gives both limits; the authors count waters too."
            ),
        ),
    ),
    official=False,
    caveats=(access.STREETS_CAVEAT, access.PUBLIC_CAVEAT, access.EDGE_CAVEAT),
    reach=lambda values: access.band(max(values["limit"], values["large_limit"]))[2],
    patches=lambda values: Patches(
        which="public",
        gap=values["gap"],
        sizes=(values["area"] * HECTARE, values["large_area"] * HECTARE),
    ),
    compute=compute,
)

"""Who lives within 300 m of green of at least one hectare, as the crow flies."""

import pandas as pd
from django.utils.translation import gettext_lazy as _

from geoplatform.analysis import access
from geoplatform.analysis.city import City
from geoplatform.analysis.indicator import Indicator, Patches, Reference, Values

HECTARE = 10_000


def compute(city: City, values: Values) -> pd.DataFrame:
    """Percent of inhabitants within `limit` metres of a patch of public green of at least `area` hectares."""
    large = city.large("public", values["gap"], values["area"] * HECTARE)
    areas = city.areas("public").geometry.to_numpy()[large]
    found = access.straight(city.origins, areas, *access.band(values["limit"]))
    return access.with_band(
        city, dict(zip(("share", "lower", "upper"), found, strict=True)), values["limit"]
    )


indicator = Indicator(
    id="green-within-300-m",
    title=_("Green within 300 m"),
    definition=_(
        "Share of inhabitants who live no farther than 300 m, as the crow flies, from contiguous public green of at"
        " least 1 ha. Green spaces no farther apart than 20 m hang together."
    ),
    formula="inhabitants(distance ≤ 300 m) / inhabitants · 100",
    columns=(access.SHARE, access.LOWER, access.UPPER, access.NEAR_EDGE),
    parameters=(access.limit("limit", _("limit"), 300), access.smallest("area", 1), access.GAP),
    inputs=("quarters", "green", "streets"),
    references=(
        Reference(
            text="WHO Regional Office for Europe: Urban green spaces and health. A review of evidence",
            year=2016,
            url="https://iris.who.int/handle/10665/345751",
            note=_(
                "The abstract was read, not the annex that defines the indicator; the address was not opened."
            ),
        ),
        Reference(
            text="IÖR-Monitor: Indikatorkennblatt O03RG, Erreichbarkeit naher städtischer Grünflächen",
            year=2016,
            url="https://monitor.ioer.de/svg_viewer/datenvisualisierung/kennblatt_vonKarte.php?lang=DE&ID_IND=O03RG",
            checked=True,
            note=_(
                "The same limits as here; it also counts waters and takes a population grid."
                " The year is that of the proposal."
            ),
        ),
    ),
    official=False,
    caveats=(access.STREETS_CAVEAT, access.PUBLIC_CAVEAT, access.EDGE_CAVEAT),
    reach=lambda values: access.band(values["limit"])[2],
    patches=lambda values: Patches(
        which="public", gap=values["gap"], sizes=(values["area"] * HECTARE,)
    ),
    compute=compute,
)

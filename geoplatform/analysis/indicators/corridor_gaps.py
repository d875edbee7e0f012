"""Where green corridors are broken."""

import numpy as np
import pandas as pd
import shapely
from django.utils.translation import gettext_lazy as _

from geoplatform.analysis.city import City
from geoplatform.analysis.corridors import chains
from geoplatform.analysis.indicator import Column, Indicator, Parameter, Values


def compute(city: City, values: Values) -> pd.DataFrame:
    """Gaps that meet the quarter, the longest of them in metres, and chains of corridors that meet it."""
    lines = city.corridors.geometry.to_numpy()
    found = chains(lines, values["gap"], values["farthest"])
    rows = city.blank("gaps", "longest", "components")
    if not len(lines):
        return rows
    along, across = shapely.STRtree(lines), shapely.STRtree(found.gaps)
    for id, quarter in city.quarters.geometry.items():
        here = found.chain[along.query(quarter, predicate="intersects")]
        lengths = found.lengths[across.query(quarter, predicate="intersects")]
        longest = lengths.max() if len(lengths) else np.nan
        rows.loc[id] = [len(lengths), longest, len(np.unique(here))]
    return rows


indicator = Indicator(
    id="corridor-gaps",
    title=_("Gaps in green corridors"),
    definition=_(
        "Breaks of more than 20 m between green corridors in the quarter, and how many separate chains of"
        " corridors it has."
        " Chains farther apart than 500 m are not taken for one broken corridor."
    ),
    formula="edges of the minimum spanning tree of the chains, 20 m < length ≤ 500 m",
    columns=(
        Column(name="gaps", title=_("gaps"), unit="", digits=0, better="less"),
        Column(name="longest", title=_("longest gap"), unit="m", digits=0, better="less"),
        Column(name="components", title=_("separate chains"), unit="", digits=0, better="less"),
    ),
    parameters=(
        Parameter(name="gap", title=_("gaps that do not break a corridor"), unit="m", default=20, low=0, high=200),
        Parameter(name="farthest", title=_("farthest that a gap reaches"), unit="m", default=500, low=200, high=2000),
    ),
    inputs=("quarters", "corridors"),
    official=False,
    caveats=(
        _("A gap is the shortest line between two chains, whatever lies between them."),
        _("Null where no corridor is recorded in or around the city."),
    ),
    reach=None,
    compute=compute,
)  # fmt: skip

"""How large the green is that a random place of a quarter lies in, whole patches counted."""

import numpy as np
import pandas as pd
import shapely
from django.utils.translation import gettext_lazy as _

from geoplatform.analysis.city import City
from geoplatform.analysis.green import pieces
from geoplatform.analysis.indicator import Column, Indicator, Parameter, Patches, Reference, Values


def compute(city: City, values: Values) -> pd.DataFrame:
    """Effective mesh size of green in hectares, with cross-boundary connections."""
    patches = city.patches("all", values["gap"])
    tree = shapely.STRtree(city.areas("all").geometry.to_numpy())
    found = np.zeros(len(city.quarters))
    for number, quarter in enumerate(city.quarters.geometry.to_numpy()):
        which, parts = pieces(quarter, tree)
        patch = patches.patch[which]
        for each in np.unique(patch):
            inside = shapely.area(shapely.union_all(parts[patch == each]))
            found[number] += inside * patches.size[each]
        found[number] /= shapely.area(quarter)
    return pd.DataFrame({"mesh": found / 10_000}, index=city.quarters.index)


indicator = Indicator(
    id="mesh-size",
    title=_("Effective mesh size of green"),
    definition=_(
        "The mean size of the green patch that a random place of the quarter lies in, places without green"
        " counted as 0."
        " A patch counts with all of its area, also beyond the quarter (cross-boundary connections)."
    ),
    formula="Σ area(patch ∩ quarter) · area(patch) / area of the quarter",
    columns=(Column(name="mesh", title=_("effective mesh size"), unit="ha", digits=2, better="more"),),
    parameters=(
        Parameter(name="gap", title=_("gaps that do not part green"), unit="m", default=0, low=0, high=100),
    ),
    inputs=("quarters", "green"),
    references=(
        Reference(
            text="Moser, Jaeger, Tappeiner, Tasser, Eiselt: Modification of the effective mesh size for measuring"
            " landscape fragmentation to solve the boundary problem. Landscape Ecology 22, 447-459",
            year=2007,
            url="https://doi.org/10.1007/s10980-006-9023-0",
            note=_("Only the abstract was read; the formula is that of the procedure as it is commonly given."),
        ),
    ),
    official=False,
    caveats=(
        _("A street between two green spaces parts them, unless the gap allowed is wider."),
        _("All green counts, whether people may enter it or not."),
    ),
    reach=lambda values: 0,
    patches=lambda values: Patches(which="all", gap=values["gap"]),
    compute=compute,
)  # fmt: skip

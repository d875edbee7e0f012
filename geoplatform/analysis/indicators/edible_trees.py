"""Trees that everybody may pick from, for the inhabitants of a quarter."""

import pandas as pd
from django.utils.translation import gettext_lazy as _

from geoplatform.analysis.city import City
from geoplatform.analysis.indicator import Column, Indicator, Values

# Where picking is allowed to all without asking.
PUBLIC = ("public", "owner-permits")


def compute(city: City, values: Values) -> pd.DataFrame:
    """Edible trees that everybody may pick from, per 1,000 inhabitants."""
    trees = city.trees
    wanted = trees[(trees["edible"].fillna(False) & trees["access"].isin(PUBLIC)).to_numpy(bool)]
    number = city.trees_by_quarter(wanted)
    return pd.DataFrame({"edible": number / city.inhabitants * 1000, "trees": number})


indicator = Indicator(
    id="edible-trees",
    title=_("Public edible trees"),
    definition=_(
        "Recorded trees with edible fruit or nuts that everybody may pick from (access “public” or “the owner permits"
        " picking”) per 1,000 inhabitants of the quarter."
    ),
    formula="trees(edible ∧ public) / inhabitants · 1,000",
    columns=(
        Column(name="edible", title=_("public edible trees"), unit="1/1,000 inh.", better="more"),
        Column(name="trees", title=_("trees"), unit="", digits=0),
    ),
    inputs=("quarters", "trees"),
    official=False,
    caveats=(
        _("Where nobody has recorded who may pick, a tree does not count."),
        _("Trees of which only the genus is known are of unknown edibility and do not count."),
    ),
    reach=lambda values: 0,
    compute=compute,
)

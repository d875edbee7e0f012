"""How diverse the trees of a quarter are, and what one pest could take at once."""

import numpy as np
import pandas as pd
from django.utils.translation import gettext_lazy as _

from geoplatform.analysis.city import City
from geoplatform.analysis.diversity import entropy
from geoplatform.analysis.indicator import Column, Indicator, Reference, Target, Values


def compute(city: City, values: Values) -> pd.DataFrame:
    """exp(H) and H of the species, percent of the commonest species, genus and family, and of trees of unknown species.

    Shares are of those trees whose species, genus or family is known. A genus alone is no species.
    """
    found = city.blank(*(each.name for each in indicator.columns))
    own = city.trees[city.trees["quarter"].isin(found.index)]
    for quarter, trees in own.groupby("quarter", sort=False):
        row = {}
        for rank in ("species", "genus", "family"):
            known = trees[trees[rank].ne("").to_numpy()]
            counts = known.groupby(rank)["number"].sum()
            row[rank] = counts.max() / counts.sum() * 100 if len(counts) else np.nan
            if rank == "species":
                row["entropy"] = entropy(counts)
                row["effective"] = np.exp(row["entropy"])
                row["unknown"] = 100 - known["number"].sum() / trees["number"].sum() * 100
        found.loc[quarter, list(row)] = list(row.values())
    return found


indicator = Indicator(
    id="tree-diversity",
    title=_("Diversity of trees"),
    definition=_(
        "Effective number of species, exp(H) with Shannon's H: so many species, all equally common, would be as"
        " diverse."
        " And the share of the commonest species, genus and family, against 10, 20 and 30 %."
    ),
    formula="exp(-Σ pᵢ ln pᵢ)",
    columns=(
        Column(name="effective", title=_("effective number of species"), unit="", digits=2, better="more"),
        Column(name="entropy", title=_("Shannon's H"), unit="", digits=4, better="more"),
        Column(name="species", title=_("commonest species"), unit="%", better="less"),
        Column(name="genus", title=_("commonest genus"), unit="%", better="less"),
        Column(name="family", title=_("commonest family"), unit="%", better="less"),
        Column(name="unknown", title=_("trees of unknown species"), unit="%", better="less"),
    ),
    inputs=("quarters", "trees"),
    references=(
        Reference(
            text="Santamour: Trees for urban planting: diversity, uniformity, and common sense. Proceedings of the 7th"
            " Conference of the Metropolitan Tree Improvement Alliance 7, 57-65",
            year=1990,
            checked=True,
            note=_("The abstract was read, which states the rule."),
        ),
        Reference(
            text="Jost: Entropy and diversity. Oikos 113 (2), 363-375",
            year=2006,
            url="https://doi.org/10.1111/j.2006.0030-1299.14714.x",
            note=_("Only its beginning was read."),
        ),
    ),
    official=False,
    caveats=(
        _("Santamour's rule is of a city's whole tree population; a single street may well be of one species."),
        _("Shares are of the trees whose species, genus or family is recorded."),
    ),
    targets=(
        Target(column="species", value=10, at_least=False, text=_("Santamour: at most 10 % of one species")),
        Target(column="genus", value=20, at_least=False, text=_("Santamour: at most 20 % of one genus")),
        Target(column="family", value=30, at_least=False, text=_("Santamour: at most 30 % of one family")),
    ),
    reach=lambda values: 0,
    compute=compute,
)  # fmt: skip

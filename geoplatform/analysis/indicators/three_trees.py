"""Three trees in view of each home: said here, so that nobody takes a stand-in for it."""

from django.utils.translation import gettext_lazy as _

from geoplatform.analysis.indicator import Column, Indicator, Reference

indicator = Indicator(
    id="three-trees-in-view",
    title=_("Three trees in view"),
    definition=_("Share of inhabitants who see at least three trees from their home."),
    formula="inhabitants(trees in view ≥ 3) / inhabitants · 100",
    columns=(Column(name="share", title=_("inhabitants who see three trees"), unit="%", better="more"),),
    inputs=(),
    references=(
        Reference(
            text="Konijnendijk: Evidence-based guidelines for greener, healthier, more resilient neighbourhoods:"
            " Introducing the 3-30-300 rule. Journal of Forestry Research 34, 821-830",
            year=2023,
            url="https://doi.org/10.1007/s11676-022-01523-z",
            note=_("Only the abstract was read."),
        ),
    ),
    official=True,
    reach=None,
    compute=None,
    missing=_(
        "Not computable: what can be seen from a home depends on buildings, of which this platform has none. A"
        " distance to"
        " trees would be another question."
    ),
)  # fmt: skip

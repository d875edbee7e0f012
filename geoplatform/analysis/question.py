"""A question asked of features: which, beside which others, what of them, and for which areas. As an address holds it.

layer=trees&filter=edible=TRUE&relation=walk&metres=300&other=gardens&figure=count&per=quarter&municipality=13004000
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geoplatform.analysis import drawn, reading
from geoplatform.analysis.answer import MOST
from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property, property_by_name
from geoplatform.query.cql2.filter import Filter, parse_filter
from geoplatform.query.cql2.terms import joined
from geoplatform.query.errors import QueryError
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.together import CLIPPED, DISTANCE, FIGURES, TOPOLOGY, Figure

WALK = "walk"
METRIC = (DISTANCE, WALK)
RELATIONS = {
    DISTANCE: gettext_lazy("no farther, in a straight line"),
    WALK: gettext_lazy("no farther, on foot"),
    "intersects": gettext_lazy("meeting"),
    "within": gettext_lazy("wholly inside"),
    "contains": gettext_lazy("wholly around"),
    "overlaps": gettext_lazy("partly overlapping"),
    "crosses": gettext_lazy("crossing"),
    "touches": gettext_lazy("touching from outside only"),
}
assert set(RELATIONS) == {*TOPOLOGY, *METRIC}
# "some": at least one of the others; "none": not a single one.
MATCHES = {"some": gettext_lazy("at least one of"), "none": gettext_lazy("none of")}
FIGURE_TITLES: dict[Figure, object] = {
    "count": gettext_lazy("how many"),
    "sum": gettext_lazy("sum of a number"),
    "mean": gettext_lazy("mean of a number"),
    "area": gettext_lazy("area (m²)"),
    "length": gettext_lazy("length (m)"),
}
Per = Literal["quarter", "municipality", "area"]
PER: dict[Per, object] = {
    "quarter": gettext_lazy("each quarter"),
    "municipality": gettext_lazy("each municipality"),
    "area": gettext_lazy("an area that you draw"),
}
MOST_METRES = 10_000.0
# The network of a city is known so far beyond its quarters.
MOST_WALK = float(reading.MARGIN)
PARAMETERS = (
    "layer", "filter", "relation", "match", "metres", "other", "other-filter",
    "figure", "number", "per", "municipality", "area",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Others:
    """A feature counts that stands so to at least one feature of `layer`, itself aside; with `none`: to not one.

    relation  a key of RELATIONS; those of METRIC ask for `metres`
    """

    layer: Layer
    filter: Filter | None
    filter_text: str
    relation: str
    metres: float | None
    none: bool

    @property
    def is_walk(self) -> bool:
        return self.relation == WALK

    def query(self, at: dt.datetime | None) -> FeatureQuery:
        return standing(self.layer, self.filter, at)


@dataclass(frozen=True, kw_only=True)
class Question:
    """Features of `layer`, those beside others alone where `others` says so, as one figure for each area.

    figure          what is told of them; `number` is the public property that `sum` and `mean` are of
    municipalities  AGS; none where `per` is an area, which then is `area`
    """

    layer: Layer
    filter: Filter | None
    filter_text: str
    others: Others | None
    figure: Figure
    number: Property | None
    per: Per
    municipalities: tuple[str, ...]
    area: drawn.Drawn | None

    def query(self, at: dt.datetime | None) -> FeatureQuery:
        return standing(self.layer, self.filter, at)

    def parameters(self) -> dict[str, str]:
        """The question as an address holds it; questions that mean the same have the same."""
        found = {"layer": self.layer.name, "filter": self.filter_text}
        if self.others:
            found |= {
                "relation": self.others.relation,
                "match": "none" if self.others.none else "some",
                "metres": "" if self.others.metres is None else f"{self.others.metres:g}",
                "other": self.others.layer.name,
                "other-filter": self.others.filter_text,
            }
        found |= {
            "figure": self.figure,
            "number": self.number.name if self.number else "",
            "per": self.per,
            "municipality": ",".join(self.municipalities),
            "area": self.area.text if self.area else "",
        }
        return {name: text for name, text in found.items() if text}


def subjects() -> list[Layer]:
    """Layers that may be asked about: whose features belong to a quarter."""
    return [each for each in registry.map_layers() if "quarter" in property_by_name(each)]


def numbers(layer: Layer) -> list[Property]:
    """Properties that have a sum and a mean."""
    return [
        each
        for each in property_by_name(layer).values()
        if each.json_type in ("integer", "number") and each.name != "version"
    ]


def is_drawn(given: Mapping[str, str]) -> bool:
    """Whether an area is asked for that somebody drew, so that no municipality is."""
    return (given.get("per") or ("area" if given.get("area") else "")) == "area"


def parse(given: Mapping[str, str], municipalities: Sequence[str]) -> Question:
    """A question out of PARAMETERS as an address holds them. Raises QueryError, which names the parameter.

    municipalities  AGS of those asked for: all of them where the address names none
    """
    layer = layer_given("layer", given, subjects())
    figure = cast(Figure, one_of("figure", given, FIGURES, "count"))
    per = cast(Per, one_of("per", given, PER, "area" if is_drawn(given) else "quarter"))
    if figure in CLIPPED and layer.dimension != (2 if figure == "area" else 1):
        message = _("%(layer)s have no %(figure)s.")
        raise QueryError("figure", message % {"layer": layer.title, "figure": _(figure)})
    towns = tuple(dict.fromkeys(municipalities))
    if per != "area" and not 0 < len(towns) <= MOST:
        message = _("A question is about 1 to %d municipalities.")
        raise QueryError("municipality", message % MOST)
    return Question(
        layer=layer,
        filter=filter_given("filter", given, layer),
        filter_text=given.get("filter", "").strip(),
        others=_others(given, layer),
        figure=figure,
        number=_number(given, layer) if figure in ("sum", "mean") else None,
        per=per,
        municipalities=towns if per != "area" else (),
        area=_area(given) if per == "area" else None,
    )


def _others(given: Mapping[str, str], layer: Layer) -> Others | None:
    if not given.get("other"):
        for name in ("relation", "other-filter"):
            if given.get(name):
                raise QueryError("other", _("%s needs another layer: name it in other.") % name)
        return None
    other = layer_given("other", given, registry.map_layers())
    relation = one_of("relation", given, RELATIONS, DISTANCE)
    if relation == WALK and other.model is layer.model:
        message = _("Walks lead from features to others of another kind, not among %s.")
        raise QueryError("other", message % layer.title)
    return Others(
        layer=other,
        filter=filter_given("other-filter", given, other),
        filter_text=given.get("other-filter", "").strip(),
        relation=relation,
        metres=_metres(given, relation) if relation in METRIC else None,
        none=one_of("match", given, MATCHES, "some") == "none",
    )


def _metres(given: Mapping[str, str], relation: str) -> float:
    most = MOST_WALK if relation == WALK else MOST_METRES
    try:
        found = float(given.get("metres") or "300")
    except ValueError:
        found = math.nan
    if not 0 <= found <= most:
        message = _("metres is a number from 0 to %(most)d.")
        raise QueryError("metres", message % {"most": most})
    return found


def _area(given: Mapping[str, str]) -> drawn.Drawn:
    if not given.get("area", "").strip():
        raise QueryError("area", _("Draw an area, or ask for each quarter."))
    return drawn.parse(given["area"])


def _number(given: Mapping[str, str], layer: Layer) -> Property:
    known = {each.name: each for each in numbers(layer)}
    found = known.get(given.get("number", ""))
    if found is None:
        message = _("number is one of: %s.") % (", ".join(sorted(known)) or "-")
        raise QueryError("number", message)
    return found


def layer_given(name: str, given: Mapping[str, str], known: Sequence[Layer]) -> Layer:
    """The layer that a parameter names, one of those known. Raises QueryError, naming them."""
    found = {each.name: each for each in known}.get(given.get(name, ""))
    if found is None:
        names = ", ".join(sorted(each.name for each in known))
        raise QueryError(name, _("%(name)s is one of: %(names)s.") % {"name": name, "names": names})
    return found


def one_of(name: str, given: Mapping[str, str], known: Mapping[Any, object], usual: str) -> str:
    found = given.get(name) or usual
    if found not in known:
        names = ", ".join(known)
        raise QueryError(name, _("%(name)s is one of: %(names)s.") % {"name": name, "names": names})
    return found


def filter_given(name: str, given: Mapping[str, str], layer: Layer) -> Filter | None:
    """The filter that a parameter holds; None for an empty one. Raises QueryError."""
    text = given.get(name, "").strip()
    if not text:
        return None
    try:
        return parse_filter(text, layer=layer)
    except QueryError as error:
        raise QueryError(name, str(error)) from None


def standing(layer: Layer, filter_: Filter | None, at: dt.datetime | None) -> FeatureQuery:
    """All features of these that there still are."""
    there = parse_filter(reading.EXISTS, layer=layer)
    if filter_ is not None:
        there = Filter(layer, joined("({})", " AND ", [filter_.term, there.term]))
    return FeatureQuery(layer=layer, filter=there, at=at, limit=None)

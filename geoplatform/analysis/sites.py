"""Where would green help most, as an address asks it: which sites, how far a walk, how many of them; and its answer.

municipality=13004000&layer=gardens&filter=kind='school'&limit=300&by=area&most=10
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, cast

import geopandas as gpd
import numpy as np
import shapely
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geoplatform.analysis import access, candidates, drawn, keeping, need, reading
from geoplatform.analysis.answer import version_at
from geoplatform.analysis.indicator import Parameter
from geoplatform.analysis.question import filter_given, layer_given, one_of, standing
from geoplatform.analysis.values import checked
from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import property_by_name
from geoplatform.query import as_of
from geoplatform.query.cql2.filter import Filter
from geoplatform.query.errors import QueryError
from geoplatform.query.figures import credited

HECTARE = 10_000
By = Literal["number", "area"]
BY: dict[By, object] = {
    "number": gettext_lazy("so many sites"),
    "area": gettext_lazy("so many hectares"),
}
MOST: dict[By, Parameter] = {
    "number": Parameter(name="most", title=gettext_lazy("at most"), unit="", default=10, low=1, high=50),
    "area": Parameter(name="most", title=gettext_lazy("at most"), unit="ha", default=10, low=0.1, high=1000),
}  # fmt: skip
WALK = (access.limit("limit", gettext_lazy("limit"), 300), access.smallest("smallest", 0.5))
ID = "candidates"
# What an address may hold.
PARAMETERS = ("municipality", "layer", "filter", "area", "limit", "smallest", "by", "most")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Sites of `layer` (those that `filter` lets through), or those drawn; the best `most` of them `by` that.

    walk  limit in metres, smallest contiguous green in hectares
    """

    town: str
    layer: Layer | None
    filter: Filter | None
    filter_text: str
    area: drawn.Drawn | None
    walk: Mapping[str, float]
    by: By
    most: float

    @property
    def values(self) -> dict[str, float]:
        """What the walk is reckoned with, as indicators have it."""
        return {
            "limit": self.walk["limit"],
            "area": self.walk["smallest"],
            "gap": access.GAP.default,
            "tolerance": access.TOLERANCE.default,
        }

    def parameters(self) -> dict[str, str]:
        """The question as an address holds it, without what goes without saying."""
        usual = {each.name: each.default for each in WALK}
        found = {
            "municipality": self.town,
            "layer": self.layer.name if self.layer else "",
            "filter": self.filter_text if self.layer else "",
            "area": self.area.text if self.area else "",
            **{n: f"{value:.10g}" for n, value in self.walk.items() if value != usual[n]},
            "by": self.by if self.by != "number" else "",
            "most": f"{self.most:.10g}" if self.most != MOST[self.by].default else "",
        }
        return {name: text for name, text in found.items() if text}


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found.

    sites     by id: name, `hectares`, `alone` (whom it serves by itself); geometry in the city's metric CRS
    quarters  of the municipality by id: key, name, inhabitants; geometry in the same CRS
    people    whether figures are people; else percent of a quarter, since no quarter's inhabitants are known
    unknown   how many quarters' inhabitants are unknown, so that nobody of them counts
    version, at, licences, attributions  as of an `Answer`
    """

    asked: Asked
    town: reading.Municipality
    sites: gpd.GeoDataFrame
    quarters: gpd.GeoDataFrame
    plan: candidates.Plan
    need: need.Need
    people: bool
    unknown: int
    weighting: str
    version: int
    at: dt.datetime
    licences: tuple[str, ...]
    attributions: tuple[str, ...]


def layers() -> list[Layer]:
    """Whose features may be sites: areas of which there may be many in a municipality."""
    quarter = registry.by_role("quarter")
    return [
        each
        for each in registry.map_layers()
        if each.dimension == 2 and each is not quarter and "municipality" in property_by_name(each)
    ]


def parse(given: Mapping[str, str], town: str) -> Asked:
    """A question out of PARAMETERS as an address holds them. Raises QueryError, which names the parameter."""
    text = given.get("area", "").strip()
    if text and given.get("layer"):
        raise QueryError("layer", _("Name a layer or draw areas: one of the two."))
    layer = None if text else layer_given("layer", given, layers())
    by = cast(By, one_of("by", given, BY, "number"))
    walk = checked(ID, WALK, _numbers(given, "limit", "smallest"))
    return Asked(
        town=town,
        layer=layer,
        filter=filter_given("filter", given, layer) if layer else None,
        filter_text=given.get("filter", "").strip() if layer else "",
        area=drawn.parse(text) if text else None,
        walk=walk,
        by=by,
        most=checked(ID, [MOST[by]], _numbers(given, "most"))["most"],
    )


def find(asked: Asked) -> Found:
    """Answer. Raises QueryError where there are no sites, too many, or none of them in the city."""
    instant = as_of.stable(timezone.now())
    kept = keeping.current(asked.town)
    city, town = kept.city, kept.town
    sites = _sites(asked, town)
    shapes = sites.geometry.to_numpy()
    people = candidates.people(city)
    served = candidates.newly_served(city, shapes, asked.values)
    # What is smaller than a square metre costs as much.
    hectares = np.maximum(shapely.area(shapes), 1) / HECTARE
    if asked.by == "number":
        plan = candidates.by_number(served, people.weight, int(asked.most))
    else:
        plan = candidates.by_area(served, people.weight, hectares, asked.most)
    alone = [float(people.weight[own].sum()) for own in served]
    subjects = [reading.layer_of(reading.layer_name(name)) for name in ("green", "streets")]
    used = [*subjects, registry.by_role("quarter"), *([asked.layer] if asked.layer else [])]
    licences, names = credited(used, town.box)
    return Found(
        asked=asked,
        town=town,
        sites=sites.assign(hectares=hectares, alone=alone),
        quarters=city.quarters,
        plan=plan,
        need=need.need(city, asked.values, known=people.known),
        people=people.known,
        unknown=int(city.quarters["inhabitants"].isna().sum()),
        weighting=city.weighting,
        version=version_at(instant),
        at=instant,
        licences=licences,
        attributions=names,
    )


def _numbers(given: Mapping[str, str], *names: str) -> dict[str, str]:
    """A field that was left empty in a form is as it usually is."""
    return {name: given[name] for name in names if given.get(name, "").strip()}


def _sites(asked: Asked, town: reading.Municipality) -> gpd.GeoDataFrame:
    most = candidates.MOST
    if asked.area is not None:
        shapes = shapely.get_parts(asked.area.to(town.srid))
        numbers = [str(number) for number in range(1, len(shapes) + 1)]
        found = gpd.GeoDataFrame({"name": ""}, geometry=shapes, index=numbers, crs=town.srid)
        west, south, east, north = town.box
        if not shapely.intersects(asked.area.shape, shapely.box(west, south, east, north)):
            message = _("What is drawn lies outside of %s, where nobody would walk to it.")
            raise QueryError("area", message % town.name)
    else:
        assert asked.layer is not None
        query = standing(asked.layer, asked.filter, None)
        here = replace(query, equals={"municipality": town.ags}, limit=most + 1)
        found = reading.named(here, town.srid)
        found = found[shapely.area(found.geometry.to_numpy()) > 0]
    if len(found) > most:
        message = _("These are more than %d sites: name fewer by the filter.")
        raise QueryError("area" if asked.area else "filter", message % most)
    if not len(found):
        message = _("There is no such site in %s.")
        raise QueryError("filter", message % town.name)
    return found

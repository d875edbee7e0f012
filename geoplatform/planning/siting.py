"""Where green would help most, as its page shows it: sites in their order, who goes without, a map of both."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import geopandas as gpd
import numpy as np
import shapely
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from geoplatform.analysis import about, access, candidates, files, sites
from geoplatform.analysis.need import BANDS
from geoplatform.planning import picture

RADIUS = 9.0  # pixels of the largest circle
LEAST = 1.2  # a smaller one would not be seen


@dataclass(frozen=True)
class Circle:
    """People who go without: `r` pixels for all of them, `far` for those beyond the band of the limit."""

    x: float
    y: float
    r: float
    far: float


@dataclass(frozen=True)
class Spot:
    """A site on the map: its outline, and where its rank stands (empty: it was not chosen)."""

    id: str
    outline: str
    rank: str
    title: str
    x: float
    y: float


def query(asked: sites.Asked, **changes: str) -> str:
    """The question as the query of an address."""
    found = {**asked.parameters(), **changes}
    return urlencode({name: text for name, text in found.items() if text}, safe=",:")


@dataclass
class Sited:
    """What is shown of `found`."""

    found: sites.Found

    @property
    def unit(self) -> str:
        return _("people") if self.found.people else _("percent of a quarter")

    def figure(self, value: float) -> str:
        """People whole; percent of a quarter with a decimal."""
        digits = 0 if self.found.people else 1
        return number_format(round(value, digits) + 0.0, digits, force_grouping=True)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The chosen sites in their order."""
        return [self._row(rank, each) for rank, each in enumerate(self.found.plan.choices, 1)]

    def _row(self, rank: int, choice: candidates.Choice) -> dict[str, Any]:
        site = self.found.sites.iloc[choice.site]
        id, layer = str(self.found.sites.index[choice.site]), self.found.asked.layer
        return {
            "id": id,
            "rank": rank,
            "name": self.name(choice.site),
            "address": f"/{layer.name}/{id}" if layer else "",
            "gain": self.figure(choice.gain),
            "hectares": number_format(site["hectares"], 2),
            "per_hectare": self.figure(choice.gain / site["hectares"]),
            "alone": self.figure(site["alone"]),
        }

    def name(self, site: int) -> str:
        """What a site is called: by its number where it has no name."""
        name = str(self.found.sites["name"].iloc[site])
        return name or _("Site %d") % (site + 1)

    @property
    def terms(self) -> list[tuple[str, str]]:
        """What was asked, in words."""
        asked = self.found.asked
        where = str(asked.layer.title) if asked.layer else _("drawn areas")
        if asked.filter_text:
            where = f"{where}: {asked.filter_text}"
        unit = " ha" if asked.by == "area" else ""
        return [
            (_("Sites"), f"{where} ({len(self.found.sites)})"),
            (_("Walk"), f"{about.number(asked.walk['limit'])} m"),
            (_("Smallest contiguous green"), f"{about.number(asked.walk['smallest'])} ha"),
            (str(sites.BY[asked.by]), f"{about.number(asked.most)}{unit}"),
        ]  # fmt: skip

    @property
    def outcome(self) -> str:
        """What all of them do together, and how good this choice is at least."""
        plan = self.found.plan
        if not plan.choices:
            return _("None of these sites would give anybody green within the walk who has none.")
        text = ngettext(
            "%(count)d site, %(hectares)s ha: %(served)s %(unit)s would newly have green within the walk.",
            "%(count)d sites, %(hectares)s ha: %(served)s %(unit)s would newly have green within the walk.",
            len(plan.choices),
        )
        chosen = self.found.sites["hectares"].iloc[[each.site for each in plan.choices]]
        return text % {
            "count": len(plan.choices),
            "hectares": number_format(chosen.sum(), 2),
            "served": self.figure(plan.served),
            "unit": self.unit,
        }

    @property
    def bound(self) -> str:
        """How far from the best choice this one can be."""
        plan = self.found.plan
        if not plan.choices:
            return ""
        return _(
            "Chosen one after the other: that reaches at least %(bound)s %% of the best choice, whatever the city is"
            " like. Here no choice as large could serve more than %(ceiling)s %(unit)s, so this one reaches at least"
            " %(share)s %%."
        ) % {
            "bound": math.floor(plan.bound * 100),
            "ceiling": self.figure(plan.ceiling),
            "unit": self.unit,
            "share": math.floor(100 * max(plan.bound, plan.served / plan.ceiling)),
        }

    @property
    def caveats(self) -> list[str]:
        found = [
            _(
                "Each site is looked at as if it alone became a park open to everybody, beside the green of today."
                " It counts if it is large enough, also together with green that it hangs together with. Sites that"
                " hang together can serve more than is said here, never less."
            ),
            str(access.WALK_CAVEAT),
            str(access.DOOR_CAVEAT),
        ]
        if not self.found.people:
            found.insert(
                0,
                _(
                    "How many people live in these quarters is not known here. So the figures are percent of the"
                    " inhabitants of a quarter, added up: a quarter of many people counts no more than one of few,"
                    " and the order is not one by people."
                ),
            )
        elif self.found.unknown:
            found.insert(
                0,
                ngettext(
                    "Of %d quarter the inhabitants are unknown: nobody there counts.",
                    "Of %d quarters the inhabitants are unknown: nobody there counts.",
                    self.found.unknown,
                )
                % self.found.unknown,
            )
        return found

    def quarters(self) -> list[dict[str, str]]:
        """Who goes without in each quarter, most first."""
        need = self.found.need
        told = need.people if self.found.people else need.quarters
        without = told["just"] + told["beyond"]
        order = without.sort_values(ascending=False, na_position="last", kind="stable").index
        names = self.found.quarters["name"]

        def said(value: float) -> str:
            return self.figure(value) if math.isfinite(value) else about.NOTHING

        return [
            {"name": names[id], "without": said(without[id]), **{n: said(told.at[id, n]) for n in BANDS}}
            for id in order
        ]  # fmt: skip

    # The map

    @cached_property
    def _sheet(self) -> picture.Sheet:
        return picture.Sheet.around(tuple(self._degrees(self.found.quarters).total_bounds))

    def _degrees(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return frame.to_crs(4326)

    def map(self) -> picture.Picture:
        """The quarters; circles and spots lie upon it."""
        names = self.found.quarters["name"]
        quarters = self._degrees(self.found.quarters[["geometry"]])
        return picture.drawn(quarters, lambda id: (names[id], "ground", ""))

    def circles(self) -> list[Circle]:
        """Who goes without, the most first so that the small ones lie upon them."""
        need = self.found.need
        if not len(need.x):
            return []
        places = gpd.GeoSeries(shapely.points(need.x, need.y), crs=self.found.town.srid).to_crs(
            4326
        )
        xy = self._sheet.pixels(shapely.get_coordinates(places.to_numpy()))
        scale = RADIUS / math.sqrt(need.without.max())
        radius = np.maximum(np.sqrt(need.without) * scale, LEAST)
        far = np.sqrt(need.beyond) * scale
        order = np.argsort(-need.without, kind="stable")
        rounded = np.column_stack([xy, radius, np.minimum(far, radius)])[order].round(1).tolist()
        return [Circle(*each) for each in rounded]

    def spots(self) -> list[Spot]:
        """The sites, those chosen last so that they lie on top."""
        ranks = {each.site: rank for rank, each in enumerate(self.found.plan.choices, 1)}
        shapes = self._degrees(self.found.sites).geometry.to_numpy()
        shapes = shapely.transform(shapes, self._sheet.pixels)
        order = sorted(range(len(shapes)), key=lambda n: -ranks.get(n, math.inf))
        return [self._spot(n, shapes[n], ranks.get(n)) for n in order]

    def _spot(self, site: int, shape: shapely.Geometry, rank: int | None) -> Spot:
        middle = shape.representative_point()
        sign, name = str(rank or ""), self.name(site)
        return Spot(
            str(self.found.sites.index[site]),
            picture.path(shapely.simplify(shape, 0.3)),
            sign,
            f"{sign}. {name}" if sign else name,
            round(middle.x, 1),
            round(middle.y, 1),
        )

    def sheet(self) -> files.Sheet:
        """The sites as a file: those chosen in their order, then the others."""
        found = self.found
        rows = found.sites.assign(
            name=[self.name(n) for n in range(len(found.sites))],
            rank=math.nan,
            newly_served=math.nan,
        )
        for rank, each in enumerate(found.plan.choices, 1):
            rows.iloc[each.site, rows.columns.get_indexer(["rank", "newly_served"])] = (
                rank,
                each.gain,
            )
        rows["per_hectare"] = rows["newly_served"] / rows["hectares"]
        plan = found.plan
        return files.Sheet(
            name=sites.ID,
            title=_("Where green would help most"),
            rows=self._degrees(rows.sort_values("rank", kind="stable")),
            columns=("rank", "name", "hectares", "newly_served", "per_hectare", "alone"),
            about={
                "id": sites.ID,
                "definition": self.caveats[-3],
                "parameters": found.asked.parameters(),
                "unit": "people" if found.people else "percent of a quarter",
                "served": plan.served,
                "ceiling": plan.ceiling,
                "bound": plan.bound,
                "dataVersion": found.version,
                "at": found.at.isoformat(),
                "weighting": found.weighting,
                "licences": [address for _name, address in about.licence_names(found.licences)],
                "attributions": list(found.attributions),
            },
        )

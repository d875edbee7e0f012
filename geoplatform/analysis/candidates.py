"""Where would green help most: sites ranked by the people whom they would newly give green within a walk.

Each site is looked at as if it alone became a park that is open to everybody, beside the green of today: large enough
by itself, or together with green that it hangs together with, which it may lift over the smallest size. What several
sites serve together is what each serves, people counted once; sites that hang together can serve more, never less.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplatform.analysis import walking
from geoplatform.analysis.city import City
from geoplatform.analysis.indicator import Values
from geoplatform.analysis.network import Floats, Shapes, Whole

# Sites that are looked at for one answer.
MOST = 500
HECTARE = 10_000
# Of the best choice, what choosing one after the other reaches at least. So many sites, whatever their size: Nemhauser,
# Wolsey, Fisher: An analysis of approximations for maximizing submodular set functions. Mathematical Programming 14
# (1978). So many hectares, or the best single site if that is better: Khuller, Moss, Naor: The budgeted maximum
# coverage problem. Information Processing Letters 70 (1999).
BY_NUMBER = 1 - 1 / math.e
BY_AREA = BY_NUMBER / 2


@dataclass(frozen=True, eq=False)
class People:
    """Who sets out from each of a city's origins (`City.everybody`); `known`: in people, else percent of a quarter.

    Percent of a quarter say where people go without, and cannot be compared between quarters.
    """

    weight: Floats
    known: bool


@dataclass(frozen=True)
class Choice:
    """A site (position) that was chosen, and whom it serves beyond those chosen before it."""

    site: int
    gain: float


@dataclass(frozen=True)
class Plan:
    """Sites one after the other; `served` by all, no choice as large could serve more than `ceiling`.

    `bound` is the part of what the best choice serves that this way of choosing reaches at least.
    """

    choices: tuple[Choice, ...]
    served: float
    ceiling: float
    bound: float


def people(city: City) -> People:
    """The people of a city; where no quarter's inhabitants are known, the percent of its quarter at each origin."""
    everybody, number = city.everybody
    if np.isfinite(number).any():
        return People(np.nan_to_num(number), known=True)
    return People(everybody.share * 100, known=False)


def newly_served(city: City, sites: Shapes, values: Values) -> list[Whole]:
    """For each site (polygons in the city's CRS) the origins, of all in `City.everybody`, that it newly serves.

    They have no green within `limit` metres' walk today and would have it then.
    """
    gap, size, tolerance = values["gap"], values["area"] * HECTARE, values["tolerance"]
    ways, field = city.network, city.walk("public", gap, size, tolerance)
    everybody, _people = city.everybody
    without = np.flatnonzero(everybody.walk(field)[0] > values["limit"])
    nodes = np.concatenate([everybody.nodes[0][without], everybody.nodes[1][without]])
    order = np.argsort(nodes, kind="stable")
    nodes, origin = nodes[order], np.tile(without, 2)[order]
    doors = _doors(city, sites, gap, size, tolerance)
    metres, area = field.metres.copy(), field.area.copy()
    found = []
    for queue in doors:
        changed = np.array(
            walking.walk_on(ways.links, metres, area, queue, values["limit"]), dtype=np.intp
        )
        begin, end = (np.searchsorted(nodes, changed, side) for side in ("left", "right"))
        near = [origin[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)]
        asked = np.unique(np.concatenate([np.zeros(0, dtype=np.intp), *near]))
        far = everybody.those(asked).walk(walking.Field(metres, area))[0]
        found.append(asked[far <= values["limit"]])
        metres[changed], area[changed] = field.metres[changed], field.area[changed]
    return found


def _doors(
    city: City, sites: Shapes, gap: float, size: float, tolerance: float
) -> list[list[tuple[float, int, int]]]:
    """For each site where one would come out of it, and out of the green that it makes large enough: metres, node, -1.

    Nowhere where it would be too small.
    """
    areas, patches = city.areas("public").geometry.to_numpy(), city.patches("public", gap)
    large = patches.at_least(size)
    own = walking.entrances(city.network, sites, tolerance)
    of_green = city.entrances("public", tolerance)
    of_green = of_green.of(~large)
    near, beside = shapely.STRtree(areas).query(sites, predicate="dwithin", distance=gap)
    found: list[list[tuple[float, int, int]]] = []
    for number, site in enumerate(sites):
        patch = np.unique(patches.patch[beside[near == number]])
        members = np.isin(patches.patch, patch)
        over = areas[members & shapely.intersects(areas, site)]
        more = shapely.area(shapely.difference(site, shapely.union_all(over)))
        if patches.size[patch].sum() + more < size:
            found.append([])
            continue
        parts = [own.of(np.arange(len(sites)) == number), of_green.of(members)]
        found.append(
            [
                (metres, node, -1)
                for part in parts
                for metres, node in zip(part.metres.tolist(), part.node.tolist(), strict=True)
            ]
        )
    return found


def by_number(served: Sequence[Whole], weight: Floats, most: int) -> Plan:
    """Up to `most` sites, each time the one that serves the most people more."""
    choices = _greedy(served, weight, np.ones(len(served)), most)
    return _plan(choices, served, weight, np.ones(len(served)), most, BY_NUMBER)


def by_area(served: Sequence[Whole], weight: Floats, hectares: Floats, most: float) -> Plan:
    """Sites of up to `most` hectares in all, each time the one that serves the most people more per hectare.

    Or the best single one, where that serves more than all of these.
    """
    choices = _greedy(served, weight, hectares, most)
    fits = [n for n in range(len(served)) if hectares[n] <= most]
    alone = {n: float(weight[served[n]].sum()) for n in fits}
    best = max(fits, key=lambda n: alone[n], default=None)
    if best is not None and alone[best] > sum(each.gain for each in choices):
        choices = [Choice(best, alone[best])]
    return _plan(choices, served, weight, hectares, most, BY_AREA)


def _greedy(served: Sequence[Whole], weight: Floats, costs: Floats, most: float) -> list[Choice]:
    """One site after the other, by people more for the cost, while the costs are within `most`.

    A site never serves more after others than before them: so only those are weighed again that come to the front.
    """
    covered = np.zeros(len(weight), dtype=bool)
    queue = [(-_gain(own, weight, covered) / costs[n], n, 0) for n, own in enumerate(served)]
    heapify(queue)
    choices: list[Choice] = []
    left = most
    while queue:
        score, site, weighed = heappop(queue)
        if costs[site] > left or score >= 0:
            continue
        gain = _gain(served[site], weight, covered)
        if weighed < len(choices):
            heappush(queue, (-gain / costs[site], site, len(choices)))
            continue
        choices.append(Choice(site, gain))
        covered[served[site]] = True
        left -= costs[site]
    return choices


def _gain(own: Whole, weight: Floats, covered: NDArray[np.bool_]) -> float:
    return float(weight[own[~covered[own]]].sum())


def _plan(
    choices: list[Choice],
    served: Sequence[Whole],
    weight: Floats,
    costs: Floats,
    most: float,
    bound: float,
) -> Plan:
    """The choice with its ceiling.

    Whatever was chosen so far, the best choice serves no more than this and what the best of all would add to it if
    they served no two alike (Leskovec and others: Cost-effective outbreak detection in networks. KDD 2007, 3.2).
    """
    covered = np.zeros(len(weight), dtype=bool)
    ceiling, so_far = math.inf, 0.0
    for number in range(len(choices) + 1):
        # After one, two, four ... of them, and after all: sites that share nobody show it at the start.
        if number == len(choices) or not number & (number - 1):
            gains = np.array([_gain(own, weight, covered) for own in served])
            ceiling = min(ceiling, so_far + _filled(gains, costs, most))
        if number < len(choices):
            covered[served[choices[number].site]] = True
            so_far += choices[number].gain
    return Plan(tuple(choices), so_far, max(ceiling, so_far), bound)


def _filled(gains: Floats, costs: Floats, most: float) -> float:
    """The most that sites can gain within `most` if one of them may be taken in part."""
    found, left = 0.0, most
    for n in np.argsort(-gains / costs, kind="stable"):
        part = min(1.0, left / costs[n])
        found += part * gains[n]
        left -= part * costs[n]
    return found

"""Paths that are drawn, joined to the walking network: at their ends, and wherever they cross what can be walked on.

Lines of the network meet where one ends upon another, so a drawn path becomes as many lines as it has places where it
meets others. It is taken to lie on the ground: bridges are not drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from geoplatform.analysis.network import TOUCH

# Metres: a path that ends this close to a street was meant to lead there: half the width of a street.
JOIN = 5.0
SHORTEST = 1e-3  # metres of a piece

Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class Joined:
    """`pieces` of each path (by position); `islands` are positions of those from which nobody gets anywhere else."""

    pieces: tuple[tuple[shapely.LineString, ...], ...]
    islands: tuple[int, ...]


def joined(paths: Shapes, ways: Shapes) -> Joined:
    """Paths and the ways that can be walked on, both LineStrings in one metric CRS."""
    near = _near(paths, ways)
    reaching = []
    for place, path in enumerate(paths):
        others = np.concatenate([near, paths[:place], paths[place + 1 :]])
        reaching.append(_reaching(path, others))
    pieces = []
    for place, path in enumerate(reaching):
        rest = [*near, *reaching[:place], *reaching[place + 1 :]]
        pieces.append(_split(path, np.array(rest, dtype=object)))
    return Joined(tuple(pieces), _islands(reaching, near))


def _near(paths: Shapes, ways: Shapes) -> Shapes:
    """The ways that come near any of the paths."""
    if not len(paths) or not len(ways):
        return np.zeros(0, dtype=object)
    found = np.zeros(len(ways), dtype=bool)
    west, south, east, north = shapely.bounds(ways).T
    for left, low, right, high in shapely.bounds(paths):
        found |= (
            (east >= left - JOIN)
            & (west <= right + JOIN)
            & (north >= low - JOIN)
            & (south <= high + JOIN)
        )
    near = ways[found]
    _path, way = shapely.STRtree(near).query(paths, predicate="dwithin", distance=JOIN)
    return near[np.unique(way)]


def _reaching(path: shapely.LineString, others: Shapes) -> shapely.LineString:
    """The path with its ends led on to the nearest of the others within JOIN."""
    xy = [tuple(each) for each in shapely.get_coordinates(path)]
    if not len(others) or path.is_ring:
        return path
    for end, at in ((0, xy[0]), (len(xy), xy[-1])):
        away = shapely.distance(others, shapely.Point(at))
        nearest = int(np.argmin(away))
        if TOUCH < away[nearest] <= JOIN:
            to = shapely.get_coordinates(shapely.shortest_line(others[nearest], shapely.Point(at)))
            xy.insert(0 if end == 0 else len(xy), tuple(to[0]))
    return shapely.LineString(xy)


def _split(path: shapely.LineString, others: Shapes) -> tuple[shapely.LineString, ...]:
    """The path in pieces that end where it meets others."""
    meeting = others[shapely.dwithin(others, path, TOUCH)]
    crossings = shapely.extract_unique_points(shapely.intersection(meeting, path))
    corners = shapely.points(shapely.get_coordinates(path))
    on = [corner for corner in corners if shapely.dwithin(meeting, corner, TOUCH).any()]
    # An end of another that lies upon it.
    ends = [shapely.get_point(meeting, which) for which in (0, -1)]
    upon = np.concatenate([each[shapely.dwithin(each, path, TOUCH)] for each in ends])
    points = np.concatenate([shapely.get_parts(crossings), np.array(on, dtype=object), upon])
    places = np.unique(
        np.concatenate([[0.0, path.length], shapely.line_locate_point(path, points)])
    )
    apart = places[np.append(True, np.diff(places) > SHORTEST)]
    apart[-1] = path.length
    found = (substring(path, *pair) for pair in pairwise(apart))
    return tuple(each for each in found if each.length > SHORTEST)


def _islands(paths: list[shapely.LineString], ways: Shapes) -> tuple[int, ...]:
    """Those that neither meet a way nor a path that does."""
    left = set(range(len(paths)))
    reached: list[shapely.Geometry] = list(ways)
    while fresh := [
        each
        for each in left
        if reached and shapely.dwithin(np.array(reached), paths[each], TOUCH).any()
    ]:
        left.difference_update(fresh)
        reached = [paths[each] for each in fresh]
    return tuple(sorted(left))

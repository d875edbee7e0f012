"""Paths that are drawn, led on to the streets that they were meant to end at. What they cross the network joins."""

from __future__ import annotations

import numpy as np
import shapely

from geoplatform.analysis.network import TOUCH, Shapes

# Metres: a path that ends this close to a street was meant to lead there: half the width of a street.
JOIN = 5.0


def led_on(paths: Shapes, ways: Shapes) -> list[shapely.LineString]:
    """The paths with each end led on to the nearest within JOIN of the ways that can be walked on, or of the others.

    All are LineStrings in one metric CRS. An end that lies upon something stays, and so does a ring.
    """
    near = _near(paths, ways)
    return [
        _led_on(path, np.concatenate([near, paths[:place], paths[place + 1 :]]))
        for place, path in enumerate(paths)
    ]


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
    return ways[found]


def _led_on(path: shapely.LineString, others: Shapes) -> shapely.LineString:
    if not len(others) or path.is_ring:
        return path
    xy = [tuple(each) for each in shapely.get_coordinates(path)]
    for end, at in ((0, xy[0]), (len(xy), xy[-1])):
        away = shapely.distance(others, shapely.Point(at))
        nearest = int(np.argmin(away))
        if TOUCH < away[nearest] <= JOIN:
            to = shapely.get_coordinates(shapely.shortest_line(others[nearest], shapely.Point(at)))
            xy.insert(0 if end == 0 else len(xy), tuple(to[0]))
    return shapely.LineString(xy)

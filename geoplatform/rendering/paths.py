"""From lines and polygons in EPSG:3857 to paths of the drawing library, all coordinates at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
import skia

from geoplatform.rendering.view import View

# The first word of a path in memory: the layout that this release of the library writes. A test reads one back.
LAYOUT = int.from_bytes(bytes(skia.Path().serialize())[:4], "little")
MOVE, LINE = 0, 1  # verbs of a path
MARGIN = 64  # CSS pixels around the picture within which shapes are kept: more than half of any line's width
TOGETHER = 100  # parts in a path that is stroked: the library sorts all edges of a path, and longer lists cost more


@dataclass(frozen=True)
class Outlines:
    """The parts of many shapes (lines, or rings of polygons), side by side, in pixels.

    points   x and y, float32, one row each
    starts   place in `points` where each part begins, and their number at the end
    shape    of each part, the number of the shape it belongs to
    """

    points: npt.NDArray[np.float32]
    starts: npt.NDArray[np.int64]
    shape: npt.NDArray[np.int64]

    def of(self, chosen: npt.NDArray[np.bool_]) -> Outlines:
        """The parts of the chosen shapes alone; `chosen` has a flag for each shape."""
        parts = chosen[self.shape]
        if parts.all():
            return self
        lengths = np.diff(self.starts)
        return Outlines(
            self.points[np.repeat(parts, lengths)],
            np.concatenate([[0], np.cumsum(lengths[parts])]),
            self.shape[parts],
        )

    def path(self, first: int = 0, last: int | None = None) -> skia.Path:
        """One path of the parts from `first` to before `last`."""
        starts = self.starts[first : None if last is None else last + 1]
        begin, end = int(starts[0]), int(starts[-1])
        number = end - begin
        verbs = np.full(number, LINE, np.uint8)
        verbs[starts[:-1] - begin] = MOVE
        # Handed over as bytes: point by point in Python would cost a hundred times as much.
        head = np.array([LAYOUT, number, 0, number], "<u4")
        path = skia.Path()
        path.readFromMemory(
            b"".join(
                (
                    head.tobytes(),
                    self.points[begin:end].astype("<f4", copy=False).tobytes(),
                    verbs.tobytes(),
                    bytes(-number % 4),
                )
            )
        )
        return path

    def paths(self) -> list[skia.Path]:
        """All parts in paths of a size that is stroked quickly."""
        ends = range(0, self.shape.size, TOGETHER)
        return [self.path(first, min(first + TOGETHER, self.shape.size)) for first in ends]


NOTHING = Outlines(np.empty((0, 2), np.float32), np.zeros(1, np.int64), np.empty(0, np.int64))


def outlines(wkb: tuple[bytes, ...], view: View) -> Outlines:
    """Lines or polygons (WKB, EPSG:3857) as they lie in a picture, cut off a little beyond its edges.

    Rings run one way around and holes the other, so that many polygons may be filled as one path.
    """
    shapes = np.asarray(shapely.from_wkb(np.array(wkb, dtype=object)), dtype=object)
    shapes = _cut(shapes, view)
    dimension = int(shapely.get_dimensions(shapes).max(initial=1))
    coordinates, lengths, shape, is_hole = _parts(shapes, dimension)
    if not shape.size:
        return NOTHING
    starts = np.concatenate([[0], np.cumsum(lengths)])
    columns, rows = view.pixels(
        np.ascontiguousarray(coordinates[:, 0]), np.ascontiguousarray(coordinates[:, 1])
    )
    points = np.stack([columns, rows], axis=-1)
    if dimension == 2:
        points = points[_turned(points, starts, is_hole)]
    return Outlines(points.astype(np.float32), starts, shape)


# Coordinates of all parts, the number of them in each, the shape each belongs to, and of rings whether it is a hole.
Parts = tuple[
    npt.NDArray[np.float64],
    npt.NDArray[np.int64],
    npt.NDArray[np.int64],
    npt.NDArray[np.bool_],
]


def _parts(shapes: npt.NDArray[np.object_], dimension: int) -> Parts:
    """Lines, or rings of polygons, side by side; what is empty, or fell to a lower dimension when cut, is left out."""
    first = shapely.get_geometry(shapes, 0)
    # Most are one line, or one polygon without holes: nothing need be taken apart.
    plain = (
        (shapely.get_num_geometries(shapes) == 1)
        & (shapely.get_num_interior_rings(first) == 0)
        & (shapely.get_type_id(first) == (3 if dimension == 2 else 1))
        & ~shapely.is_empty(shapes)
    )
    own = (
        shapely.get_coordinates(first[plain]),
        shapely.get_num_coordinates(first[plain]),
        np.flatnonzero(plain),
        np.zeros(plain.sum(), bool),
    )
    others = _taken_apart(shapes[~plain], np.flatnonzero(~plain), dimension)
    return (
        np.concatenate([own[0], others[0]]),
        np.concatenate([own[1], others[1]]),
        np.concatenate([own[2], others[2]]),
        np.concatenate([own[3], others[3]]),
    )


def _taken_apart(
    shapes: npt.NDArray[np.object_], number: npt.NDArray[np.int64], dimension: int
) -> Parts:
    found, place = shapely.get_parts(shapes, return_index=True)
    if (shapely.get_type_id(found) == 7).any():  # a polygon cut along an edge may be a collection
        found, inner = shapely.get_parts(found, return_index=True)
        place = place[inner]
    whole = ~shapely.is_empty(found) & (shapely.get_dimensions(found) == dimension)
    found, shape = found[whole], number[place[whole]]
    is_hole = np.zeros(found.size, bool)
    if dimension == 2:
        found, polygon = shapely.get_rings(found, return_index=True)
        shape = shape[polygon]
        is_hole = np.diff(polygon, prepend=-1) == 0
    return shapely.get_coordinates(found), shapely.get_num_coordinates(found), shape, is_hole


def _cut(shapes: npt.NDArray[np.object_], view: View) -> npt.NDArray[np.object_]:
    """What reaches far out of the picture is cut off, for a projection may say nothing there."""
    margin = min(MARGIN * view.ratio, 1.5 * min(view.width, view.height))
    west, south, east, north = view.mercator(margin)
    bounds = shapely.bounds(shapes)
    beyond = (bounds[:, :2] < (west, south)).any(1) | (bounds[:, 2:] > (east, north)).any(1)
    if beyond.any():
        shapes = shapes.copy()
        shapes[beyond] = shapely.clip_by_rect(shapes[beyond], west, south, east, north)
    return shapes


def _turned(
    points: npt.NDArray[np.float64], starts: npt.NDArray[np.int64], is_hole: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """The order of points in which shells have a positive area and holes a negative one."""
    following = np.roll(points, -1, axis=0)
    # Rings are closed: the step from one ring's last point, which is its first, to the next ring does not count.
    crossed = points[:, 0] * following[:, 1] - following[:, 0] * points[:, 1]
    crossed[starts[1:] - 1] = 0
    areas = np.add.reduceat(crossed, starts[:-1])
    wrong = (areas < 0) != is_hole
    order = np.arange(len(points))
    if wrong.any():
        lengths = np.diff(starts)
        turned = np.repeat(wrong, lengths)
        mirrored = np.repeat(starts[:-1] + starts[1:] - 1, lengths)
        order[turned] = mirrored[turned] - order[turned]
    return order

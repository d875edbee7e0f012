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
    shape    of each part, the number of the shape it belongs to; in ascending order
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
    simple, shape = _parts(_cut(shapes, view))
    if not simple.size:
        return NOTHING
    _kind, coordinates, offsets = shapely.to_ragged_array(simple)
    starts = np.asarray(offsets[0], np.int64)
    if len(offsets) == 2:  # polygons: rings, and the rings of each
        rings = np.asarray(offsets[1], np.int64)
        shape = np.repeat(shape, np.diff(rings))
        is_hole = np.ones(shape.size, bool)
        is_hole[rings[:-1]] = False
    columns, rows = view.pixels(
        np.ascontiguousarray(coordinates[:, 0]), np.ascontiguousarray(coordinates[:, 1])
    )
    points = np.stack([columns, rows], axis=-1)
    if len(offsets) == 2:
        points = points[_turned(points, starts, is_hole)]
    return Outlines(points.astype(np.float32), starts, shape)


def _parts(
    shapes: npt.NDArray[np.object_],
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.int64]]:
    """The single lines or polygons in shapes, and which shape each belongs to; what is empty is left out."""
    found, shape = shapely.get_parts(shapes, return_index=True)
    if (shapely.get_type_id(found) == 7).any():  # a polygon cut along an edge may be a collection
        found, inner = shapely.get_parts(found, return_index=True)
        shape = shape[inner]
    dimensions = shapely.get_dimensions(found)
    whole = ~shapely.is_empty(found) & (dimensions == dimensions.max(initial=1))
    return (found, shape) if whole.all() else (found[whole], shape[whole])


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

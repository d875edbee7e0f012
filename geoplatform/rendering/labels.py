"""The names of a picture: above all shapes, none upon another, none cut at an edge.

Layers that lie above are named first, and of a layer the features that come first: the same data gives the same names.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
import skia

from geoplatform.catalog.layer import Layer
from geoplatform.query.drawing import Points, Shapes
from geoplatform.rendering import naming
from geoplatform.rendering.lettering import Bent, Straight, Written
from geoplatform.rendering.paths import Outlines
from geoplatform.rendering.text import Line, line, lines, rise
from geoplatform.rendering.view import View

CELL = 4  # CSS pixels along an edge of the squares in which it is noted what is taken
PADDING = 3  # CSS pixels kept free around a name: its halo, and a little more
LINE_HEIGHT = 1.2  # ems
FAR = 1e6  # more than there are such squares side by side
NEAR = 8  # CSS pixels: of points nearer than this only one can have its name
AT_ONCE = 150  # names that are compared with each other at a time

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Squares = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Named:
    """Features of a layer that have names. Lines bring their course in pixels along."""

    layer: Layer
    found: Points | Shapes
    course: Outlines | None = None


def placed(view: View, layers: list[Named]) -> Written:
    """The names of layers that find room, given from the bottom up, and where they stand."""
    places = _Places(view)
    written: Written = []
    for named in reversed(layers):
        size = naming.text_size(named.layer) * view.ratio
        if isinstance(named.found, Points):
            written += _by_points(places, view, size, *_anchors_of_points(view, named.found))
        elif named.course is None:
            written += _at_points(places, view, size, *_anchors_of_areas(view, named.found))
        else:
            written += _along_lines(places, view, size, named.found, named.course)
    return written


Rect = tuple[float, float, float, float]  # left, top, right, bottom in pixels


class _Places:
    """What of the picture is taken by names, in squares of CELL: a bit each, a number for each row of them."""

    def __init__(self, view: View) -> None:
        self.cell = CELL * view.ratio
        self.padding = PADDING * view.ratio
        self.width, self.height = view.width, view.height
        self.rows = [0] * math.ceil(view.height / self.cell)
        self.taken = False
        self.unmarked: list[list[int]] = []

    def take(self, boxes: list[Rect]) -> bool:
        """Take all of these boxes if all are free and within the picture."""
        self._mark_all()
        _within, areas = self._areas(np.array(boxes))
        found: list[list[int]] = areas.tolist()
        if len(found) < len(boxes) or not all(map(self._is_free, found)):
            return False
        self.unmarked = found
        return True

    def take_each(self, boxes: Floats) -> list[int]:
        """Take, one after the other, those of these boxes (a row each) that are free then; gives their places."""
        within, areas = self._areas(boxes)
        found: list[int] = []
        # Of some at a time one look at all pairs tells which meet; of many, the squares do at less.
        for start in range(0, len(areas), AT_ONCE):
            self._mark_all()
            number = np.arange(start, min(start + AT_ONCE, len(areas)))
            if self.taken:
                number = number[[self._is_free(area) for area in areas[number].tolist()]]
            number = number[_one_after_the_other(_meet(areas[number], areas[number]))]
            self.unmarked = areas[number].tolist()
            found += within[number].tolist()
        return found

    def _areas(self, boxes: Floats) -> tuple[Indices, Squares]:
        """The places of those boxes that lie within the picture, and the squares of each: first column and row, and
        those after the last."""
        low, high = boxes[:, :2] - self.padding, boxes[:, 2:] + self.padding
        within = np.flatnonzero(((low >= 0) & (high <= (self.width, self.height))).all(axis=1))
        first = (low[within] / self.cell).astype(np.int16)
        last = np.ceil(high[within] / self.cell).astype(np.int16)
        return within, np.concatenate([first, last], axis=1)

    def _is_free(self, area: list[int]) -> bool:
        left, top, right, bottom = area
        bits = (1 << right) - (1 << left)
        return not any(row & bits for row in self.rows[top:bottom])

    def _mark_all(self) -> None:
        """Note what was taken last: after the last names of a picture nobody asks."""
        for left, top, right, bottom in self.unmarked:
            bits = (1 << right) - (1 << left)
            self.rows[top:bottom] = [row | bits for row in self.rows[top:bottom]]
        self.taken |= bool(self.unmarked)
        self.unmarked = []


def _meet(some: Squares, others: Squares) -> npt.NDArray[np.bool_]:
    """Which areas of squares (a row each) have a square in common: [some, others]."""
    left, top, right, bottom = some.T[:, :, None]
    other_left, other_top, other_right, other_bottom = others.T[:, None, :]
    found: npt.NDArray[np.bool_] = (
        (left < other_right) & (other_left < right) & (top < other_bottom) & (other_top < bottom)
    )
    return found


def _one_after_the_other(meet: npt.NDArray[np.bool_]) -> list[int]:
    """Those that meet none of the ones before them in this list."""
    bits = np.packbits(meet, axis=1, bitorder="little")
    rows, width = bits.tobytes(), bits.shape[1]
    found, taken = [], 0
    for number in range(len(meet)):
        if not int.from_bytes(rows[number * width : (number + 1) * width], "little") & taken:
            taken |= 1 << number
            found.append(number)
    return found


def _anchors_of_points(view: View, found: Points) -> tuple[list[str], Floats, Floats]:
    chosen = [number for number, label in enumerate(found.labels or ()) if label]
    x, y = view.pixels(found.x[chosen], found.y[chosen])
    return [str((found.labels or ())[number]) for number in chosen], x, y


def _anchors_of_areas(view: View, found: Shapes) -> tuple[list[str], Floats, Floats]:
    if found.anchors is None:
        return [], np.empty(0), np.empty(0)
    chosen = [
        number
        for number, label in enumerate(found.labels or ())
        if label and not math.isnan(found.anchors[number, 0])
    ]
    x, y = view.pixels(found.anchors[chosen, 0], found.anchors[chosen, 1])
    return [str((found.labels or ())[number]) for number in chosen], x, y


def _by_points(
    places: _Places, view: View, size: float, texts: list[str], x: Floats, y: Floats
) -> Written:
    """Names beneath markers."""
    near = NEAR * view.ratio
    # The first of those that stand too close to be named all.
    cells = (y // near) * FAR + x // near
    kept = np.sort(np.unique(cells, return_index=True)[1])
    texts = [texts[number] for number in kept]
    down = naming.BELOW * size + LINE_HEIGHT * size / 2
    return _at_points(places, view, size, texts, x[kept], y[kept], below=down)


def _at_points(
    places: _Places,
    view: View,
    size: float,
    texts: list[str],
    x: Floats,
    y: Floats,
    below: float = 0,
) -> Written:
    """Names upon points; `below` is how far down the middle of the first line is."""
    written: Written = []
    height = LINE_HEIGHT * size
    inside = np.flatnonzero((x >= 0) & (x < view.width) & (y >= 0) & (y < view.height))
    if not len(inside):
        return written
    # Many points share few names: each is broken and measured once.
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    broken = [lines(text, size, naming.WIDEST * size) for text in numbers]
    name = np.array([numbers[text] for text in texts])[inside]
    wide = np.array([max(row.width for row in rows) for rows in broken])[name]
    high = np.array([height * len(rows) for rows in broken])[name]
    # At an edge a name moves into the picture; `free` refuses what is larger than that.
    side = wide / 2 + places.padding
    middle = np.maximum(np.minimum(x[inside], view.width - side), side)
    top = y[inside] + (below - height / 2 if below else -high / 2)
    top = np.maximum(np.minimum(top, view.height - high - places.padding), places.padding)
    boxes = np.stack([middle - wide / 2, top, middle + wide / 2, top + high], axis=-1)
    rows, across, first_base = (
        each.tolist() for each in (name, middle, top + height / 2 + rise(size))
    )
    for number in places.take_each(boxes):
        for down, row in enumerate(broken[rows[number]]):
            left = round(across[number] - row.width / 2)
            written.append(Straight(row, left, round(first_base[number] + down * height)))
    return written


def _along_lines(
    places: _Places, view: View, size: float, found: Shapes, course: Outlines
) -> Written:
    """Names along lines: pieces of one name that meet are one line, the longest first."""
    written: Written = []
    where: dict[str, list[tuple[float, float]]] = {}
    spacing = naming.SPACING * view.ratio
    for text, points in _courses(found, course):
        row = line(text, size)
        steps = np.diff(points, axis=0)
        along = np.concatenate([[0.0], np.cumsum(np.hypot(steps[:, 0], steps[:, 1]))])
        if along[-1] < row.width:
            continue
        for middle in _middles(along[-1], row.width + spacing):
            x, y = (float(np.interp(middle, along, points[:, axis])) for axis in (0, 1))
            others = where.setdefault(text, [])
            if any(math.hypot(x - u, y - v) < spacing for u, v in others):
                continue
            letters = _letters(row, points, along, middle, size)
            if letters is None or not places.take(letters[1]):
                continue
            others.append((x, y))
            written.append(Bent(letters[0]))
    return written


def _courses(found: Shapes, course: Outlines) -> list[tuple[str, Floats]]:
    """Each name with the points of a line, in pixels; pieces joined where they meet end to end."""
    labels = np.array([" ".join((each or "").split()) for each in found.labels or ()], dtype=object)
    if not labels.size or not course.shape.size:
        return []
    names, place = np.unique(labels[course.shape].astype(str), return_inverse=True)
    lengths = np.diff(course.starts)
    whole = np.repeat((lengths > 1) & (names[place] != ""), lengths)
    if not whole.any():
        return []
    part = np.repeat(np.arange(lengths.size), lengths)[whole]
    kept, part = np.unique(part, return_inverse=True)
    pieces = shapely.linestrings(course.points[whole].astype(float), indices=part)
    order = np.argsort(place[kept], kind="stable")
    used, group = np.unique(place[kept][order], return_inverse=True)
    joined = shapely.line_merge(shapely.multilinestrings(pieces[order], indices=group))
    singles, of = shapely.get_parts(joined, return_index=True)
    by_length = np.argsort(-shapely.length(singles), kind="stable")
    return [
        (str(names[used[of[number]]]), shapely.get_coordinates(singles[number]))
        for number in by_length
    ]


def _middles(length: float, apart: float) -> list[float]:
    """Places along a line where its name may stand: the middle first, then outwards."""
    each_way = int(length / 2 // apart)
    return [length / 2] + [
        length / 2 + side * step * apart for step in range(1, each_way + 1) for side in (-1, 1)
    ]


def _letters(
    row: Line, points: Floats, along: Floats, middle: float, size: float
) -> tuple[skia.TextBlob, list[Rect]] | None:
    """The letters of a name along a line, around a place on it, and their boxes; None where the line bends too much."""
    advances = np.array(row.advances)
    begin = middle - row.width / 2
    if begin < 0 or begin + row.width > along[-1]:
        return None
    ends = [np.interp((begin, begin + row.width), along, points[:, axis]) for axis in (0, 1)]
    if ends[0][1] < ends[0][0]:  # no name stands on its head
        points, along = points[::-1], along[-1] - along[::-1]
        begin = along[-1] - (begin + row.width)
    at = begin + np.cumsum(advances) - advances / 2
    xs, ys = (np.interp(at, along, points[:, axis]) for axis in (0, 1))
    # A letter leans as the line does half an em to either side, so that it does not jump at a corner.
    before, after = (
        np.stack([np.interp(at + side, along, points[:, axis]) for axis in (0, 1)])
        for side in (-size / 2, size / 2)
    )
    angles = np.unwrap(np.arctan2(*(after - before)[::-1]))
    if np.ptp(angles) > math.radians(naming.MOST_BENT) or np.abs(np.diff(angles)).max(
        initial=0
    ) > math.radians(naming.STEEPEST):
        return None
    cos, sin = np.cos(angles), np.sin(angles)
    down = rise(size)
    # From the middle of a letter to where it begins, on the base line beneath the line's course.
    left_x = xs - cos * advances / 2 - sin * down
    left_y = ys - sin * advances / 2 + cos * down
    blob = skia.TextBlob.MakeFromRSXform(
        row.text,
        [skia.RSXform(*each) for each in zip(cos, sin, left_x, left_y, strict=True)],
        row.font,
    )
    reach = size * LINE_HEIGHT / 2
    boxes = [(x - reach, y - reach, x + reach, y + reach) for x, y in zip(xs, ys, strict=True)]
    return blob, boxes

"""The map as vector graphics made here: outlines of quarters in pixels, ready for the template."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

WIDTH = 720.0
LOWEST, HIGHEST = 300.0, 760.0  # pixels of height
MARGIN = 8.0
SIMPLE = 1.2  # pixels that an outline may be simpler than it is
ROOM = 13.0  # pixels around a number that must be the quarter's own
NEAR = 0.3  # degrees between towns that are shown on one map
DEGREE = 111_320.0  # metres of latitude
POINT = 4.0  # pixels of radius of what would not be seen else
ROUND = (1, 2, 5)


@dataclass(frozen=True)
class Area:
    """A quarter on the map: outline, what it is called there, its look (`shade`), and its sign if there is room."""

    id: str
    outline: str
    title: str
    shade: str
    sign: str
    x: float
    y: float


@dataclass(frozen=True)
class Picture:
    """A map of some areas. `bar` is the length of the scale bar in pixels, `metres` what it stands for.

    `marks` are drawn upon the areas: what each is, and its outline.
    """

    width: float
    height: float
    areas: tuple[Area, ...]
    bar: float
    metres: int
    marks: tuple[tuple[str, str], ...] = ()


# What an area is called, its shade and its sign, by its id.
Look = Callable[[str], tuple[str, str, str]]


@dataclass(frozen=True)
class Sheet:
    """Where degrees lie on a map: its size, and pixels per degree of latitude from its upper left corner."""

    west: float
    north: float
    wide: float
    left: float
    top: float
    scale: float
    height: float

    @classmethod
    def around(cls, box: tuple[float, float, float, float]) -> Sheet:
        """The sheet that shows a box (degrees): north is up, lengths are true in its middle."""
        west, south, east, north = box
        wide = math.cos(math.radians((south + north) / 2))
        across, up = max((east - west) * wide, 1e-6), max(north - south, 1e-6)
        scale = min((WIDTH - 2 * MARGIN) / across, (HIGHEST - 2 * MARGIN) / up)
        height = max(up * scale + 2 * MARGIN, LOWEST)
        left, top = (WIDTH - across * scale) / 2, (height - up * scale) / 2
        return cls(west, north, wide, left, top, scale, height)

    def pixels(self, xy: np.ndarray) -> np.ndarray:
        """Places in degrees, longitude first, as pixels from the upper left."""
        x = self.left + (xy[:, 0] - self.west) * self.wide * self.scale
        y = self.top + (self.north - xy[:, 1]) * self.scale
        return np.column_stack([x, y])


def drawn(
    rows: gpd.GeoDataFrame, look: Look, marks: Sequence[tuple[str, shapely.Geometry]] = ()
) -> Picture:
    """A map of rows with a geometry in EPSG:4326, longitude first.

    `marks` are upon it, in degrees as well, each with what it is; what lies beyond the map is cut off.
    """
    shapes = rows.geometry.to_numpy()
    here = rows[~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)]
    if not len(here):
        return Picture(WIDTH, LOWEST, (), 0.0, 0)
    sheet = Sheet.around(tuple(here.total_bounds))
    shapes = shapely.transform(here.geometry.to_numpy(), sheet.pixels)
    # Neighbours keep one border between them.
    shapes = shapely.coverage_simplify(shapes, SIMPLE)
    areas = []
    for id, shape in zip(here.index, shapes, strict=True):
        title, shade, sign = look(str(id))
        x, y, room = _middle(shape)
        areas.append(Area(str(id), path(shape), title, shade, sign if room >= ROOM else "", x, y))
    bar, metres = _bar(sheet.scale)
    upon = tuple((what, _mark(shapely.transform(shape, sheet.pixels))) for what, shape in marks)
    return Picture(WIDTH, round(sheet.height, 1), tuple(areas), bar, metres, upon)


def apart(rows: gpd.GeoDataFrame) -> list[gpd.GeoDataFrame]:
    """The rows by the neighbourhood of their `municipality`: towns far apart would be specks on one map."""
    shapes = rows.geometry.to_numpy()
    boxes = {
        town: shapely.box(*shapely.total_bounds(shapes[rows["municipality"].eq(town).to_numpy()]))
        for town in rows["municipality"].unique()
    }
    # A box of nothing is none.
    boxes = {town: box.buffer(NEAR / 2) for town, box in boxes.items() if box is not None}
    parts = shapely.get_parts(shapely.union_all(list(boxes.values())))
    place = {town: int(np.argmax(shapely.intersects(parts, box))) for town, box in boxes.items()}
    number = rows["municipality"].map(place)
    return [rows[number.eq(each).to_numpy()] for each in dict.fromkeys(place.values())]


def path(shape: shapely.Geometry) -> str:
    """The rings of a shape as the data of an SVG path."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    return "".join(
        "M" + " ".join(f"{x:.1f},{y:.1f}" for x, y in shapely.get_coordinates(ring)[:-1]) + "z"
        for ring in rings
    )


def _mark(shape: shapely.Geometry) -> str:
    """A shape as the data of an SVG path; a point is a dot that can be seen, so is an area too small for it."""
    if shape.geom_type == "LineString":
        return "M" + " ".join(f"{x:.1f},{y:.1f}" for x, y in shapely.get_coordinates(shape))
    if shape.area < POINT**2:
        shape = shapely.centroid(shape).buffer(POINT)
    return path(shape)


def _middle(shape: shapely.Geometry) -> tuple[float, float, float]:
    """Where in a shape most room is, and how much: x, y, radius."""
    parts = shapely.get_parts(shape)
    if not len(parts):
        return 0.0, 0.0, 0.0
    largest = parts[np.argmax(shapely.area(parts))]
    if largest.is_empty or largest.area <= 0:
        return 0.0, 0.0, 0.0
    circle = shapely.maximum_inscribed_circle(largest, tolerance=1.0)
    (x, y), *_rest = shapely.get_coordinates(circle)
    return round(x, 1), round(y, 1), float(circle.length)


def _bar(scale: float) -> tuple[float, int]:
    """A round length that takes about a fifth of the width: pixels and metres."""
    wanted = WIDTH / 5 / scale * DEGREE
    tens = 10 ** math.floor(math.log10(wanted))
    metres = max(step * tens for step in ROUND if step * tens <= wanted)
    return round(metres / DEGREE * scale, 1), int(metres)

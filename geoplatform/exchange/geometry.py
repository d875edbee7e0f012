"""Geometries of a file made fit for a layer: one kind, EPSG:4326 with longitude first, valid.

Works on whole arrays. Each row is either fit, repaired (and told), or has a reason why it cannot be used.
"""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pyarrow as pa
import pyproj
import shapely
from django.utils.translation import gettext as _
from pyproj.exceptions import CRSError, ProjError

# Web Mercator's end, where the database refuses too.
LATITUDE = 85.06
# Degrees around the area of use of a municipality's metric CRS within which its features lie.
MARGIN = 2.0
MOST_VERTICES = 250_000
POINT, LINE, POLYGON = 0, 1, 3
MULTI = {"MULTIPOINT": 4, "MULTILINESTRING": 5, "MULTIPOLYGON": 6}
SINGLE = {"POINT": POINT, "LINESTRING": LINE, "POLYGON": POLYGON}
DIMENSION = {"POINT": 0, "LINESTRING": 1, "POLYGON": 2}
TYPE_NAMES = (
    "Point",
    "LineString",
    "LinearRing",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
)


class WrongCrs(Exception):
    """There is no such CRS."""


@dataclass
class Shapes:
    """Geometries and what is to be said of their rows (indices into the array, reason)."""

    geometries: np.ndarray
    faults: list[tuple[np.ndarray, str]] = field(default_factory=list)
    repaired: list[tuple[np.ndarray, str]] = field(default_factory=list)

    def drop(self, rows: np.ndarray, reason: str) -> None:
        """Rows (a mask) that cannot be used; they are looked at no further."""
        if rows.any():
            self.faults.append((np.flatnonzero(rows), reason))
            self.geometries[rows] = None


@cache
def parse_crs(text: str) -> pyproj.CRS:
    """`EPSG:25833`, a number, WKT or PROJJSON. Raises WrongCrs."""
    try:
        return pyproj.CRS.from_user_input(int(text) if text.isdigit() else text)
    except CRSError:
        raise WrongCrs(_("There is no CRS %(text)s.") % {"text": text[:60]}) from None


def from_wkb(column: pa.Array) -> Shapes:
    """Parse WKB; what cannot be parsed has a fault."""
    if (points := _plain_points(column)) is not None:
        return Shapes(points)
    values = column.to_numpy(zero_copy_only=False)
    shapes = Shapes(shapely.from_wkb(values, on_invalid="ignore"))
    given = np.array([each is not None for each in values], bool)
    shapes.drop(given & shapely.is_missing(shapes.geometries), _("geometry cannot be parsed"))
    return shapes


def from_wkt(values: np.ndarray) -> Shapes:
    """Parse WKT; what cannot be parsed has a fault."""
    shapes = Shapes(shapely.from_wkt(values, on_invalid="ignore"))
    given = np.array([each is not None for each in values], bool)
    shapes.drop(given & shapely.is_missing(shapes.geometries), _("geometry cannot be parsed"))
    return shapes


def from_xy(x: np.ndarray, y: np.ndarray) -> Shapes:
    """Points from two columns of floats; NaN where a coordinate is missing."""
    points = shapely.points(x, y)
    points[np.isnan(x) | np.isnan(y)] = None
    return Shapes(points)


def prepare(shapes: Shapes, *, kind: str, crs: pyproj.CRS, optional: bool) -> None:
    """Make all geometries fit: `kind` (POINT, MULTIPOLYGON ...), EPSG:4326, valid. Those that cannot be are dropped.

    crs       of the geometries as they come, x (or longitude) first whatever the CRS's own axis order
    optional  whether a row may have no geometry
    """
    found = shapes.geometries
    missing = shapely.is_missing(found)
    told = np.zeros(len(found), bool)
    for rows, _reason in shapes.faults:
        told[rows] = True
    if not optional:
        shapes.drop(missing & ~told, _("no geometry"))
    shapes.drop(~missing & shapely.is_empty(found), _("empty geometry"))
    if shapely.has_z(found).any():
        shapes.geometries = found = shapely.force_2d(found)
    _few_enough(shapes)
    _finite(shapes)
    _to_degrees(shapes, crs)
    if not (
        shapely.get_type_id(shapes.geometries)[~shapely.is_missing(shapes.geometries)] == POINT
    ).all():
        _repair(shapes)
    _to_kind(shapes, kind)


def _few_enough(shapes: Shapes) -> None:
    """One shape of a million vertices would hold up all who look at its place, and nobody draws one by hand."""
    counts = shapely.get_num_coordinates(shapes.geometries)
    if (counts > MOST_VERTICES).any():
        reason = _("more than %(most)d vertices") % {"most": MOST_VERTICES}
        shapes.drop(counts > MOST_VERTICES, reason)


def _finite(shapes: Shapes) -> None:
    bounds = shapely.bounds(shapes.geometries)
    missing = shapely.is_missing(shapes.geometries)
    shapes.drop(~missing & ~np.isfinite(bounds).all(axis=1), _("coordinates are not finite"))


def _to_degrees(shapes: Shapes, crs: pyproj.CRS) -> None:
    """Transform to EPSG:4326 and drop what is then no place on the map."""
    if not crs.is_geographic:
        bounds = shapely.bounds(shapes.geometries)
        degrees = (np.abs(bounds[:, [0, 2]]) <= 180).all(axis=1) & (
            np.abs(bounds[:, [1, 3]]) <= 90
        ).all(axis=1)
        name = crs.to_string() if len(crs.to_string()) < 40 else crs.name
        shapes.drop(degrees, _("coordinates look like degrees, not like %(crs)s") % {"crs": name})
    if crs.to_epsg() != 4326 and "CRS84" not in crs.name:
        transformer = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
        try:
            shapes.geometries = shapely.transform(
                shapes.geometries,
                lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])),
            )
        except ProjError as error:
            raise WrongCrs(str(error)) from None
    bounds = shapely.bounds(shapes.geometries)
    missing = shapely.is_missing(shapes.geometries)
    with np.errstate(invalid="ignore"):
        inside = (
            (bounds[:, 0] >= -180)
            & (bounds[:, 2] <= 180)
            & (bounds[:, 1] >= -LATITUDE)
            & (bounds[:, 3] <= LATITUDE)
        )
        metres = ~missing & ~inside & (np.abs(bounds) > 360).any(axis=1)
    if crs.is_geographic:
        shapes.drop(metres, _("coordinates look like metres, not like degrees: say the file's CRS"))
        missing |= metres
    shapes.drop(~missing & ~inside, _("coordinates out of range"))


def drop_far(shapes: Shapes, rows: np.ndarray, metric_srid: int) -> None:
    """Drop those of `rows` (a mask) that lie far from where a metric CRS is used: a wrong CRS, or axes swapped."""
    area = parse_crs(str(metric_srid)).area_of_use
    if area is None:
        return
    bounds = shapely.bounds(shapes.geometries)
    with np.errstate(invalid="ignore"):
        far = (
            (bounds[:, 0] < area.west - MARGIN)
            | (bounds[:, 2] > area.east + MARGIN)
            | (bounds[:, 1] < area.south - MARGIN)
            | (bounds[:, 3] > area.north + MARGIN)
        )
    shapes.drop(far & rows, _("coordinates far from the municipality: wrong CRS, or axes swapped"))


def _repair(shapes: Shapes) -> None:
    """Make invalid polygons valid; lines and points have nothing to repair."""
    broken = (shapely.get_dimensions(shapes.geometries) == 2) & ~shapely.is_valid(shapes.geometries)
    if not broken.any():
        return
    rows = np.flatnonzero(broken)
    reasons = shapely.is_valid_reason(shapes.geometries[rows])
    shapes.geometries[rows] = shapely.make_valid(
        shapes.geometries[rows], method="structure", keep_collapsed=False
    )
    gone = np.zeros(len(shapes.geometries), bool)
    gone[rows] = shapely.is_empty(shapes.geometries[rows])
    shapes.drop(gone, _("polygon without area"))
    for row, reason in zip(rows, reasons, strict=True):
        if not gone[row]:
            shapes.repaired.append(
                (np.array([row]), _("invalid polygon repaired: %(reason)s") % {"reason": reason})
            )


def _to_kind(shapes: Shapes, kind: str) -> None:
    """Singles and multiples of the wanted dimension become the wanted kind; all others are dropped."""
    single = kind.removeprefix("MULTI")
    wanted = SINGLE[single]
    found = shapes.geometries
    types = shapely.get_type_id(found)
    collections = np.flatnonzero(types == 7)
    if len(collections):
        found[collections] = [_parts_of(each, DIMENSION[single]) for each in found[collections]]
        types = shapely.get_type_id(found)
    multiple = MULTI["MULTI" + single]
    if kind in MULTI:
        alone = np.flatnonzero(types == wanted)
        make = {
            POINT: shapely.multipoints,
            LINE: shapely.multilinestrings,
            POLYGON: shapely.multipolygons,
        }[wanted]
        found[alone] = make(found[alone].reshape(-1, 1))
    else:
        one_part = np.flatnonzero((types == multiple) & (shapely.get_num_geometries(found) == 1))
        found[one_part] = shapely.get_geometry(found[one_part], 0)
    types = shapely.get_type_id(found)
    right = MULTI.get(kind, wanted)
    for other in np.unique(types[(types != right) & (types != -1)]):
        name = TYPE_NAMES[other] if other < len(TYPE_NAMES) else "GeometryCollection"
        reason = _("%(found)s where %(wanted)s is wanted") % {
            "found": name,
            "wanted": TYPE_NAMES[wanted],
        }
        shapes.drop(types == other, reason)


def _parts_of(collection: shapely.Geometry, dimension: int) -> shapely.Geometry:
    """The parts of one dimension, as one geometry; the collection itself where it has none."""
    # Twice: a part may be a MultiPolygon.
    parts = shapely.get_parts(shapely.get_parts(collection))
    parts = [each for each in parts if shapely.get_dimensions(each) == dimension]
    if not parts:
        return collection
    make = {0: shapely.multipoints, 1: shapely.multilinestrings, 2: shapely.multipolygons}[
        dimension
    ]
    return make(parts)


# A point as WKB (OGC 06-103r4, 8.2), little endian: the mark of its byte order, its type, x and y.
POINT_WKB = np.dtype([("order", "u1"), ("type", "<u4"), ("xy", "<f8", 2)])


def _plain_points(column: pa.Array) -> np.ndarray | None:
    """The points of a column that holds nothing else, read as one block of memory: four times as fast as one by one."""
    if not len(column) or column.null_count or not pa.types.is_binary(column.type):
        return None
    offsets = np.frombuffer(column.buffers()[1], np.int32)[column.offset :][: len(column) + 1]
    if not (np.diff(offsets) == POINT_WKB.itemsize).all():
        return None
    found = np.frombuffer(column.buffers()[2], POINT_WKB, len(column), int(offsets[0]))
    plain = (found["order"] == 1).all() and (found["type"] == 1).all()
    # Without numbers it is an empty point, which the library knows.
    return shapely.points(found["xy"]) if plain and np.isfinite(found["xy"]).all() else None


def to_hex(shapes: Shapes) -> pa.Array:
    """Hex WKB of each geometry, null where there is none."""
    found = shapes.geometries
    there = ~shapely.is_missing(found)
    plain = (shapely.get_type_id(found) == POINT) & ~shapely.is_empty(found) & ~shapely.has_z(found)
    if not plain[there].all():
        return pa.array(shapely.to_wkb(found, hex=True), pa.string())
    block = np.empty(int(there.sum()), POINT_WKB)
    block["order"], block["type"], block["xy"] = 1, 1, shapely.get_coordinates(found)
    text = block.tobytes().hex().encode()
    ends = np.arange(len(block) + 1, dtype=np.int32) * (2 * POINT_WKB.itemsize)
    points = pa.StringArray.from_buffers(len(block), pa.py_buffer(ends), pa.py_buffer(text))
    return points if there.all() else points.take(pa.array(np.cumsum(there) - 1, mask=~there))

"""An area that somebody has drawn: GeoJSON out of an address, guarded before anything reckons with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property

import shapely
from django.utils.translation import gettext as _
from pyproj import Geod, Transformer

from geoplatform.query.cql2.geometry import GeometryError, parse_geometry
from geoplatform.query.cql2.tree import JsonError, parse_json
from geoplatform.query.crs import CRS84
from geoplatform.query.errors import QueryError
from geoplatform.query.within import metric_srid

MOST_BYTES = 12_000  # what servers and browsers take as an address
MOST_KM2 = 5_000.0  # more than the largest municipality and all around it
PIECE = 0.005  # degrees
DIGITS = 6  # of a degree: about 10 cm


@dataclass(frozen=True)
class Drawn:
    """An area in degrees, longitude first, and `text` that says it in an address."""

    shape: shapely.Polygon | shapely.MultiPolygon
    text: str

    @cached_property
    def srid(self) -> int:
        """EPSG code of the metric CRS that is reckoned in: that of the municipality in its middle."""
        middle = self.shape.representative_point()
        return metric_srid((middle.x, middle.y))

    @cached_property
    def metric(self) -> shapely.Geometry:
        """The area in that CRS, easting first."""
        return self.to(self.srid)

    def to(self, srid: int) -> shapely.Geometry:
        """The area in a metric CRS, easting first."""
        to_metric = Transformer.from_crs(CRS84.srid, srid, always_xy=True)
        # The line between two corners is straight in degrees (RFC 7946, 3.1.1).
        fine = shapely.segmentize(self.shape, PIECE)
        return shapely.transform(fine, to_metric.transform, interleaved=False)


def parse(text: str) -> Drawn:
    """A GeoJSON Polygon or MultiPolygon (RFC 7946). Raises QueryError, which says what is wrong with it and where."""
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise _refused(_("The area is longer than %d bytes: leave out corners or decimals.") % MOST_BYTES)  # fmt: skip
    try:
        tree = parse_json(text)
    except JsonError as error:
        raise _refused(str(error)) from None
    shape = area(tree)
    return Drawn(shape, json.dumps(rounded(written(shape)), separators=(",", ":")))


def area(tree: object, most_km2: float = MOST_KM2, digits: int = DIGITS) -> shapely.Geometry:
    """A polygon or several out of GeoJSON that is parsed, no larger than `most_km2`, in degrees. Raises QueryError."""
    if not isinstance(tree, dict) or tree.get("type") not in ("Polygon", "MultiPolygon"):
        raise _refused(_("The area is a GeoJSON Polygon or MultiPolygon."))
    try:
        shape = parse_geometry(tree, CRS84)
    except GeometryError as error:
        raise _refused(str(error)) from None
    shape = shapely.normalize(shapely.set_precision(shape, 10.0**-digits))
    if shape.is_empty:
        raise _refused(_("The area is smaller than a metre: nothing lies in it."))
    size = abs(Geod(ellps="WGS84").geometry_area_perimeter(shape)[0]) / 1e6
    if size > most_km2:
        message = _("The area covers %(size).0f km²; it may cover %(most).0f.")
        raise _refused(message % {"size": size, "most": most_km2})
    return shape


def written(shape: shapely.Geometry) -> dict[str, object]:
    """A geometry as GeoJSON has it."""
    made: dict[str, object] = json.loads(shapely.to_geojson(shape))
    return made


def rounded(value: object, digits: int = DIGITS) -> object:
    """A document with its numbers as short as they are meant."""
    match value:
        case float():
            return round(value, digits)
        case list():
            return [rounded(each, digits) for each in value]
        case dict():
            return {name: rounded(each, digits) for name, each in value.items()}
    return value


def _refused(message: str) -> QueryError:
    return QueryError("area", message)

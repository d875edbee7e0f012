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
    if not isinstance(tree, dict) or tree.get("type") not in ("Polygon", "MultiPolygon"):
        raise _refused(_("The area is a GeoJSON Polygon or MultiPolygon."))
    try:
        shape = parse_geometry(tree, CRS84)
    except GeometryError as error:
        raise _refused(str(error)) from None
    shape = shapely.normalize(shapely.set_precision(shape, 10.0**-DIGITS))
    if shape.is_empty:
        raise _refused(_("The area is smaller than a metre: nothing lies in it."))
    size = abs(Geod(ellps="WGS84").geometry_area_perimeter(shape)[0]) / 1e6
    if size > MOST_KM2:
        message = _("The area covers %(size).0f km²; it may cover %(most).0f.")
        raise _refused(message % {"size": size, "most": MOST_KM2})
    return Drawn(shape, _written(shape))


def _written(shape: shapely.Geometry) -> str:
    made = json.loads(shapely.to_geojson(shape))
    return json.dumps(_rounded(made), separators=(",", ":"))


def _rounded(value: object) -> object:
    match value:
        case float():
            return round(value, DIGITS)
        case list():
            return [_rounded(each) for each in value]
        case dict():
            return {name: _rounded(each) for name, each in value.items()}
    return value


def _refused(message: str) -> QueryError:
    return QueryError("area", message)

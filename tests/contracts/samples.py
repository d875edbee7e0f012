"""A feature of any layer, made from its declaration alone."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.geos import (
    GEOSGeometry,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
)
from django.db import models

from geoplatform.catalog.derived import derived_fields
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Feature
from tests import make

POLYGON = Polygon.from_bbox((11.02, 53.02, 11.03, 53.03))
LINE = LineString((11.02, 53.02), (11.03, 53.03))
POINT = Point(11.05, 53.05)
GEOMETRIES = {
    "POINT": POINT,
    "MULTIPOINT": MultiPoint(POINT),
    "LINESTRING": LINE,
    "MULTILINESTRING": MultiLineString(LINE),
    "POLYGON": POLYGON,
    "MULTIPOLYGON": MultiPolygon(POLYGON),
}
TEXT = 'Größe "1" <b>\\</b>'


def geometry(layer: Layer) -> GEOSGeometry:
    made = GEOMETRIES[str(layer.geometry_type)].clone()
    made.srid = 4326
    return made


def feature(layer: Layer, **values: Any) -> Feature:
    """One row that is in the layer, in the quarter `a` of the town of `tests.make`."""
    model = layer.model
    for field in model._meta.local_concrete_fields:
        if (
            field.name in values
            or field.name in ("id", "fid")
            or field.name in derived_fields(model)
        ):
            continue
        value = _value(layer, field)
        if value is not None:
            values[field.name] = value
    for name, wanted in _flags(layer):
        # A flag that the layer stands on is stated by the feature's own field.
        own = next((rule.own for rule in model.derived if rule.field == name), name)
        values[own] = wanted
    made = model._default_manager.create(**values)
    made.refresh_from_db()
    return made


def _flags(layer: Layer) -> list[tuple[str, Any]]:
    return (
        [child for child in layer.where.children if isinstance(child, tuple)] if layer.where else []
    )


def _value(layer: Layer, field: models.Field) -> Any:
    if field.name == layer.geometry:
        return geometry(layer)
    if field.name == "source":
        return make.source()
    if field.name == "municipality" and field.editable:
        return make.municipality("99999999", name="Elsewhere")
    if field.name in ("source_key", "outline_from_quarters"):
        return "k1" if field.name == "source_key" else False
    if field.choices and not field.has_default() and not field.null:
        return field.choices[0][0]
    if (
        isinstance(field, models.CharField | models.TextField)
        and not field.choices
        and not field.has_default()
    ):
        # In UUIDs and addresses the text would be refused by a model's own rules, not by ours.
        return (
            TEXT[: field.max_length]
            if not isinstance(field, models.URLField)
            else "https://example.org/"
        )
    return None

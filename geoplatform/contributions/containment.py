"""Features that lie within others, as plots do in their garden: a rule that a layer declares (`Layer.within`)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.utils.translation import gettext as _
from psycopg import sql

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import own_field
from geoplatform.contributions.values import hex_of
from geoplatform.query.select import raw_cursor

SLACK = 1.0  # metres: typed coordinates are rounded, and fences are drawn by hand


def holder_layer(layer: Layer) -> Layer:
    """The layer of polygons that holds the features of this one."""
    field: Any = own_field(layer, str(layer.within))
    holders = (each for each in registry.layers() if each.model is field.related_model)
    return next(each for each in holders if each.dimension == 2)


def check_within(layer: Layer, values: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
    """Raises ValidationError where what is `changed` leaves its holder; both are columns' values (values.columns).

    What names no holder may lie anywhere. What was outside before, by an import, stays as it is until somebody
    changes its place or its holder.
    """
    if layer.within is None or not {layer.within, layer.geometry} & set(changed):
        return
    now = {**values, **changed}
    holder, geometry = now.get(layer.within), now.get(str(layer.geometry))
    if holder is None or geometry is None:
        return
    with connection.wrap_database_errors, raw_cursor() as cursor:
        row = cursor.execute(_holds(layer), {"id": holder, "geometry": geometry}).fetchone()
    if row is not None and not row[0]:
        name = holder_layer(layer).model._default_manager.get(pk=holder)
        message = _("A part of this lies outside “%s”. It must lie within.") % name
        raise ValidationError({str(layer.geometry): [message]})


def holder_at(layer: Layer, geometry: GEOSGeometry) -> Any:
    """The feature that holds most of a geometry in EPSG:4326, or None."""
    with connection.wrap_database_errors, raw_cursor() as cursor:
        row = cursor.execute(_most(layer), {"geometry": hex_of(geometry)}).fetchone()
    return holder_layer(layer).model._default_manager.get(pk=row[0]) if row else None


@cache
def _holds(layer: Layer) -> sql.Composed:
    # A buffer on the earth is made in a projection that fits the place.
    return sql.SQL(
        "SELECT ST_Covers(ST_Buffer({shape}::geography, {slack})::geometry, %(geometry)s::geometry)"
        " FROM {table} WHERE id = %(id)s"
    ).format(slack=sql.Literal(SLACK), **_names(layer))


@cache
def _most(layer: Layer) -> sql.Composed:
    return sql.SQL(
        "SELECT id FROM {table} WHERE ST_Intersects({shape}, %(geometry)s::geometry)"
        " ORDER BY ST_Area(ST_Intersection({shape}, %(geometry)s::geometry)) DESC, fid LIMIT 1"
    ).format(**_names(layer))


def _names(layer: Layer) -> dict[str, Any]:
    holder = holder_layer(layer)
    field: models.Field[Any, Any] = own_field(holder, str(holder.geometry))
    return {
        "table": sql.Identifier("public", holder.model._meta.db_table),
        "shape": sql.Identifier(str(field.column)),
    }

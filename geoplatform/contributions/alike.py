"""Features that may be the one that somebody is about to add: near and of the same kind. They are shown before it is
added, so that a tree is confirmed rather than entered twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db import connection, models
from django.db.models import Q
from psycopg import sql

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Status
from geoplatform.catalog.properties import own_field
from geoplatform.contributions.values import hex_of
from geoplatform.query.select import raw_cursor

MOST = 5
# Whatever its kind: two trees do not stand so near each other, as parts of `Layer.alike`.
TOO_NEAR = 0.3
# Of the smaller one of two areas: neighbours that overlap a little are two.
OVERLAP = 0.5


@dataclass(frozen=True)
class Alike:
    """A feature (its id), the layer that it is shown in, and its distance in metres (0: they overlap)."""

    layer: Layer
    id: Any
    distance: float


def alike(
    layer: Layer,
    geometry: GEOSGeometry,
    values: Mapping[str, Any],
    *,
    reach: float | None = None,
    besides: Any = None,
) -> list[Alike]:
    """At most MOST, the nearest first.

    reach    metres, instead of `layer.alike`
    besides  a feature that is not meant itself

    Points: nearer than `layer.alike` metres and of the same kind (the same related rows, as far as both are known),
    or so near that there is hardly room for two. Areas: that share half of the smaller one. Lines: that run along it.
    """
    if not layer.geometry:
        return []
    found: dict[Any, Alike] = {}
    # A tree that the form's layer does not hold, since nobody knows yet what grows on it, is the same tree.
    for other in [layer, *(each for each in registry.layers() if each.model is layer.model)]:
        kinds = _kinds(layer, values)
        for id, distance in _near(other, geometry, reach or layer.alike):
            if id in found or id == besides:
                continue
            if distance <= layer.alike * TOO_NEAR or _is_of(other, id, kinds):
                found[id] = Alike(other, id, distance)
    return sorted(found.values(), key=lambda each: (each.distance, str(each.id)))[:MOST]


def _kinds(layer: Layer, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in values.items()
        if value is not None and isinstance(own_field(layer, name), models.ForeignKey)
    }


def _is_of(layer: Layer, id: Any, kinds: Mapping[str, Any]) -> bool:
    same = Q(pk=id)
    for name, value in kinds.items():
        same &= Q(**{name: value}) | Q(**{f"{name}__isnull": True})
    return bool(layer.model._default_manager.filter(same).exists())


def _near(layer: Layer, geometry: GEOSGeometry, metres: float) -> list[tuple[Any, float]]:
    parameters = {
        "geometry": hex_of(geometry),
        "metres": metres,
        "gone": Status.GONE.value,
    }
    statement = _sql(layer)
    with connection.wrap_database_errors, raw_cursor() as cursor:
        near = [(row[0], row[1]) for row in cursor.execute(statement, parameters).fetchall()]
    shown = set(
        layer.rows().filter(pk__in=[id for id, _distance in near]).values_list("pk", flat=True)
    )
    return [(id, distance) for id, distance in near if id in shown]


def _sql(layer: Layer) -> sql.Composed:
    shape = sql.Identifier(str(own_field(layer, str(layer.geometry)).column))
    place = sql.SQL("%(geometry)s::geometry")
    return sql.SQL(
        "SELECT id, {distance} AS distance FROM {table} WHERE status <> %(gone)s AND {near}"
        " ORDER BY distance, fid LIMIT {most}"
    ).format(
        table=sql.Identifier("public", layer.model._meta.db_table),
        distance=distance(shape, place),
        near=near(layer, shape, place, sql.SQL("%(metres)s")),
        most=MOST * 10,
    )


def distance(one: sql.Composable, other: sql.Composable) -> sql.Composed:
    """Metres between two geometries, as SQL."""
    return sql.SQL("ST_Distance({}::geography, {}::geography)").format(one, other)


def near(
    layer: Layer, shape: sql.Composable, place: sql.Composable, metres: sql.Composable
) -> sql.Composed:
    """Whether `shape`, by its index, lies where it may be the same as `place`, as SQL."""
    # The box first, which the index knows; a degree of latitude has 111 km, of longitude less the further north.
    box = (
        "{shape} && ST_Expand({place}, {metres} / (111000 * cos(radians(least(85,"
        " greatest(abs(ST_YMin({place})), abs(ST_YMax({place}))))))))"
    )
    rule = {
        0: "{distance} <= {metres}",
        1: "ST_HausdorffDistance(ST_Transform({shape}, 3857), ST_Transform({place}, 3857)) <= 2 * {metres}",
        2: "ST_Area(ST_Intersection({shape}, {place})) >= {overlap} * least(ST_Area({shape}), ST_Area({place}))",
    }[layer.dimension]
    return sql.SQL(f"({box} AND {rule})").format(
        shape=shape,
        place=place,
        metres=metres,
        distance=distance(shape, place),
        overlap=sql.Literal(OVERLAP),
    )

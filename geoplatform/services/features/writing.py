"""From a GeoJSON document to what the services take: values, geometry, and the version that its author saw."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.http import HttpRequest
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import property_by_name
from geoplatform.contributions import selectors
from geoplatform.contributions.effect import wanted_columns
from geoplatform.services.bodies import (
    an_object,
    as_uuid,
    content_crs,
    idempotency_key,
    in_degrees,
    json_in,
    version_in,
)
from geoplatform.services.features.editing import PATCH
from geoplatform.services.features.formats import GEOJSON
from geoplatform.services.problems import Problem
from geoplatform.services.serializers import editable_only, emptied, validated, without

# Degrees: QGIS writes six decimals, our own answers seven, so a copy that was only read lies that near, in both axes.
AS_READ = 8e-7


@dataclass(frozen=True)
class Sent:
    """What a request says about a feature."""

    id: uuid.UUID | None = None
    version: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    geometry: GEOSGeometry | None = None


def new_feature(layer: Layer, request: HttpRequest) -> Sent:
    """A new feature. What is null is not said: clients send it for every empty cell."""
    document = _feature(request)
    properties = editable_only(layer, document.get("properties"))
    said = {name: value for name, value in properties.items() if value is not None}
    values, geometry = _validated(layer, request, said, document.get("geometry"))
    return Sent(_client_id(document, request), None, values, geometry)


def replacement(layer: Layer, feature: uuid.UUID, request: HttpRequest) -> Sent:
    """The feature as its author wants it to be.

    With `version` the document is compared with what stood there then, and only what differs is asked for. Without it,
    all of it is. A property that is left out loses its value, unless it is one that can only be written.
    """
    document = _feature(request)
    _same_id(document, feature)
    given = document.get("properties") or {}
    properties = editable_only(layer, given)
    readable = property_by_name(layer)
    said = {
        name: value for name, value in properties.items() if name in readable or value is not None
    }
    for name in layer.editable:
        if name in readable and name not in said:
            said[name] = without(layer, name)
    version = version_in(given)
    values, geometry = _validated(layer, request, emptied(layer, said), document.get("geometry"))
    if version is not None and (seen := selectors.seen_at(layer, feature, version)):
        wanted = wanted_columns(layer, values, None)
        values = {n: value for n, value in values.items() if wanted[n] != seen.base[n]}
        if geometry is not None and _as_read(geometry, layer, seen):
            geometry = None
    return Sent(None, version, values, geometry)


def patch(layer: Layer, feature: uuid.UUID, request: HttpRequest) -> Sent:
    """A merge patch (RFC 7396): what is named is changed, null takes a value away."""
    document = an_object(json_in(request, GEOJSON, PATCH))
    _same_id(document, feature)
    given = document.get("properties")
    properties = editable_only(layer, given)
    version = version_in(given or {})
    if "geometry" not in document:
        return Sent(None, version, validated(layer, emptied(layer, properties)), None)
    values, geometry = _validated(layer, request, emptied(layer, properties), document["geometry"])
    return Sent(None, version, values, geometry)


def _validated(
    layer: Layer, request: HttpRequest, properties: Mapping[str, Any], geometry: Any
) -> tuple[dict[str, Any], GEOSGeometry | None]:
    if not layer.geometry:
        return validated(layer, properties), None
    values = validated(layer, properties, in_degrees(geometry, content_crs(request)))
    return values, values.pop(layer.geometry, None)


def _as_read(geometry: GEOSGeometry, layer: Layer, seen: selectors.Seen) -> bool:
    """Whether this is what was read, then or just now, with its digits cut: no new place."""
    stored = {seen.base[str(layer.geometry)], seen.now[str(layer.geometry)]}
    return any(geometry.equals_exact(GEOSGeometry(each), AS_READ) for each in stored)


def _feature(request: HttpRequest) -> dict[str, Any]:
    document = json_in(request, GEOJSON)
    if not isinstance(document, dict) or document.get("type") != "Feature":
        raise Problem(400, _("The body is one GeoJSON Feature."))
    return document


def _client_id(document: Mapping[str, Any], request: HttpRequest) -> uuid.UUID | None:
    """A client may name its feature itself; the name is the Idempotency-Key as well."""
    key = idempotency_key(request)
    given = document.get("id")
    if given is None:
        return key
    id = as_uuid(given, _("The id of a new feature is a UUID."))
    if key is not None and key != id:
        raise Problem(400, _("The Idempotency-Key of a new feature is its id."))
    return id


def _same_id(document: Mapping[str, Any], feature: uuid.UUID) -> None:
    given = document.get("id")
    if given is not None and str(given).lower() != str(feature):
        raise Problem(400, _("The id of a feature never changes."))

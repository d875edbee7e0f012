"""A layer's properties as JSON Schema (OGC 23-058r2, Part 5), and what of Part 3 and CQL2 holds.

`schema` says what features carry and take, `queryables` what a filter may name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property, own_field, properties, resolve
from geoplatform.query.cql2.compiler import GEOMETRY, ID, masks, queryable
from geoplatform.services.features.formats import SCHEMA
from geoplatform.services.negotiation import absolute, link

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_TYPE = SCHEMA[0].media_type
RELATIONS = "http://www.opengis.net/def/rel/ogc/1.0"
PART_3 = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf"
PART_5 = "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf"
CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"
CONFORMANCE = [
    *(
        f"{PART_3}/{name}"
        for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")
    ),
    *(
        f"{PART_5}/{name}"
        for name in ("schemas", "core-roles-features", "returnables-and-receivables", "queryables")
    ),
    *(
        f"{CQL2}/{name}"
        for name in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "accent-insensitive-comparison",
            "basic-spatial-functions",
            # The name before the standard was final, by which clients still ask.
            "basic-spatial-operators",
            "basic-spatial-functions-plus",
            "temporal-functions",
            "property-property",
            "arithmetic",
        )
    ),
]
# The end of a property's name says its unit (UCUM, case-sensitive).
UNITS = {"_m": "m", "_cm": "cm", "_km": "km", "_m2": "m2", "_ha": "har"}


def links(request: HttpRequest, layer: Layer) -> list[dict[str, str]]:
    """Where a collection's queryables and schema are found."""
    address = f"/api/collections/{layer.name}"
    return [
        link(
            request,
            f"{address}/queryables",
            f"{RELATIONS}/queryables",
            SCHEMA_TYPE,
            _("What a filter may name"),
        ),
        link(
            request, f"{address}/schema", f"{RELATIONS}/schema", SCHEMA_TYPE, _("What features are")
        ),
    ]


def link_header(request: HttpRequest, layer: Layer) -> str:
    """The `Link` of an answer that can be filtered (OGC 19-079r2, /req/queryables/queryables-link)."""
    found = links(request, layer)[0]
    return f'<{found["href"]}>; rel="{found["rel"]}"; type="{found["type"]}"'


def queryables(request: HttpRequest, layer: Layer) -> dict[str, Any]:
    """All names that a filter may use; any other is an error, and so is additionalProperties false."""
    described: dict[str, dict[str, Any]] = {}
    for name, found in queryable(layer).items():
        if isinstance(found, Property):
            described[name] = _described(found)
        elif name == ID:
            described[name] = _id()
        elif name in {each.name for each in masks(layer)}:
            described[name] = _season(layer, name)
        else:
            described[name] = _geometry(layer, primary=name != GEOMETRY)
    return _document(request, layer, "queryables", described)


def schema(request: HttpRequest, layer: Layer) -> dict[str, Any]:
    """What features of the layer carry, and what may be sent: `readOnly`, `writeOnly`."""
    described = {ID: _id()}
    if layer.geometry:
        described[layer.geometry] = _geometry(layer, primary=True)
    described |= {each.name: _described(each) for each in properties(layer)}
    for name in described:
        # A client may name a new feature itself.
        if name not in layer.editable and name != ID:
            described[name]["readOnly"] = True
    for name in layer.editable:
        if name not in described:
            described[name] = {**_unseen(layer, name), "writeOnly": True}
    required = [name for name in layer.editable if _is_required(layer, name)]
    return _document(
        request, layer, "schema", described, {"required": required} if required else {}
    )


def _document(
    request: HttpRequest,
    layer: Layer,
    name: str,
    described: Mapping[str, dict[str, Any]],
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "$schema": DIALECT,
        "$id": absolute(request, f"/api/collections/{layer.name}/{name}"),
        "type": "object",
        "title": layer.title,
        "description": layer.description,
        "properties": {
            each: {**value, "x-ogc-property-seq": number}
            for number, (each, value) in enumerate(described.items(), 1)
        },
        **(more or {}),
        "additionalProperties": False,
    }


def _id() -> dict[str, Any]:
    return {"title": _("Id"), "type": "string", "format": "uuid", "x-ogc-role": "id"}


def _geometry(layer: Layer, *, primary: bool) -> dict[str, Any]:
    """No `type`: it is none of JSON Schema's own (/req/schemas/properties)."""
    found = {
        "title": layer.geometry_field.verbose_name if layer.geometry_field else "",
        "format": f"geometry-{str(layer.geometry_type).lower()}",
    }
    return {**found, "x-ogc-role": "primary-geometry"} if primary else found


def _season(layer: Layer, name: str) -> dict[str, Any]:
    """Half months, for functions such as A_OVERLAPS."""
    half_month = {"type": "number", "minimum": 1, "maximum": 12.5, "multipleOf": 0.5}
    title = own_field(layer, name).verbose_name
    return {"title": title, "type": "array", "items": half_month, "uniqueItems": True}


def _described(each: Property) -> dict[str, Any]:
    """One property: its type, its bounds and what its values are called."""
    found: dict[str, Any] = {"title": each.title, "type": each.json_type}
    if each.field.help_text:
        found["description"] = each.field.help_text
    if each.format:
        found["format"] = each.format
    if each.choices:
        # Empty stands for "not said" where a text may be empty.
        values = [*each.choices, *([("", "")] if each.field.blank else [])]
        found["enum"] = [value for value, _label in values]
        found["oneOf"] = [{"const": value, "title": label} for value, label in values]
    elif each.json_type == "string" and not each.format and each.field.max_length:
        found["maxLength"] = each.field.max_length
    if each.json_type in {"integer", "number"}:
        for keyword, kind in (("minimum", MinValueValidator), ("maximum", MaxValueValidator)):
            bounds = [v.limit_value for v in each.field.validators if type(v) is kind]
            if bounds:
                found[keyword] = max(bounds) if keyword == "minimum" else min(bounds)
    unit = next((unit for end, unit in UNITS.items() if each.name.endswith(end)), None)
    return {**found, "x-ogc-unit": unit} if unit else found


def _unseen(layer: Layer, name: str) -> dict[str, Any]:
    """A property that is only written: a value of its own that wins over an inherited one, say."""
    try:
        return _described(resolve(layer, name))
    except FieldDoesNotExist:  # a foreign key, written by the name of what it points to
        field: Any = layer.model._meta.get_field(name)
        return {"title": field.verbose_name, "type": "string"}


def _is_required(layer: Layer, name: str) -> bool:
    field: Any = layer.model._meta.get_field(name)
    return not (field.null or field.blank or field.has_default())

"""The reference of all layers, written from the declarations: it cannot fall behind them."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import translation

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import properties


def reference() -> str:
    """Markdown, in English."""
    with translation.override("en"):
        return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Layers"
    yield ""
    yield (
        "Written by `manage.py layer-reference` from the declarations in `layers/`."
        " Geometries are EPSG:4326, longitude first."
    )
    yield "Every layer is at `/api/collections/{layer}/items`; layers with a geometry also at `/tiles/{layer}.json`"
    yield "and `/styles/{layer}.json`."
    for layer in registry.layers():
        yield ""
        yield from _layer(layer)


def _layer(layer: Layer) -> Iterator[str]:
    yield f"## {layer.title} (`{layer.name}`)"
    yield ""
    yield str(layer.description)
    yield ""
    facts = [f"geometry: {layer.geometry_type or 'none'}"]
    if layer.geometry:
        facts.append(f"drawn from zoom {layer.zooms[0]} to {layer.zooms[1]}")
    if layer.open_to_all:
        facts.append("anybody may add a point")
    if layer.facets:
        facts.append("tiles can be filtered by " + ", ".join(f"`{name}`" for name in layer.facets))
    yield "; ".join(facts) + "."
    yield ""
    yield "| property | type | meaning | values |"
    yield "|---|---|---|---|"
    editable = set(layer.editable)
    for each in properties(layer):
        kind = f"{each.json_type} ({each.format})" if each.format else each.json_type
        values = ", ".join(f"`{value}`" for value, _label in each.choices)
        name = (
            f"**`{each.name}`**"
            if each.path in editable or each.name in editable
            else f"`{each.name}`"
        )
        yield f"| {name} | {kind} | {each.title} | {values} |"
    if layer.open_to_all:
        settable = ", ".join(f"`{name}`" for name in layer.editable if name != layer.geometry)
        yield ""
        yield f"Can be set when a point is added: {settable}."

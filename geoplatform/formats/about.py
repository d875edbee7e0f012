"""What a file says of itself, so that licence and source travel with it."""

from __future__ import annotations

from geoplatform.catalog.layer import Layer
from geoplatform.query.select import attributions
from geoplatform.query.tabular import licences

LICENCE_ADDRESSES = "http://dcat-ap.de/def/licenses/"


def about(layer: Layer) -> dict[str, str]:
    """Title, description, licences and whom to name, for formats that have a place for it."""
    known = {
        "title": str(layer.title),
        "description": str(layer.description),
        "licence": " ".join(licence_addresses(layer)),
        "attribution": " · ".join(attributions(layer)),
    }
    return {name: text for name, text in known.items() if text}


def licence_addresses(layer: Layer) -> list[str]:
    """The licences of a layer's features as addresses; several when its municipalities chose differently."""
    return [LICENCE_ADDRESSES + each for each in licences(layer)]

"""The state of a view: which layer somebody looks at, held to which filter, as seen from which place.

It is the query string of `/` and `/{layer}/` alone, so that a link shows the same view to another:
`filter` (CQL2 text, the API's own) and `near` (longitude,latitude); `/` names the layer besides. List, map tiles,
counts, downloads and print follow this one expression.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.pages.place import first_layer
from geoplatform.query.cql2 import Filter, parse_filter
from geoplatform.query.errors import QueryError
from geoplatform.query.facets import Choices, choices_of
from geoplatform.query.feature_query import FeatureQuery

Place = tuple[float, float]
DIGITS = 6  # of a degree: about a decimetre
NORTHMOST = 85.06  # degrees; beyond there is no map


@dataclass(frozen=True)
class View:
    """`text` is the filter as the address has it, `filter` the same parsed; `near` is longitude and latitude."""

    layer: Layer
    text: str = ""
    filter: Filter | None = None
    near: Place | None = None

    @property
    def parameters(self) -> dict[str, str]:
        """What stands in the address, in one order; nothing for a whole layer."""
        found = {"filter": self.text, "near": write_place(self.near) if self.near else ""}
        return {name: value for name, value in found.items() if value}

    @property
    def listing(self) -> str:
        """Address of the list."""
        return _address(reverse("listing", args=[self.layer.name]), self.parameters)

    @property
    def map(self) -> str:
        """Address of the map; the layer that it opens with anyway need not be named."""
        named = {} if self.layer is first_layer() else {"layer": self.layer.name}
        return _address(reverse("map"), named | self.parameters)

    def download(self, form: str) -> str:
        """Address of the same features as a file."""
        path = reverse("download", args=[f"{self.layer.name}.{form}"])
        return _address(path, {"filter": self.text} if self.text else {})

    def query(self, **more: Any) -> FeatureQuery:
        """The question that the view asks of its layer; `more` narrows it down or says how it is answered."""
        return FeatureQuery(layer=self.layer, filter=self.filter, **more)

    @property
    def choices(self) -> Choices | None:
        """The choices of facets that the filter comes down to; None where it says anything else."""
        return () if self.filter is None else choices_of(self.filter)


def _address(path: str, parameters: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(parameters)}" if parameters else path


def parse_view(parameters: Mapping[str, str], layer: Layer) -> View:
    """The view of a layer that an address names. Raises QueryError; what else stands there is not its business."""
    text, near = parameters.get("filter", "").strip(), parameters.get("near", "").strip()
    return View(
        layer=layer,
        text=text,
        filter=parse_filter(text, layer=layer) if text else None,
        near=parse_place(near) if near else None,
    )


def named_layer(parameters: Mapping[str, str]) -> Layer:
    """The layer that the map is to be about. Raises QueryError."""
    name = parameters.get("layer", "")
    if not name:
        return first_layer()
    layer = registry.get(name)
    if layer is None or not layer.geometry:
        raise QueryError("layer", _("There is no map layer %s.") % name[:80])
    return layer


def parse_place(text: str) -> Place:
    """`longitude,latitude` in degrees. Raises QueryError."""
    try:
        longitude, latitude = (float(part) for part in text.split(","))
    except ValueError:
        longitude = latitude = math.nan
    if not (abs(longitude) <= 180 and abs(latitude) <= NORTHMOST):
        raise QueryError("near", _("A place is two numbers in degrees: longitude,latitude."))
    return longitude, latitude


def write_place(place: Place) -> str:
    return ",".join(f"{each:.{DIGITS}f}".rstrip("0").rstrip(".") for each in place)

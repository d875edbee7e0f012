"""The services that a catalogue lists, each with where it begins and where it is described."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from rdflib import URIRef

from geoplatform.catalog.layer import Layer

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

# Implementing Regulation (EU) 2023/138 on high-value datasets.
HVD_LEGISLATION = URIRef("http://data.europa.eu/eli/reg_impl/2023/138/oj")


@dataclass(frozen=True)
class Service:
    """`path` is where one layer is had, with {} for its name; the endpoint is where all are."""

    name: str
    name_for_people: str
    description: str | StrPromise
    endpoint: str
    endpoint_description: str
    path: str
    serves: Callable[[Layer], bool]
    standard: str = ""
    file_type: str = ""


SERVICES = (
    Service(
        "ogc-api",
        "OGC API Features",
        _("All layers as features, with filters, in several coordinate reference systems."),
        "/api/",
        "/api/openapi",
        "/api/collections/{}",
        lambda layer: True,
        "http://www.opengis.net/spec/ogcapi-features-1/1.0",
        "GEOJSON",
    ),
    Service(
        "wms",
        "WMS",
        _("All layers as pictures, with legends and feature info."),
        "/wms",
        "/wms?SERVICE=WMS&REQUEST=GetCapabilities",
        "/wms?SERVICE=WMS&REQUEST=GetCapabilities",
        lambda layer: layer.geometry is not None,
        "http://www.opengis.net/def/serviceType/ogc/wms/1.3.0",
        "WMS_SRVC",
    ),
    Service(
        "tiles",
        "Vector tiles",
        _("All layers as vector tiles with styles and TileJSON."),
        "/tiles/",
        "/api/openapi",
        "/tiles/{}.json",
        lambda layer: layer.geometry is not None,
    ),
)

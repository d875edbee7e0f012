"""What there is: landing page, conformance, collections (OGC 17-069r4, clauses 7.2 to 7.14)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.query.feature_query import QueryError
from geoplatform.query.select import attributions, extent
from geoplatform.services.features.openapi import document as describe_all
from geoplatform.services.negotiation import json_response, link
from geoplatform.services.problems import Problem, problems

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
GEOJSON = "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
CONFORMANCE = [
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
]


def layer_or_404(name: str) -> Layer:
    layer = registry.get(name)
    if layer is None:
        names = ", ".join(each.name for each in registry.layers())
        raise Problem(
            404,
            _("There is no collection %(name)s. There are: %(names)s.")
            % {"name": name, "names": names},
        )
    return layer


def parameters(request: HttpRequest) -> dict[str, str]:
    """The parameters of a request, each given once, without `f`: there is one format."""
    values = {}
    for name, given in request.GET.lists():
        if len(given) > 1:
            raise QueryError(name[:80], _("%s stands twice in the address.") % name[:80])
        values[name] = given[0]
    if values.pop("f", "json") not in {"json", "geojson"}:
        raise QueryError("f", _("f is json."))
    return values


def document(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Decorate what is read as a whole: any parameter but `f` is an error (clause 7.6)."""

    @problems("GET", "HEAD")
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        for name in parameters(request):
            raise QueryError(name[:80], _("Unknown parameter %s.") % name[:80])
        return view(request, *args, **kwargs)

    return answer


@document
def landing(request: HttpRequest) -> HttpResponse:
    return json_response(
        {
            "title": _("Open green map"),
            "description": _("Quarters, green spaces, gardens and fruit trees as open data."),
            "links": [
                link(request, "/api/", "self", "application/json"),
                link(
                    request, "/api/openapi", "service-desc", OPENAPI, _("How this interface works")
                ),
                link(request, "/api/conformance", "conformance", "application/json"),
                link(request, "/api/collections", "data", "application/json", _("The layers")),
            ],
        }
    )


@document
def conformance(request: HttpRequest) -> HttpResponse:
    return json_response({"conformsTo": CONFORMANCE})


@document
def openapi(request: HttpRequest) -> HttpResponse:
    return json_response(describe_all(request), OPENAPI)


@document
def collections(request: HttpRequest) -> HttpResponse:
    return json_response(
        {
            "links": [link(request, "/api/collections", "self", "application/json")],
            "collections": [describe(request, each) for each in registry.layers()],
        }
    )


@document
def collection(request: HttpRequest, name: str) -> HttpResponse:
    return json_response(describe(request, layer_or_404(name)))


def describe(request: HttpRequest, layer: Layer) -> dict[str, Any]:
    """One collection (clause 7.14)."""
    address = f"/api/collections/{layer.name}"
    found: dict[str, Any] = {
        "id": layer.name,
        "title": layer.title,
        "description": layer.description,
        "itemType": "feature",
        "attribution": " · ".join(attributions(layer)),
        "crs": [CRS84],
        "links": [
            link(request, address, "self", "application/json"),
            link(request, f"{address}/items", "items", GEOJSON, str(layer.title)),
        ],
    }
    if layer.geometry:
        found["links"].append(
            link(
                request,
                f"/tiles/{layer.name}.json",
                "tilesets-vector",
                "application/json",
                _("Vector tiles"),
            )
        )
        box = extent(layer)
        if box:
            found["extent"] = {"spatial": {"bbox": [box], "crs": CRS84}}
    return found

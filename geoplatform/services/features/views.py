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
from geoplatform.formats.writers import WRITERS
from geoplatform.query.crs import CRS84, supported
from geoplatform.query.select import attributions, extent
from geoplatform.services.features.formats import GEOJSON, ITEMS
from geoplatform.services.features.html import document_page
from geoplatform.services.features.openapi import document as describe_all
from geoplatform.services.features.openapi import parts
from geoplatform.services.features.parameters import given, refuse_all
from geoplatform.services.features.schemas import CONFORMANCE as FILTERING
from geoplatform.services.features.schemas import links as schema_links
from geoplatform.services.negotiation import HTML, JSON, Offer, chosen, json_response, link
from geoplatform.services.problems import Problem, problems

OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
CONFORMANCE = [
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    *FILTERING,
    *(
        f"http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/{name}"
        for name in ("create-replace-delete", "update", "features", "optimistic-locking-etags")
    ),
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


def document(
    template: str, *offers: Offer
) -> Callable[[Callable[..., dict[str, Any]]], Callable[..., HttpResponseBase]]:
    """Decorate what is read as a whole: it gives a dictionary, answered as JSON or as a page by `template`.

    Any parameter but `f` is an error (clause 7.6).
    """
    answers = offers or (JSON, HTML)

    def decorate(view: Callable[..., dict[str, Any]]) -> Callable[..., HttpResponseBase]:
        @problems("GET", "HEAD")
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            offer = chosen(request, answers)
            refuse_all(given(request))
            body = view(request, *args, **kwargs)
            if offer == HTML:
                return document_page(request, template, body)
            return json_response(body, offer.media_type)

        return answer

    return decorate


@document("landing")
def landing(request: HttpRequest) -> dict[str, Any]:
    """Where everything begins (clause 7.2)."""
    return {
        "title": _("Open green map"),
        "description": _("Quarters, green spaces, gardens and fruit trees as open data."),
        "links": [
            *own_links(request, "/api/"),
            link(request, "/api/openapi", "service-desc", OPENAPI, _("How this interface works")),
            link(
                request, "/api/openapi?f=html", "service-doc", "text/html", _("The same as a page")
            ),
            link(request, "/api/conformance", "conformance", "application/json"),
            link(request, "/api/collections", "data", "application/json", _("The layers")),
            *(each for part in parts(request) for each in part["links"]),
        ],
    }


@document("conformance")
def conformance(request: HttpRequest) -> dict[str, Any]:
    """The standards' classes that hold (clause 7.4)."""
    return {"conformsTo": CONFORMANCE, "links": own_links(request, "/api/conformance")}


@document("openapi", Offer("json", OPENAPI), HTML)
def openapi(request: HttpRequest) -> dict[str, Any]:
    """The interface described for programs (clause 7.3)."""
    return describe_all(request)


@document("collections")
def collections(request: HttpRequest) -> dict[str, Any]:
    """All layers (clause 7.13)."""
    return {
        "links": own_links(request, "/api/collections"),
        "crs": [crs.uri for crs in supported()],
        "collections": [describe(request, each) for each in registry.layers()],
    }


@document("collection")
def collection(request: HttpRequest, name: str) -> dict[str, Any]:
    """One layer (clause 7.14)."""
    return describe(request, layer_or_404(name))


def own_links(request: HttpRequest, address: str) -> list[dict[str, str]]:
    """An address itself, as JSON and as a page."""
    return [
        link(request, address, "self", "application/json"),
        link(request, f"{address}?f=html", "alternate", "text/html"),
    ]


def describe(request: HttpRequest, layer: Layer) -> dict[str, Any]:
    """One collection (clause 7.14)."""
    address = f"/api/collections/{layer.name}"
    found: dict[str, Any] = {
        "id": layer.name,
        "title": layer.title,
        "description": layer.description,
        "itemType": "feature",
        "attribution": " · ".join(attributions(layer)),
        "links": [
            *own_links(request, address),
            *(
                link(
                    request,
                    f"{address}/items"
                    + ("" if offer.media_type == GEOJSON else f"?f={offer.name}"),
                    "items",
                    offer.media_type,
                    f"{layer.title} ({offer.title})",
                )
                for offer in ITEMS
            ),
            # The whole layer at once (OGC 17-069r4, recommendation 15).
            *(
                link(
                    request,
                    f"/downloads/{layer.name}.{each.name}",
                    "enclosure",
                    each.media_type.partition(";")[0],
                    each.title,
                )
                for each in WRITERS.values()
            ),
            *schema_links(request, layer),
        ],
    }
    if layer.geometry:
        found["crs"] = [crs.uri for crs in supported()]
        found["storageCrs"] = CRS84.uri
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
            found["extent"] = {"spatial": {"bbox": [box], "crs": CRS84.uri}}
    return found

"""What the templates of all pages share, and what the map's scripts are told."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse, translate_url
from django.utils.cache import patch_vary_headers
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.facets import has_pyramid
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.licences import Licence
from geoplatform.catalog.models import Licensing
from geoplatform.formats.compression import IDENTITY, whole
from geoplatform.pages.basemap import basemap
from geoplatform.pages.frame import LANGUAGES, frame, worker
from geoplatform.pages.place import first_layer
from geoplatform.query.cql2.compiler import queryable
from geoplatform.query.feature_query import Box
from geoplatform.rendering.legend import legend
from geoplatform.webmap import live, offline
from geoplatform.webmap.elsewhere import elsewhere


def render_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page with the platform's name and the way to its other language, which shows the same."""
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    addresses = {code: f"{translate_url(request.path, code)}{query}" for code in LANGUAGES}
    response = render(request, template, {**frame(addresses), **context}, status=status)
    # Of the map's page a tenth is left. Nothing secret stands on pages that anybody gets.
    response.content, coding = whole(response.content, request.headers.get("Accept-Encoding"))
    patch_vary_headers(response, ["Accept-Encoding"])
    if coding != IDENTITY:
        response.headers["Content-Encoding"] = coding
    return response


def legends(request: HttpRequest) -> list[dict[str, Any]]:
    """Every layer of the map with its legend and its addresses, what lies on top first."""
    return [
        {
            "name": layer.name,
            "title": layer.title,
            "visible": layer.visible,
            "entries": [
                {"label": each.label, "svg": mark_safe(each.svg)}  # noqa: S308  made by ourselves
                for each in legend(layer)
            ],
            "elsewhere": elsewhere(request, layer),
        }
        for layer in reversed(registry.map_layers())
    ]


def licence_words(layer: Layer) -> str:
    """The licence that a contribution is published under; where municipalities differ, which stands where."""
    rows = Licensing.objects.filter(table=layer.model._meta.db_table).order_by("municipality__name")
    where: dict[str, list[str]] = {}
    for licence, town in rows.values_list("licence", "municipality__name"):
        where.setdefault(str(Licence(licence).label), []).append(town)
    if len(where) < 2:
        return next(iter(where), str(Licence.CC0.label))
    return ", ".join(f"{label} ({', '.join(towns)})" for label, towns in sorted(where.items()))


def is_alike(layer: Layer, other: Layer) -> bool:
    """Whether every filter on `layer` means the same to `other`: parts of one table that show the same of it."""
    return other.model is layer.model and queryable(layer).keys() <= queryable(other).keys()


def map_settings(layer: Layer, box: Box | None) -> dict[str, Any]:
    """Everything the map's scripts need to know, read by static/webmap/settings.js."""
    some_id = "00000000-0000-0000-0000-000000000000"
    return {
        "language": get_language(),
        "style": "/styles/geoplatform.json",
        "worker": worker(),
        "box": box,
        "basemap": basemap(),
        "layer": layer.name,
        "home": first_layer().name,
        "zoom": layer.zooms[0],
        # Layers of the same rows: what is filtered in one is filtered in all, or it would still be seen.
        "together": {
            each.name: [other.name for other in registry.map_layers() if is_alike(each, other)]
            for each in registry.map_layers()
        },
        "counted": [each.name for each in registry.map_layers() if has_pyramid(each)],
        "titles": {each.name: str(each.title) for each in registry.map_layers()},
        "listing": reverse("listing", args=["LAYER"]),
        "pending": reverse("pending"),
        "find": reverse("find", args=["LAYER"]),
        "search": reverse("search"),
        "feature": reverse("feature", args=["LAYER", some_id]).replace(some_id, "ID"),
        "walk": reverse("walk"),
        "live": live.settings(),
        "offline": offline.settings(),
        "texts": {**texts(), **live.texts(), **offline.texts()},
    }


def texts() -> dict[str, str]:
    """Words for the scripts, in the reader's language."""
    return {
        "map": pgettext(
            "name of the map",
            "Map. Move with the arrow keys, zoom with plus and minus, Enter asks what is in the middle.",
        ),
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "findMe": _("Show my position"),
        "noPosition": _("Your position is not available."),
        "attribution": _("Show or hide sources"),
        "noMap": _(
            "Your browser cannot draw the map (WebGL is missing). List, details and form work all the same."
        ),
        "mapFailed": _("A part of the map could not be loaded."),
        "offline": _("The server does not answer. Please try again."),
        "nothingHere": _("Nothing is drawn at this place."),
        "alsoHere": _("Also here"),
        "close": _("Close"),
        "pin": _(
            "Position of the new entry. Move it with the arrow keys; hold Shift for larger steps."
        ),
        "pinAt": _("Position: latitude %(latitude)s, longitude %(longitude)s"),
        "saving": _("Saving …"),
        "saved": _("Saved. It is on the map now and marked as unconfirmed."),
        "undoIn": _("Undo (%(seconds)s s)"),
        "undoHint": _("You can undo this for ten seconds, and later in “My contributions”."),
        "queued": _("It waits and is sent when the network is back."),
        "alike": _("Please look: it may be on the map already."),
        "conflict": _("Somebody was faster: please look at both versions."),
        "received": _("Received. It waits to be looked at."),
        "noDrawing": _("The drawing tools could not be loaded. Please type the positions in."),
        "drawing": _("Drawing: click corner by corner, end on the first one. Escape begins anew."),
        "corners": _("%(count)s corners"),
        "formOpen": _("Please save or close the form first."),
        "checkForm": _("Please look at the marked fields."),
        "copied": _("Copied: %(address)s"),
        "notCopied": _(
            "Your browser does not let the page copy. The address is marked: copy it yourself."
        ),
        "placeTaken": _("Seen from your position now."),
        "suggestions": _("Suggestions: %(count)s. Move with the arrow keys."),
        "noSuggestions": _("Nothing is called so."),
        "walkAdd": _("Add to my walk"),
        "walkAdded": _("%(title)s is on your walk."),
        "walkRemove": _("Take off my walk"),
        "walkRemoved": _("%(title)s is off your walk."),
        "walkFull": _("A walk has at most 25 stops."),
        "m": "m",
        "km": "km",
    }

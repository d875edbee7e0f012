"""What the pages of this room share: the frame, and what the map's script is told."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import translate_url
from django.utils.translation import gettext as _

from geoplatform.pages.frame import LANGUAGES, frame
from geoplatform.pages.place import start_box
from geoplatform.pages.smallmap import small_map


def render_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page of this room, with the way to its other language."""
    addresses = {code: translate_url(request.get_full_path(), code) for code in LANGUAGES}
    return render(request, f"review/{template}", {**frame(addresses), **context}, status=status)


def map_settings(marks: list[dict[str, Any]]) -> dict[str, Any]:
    """For static/review/map.js. Marks: {"id", "kind" (its shape), "title", "geometry" (GeoJSON, degrees)}."""
    made = small_map(start_box(), style="/styles/geoplatform.json", marks=marks)
    made["texts"]["Marker.Title"] = _("Proposal")
    return made


def legend(marks: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Each kind of mark on this map once, with what it stands for."""
    return list({each["kind"]: each["title"] for each in marks}.items())


def shortcuts(where: str) -> list[tuple[tuple[str, ...], str]]:
    """Keys and what they do, as static/review/queue.js and proposal.js have them."""
    if where == "queue":
        return [
            (("j", "↓"), _("next one")),
            (("k", "↑"), _("the one before")),
            (("Enter", "o"), _("open it")),
            (("x",), _("choose it")),
            (("a",), _("accept it")),
            (("r",), _("reject: choose it and write why")),
        ]
    return [
        (("a",), _("accept what is ticked")),
        (("r",), _("reject: write why")),
        (("n",), _("next one")),
        (("u",), _("back to the queue")),
    ]

"""Answers of this room as pages for people, and links that lead a browser to what they name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from geoplatform.pages.frame import LANGUAGES, frame
from geoplatform.services.language import asked

HTML_TYPE = "text/html"


def page(
    request: HttpRequest, template: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """A template of this room, filled in, in the frame of all pages."""
    addresses = {code: address(request, lang=code) for code in LANGUAGES}
    lang = asked(request)
    around = {
        **frame(addresses),
        # Behind every link to another page of this room.
        "kept": f"?lang={lang}" if lang else "",
        "lang": lang or "",
        "json_address": address(request, f="json", lang=None),
    }
    return rendered(request, template, {**around, **context}, status)


def rendered(
    request: HttpRequest, template: str, context: Mapping[str, Any], status: int
) -> HttpResponse:
    """The template as an answer, without anything asked from the database."""
    response = render(request, f"api/{template}.html", dict(context), status=status)
    response.headers["Vary"] = "Accept, Accept-Language"
    response.headers["Content-Language"] = get_language() or ""
    return response


def address(request: HttpRequest, *, leave: tuple[str, ...] = (), **changes: str | None) -> str:
    """This page's own path with some parameters changed, or taken away by None."""
    found = {
        name: value
        for name, value in {**request.GET.dict(), **changes}.items()
        if value is not None and name not in leave
    }
    return request.path + (f"?{urlencode(found)}" if found else "")


def clickable(link: Mapping[str, str]) -> str:
    """The address of a link such that a browser, which would rather have pages, gets the link's own format."""
    href = link["href"]
    parts = urlsplit(href)
    ours = parts.path.startswith("/api")
    if ours and link.get("type") != HTML_TYPE and "f=" not in parts.query:
        return f"{href}{'&' if parts.query else '?'}f=json"
    return href


def prefers_page(request: HttpRequest) -> bool:
    """Whether a person looks at the answer: `f=html`, or a browser's Accept."""
    if request.method not in {"GET", "HEAD"}:
        return False
    if "f" in request.GET:
        return request.GET["f"] == "html"
    # What accepts anything is a program.
    found = request.get_preferred_type(["application/problem+json", "application/json", HTML_TYPE])
    return found == HTML_TYPE

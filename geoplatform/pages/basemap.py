"""The optional raster ground of the map: the one exception from "nothing is loaded from another host"."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

View = Callable[..., HttpResponseBase]


def basemap() -> dict[str, str] | None:
    """Address template and attribution of the configured ground."""
    if not settings.BASEMAP_URL:
        return None
    return {"url": settings.BASEMAP_URL, "attribution": settings.BASEMAP_ATTRIBUTION}


def allow_basemap(view: View) -> View:
    """Let the page load tiles from exactly the host of BASEMAP_URL; without one nothing changes."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.BASEMAP_URL:
            return view(request, *args, **kwargs)
        address = urlsplit(settings.BASEMAP_URL)
        host = f"{address.scheme}://{address.netloc}"
        allowed = csp_update({"connect-src": ["'self'", host], "img-src": [host]})(view)
        return allowed(request, *args, **kwargs)

    return answer

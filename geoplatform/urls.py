"""Composition only: which room answers which address."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from geoplatform.database.health import healthz
from geoplatform.database.unavailable import is_unavailable
from geoplatform.services import problems
from geoplatform.services.features.views import landing
from geoplatform.webmap import errors
from geoplatform.webmap.offline_views import worker

urlpatterns = [
    # Asked most, so looked for first; what has a beginning of its own before what has not.
    path("api/", include("geoplatform.services.features.urls")),
    path("", include("geoplatform.services.wms.urls")),
    path("", include("geoplatform.services.tiles.urls")),
    path("api", landing),
    path("api/", include("geoplatform.services.proposals.urls")),
    path("api/", include("geoplatform.services.analyses.urls")),
    path("", include("geoplatform.services.downloads.urls")),
    path("", include("geoplatform.services.changes.urls")),
    path("", include("geoplatform.services.catalogue.urls")),
    path("healthz", healthz),
    path("sw.js", worker, name="worker"),
    path("admin/", admin.site.urls),
    # Pages: German at these paths, English under /en/.
    *i18n_patterns(
        path("", include("geoplatform.accounts.urls")),
        path("", include("geoplatform.review.urls")),
        path("planning/", include("geoplatform.planning.urls")),
        path("", include("geoplatform.webmap.urls")),
        prefix_default_language=False,
    ),
]

PROGRAMS = ("/api/", "/tiles/", "/styles/", "/downloads/", "/wms/", "/changes/", "/catalogue.")


def _speaker(request: HttpRequest) -> ModuleType:
    """Who says what went wrong: programs get problem details, people a page."""
    return problems if f"{request.path}/".startswith(PROGRAMS) else errors


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _speaker(request).bad_request(request)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _speaker(request).not_found(request)


def handler500(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    # Django calls this while it handles what went wrong.
    error = sys.exc_info()[1]
    if error is not None and is_unavailable(error):
        return _speaker(request).unavailable(request, error)
    return _speaker(request).failed(request)

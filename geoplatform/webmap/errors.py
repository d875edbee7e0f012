"""Pages that say what went wrong, in the reader's words (wired in geoplatform/urls.py)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from geoplatform.database.unavailable import RETRY_AFTER
from geoplatform.webmap.page import render_page


def not_found(request: HttpRequest) -> HttpResponse:
    return render_page(request, "webmap/404.html", {}, status=404)


def bad_request(request: HttpRequest) -> HttpResponse:
    """What Django refuses before a view reads it: a foreign host name, a form that is broken or too large."""
    return render_page(request, "webmap/400.html", {}, status=400)


def unavailable(request: HttpRequest, error: BaseException) -> HttpResponse:
    """The database does not answer; so nothing here asks it."""
    response = render(request, "webmap/503.html", status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def failed(request: HttpRequest) -> HttpResponse:
    # Asks the database for nothing: it may be what has failed.
    return render(request, "webmap/500.html", status=500)

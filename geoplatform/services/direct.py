"""The short way for addresses that programs ask often: without sessions, CSRF, CSP and messages, which pages need."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import resolve

READING = ("GET", "HEAD", "OPTIONS")
Answer = Callable[[HttpRequest], HttpResponseBase]


def direct(get_response: Answer) -> Answer:
    """Middleware: calls the view of an address below `DIRECT_PATHS` itself; all middlewares after it are left out.

    A quarter of what a tile from the store costs went there. Such views set language, length and validators themselves.
    So do those below `DIRECT_WRITES`, where only what reads may be a page.
    """
    paths, writes = tuple(settings.DIRECT_PATHS), tuple(settings.DIRECT_WRITES)

    def answer(request: HttpRequest) -> HttpResponseBase:
        # With a slash: `/wms` itself is one of them, a page `/wms-guide` is not.
        below = paths if request.method in READING else paths + writes
        if not f"{request.path_info}/".startswith(below):
            return get_response(request)
        match = request.resolver_match = resolve(request.path_info)
        response = match.func(request, *match.args, **match.kwargs)
        if not response.streaming and "Content-Length" not in response.headers:
            response.headers["Content-Length"] = str(len(response.content))
        return response

    return answer

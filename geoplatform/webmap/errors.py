"""Pages that say what went wrong, in the reader's words (wired in geoplatform/urls.py)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def not_found(request: HttpRequest) -> HttpResponse:
    return render(request, "webmap/404.html", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    return render(request, "webmap/500.html", status=500)

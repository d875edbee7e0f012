"""The platform's addresses, and the floor: the least that Django and psycopg must do to give bytes that are stored."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from geoplatform import urls
from geoplatform.query.select import raw_cursor

handler400, handler404, handler500 = urls.handler400, urls.handler404, urls.handler500


def floor(request: HttpRequest, key: str) -> HttpResponse:
    statement = "SELECT body FROM floor WHERE key = %s"
    with raw_cursor() as cursor:
        row = cursor.execute(statement, [key], binary=True, prepare=True).fetchone()
    return HttpResponse(row[0] if row else b"", content_type="application/octet-stream")


urlpatterns = [path("floor/<str:key>", floor), *urls.urlpatterns]

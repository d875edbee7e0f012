"""Whether this process can serve: it answers, and so does its database."""

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse

from geoplatform.database.replicas import names, watch


def healthz(request: HttpRequest) -> HttpResponse:
    """200 `ok`, or 503 when the primary does not answer; then a line for each replica, as this process sees it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        said, status = "ok", 200
    except (DatabaseError, InterfaceError):
        said, status = "database does not answer", 503
    lines = [said, *(watch().told() if names() else [])]
    return HttpResponse("\n".join(lines) + "\n", status=status, content_type="text/plain")

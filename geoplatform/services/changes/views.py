"""`/changes?since=`: which layers and boxes were changed since a cursor. Maps ask it every few seconds while one looks
at them, so where nothing was the answer is 304 and costs one statement."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

from geoplatform.query.changes import changes as changes_since
from geoplatform.services.language import check as check_language
from geoplatform.services.negotiation import json_response, known_etags
from geoplatform.services.problems import problems, refuse_parameters

# A copy is asked about each time: the same question has another answer after an edit.
REVALIDATE = "no-cache"


@problems("GET", "HEAD")
def changes(request: HttpRequest) -> HttpResponse:
    """The changes since `since`, and the cursor to ask with the next time; without `since` the cursor of now."""
    refuse_parameters(request, "since", "lang")
    if "lang" in request.GET:
        check_language(request.GET["lang"])
    found = changes_since(request.GET.get("since"))
    # The answer follows from the two cursors; and one alone is enough, since `since` is part of the address.
    headers = {"ETag": f'W/"{found.cursor}"', "Cache-Control": REVALIDATE}
    if known_etags(request) & {found.cursor, "*"}:
        return HttpResponseNotModified(headers=headers)
    response = json_response(
        {
            "cursor": found.cursor,
            "changed": [{"layer": each.layer.name, "boxes": each.boxes} for each in found.changed],
        }
    )
    for name, value in headers.items():
        response.headers[name] = value
    return response

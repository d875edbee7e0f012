"""The queue and one proposal. Everything works by links and forms; static/review/ makes it quicker."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from geoplatform.contributions import selectors
from geoplatform.pages.basemap import allow_basemap
from geoplatform.review import many, queue
from geoplatform.review.access import Reviewer, forbidden, reviewers_only
from geoplatform.review.decide import answer, show
from geoplatform.review.filters import read
from geoplatform.review.forms import REJECTIONS
from geoplatform.review.page import map_settings, render_page, shortcuts
from geoplatform.review.proposal import tell
from geoplatform.review.said import ASKED


@reviewers_only
@allow_basemap
@require_http_methods(["GET", "HEAD", "POST"])
def queue_page(request: HttpRequest, reviewer: Reviewer) -> HttpResponse:
    """What waits, as list and map; a POST decides about all that were chosen."""
    filters = read(request.GET)
    results = many.decide(request.POST, reviewer) if request.method == "POST" else None
    found = queue.page(reviewer, filters)
    context = {
        "filters": filters,
        "choices": queue.choices(reviewer, filters),
        "page": found,
        "here": filters.address(),
        "earlier": filters.address(page=filters.page - 1) or "?" if filters.page > 1 else "",
        "later": filters.address(page=filters.page + 1) if filters.page < found.pages else "",
        "results": results,
        "rejections": REJECTIONS,
        "everywhere": reviewer.everywhere,
        "legend": list(ASKED.items()),
        "shortcuts": shortcuts("queue"),
        "map_settings": map_settings(queue.marks(found.entries)),
    }
    return render_page(request, "queue.html", context)


@reviewers_only
@allow_basemap
@require_http_methods(["GET", "HEAD", "POST"])
def proposal_page(request: HttpRequest, reviewer: Reviewer, id: uuid.UUID) -> HttpResponse:
    """One proposal; a POST decides about it."""
    proposal = selectors.proposal(id)
    told = tell(proposal) if proposal else None
    if told is None:
        raise Http404
    if not reviewer.decides(told.proposal):
        return forbidden(request)
    if request.method == "POST":
        return answer(request, reviewer, told)
    return show(request, reviewer, told)

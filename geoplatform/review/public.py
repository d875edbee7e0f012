"""A proposal for everybody who has its address: what is asked, what became of it and why. Nothing about persons."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from geoplatform.contributions import selectors
from geoplatform.pages.basemap import allow_basemap
from geoplatform.review.page import legend, map_settings, render_page
from geoplatform.review.proposal import in_public, marks, tell


@require_safe
@cache_control(no_cache=True)
@allow_basemap
def proposal_for_all(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    proposal = selectors.proposal(id)
    told = tell(proposal) if proposal else None
    if told is None:
        raise Http404
    shown = marks(told)
    context = {**in_public(told), "map_settings": map_settings(shown), "legend": legend(shown)}
    return render_page(request, "public.html", context)

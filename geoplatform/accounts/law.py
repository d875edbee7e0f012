"""Imprint, privacy, accessibility, terms: what the platform can say itself, and the city's own text below it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import translate_url
from django.views.decorators.http import require_safe

from geoplatform.contributions import trust
from geoplatform.pages import law
from geoplatform.pages.frame import LANGUAGES, frame
from geoplatform.pages.models import LawText


@require_safe
def law_page(request: HttpRequest, kind: str) -> HttpResponse:
    """One of the four; an honest word where the city has not written its part."""
    terms = kind == LawText.Kind.TERMS
    context = {
        **frame({code: translate_url(request.path, code) for code in LANGUAGES}),
        "kind": kind,
        "name": LawText.Kind(kind).label,
        "text": law.current(kind),
        "organisation": settings.CONTACT_ORGANISATION,
        "email": settings.CONTACT_EMAIL,
        "phone": settings.CONTACT_PHONE,
        "licences": law.licences() if terms else (),
        "version": law.consent_version() if terms else "",
        "rules": trust.in_words() if terms else (),
    }
    return render(request, "accounts/law.html", context)

"""The reader's language. One address serves all languages, so that what people paste into programs is short."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _

from geoplatform.query.errors import QueryError


def asked(request: HttpRequest) -> str | None:
    """`lang=` of the address, by which a link on a page keeps the language that its reader chose (no cookie does)."""
    wanted = request.GET.get("lang")
    return wanted if wanted and wanted in dict(settings.LANGUAGES) else None


def language(request: HttpRequest) -> str:
    """`de` or `en`: as asked for, else by Accept-Language, else German."""
    return asked(request) or get_language_from_request(request)


def check(wanted: str) -> None:
    """Raises QueryError for a language that there is not."""
    known = list(dict(settings.LANGUAGES))
    if wanted not in known:
        raise QueryError("lang", _("lang is one of: %s.") % ", ".join(known))

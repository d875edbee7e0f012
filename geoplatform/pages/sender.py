"""Where a request comes from: for the rate limit, which forgets it at once. Stored nowhere, logged nowhere."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def address(request: HttpRequest) -> str:
    """The client's address as our own proxies saw it; what a client itself writes into the header stands before it."""
    if not settings.PROXIES:
        return str(request.META.get("REMOTE_ADDR", ""))
    told = [each.strip() for each in request.headers.get("X-Forwarded-For", "").split(",")]
    return told[-min(settings.PROXIES, len(told))] or str(request.META.get("REMOTE_ADDR", ""))

"""What the head of every page needs to know of who is logged in: whether there is anything to decide for them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from geoplatform.contributions.access import reviews_somewhere


def reviewing(request: HttpRequest) -> dict[str, Any]:
    """Context processor. `reviews` is asked where a page shows its head, and of those alone who have a session:
    pages of readers do not depend on any cookie."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not hasattr(request, "user"):
        return {}
    return {"reviews": lambda: reviews_somewhere(request.user)}

"""What templates below /accounts/ need besides what their view gives: those of django-allauth know no frame."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url

from geoplatform.pages.frame import LANGUAGES, frame

OURS = re.compile(r"(/[a-z]{2})?/accounts/")


def around(request: HttpRequest) -> dict[str, Any]:
    """Context processor; asks nothing for any other page."""
    if not OURS.match(request.path):
        return {}
    return {
        **frame({code: translate_url(request.path, code) for code in LANGUAGES}),
        "signup_open": settings.ACCOUNT_SIGNUP_OPEN,
        "mail": bool(settings.EMAIL_HOST),
        "city_login": settings.OIDC_NAME if settings.OIDC_SERVER else "",
    }

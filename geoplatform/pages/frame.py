"""What stands around every page (templates/pages/base.html): the platform's name, the way to the other language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.templatetags.static import static
from django.utils.translation import get_language

from geoplatform.pages.place import platform_name

LANGUAGES = {"de": "Deutsch", "en": "English"}


def frame(addresses: Mapping[str, str]) -> dict[str, Any]:
    """What the base template asks for; `addresses` are those of this page in each language."""
    return {
        "platform": platform_name(),
        "languages": [
            {
                "code": code,
                "name": name,
                "address": addresses[code],
                "current": code == get_language(),
            }
            for code, name in LANGUAGES.items()
        ],
    }


def worker() -> str:
    """Address of the map library's worker."""
    return static("pages/vendor/maplibre-gl-worker.mjs")

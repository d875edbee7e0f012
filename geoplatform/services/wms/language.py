"""The reader's language: LANGUAGE as INSPIRE has it, `ger` or `eng` (also `de` and `en`), else by Accept-Language."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language_from_request

# ISO 639-2/B, which INSPIRE asks for.
CODES = {"de": "ger", "en": "eng"}
KNOWN = {
    **{code: code for code in CODES},
    **{long: short for short, long in CODES.items()},
    "deu": "de",
}


def language(request: HttpRequest, values: Mapping[str, str]) -> str:
    """`de` or `en`. A language that there is not becomes the default one (INSPIRE View Services 3.11, 4.3.3)."""
    wanted = values.get("LANGUAGE", "").lower()
    if not wanted:
        return get_language_from_request(request)
    return KNOWN.get(wanted, settings.LANGUAGE_CODE)

"""Wrong thresholds fail at `manage.py check`, with an id and a hint."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from geoplatform.contributions.trust import Thresholds


@register()
def check_thresholds(**kwargs: Any) -> list[CheckMessage]:
    """Names that exist, whole numbers that are not negative."""
    names = {each.name for each in fields(Thresholds)}
    return [
        Error(
            f"CONTRIBUTIONS: {name}={value!r} is no threshold of contributions",
            hint="Whole numbers of at least 0 for: " + ", ".join(sorted(names)) + ".",
            id="contributions.E001",
        )
        for name, value in settings.CONTRIBUTIONS.items()
        if name not in names or not isinstance(value, int) or value < 0
    ]


@register(Tags.security, deploy=True)
def check_pepper(**kwargs: Any) -> list[CheckMessage]:
    """Where nothing is given, the hash's secret lies beside the hashes."""
    if any(settings.KEY_PEPPERS):
        return []
    return [
        Warning(
            "neither KEY_PEPPER nor SECRET_KEY is set: the pepper of contributors' keys is kept in the database",
            hint="Set KEY_PEPPER to 50 random characters; keys made before stay known.",
            id="contributions.W001",
        )
    ]

"""Rules for what people write: length, characters that hide or disturb, links of those who are not known yet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from geoplatform.catalog.layer import Layer
from geoplatform.contributions.values import fields_of

LONGEST = 2000  # characters, where a field has no limit of its own
# Control characters but tab and line ends, and those that turn the direction of what follows around.
DISTURBING = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
SURROGATE = re.compile(r"[\ud800-\udfff]")
LINK = re.compile(r"https?://|www\.", re.IGNORECASE)


def check_texts(layer: Layer, values: Mapping[str, Any], reason: str, links: int | None) -> None:
    """Raises ValidationError with a message for each wrong text; `reason` stands under its own name.

    links  how many links all texts together may hold; None: any number. Fields that are an address do not count
    """
    errors: dict[str, str] = {}
    known = fields_of(layer)
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    for name, text in {**texts, "reason": reason}.items():
        limit = (known[name].max_length if name in known else None) or LONGEST
        if len(text) > limit:
            errors[name] = _("This text has %(length)d characters; at most %(limit)d fit.") % {
                "length": len(text),
                "limit": limit,
            }
        elif found := DISTURBING.search(text) or SURROGATE.search(text):
            errors[name] = _("This text holds a character that cannot be seen: %s.") % _name(
                found.group()
            )
    if not errors and links is not None:
        counted = {n: t for n, t in texts.items() if not isinstance(known[n], models.URLField)}
        counted["reason"] = reason
        found_in = {name: len(LINK.findall(text)) for name, text in counted.items()}
        if sum(found_in.values()) > links:
            place = max(found_in, key=lambda name: found_in[name])
            errors[place] = ngettext(
                "Until your contributions are known here, texts may hold one link.",
                "Until your contributions are known here, texts may hold %(count)d links.",
                links,
            ) % {"count": links}
    if errors:
        raise ValidationError(errors)


def _name(character: str) -> str:
    return unicodedata.name(character, f"U+{ord(character):04X}")

"""What the law asks a city to say, and what people agree to when they contribute."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils.translation import get_language

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.licences import Licence
from geoplatform.catalog.models import Licensing
from geoplatform.pages.models import LawText

# Raise it when the platform's own words of consent change: accounts/law.html and webmap/_form.html among the templates.
WORDING = 1
CONSENT = re.compile(r"\d{1,4}\.\d{1,18}", re.ASCII)
# Where a licence's text stands, for people: the licence itself, not a description of it.
TEXTS = {
    Licence.CC0: "https://creativecommons.org/publicdomain/zero/1.0/legalcode.%(language)s",
    Licence.CC_BY_4: "https://creativecommons.org/licenses/by/4.0/legalcode.%(language)s",
    Licence.CC_BY_3_AT: "https://creativecommons.org/licenses/by/3.0/at/legalcode",
    Licence.CC_BY_SA_4: "https://creativecommons.org/licenses/by-sa/4.0/legalcode.%(language)s",
    Licence.DL_ZERO: "https://www.govdata.de/dl-de/zero-2-0",
    Licence.DL_BY: "https://www.govdata.de/dl-de/by-2-0",
    Licence.ODBL: "https://opendatacommons.org/licenses/odbl/1-0/",
}


def current(kind: str, language: str | None = None) -> LawText | None:
    """The text that holds, in this language or else in any; None where the city has written none."""
    found = LawText.objects.filter(kind=kind)
    fits = ExpressionWrapper(Q(language=language or get_language()), BooleanField())
    return found.order_by(fits.desc(), "-pk").first()


def consent_version() -> str:
    """What somebody who sends the form now agrees to: `1.0` is the platform's own wording alone, `1.7` with the
    city's text number 7. With the proposal's licence and time it says to what they agreed."""
    text = current(LawText.Kind.TERMS)
    return f"{WORDING}.{text.pk if text else 0}"


def consent_given(text: str) -> str:
    """What a form says was agreed to, which may be an earlier version than the current one; empty for anything else."""
    return text if CONSENT.fullmatch(text) else ""


@dataclass(frozen=True)
class Stated:
    """Under which licence contributions to a layer stand in a municipality (empty: wherever nothing else is said)."""

    layer: str
    municipality: str
    licence: str
    address: str


def licences() -> list[Stated]:
    """One line per layer that people may add to, and municipality that says something of its own."""
    language = get_language() or "de"
    stated: dict[str, list[tuple[str, str]]] = {}
    rows = Licensing.objects.order_by("municipality__name")
    for table, licence, town in rows.values_list("table", "licence", "municipality__name"):
        stated.setdefault(table, []).append((town, licence))
    return [
        Stated(
            str(layer.title),
            town,
            str(Licence(licence).label),
            TEXTS.get(Licence(licence), "") % {"language": language},
        )
        for layer in _editable()
        for town, licence in stated.get(layer.model._meta.db_table) or [("", Licence.CC0)]
    ]


def licence_address(value: str) -> str:
    """Where the text of a licence stands, in the reader's language where there is one; empty where none is known."""
    known = {str(each): address for each, address in TEXTS.items()}
    return known.get(value, "") % {"language": get_language() or "de"}


def _editable() -> list[Layer]:
    return [each for each in registry.map_layers() if each.editable]

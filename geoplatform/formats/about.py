"""What a file says of itself, so that licence and source travel with it: those of the features in it, and no others."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from geoplatform.catalog.licences import Licence
from geoplatform.catalog.models import Source
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.figures import Origin, by_licence, origins

LICENCE_ADDRESSES = "http://dcat-ap.de/def/licenses/"
LICENCE_FILE = "LICENCE.txt"
OURS = "geoplatform:"  # before each name in the metadata of a Parquet file, which all writers share


def about(query: FeatureQuery) -> dict[str, str]:
    """Title, description, licences and whom to name, for formats that have a place for it."""
    known = {
        "title": str(query.layer.title),
        "description": str(query.layer.description),
        "licence": " ".join(licence_addresses(query)),
        "attribution": " · ".join(attributions(origins(query))),
    }
    return {name: text for name, text in known.items() if text}


def licence_addresses(query: FeatureQuery) -> list[str]:
    """The licences of the features as addresses; several when municipalities chose differently."""
    return [LICENCE_ADDRESSES + each for each in by_licence(origins(query))]


def attributions(found: tuple[Origin, ...]) -> list[str]:
    """Whom to name, each once."""
    return sorted({each.source.attribution for each in found if each.source.attribution})


def licence_text(query: FeatureQuery) -> str:
    """The same as a text for people, in their language: what lies beside the data in an archive."""
    return "\r\n".join([*_lines(query), ""])


def _lines(query: FeatureQuery) -> Iterator[str]:
    found = origins(query)
    yield str(query.layer.title)
    yield _("As of %s") % date_format(localtime(), "DATETIME_FORMAT")
    yield ""
    yield _("Licence")
    for name, count in by_licence(found).items():
        yield f"- {Licence(name).label}: {LICENCE_ADDRESSES}{name} ({_features(count)})"
    if named := attributions(found):
        yield ""
        yield _("Please give credit to")
        for text in named:
            yield f"- {text}"
    yield ""
    yield _("Sources")
    for source in {each.source.pk: each.source for each in found}.values():
        yield f"- {_source(source)}"


def _features(count: int) -> str:
    told = {"number": number_format(count, force_grouping=True)}
    return ngettext("%(number)s feature", "%(number)s features", count) % told


def _source(source: Source) -> str:
    as_of = _("as of %s") % date_format(source.as_of, "DATE_FORMAT") if source.as_of else ""
    return ", ".join(filter(None, [source.title, source.publisher, as_of, source.url]))

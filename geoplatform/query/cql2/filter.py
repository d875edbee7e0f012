"""A filter, checked and ready: what `FeatureQuery` carries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.query.cql2.compiler import Compiler
from geoplatform.query.cql2.scan import TextError
from geoplatform.query.cql2.terms import Columns, Path, Refusal, Term
from geoplatform.query.cql2.text import parse_text, position
from geoplatform.query.cql2.tree import JsonError, check_size, parse_json
from geoplatform.query.crs import CRS84, Crs
from geoplatform.query.errors import QueryError

LANGUAGES = ("cql2-text", "cql2-json")
MAX_BYTES = 4096


class FilterError(QueryError):
    """A filter that cannot be used. `position`: character of the text counted from 1, or a JSON Pointer (RFC 6901)."""

    def __init__(self, message: str, place: int | str | None = None, near: str = "") -> None:
        self.position = place
        if isinstance(place, int):
            message = _("%(message)s (position %(position)d of the filter%(near)s)") % {
                "message": message,
                "position": place,
                "near": f": {near}" if near else "",
            }
        elif place is not None:
            message = _("%(message)s (at %(pointer)s of the filter)") % {
                "message": message,
                "pointer": place or "/",
            }
        super().__init__("filter", message)


@dataclass(frozen=True)
class Filter:
    """A condition on the rows of `layer`; equal filters are the same condition, however they were written.

    tree  what it was made from, as CQL2 JSON has it: for those who can answer some conditions in a cheaper way
    """

    layer: Layer
    term: Term
    tree: Any = field(default=None, compare=False, repr=False)

    def condition(self, columns: Columns) -> tuple[sql.Composable, tuple[Any, ...]]:
        """SQL that is true, false or NULL for a row, and the values of its placeholders in order."""
        return self.term.compose(columns), self.term.values


def parse_filter(text: str, *, lang: str = "cql2-text", layer: Layer, crs: Crs = CRS84) -> Filter:
    """A filter as a request holds it. Raises FilterError, a QueryError.

    lang  `cql2-text` or `cql2-json`
    crs   of the geometries written in the filter, whose axes have that CRS's order; CRS84 when none is given
    """
    if lang not in LANGUAGES:
        raise QueryError("filter-lang", _("filter-lang is one of %s.") % ", ".join(LANGUAGES))
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise FilterError(_("The filter is longer than %d bytes.") % MAX_BYTES)
    if not text.strip():
        raise FilterError(_("The filter is empty."))
    if not text.isprintable() and (bad := _unreadable(text)):
        raise FilterError(_("The filter holds a character that no text has."), bad)
    try:
        tree = parse_text(text) if lang == "cql2-text" else parse_json(text)
    except (TextError, JsonError) as error:
        raise _error(text, str(error), error.position) from None
    try:
        check_size(tree)
        return Filter(layer, Compiler(layer, crs).condition(tree), tree)
    except Refusal as refusal:
        if lang == "cql2-json":
            raise FilterError(str(refusal), _pointer(refusal.path)) from None
        raise _error(text, str(refusal), position(text, tree, refusal.path)) from None


def _unreadable(text: str) -> int | None:
    """Position of NUL or half of a surrogate pair."""
    for place, character in enumerate(text, 1):
        if character == "\x00" or "\ud800" <= character <= "\udfff":
            return place
    return None


def _error(text: str, message: str, place: int | None) -> FilterError:
    near = text[place - 1 : place + 19].strip() if place else ""
    return FilterError(message, place, near)


def _pointer(path: Path) -> str:
    return "".join(f"/{each}" for each in path)

"""Comparing, calculating, and texts without regard to case or accents (OGC 21-065r2, clauses 6 and 7)."""

from __future__ import annotations

import math
import re
import uuid
from typing import Any

from django.utils.translation import gettext as _

from geoplatform.query.cql2.terms import Path, Refusal, Term, bound, joined, kind_name, term
from geoplatform.query.feature_query import TEXT_LIMIT

COMPARISONS = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
ARITHMETIC = {
    "+": "({} + {})",
    "-": "({} - {})",
    "*": "({} * {})",
    # What is divided by nothing is unknown.
    "/": "({} / nullif({}, 0))",
    "%": "mod({}, nullif({}, 0))",
    "div": "div({}, nullif({}, 0))",
}
# numeric has no overflow as long as the numbers in a filter are of human size.
MAX_NUMBER, MIN_NUMBER = 1e12, 1e-12
# A root of a negative number, a power of zero and what is beyond all numbers is unknown, never an error. OFFSET 0:
# else the planner would write the two expressions into each place, twice as many for each power of a power.
POWER = (
    "(SELECT CASE WHEN a = 0 AND b < 0 OR a < 0 AND b <> trunc(b) THEN NULL WHEN a = 0 THEN power(a, b)"
    " WHEN b * ln(abs(a)) > 700 THEN NULL WHEN b * ln(abs(a)) < -700 THEN 0 ELSE power(a, b) END::numeric"
    " FROM (SELECT round(least(greatest({}, -1e300), 1e300), 300)::float8 AS a,"
    " round(least(greatest({}, -1e300), 1e300), 300)::float8 AS b OFFSET 0) t)"
)
# Upper case by Unicode's own rules, of any language: ß is SS, and both Greek sigmas are one.
CASE = '(upper({} COLLATE "und-x-icu") COLLATE "C")'
ACCENT = "unaccent('unaccent'::regdictionary, normalize({}, NFC))"
# Signs that lose their "accent" and then are a wildcard.
LIKE_WILDCARDS = "∖﹨＼﹪％＿"


def literal(value: Any, path: Path) -> Term:
    """A text, a number or a flag."""
    if isinstance(value, bool):
        return bound("boolean", value)
    if isinstance(value, str):
        if "\x00" in value:
            raise Refusal(path, _("A text holds a character that no text has: NUL."))
        if len(value) > TEXT_LIMIT:
            raise Refusal(path, _("A text has at most %d characters.") % TEXT_LIMIT)
        return bound("text", value)
    try:
        number = float(value)
    except OverflowError:  # an integer beyond all floats
        number = math.inf
    if not math.isfinite(number):
        raise Refusal(path, _("A number is finite."))
    # The same number in text and in JSON, with or without a decimal point, is the same value.
    return bound("number", int(number) if number.is_integer() and abs(number) < 2**53 else number)


def alike(left: Term, right: Term, path: Path) -> tuple[Term, Term]:
    """Two terms that can be compared. A text is read as an id where an id stands on the other side."""
    sides = [left, right]
    for here, there in ((0, 1), (1, 0)):
        text = sides[here].literal
        if isinstance(text, str) and sides[there].kind == "uuid":
            try:
                sides[here] = bound("uuid", uuid.UUID(text))
            except ValueError:
                raise Refusal((*path, "args", here), _("This is no id (UUID).")) from None
    if sides[0].kind != sides[1].kind:
        raise Refusal((*path, "args", 1), _mismatch(*sides))
    if sides[0].kind == "season":
        raise Refusal(path, _("Lists are compared by functions such as A_OVERLAPS."))
    if sides[0].kind == "geometry":
        raise Refusal(path, _("Geometries are compared by functions such as S_INTERSECTS."))
    if sides[0].exact != sides[1].exact:
        sides = [each if each.exact else _exact(each) for each in sides]
    return sides[0], sides[1]


def _mismatch(left: Term, right: Term) -> str:
    message = _("%(first)s cannot be compared with %(second)s.") % {
        "first": kind_name(left.kind),
        "second": kind_name(right.kind),
    }
    kinds = {left.kind, right.kind}
    if "date" in kinds:
        message += " " + _("A date is written as DATE('2026-05-01').")
    if "timestamp" in kinds:
        message += " " + _("A date with time is written as TIMESTAMP('2026-05-01T12:00:00Z').")
    if kinds == {"number", "text"}:
        message += " " + _("Numbers stand without quotation marks, texts within them.")
    return message[0].upper() + message[1:]


def compare(operator: str, left: Term, right: Term, path: Path) -> Term:
    """Texts are ordered by code points, whatever the server's language."""
    left, right = alike(left, right, path)
    sql = COMPARISONS[operator]
    collation = ' COLLATE "C"' if left.kind == "text" and sql not in {"=", "<>"} else ""
    return term("boolean", f"({{}}{collation} {sql} {{}}{collation})", left, right)


def between(value: Term, low: Term, high: Term, path: Path) -> Term:
    """Both ends belong to it."""
    return term(
        "boolean",
        "({} AND {})",
        compare(">=", value, low, path),
        compare("<=", value, high, path),
    )


def among(value: Term, items: list[Term], path: Path) -> Term:
    """Equal to one of them."""
    return joined("({})", " OR ", [compare("=", value, each, path) for each in items])


def like(value: Term, pattern: Term, path: Path) -> Term:
    if value.kind != "text":
        raise Refusal(
            (*path, "args", 0), _("LIKE compares texts, and this is %s.") % kind_name(value.kind)
        )
    return term("boolean", "({} LIKE {})", value, pattern)


def pattern(text: str, path: Path, *, accents: bool) -> Term:
    """% stands for any characters, _ for one, and a backslash before them for the sign itself.

    accents  whether the pattern loses its accents in the database
    """
    pieces = re.findall(r"\\.|.|\\", text, re.DOTALL)
    if "\\" in pieces:
        raise Refusal(path, _("A backslash at the end of a pattern escapes nothing."))
    # A backslash before any other sign means that sign; it must not stay, for the sign may vanish as an accent.
    plain = [piece if piece[-1] in "\\%_" else piece[-1] for piece in pieces]
    if accents:
        plain = ["\\" + piece if piece in LIKE_WILDCARDS else piece for piece in plain]
    return literal("".join(plain), path)


def fold(template: str, value: Term, path: Path) -> Term:
    """A text without case or accents."""
    if value.kind != "text":
        raise Refusal(
            path, _("CASEI and ACCENTI take a text, and this is %s.") % kind_name(value.kind)
        )
    return term("text", template, value)


def calculate(operator: str, left: Term, right: Term, path: Path) -> Term:
    """Decimal numbers, exact to what is written; a power is as exact as a float."""
    for number, each in enumerate((left, right)):
        where = (*path, "args", number)
        if each.kind != "number":
            raise Refusal(
                where, _("Only numbers are calculated with, and this is %s.") % kind_name(each.kind)
            )
        if each.literal and not MIN_NUMBER <= abs(each.literal) <= MAX_NUMBER:
            raise Refusal(where, _("A number to calculate with lies between 1e-12 and 1e12."))
    template = POWER if operator == "^" else ARITHMETIC[operator]
    return term("number", template, _exact(left), _exact(right), exact=True)


def _exact(number: Term) -> Term:
    return number if number.exact else term("number", "{}::numeric", number, exact=True)

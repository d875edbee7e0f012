"""CQL2 text before the parser sees it: tokens with their positions, brackets that match, no depth without end.

The parser tries each bracket twice, as a group and as a list, and so needs twice the time for each level in which it
finds a mistake. Groups are therefore tried one by one, the innermost first: a mistake is then found at the first level.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

MAX_BRACKETS = 24  # a tree 20 deep needs no more
MAX_LISTS = 4  # lists in one another; no operator here takes more than one
TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<text>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)
    | (?P<word>[^\W\d_][\w.:]*)
    | (?P<open>\()
    | (?P<close>\))
    | (?P<comma>,)
    | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
# Words that stand before a bracket and do not call it: the bracket is a group or a list.
OPERATORS = {"and", "or", "not", "in", "like", "between", "div", "is"}
GEOMETRIES = {
    "point",
    "linestring",
    "polygon",
    "multipoint",
    "multilinestring",
    "multipolygon",
    "geometrycollection",
}


class TextError(Exception):
    """Text that cannot be read; `position` counts characters from 1."""

    def __init__(self, position: int | None, message: str) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int  # counted from 0

    @property
    def position(self) -> int:
        return self.start + 1


@dataclass
class Bracket:
    """`start` and `end` are the brackets' own places. A call's bracket follows a name."""

    start: int
    call: bool
    geometry: bool
    end: int = 0
    commas: int = 0
    lists: int = 0


def tokens(text: str) -> list[Token]:
    """All but white space. Raises TextError for quotes that are not closed."""
    found: list[Token] = []
    for match in TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if kind == "other" and match.group() in "'\"":
            raise TextError(match.start() + 1, _("A quotation mark is not closed."))
        if kind == "word" and match.group().lower() == "empty" and _is_geometry(found):
            raise TextError(match.start() + 1, _("An empty geometry has no place."))
        if kind != "space":
            found.append(Token(kind, match.group(), match.start()))
    return found


def _is_geometry(found: list[Token]) -> bool:
    """Whether the last token is the name of a geometry, or Z or M after one."""
    return bool(found) and found[-1].text.lower() in {*GEOMETRIES, "z", "m", "zm"}


def brackets(found: list[Token]) -> list[Bracket]:
    """The brackets in the order in which they close, inner ones first; within geometries only the outermost.

    Raises TextError where they do not match or lie too deep in one another.
    """
    closed: list[Bracket] = []
    open_: list[Bracket] = []
    for before, token in zip([None, *found], found, strict=False):
        if token.kind == "open":
            if len(open_) == MAX_BRACKETS:
                raise TextError(token.position, _("The brackets are nested too deeply."))
            within = bool(open_) and open_[-1].geometry
            call, geometry = _called(before)
            open_.append(Bracket(token.start, call, geometry or within))
        elif token.kind == "close":
            if not open_:
                raise TextError(token.position, _("This bracket was never opened."))
            bracket = open_.pop()
            bracket.end = token.start
            if not (open_ and open_[-1].geometry):
                closed.append(bracket)
                _count_lists(bracket, open_, token)
        elif token.kind == "comma" and open_:
            open_[-1].commas += 1
    if open_:
        raise TextError(open_[-1].start + 1, _("This bracket is not closed."))
    return closed


def _called(before: Token | None) -> tuple[bool, bool]:
    """Whether a bracket after this token belongs to a call, and whether to a geometry."""
    if before is None or before.kind not in {"word", "quoted"}:
        return False, False
    word = before.text.lower()
    return word not in OPERATORS, _is_geometry([before])


def _count_lists(bracket: Bracket, around: list[Bracket], token: Token) -> None:
    if bracket.commas and not bracket.call:
        bracket.lists += 1
    if bracket.lists > MAX_LISTS:
        raise TextError(token.position, _("Lists are nested too deeply."))
    if around:
        around[-1].lists = max(around[-1].lists, bracket.lists)


def groups(text: str, found: list[Bracket]) -> Iterator[tuple[int, str]]:
    """Each group or list by itself, brackets included, inner ones first, and then the whole: where it starts, its text.

    Groups within are replaced by a name that is as long, so that positions stay.
    """
    flat = re.sub(r"\s", " ", text)
    for bracket in found:
        if bracket.call or bracket.geometry:
            continue
        piece = flat[bracket.start : bracket.end + 1]
        yield bracket.start, piece
        flat = flat[: bracket.start] + "g".ljust(len(piece)) + flat[bracket.end + 1 :]
    yield 0, flat

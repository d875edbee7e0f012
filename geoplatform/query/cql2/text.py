"""CQL2 text (OGC 21-065r2, annex B) to the tree of CQL2 JSON, and from a place in the tree back to one in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import cql2
from django.utils.translation import gettext as _

from geoplatform.query.cql2.scan import (
    GEOMETRIES,
    OPERATORS,
    TextError,
    Token,
    brackets,
    groups,
    tokens,
)
from geoplatform.query.cql2.terms import Path

PLACE = re.compile(r"-->\s*(?P<line>\d+):(?P<column>\d+)")
# Operators that are written between their operands; all others are called by name.
INFIX = {*OPERATORS, "isnull", "=", "<>", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "^"}
Key = tuple[str, object]


def parse_text(text: str) -> Any:
    """The tree. Raises TextError with the position of the first mistake."""
    found = tokens(text)
    for start, piece in groups(text, brackets(found)):
        _parse(piece, start)
    expression = _parse(text, 0)
    try:
        return expression.to_json()
    except Exception as error:  # it has no class of its own for what it parses and cannot say
        raise TextError(None, _("This cannot be read.")) from error


def _parse(text: str, start: int) -> cql2.Expr:
    try:
        return cql2.parse_text(text)
    except cql2.ParseError as error:
        # "--> line:column ... = expected A, B, or C"
        place = PLACE.search(str(error))
        if place is None:
            raise TextError(None, _("This cannot be read.")) from None
        line, column = int(place["line"]), int(place["column"])
        offset = sum(len(each) + 1 for each in text.split("\n")[: line - 1]) + column
        raise TextError(start + offset, _sentence(str(error))) from None


def _sentence(complaint: str) -> str:
    expected = complaint.rpartition("expected")[2]
    if "Identifier" in expected or expected.strip() == "Expr":
        return _("A property, a value or a function is expected here.")
    if "NotFlag" in expected:
        return _("An operator or the end is expected here.")
    return _("This cannot be read.")


def position(text: str, tree: Any, path: Path) -> int | None:
    """Where in the text the part of the tree stands that `path` leads to, counted from 1."""
    seen: dict[Key, int] = {}
    for where, key in _leaves(tree, ()):
        if where[: len(path)] == path:
            places = [token.position for token in _keyed(tokens(text), key)]
            return places[min(seen.get(key, 0), len(places) - 1)] if places else None
        seen[key] = seen.get(key, 0) + 1
    return None


def _leaves(tree: Any, path: Path) -> Iterator[tuple[Path, Key]]:
    """Names and values in the order of the text, each with a key by which its token is known."""
    match tree:
        case {"op": str(op), "args": list(args)}:
            if op.lower() not in INFIX:
                yield path, ("call", op.lower())
            for number, each in enumerate(args):
                yield from _leaves(each, (*path, "args", number))
        case {"property": str(name)}:
            yield path, ("name", name)
        case {"type": str(), **_rest}:
            yield path, ("geometry", None)
        case {"date": _text}:
            yield path, ("call", "date")
        case {"timestamp": _text}:
            yield path, ("call", "timestamp")
        case {"interval": list(ends)}:
            yield path, ("call", "interval")
            for number, each in enumerate(ends):
                yield from _leaves(each, (*path, "interval", number))
        case {"bbox": _numbers}:
            yield path, ("call", "bbox")
        case bool() | None:
            yield path, ("name", "null" if tree is None else str(tree).lower())
        case str():
            yield path, ("text", tree)
        case int() | float():
            yield path, ("number", abs(tree))
        case list():
            for number, each in enumerate(tree):
                yield from _leaves(each, (*path, number))


def _keyed(found: list[Token], key: Key) -> Iterator[Token]:
    for token, after in zip(found, [*found[1:], None], strict=True):
        if _key(token, called=after is not None and after.kind == "open") == key:
            yield token


def _key(token: Token, *, called: bool) -> Key:
    match token.kind:
        case "word" if token.text.lower() in GEOMETRIES:
            return "geometry", None
        case "word" if called:
            return "call", token.text.lower()
        case "word" if token.text.lower() in {"true", "false", "null"}:
            return "name", token.text.lower()
        case "word":
            return "name", token.text
        case "quoted":
            return "name", token.text[1:-1].replace('""', '"')
        case "text":
            return "text", token.text[1:-1].replace("''", "'")
        case "number":
            return "number", float(token.text)
        case kind:
            return kind, token.text

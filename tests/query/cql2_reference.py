"""What CQL2 means, said again in Python and shapely: the tests hold the database to it.

A condition is True, False or None, as in SQL: what is not known stays unknown.
"""

from __future__ import annotations

import datetime as dt
import operator
import re
import unicodedata
from fractions import Fraction
from typing import Any

import shapely

COMPARE = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
SPATIAL = {
    "s_intersects": shapely.intersects,
    "s_disjoint": shapely.disjoint,
    "s_contains": shapely.contains,
    "s_within": shapely.within,
    "s_touches": shapely.touches,
    "s_crosses": shapely.crosses,
    "s_overlaps": shapely.overlaps,
    "s_equals": shapely.equals,
}
# Allen's relations as OWL-Time defines them: what must hold between the ends a, b of the one and c, d of the other.
TEMPORAL = {
    "t_after": ["d<a"],
    "t_before": ["b<c"],
    "t_equals": ["a=c", "b=d"],
    "t_contains": ["a<c", "d<b"],
    "t_during": ["c<a", "b<d"],
    "t_finishedby": ["a<c", "b=d"],
    "t_finishes": ["c<a", "b=d"],
    "t_meets": ["b=c"],
    "t_metby": ["a=d"],
    "t_overlappedby": ["c<a", "a<d", "d<b"],
    "t_overlaps": ["a<c", "c<b", "b<d"],
    "t_startedby": ["a=c", "d<b"],
    "t_starts": ["a=c", "b<d"],
}


def holds(node: Any, row: dict[str, Any]) -> Any:
    """The value of an expression for a row; None is unknown."""
    match node:
        case {"property": name}:
            value = row[name]
            return Fraction(repr(value)) if type(value) in (int, float) else value
        case {"date": text}:
            return dt.date.fromisoformat(text)
        case {"timestamp": text}:
            return dt.datetime.fromisoformat(text)
        case {"op": op, "args": args}:
            return _operation(op, args, row)
        case {"bbox": [west, south, east, north]}:
            return shapely.box(west, south, east, north)
        case {"type": _kind}:
            return shapely.geometry.shape(node)
        case bool() | str():
            return node
        case int() | float():
            return Fraction(repr(node))
    raise AssertionError(node)


def _operation(op: str, args: list[Any], row: dict[str, Any]) -> Any:
    match op:
        case "and":
            return _all([holds(each, row) for each in args])
        case "or":
            return _not(_all([_not(holds(each, row)) for each in args]))
        case "not":
            return _not(holds(args[0], row))
        case "isNull":
            return holds(args[0], row) is None
        case "in":
            alternatives = [{"op": "=", "args": [args[0], each]} for each in args[1]]
            return _operation("or", alternatives, row)
        case "between":
            value, low, high = args
            ends = [{"op": ">=", "args": [value, low]}, {"op": "<=", "args": [value, high]}]
            return _operation("and", ends, row)
        case "t_disjoint":
            inner = [{"op": name, "args": args} for name in ("t_before", "t_after")]
            return _operation("or", inner, row)
        case "t_intersects":
            return _not(_operation("t_disjoint", args, row))
    if op in TEMPORAL:
        (a, b), (c, d) = (_ends(each, row) for each in args)
        ends = {"a": (a, -1), "b": (b, 1), "c": (c, -1), "d": (d, 1)}
        return _all([_relate(ends[left], sign, ends[right]) for left, sign, right in TEMPORAL[op]])
    values = [holds(each, row) for each in args]
    return None if None in values else _known(op, values)


def _known(op: str, values: list[Any]) -> Any:
    match op:
        case "like":
            return _like(*values)
        case "casei":
            return values[0].upper()
        case "accenti":
            plain = unicodedata.normalize("NFD", values[0]).replace("ß", "ss")
            return "".join(each for each in plain if not unicodedata.combining(each))
        case "+":
            return values[0] + values[1]
        case "-":
            return values[0] - values[1]
        case "*":
            return values[0] * values[1]
        case "^":
            return values[0] ** values[1]
    if op in {"/", "%", "div"}:
        if values[1] == 0:
            return None
        quotient = values[0] / values[1]
        return {"/": quotient, "div": Fraction(int(quotient))}.get(
            op, values[0] - values[1] * int(quotient)
        )
    return bool(SPATIAL[op](*values)) if op in SPATIAL else COMPARE[op](*values)


def _all(values: list[Any]) -> Any:
    if False in values:
        return False
    return None if None in values else True


def _not(value: Any) -> Any:
    return None if value is None else not value


def _like(text: str, pattern: str) -> bool:
    expression = ""
    for escaped, wild, plain in re.findall(r"\\(.)|([%_])|(.)", pattern, re.DOTALL):
        expression += {"%": ".*", "_": "."}[wild] if wild else re.escape(escaped or plain)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _ends(node: Any, row: dict[str, Any]) -> list[Any]:
    if "interval" in node:
        return [_end(each, row) for each in node["interval"]]
    return [holds(node, row)] * 2


def _end(node: Any, row: dict[str, Any]) -> Any:
    if not isinstance(node, str):
        return holds(node, row)
    if node == "..":
        return ".."
    return (dt.date if len(node) == 10 else dt.datetime).fromisoformat(node)


def _relate(left: tuple[Any, int], sign: str, right: tuple[Any, int]) -> Any:
    """Two ends, each with the side on which it lies beyond everything where it is open."""
    if left[0] is None or right[0] is None:
        return None
    keys = [(side, 0) if end == ".." else (0, end) for end, side in (left, right)]
    return keys[0] == keys[1] if sign == "=" else keys[0] < keys[1]

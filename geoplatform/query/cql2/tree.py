"""The tree of a filter, as CQL2 JSON has it, and how large it may be."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from geoplatform.query.cql2.terms import Path, Refusal

MAX_DEPTH = 20
MAX_NODES = 200


class JsonError(Exception):
    """No JSON; `position` counts characters from 1."""

    def __init__(self, position: int | None, message: str) -> None:
        super().__init__(message)
        self.position = position


def parse_json(text: str) -> Any:
    """The tree as it was sent. Raises JsonError."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise JsonError(error.pos + 1, _("This is not JSON.")) from None
    except RecursionError:
        raise JsonError(None, _("The JSON is nested too deeply.")) from None
    except ValueError:  # NaN, Infinity, a number of thousands of digits
        raise JsonError(None, _("The JSON holds something that is no number.")) from None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def check_size(tree: Any) -> None:
    """Raises Refusal where the tree is too deep or too large. Without recursion, however deep it is."""
    nodes = 0
    waiting: list[tuple[Any, Path, int]] = [(tree, (), 1)]
    while waiting:
        node, path, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise Refusal(path, _("The filter is nested more than %d levels deep.") % MAX_DEPTH)
        nodes += 1
        if nodes > MAX_NODES:
            raise Refusal((), _("The filter has more than %d parts.") % MAX_NODES)
        if isinstance(node, list):
            # A list is no level of its own, and what is in it counts by itself.
            nodes -= 1
            waiting += [(each, (*path, n), depth) for n, each in enumerate(node)]
        elif isinstance(node, dict):
            # Geometries have limits of their own.
            for name in ("args", "interval"):
                inner = node.get(name)
                if isinstance(inner, list):
                    waiting += [(each, (*path, name, n), depth + 1) for n, each in enumerate(inner)]

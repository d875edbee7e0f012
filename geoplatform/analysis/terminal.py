"""What this room's commands share: a bar while something is computed, and parameters as people type them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import Progress

from geoplatform.analysis.indicator import Indicator, Values
from geoplatform.query.errors import QueryError


@contextmanager
def bar() -> Iterator[Callable[[int, int, str], None]]:
    """A bar on a terminal's stderr, for a city takes seconds; silent elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done, of, what: None
        return
    with Progress(console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=None)
        yield lambda done, of, what: shown.update(task, completed=done, total=of, description=what)


def typed(pairs: Sequence[str]) -> dict[str, str]:
    """Parameters out of `name=value`. Raises QueryError."""
    for pair in pairs:
        if "=" not in pair:
            raise QueryError("set", _("--set is name=value, not %s.") % pair)
    return dict(pair.split("=", 1) for pair in pairs)


def given(indicators: Sequence[Indicator], pairs: Sequence[str]) -> dict[str, Values]:
    """Values of each of several indicators: a parameter goes to all that have one of its name. Raises QueryError."""
    for each in indicators:
        if each.compute is None:
            raise QueryError("indicator", str(each.missing))
    values = typed(pairs)
    known = {each.name for indicator in indicators for each in indicator.parameters}
    for name in values.keys() - known:
        message = _("None of these indicators has a parameter %s.")
        raise QueryError(name, message % name)
    return {
        each.id: each.values({p.name: values[p.name] for p in each.parameters if p.name in values})
        for each in indicators
    }

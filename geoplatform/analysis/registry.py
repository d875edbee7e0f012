"""The indicators of this platform: every module in `indicators/`, in the order of the list a planner reads."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from django.utils.translation import gettext as _

from geoplatform.analysis import indicators as package
from geoplatform.analysis.indicator import Indicator
from geoplatform.query.errors import QueryError


@cache
def _by_id() -> dict[str, Indicator]:
    names = sorted(module.name for module in iter_modules(package.__path__))
    found = [import_module(f"{package.__name__}.{name}").indicator for name in names]
    return {each.id: each for each in found}


def indicators() -> list[Indicator]:
    """All of them, by the name of their file."""
    return list(_by_id().values())


def get(id: str) -> Indicator:
    """One by its id. Raises QueryError, naming those there are."""
    found = _by_id().get(id)
    if found is None:
        message = _("There is no indicator %(id)s. There are: %(ids)s.")
        raise QueryError("indicator", message % {"id": id[:80], "ids": ", ".join(_by_id())})
    return found

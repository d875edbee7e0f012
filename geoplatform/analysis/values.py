"""Values of parameters as somebody asks for them: numbers within their bounds, or a refusal that says which."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from geoplatform.query.errors import QueryError

if TYPE_CHECKING:
    from geoplatform.analysis.indicator import Parameter


def checked(of: str, parameters: Sequence[Parameter], given: Mapping[str, Any]) -> dict[str, float]:
    """The value of each parameter of a question `of` this name: numbers or their text in `given`, else the default.

    Raises QueryError, naming the parameter.
    """
    known = {each.name: each for each in parameters}
    for name in given:
        if name not in known:
            message = _("%(id)s has no parameter %(name)s. It has: %(names)s.")
            names = ", ".join(known) or "-"
            raise QueryError(
                str(name)[:80],
                message % {"id": of, "name": str(name)[:80], "names": names},
            )
    result = {}
    for name, each in known.items():
        value = each.default
        if name in given:
            try:
                value = float(given[name])
            except (TypeError, ValueError, OverflowError):
                value = math.nan
        if not each.low <= value <= each.high:  # also false for NaN
            message = _("%(name)s is a number from %(low)s to %(high)s %(unit)s.")
            bounds = {"low": f"{each.low:g}", "high": f"{each.high:g}", "unit": each.unit}
            raise QueryError(name, (message % {"name": name, **bounds}).rstrip(" ."))
        result[name] = float(value)
    return result

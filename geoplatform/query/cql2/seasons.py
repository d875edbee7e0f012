"""Seasons as arrays of half months (OGC 21-065r2, 7.9): `A_OVERLAPS(ripe, (8, 8.5))`, ripe at some time in August.

Such an array is a mask in the database (catalog/seasons.py); a season that is not known is the empty array.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from geoplatform.catalog.seasons import bit
from geoplatform.query.cql2.terms import Path, Refusal, Term

RELATIONS = {
    "a_overlaps": "({} & {} <> 0)",
    "a_contains": "(~{} & {} = 0)",
    "a_containedby": "({} & ~{} = 0)",
    "a_equals": "({} = {})",
}


def literal(values: list[Any], path: Path) -> Term:
    """Half months, 1.0 (early January) to 12.5 (late December)."""
    mask = 0
    for number, each in enumerate(values):
        try:
            if isinstance(each, bool) or not isinstance(each, int | float):
                raise ValueError
            mask |= 1 << bit(each)
        except ValueError:
            raise Refusal(
                (*path, number),
                _("A half month is a number: 1.0 (early January), 1.5 (late January) … 12.5."),
            ) from None
    return Term("season", ("%s::int4",), (mask,), literal=mask)

"""What a figure must never travel without: its definition, parameters, data, date and licence; as data and in words."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from typing import Any

import pandas as pd
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from geoplatform.analysis.access import BAND
from geoplatform.analysis.answer import Answer
from geoplatform.analysis.indicator import Column, Indicator, Reference
from geoplatform.catalog.licences import Licence
from geoplatform.formats.about import LICENCE_ADDRESSES

NOTHING = "–"


def declared(indicator: Indicator) -> dict[str, Any]:
    """The declaration of an indicator, in the reader's language."""
    return {
        "id": indicator.id,
        "title": str(indicator.title),
        "definition": str(indicator.definition),
        "formula": indicator.formula,
        "definitionKind": "official" if indicator.official else "platform",
        "columns": [_column(indicator, each) for each in indicator.columns],
        "targets": [
            {"column": each.column, "value": each.value, "atLeast": each.at_least, "text": str(each.text)}
            for each in indicator.targets
        ],
        "references": [reference(each) for each in indicator.references],
        "caveats": [str(each) for each in indicator.caveats],
    }  # fmt: skip


def about(answer: Answer) -> dict[str, Any]:
    """All that a citation of an answer needs, in the reader's language."""
    found = declared(answer.indicator)
    found |= {
        "definitionKind": answer.definition_kind,
        "parameters": answer.values,
        "municipalities": list(answer.municipalities),
        "dataVersion": answer.version,
        "at": answer.at.isoformat(),
        "weighting": answer.weighting,
        "licences": [LICENCE_ADDRESSES + each for each in answer.licences],
        "attributions": list(answer.attributions),
        "gini": plain(uneven(answer.rows, answer.indicator.columns[0])),
    }
    if any(answer.indicator.band(each) for each in answer.indicator.columns):
        found["band"] = BAND
    return found


def _column(indicator: Indicator, column: Column) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": column.name,
        "title": str(column.title),
        "unit": column.unit,
        "digits": column.digits,
        "better": column.better,
    }
    if ends := indicator.band(column):
        found["band"] = {"lower": ends[0], "upper": ends[1]}
    return found


def reference(each: Reference) -> dict[str, Any]:
    return {
        "text": each.text,
        "year": each.year,
        "url": each.url or None,
        "checked": each.checked,
        "note": str(each.note) or None,
    }


def plain(value: Any) -> Any:
    """A value as JSON has it: null for what is no number."""
    if value is None or value is pd.NA:
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.item() if hasattr(value, "item") else value


def uneven(rows: pd.DataFrame, column: Column) -> float:
    """Gini coefficient of a column; NaN where there is none, as of values below 0."""
    from geoplatform.analysis.diversity import gini

    try:
        return gini(rows[column.name])
    except ValueError:
        return math.nan


# In words


def figure(value: Any, column: Column, *, unit: bool = False) -> str:
    """A figure as people read it, with the column's decimals; a dash for none."""
    if plain(value) is None:
        return NOTHING
    # Django would cut the decimals off.
    rounded = round(float(value), column.digits) + 0.0  # which makes 0 of -0
    text = number_format(rounded, column.digits, force_grouping=True)
    return f"{text} {column.unit}" if unit and column.unit else text


def kind_words(kind: str) -> str:
    """Whose definition it is."""
    known = {
        "official": _("official definition"),
        "changed": _("official definition, but for its parameters"),
    }
    return known.get(kind, _("defined by this platform"))


def changed_words(answer: Answer) -> str:
    """Which parameters have other values than the definition says, and which it says; empty text for none."""
    known = {each.name: each for each in answer.indicator.parameters}
    return ", ".join(
        _("%(title)s %(value)s %(unit)s instead of %(usual)s")
        % {
            "title": known[name].title,
            "value": number(answer.values[name]),
            "unit": known[name].unit,
            "usual": number(known[name].default),
        }
        for name in answer.changed
    )


def weighting_words(weighting: str | None) -> str:
    """How inhabitants were spread over their quarter; empty text where it does not matter."""
    known = {
        "streets": _("inhabitants spread along residential streets, by their length"),
        "grid": _("inhabitants spread over a population grid"),
    }
    return known.get(weighting or "", "")


def parameter_words(answer: Answer) -> list[tuple[str, str]]:
    """Each parameter's title and its value with unit."""
    return [
        (str(each.title), f"{number(answer.values[each.name])} {each.unit}".rstrip())
        for each in answer.indicator.parameters
    ]


def number(value: float) -> str:
    """As short as it is exact: 300, 0.5; in the reader's language."""
    text = f"{value:.10g}"
    digits = len(text.partition(".")[2])
    return number_format(value, digits, force_grouping=True)


def instant_words(instant: dt.datetime) -> str:
    """Day and time of day at this place; of the end of a day the day alone."""
    local = localtime(instant)
    ends = local.time() == dt.time.max
    return date_format(local, "DATE_FORMAT" if ends else "DATETIME_FORMAT")


def licence_words(answer: Answer) -> list[tuple[str, str]]:
    """Label and address of each licence."""
    return licence_names(answer.licences)


def licence_names(licences: Iterable[str]) -> list[tuple[str, str]]:
    """Label and address of each."""
    return [(str(Licence(each).label), LICENCE_ADDRESSES + each) for each in licences]

"""From what stands in a column to what a field can hold.

Python looks at each distinct value of a column once; the rows then follow by index. A value that a field cannot hold
becomes a `Fault`: a reason for the report, not an error.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from geoplatform.catalog.properties import value_of_nothing
from geoplatform.exchange import botany
from geoplatform.exchange.mapping import UNITS, FieldRule
from geoplatform.query.tabular import FORMULA

LENGTH = re.compile(r"([0-9]+(?:[.,][0-9]+)?)\s*(mm|cm|dm|m|km|in|ft|'|\")?")


def metres(text: str) -> str:
    """`12`, `12,5 m`, `80 cm` or `40'` in metres; a text that is no length stays."""
    found = LENGTH.fullmatch(text.strip())
    if found is None:
        return text
    unit = {"'": "ft", '"': "in"}.get(found[2], found[2] or "m")
    return f"{float(found[1].replace(',', '.')) * UNITS[unit]:.12g}"


def year(text: str) -> str:
    """The year of `2010-05-03` or `~1900`; a text that begins with none stays."""
    found = re.match(r"~?\s*([0-9]{4})(?![0-9])", text)
    return found[1] if found else text


def without_apostrophe(text: str) -> str:
    """A text of our own CSV as it was before spreadsheets were kept from taking it for a formula."""
    return text[1:] if text.startswith("'") and text.lstrip("'")[:1] in tuple(FORMULA) else text


CONVERSIONS: dict[str, Callable[[str], str | None]] = {
    "botanical-name": botany.botanical_name,
    "cultivar": botany.cultivar,
    "plain-cultivar": botany.plain_cultivar,
    "lower": str.lower,
    "upper": str.upper,
    "first-word": lambda text: text.split()[0],
    "metres": metres,
    "year": year,
    "without-apostrophe": without_apostrophe,
}
TRUE = {"true", "t", "yes", "y", "ja", "j", "wahr", "1", "1.0"}
FALSE = {"false", "f", "no", "n", "nein", "falsch", "0", "0.0"}
SEASON = "dd/mm"
MIDNIGHT = re.compile(r"[ T]00:00(:00(\.0+)?)?(Z|[+-]00:?00)?$")


@dataclass(frozen=True)
class Fault:
    """Why a value cannot be used."""

    reason: str


@dataclass(frozen=True)
class LeftBlank:
    """A value that cannot be used, where its rule is lenient: what the field holds instead, and why."""

    value: Any
    reason: str


@dataclass
class Column:
    """Text for COPY (null for NULL) of each row, which rows have a fault, and of which something is told."""

    texts: pa.Array
    faults: list[tuple[np.ndarray, str]]
    told: list[tuple[np.ndarray, str]] = field(default_factory=list)


def as_text(column: pa.ChunkedArray) -> pa.Array:
    """Any column as stripped text; blanks are null."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if not pa.types.is_string(array.type):
        if pa.types.is_nested(array.type) or pa.types.is_binary(array.type):
            array = pa.array(
                [None if each is None else str(each) for each in array.to_pylist()], pa.string()
            )
        else:
            array = array.cast(pa.string())
    stripped = pc.utf8_trim_whitespace(array)
    return pc.if_else(pc.equal(stripped, ""), pa.scalar(None, pa.string()), stripped)


def joined(table: pa.Table, columns: Iterable[str], separator: str) -> pa.Array:
    """The columns' texts joined; blanks are left out, and all blank is null."""
    texts = [as_text(table[name]) for name in columns]
    # Arrow joins columns that hold nothing at all to no rows instead of blank ones.
    texts = [each for each in texts if each.null_count < len(each)] or texts[:1]
    if len(texts) == 1:
        return texts[0]
    together = pc.binary_join_element_wise(*texts, separator, null_handling="skip")
    return pc.if_else(pc.equal(together, ""), pa.scalar(None, pa.string()), together)


def by_distinct(
    texts: pa.Array, convert: Callable[[str | None], Any]
) -> tuple[list[Any], np.ndarray]:
    """`convert` called once for each distinct text (None last); the results, and each row's index into them."""
    encoded = pc.dictionary_encode(texts)
    distinct = encoded.dictionary.to_pylist()
    indices = pc.fill_null(encoded.indices, len(distinct)).to_numpy(zero_copy_only=False)
    return [convert(each) for each in (*distinct, None)], indices


def spread(results: list[Any], indices: np.ndarray) -> Column:
    """Results of distinct values given back to the rows."""
    column = Column(pa.nulls(0, pa.string()), [])
    for number, result in enumerate(results):
        if isinstance(result, Fault | LeftBlank):
            rows = np.flatnonzero(indices == number)
            if len(rows):
                into = column.faults if isinstance(result, Fault) else column.told
                into.append((rows, result.reason))
    texts = pa.array([_text(each) for each in results], pa.string())
    column.texts = texts.take(pa.array(indices))
    return column


def _text(result: Any) -> str | None:
    if isinstance(result, Fault):
        return None
    return to_sql(result.value if isinstance(result, LeftBlank) else result)


def to_sql(value: Any) -> str | None:
    """A value as PostgreSQL's input text."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime.date | datetime.datetime):
        return value.isoformat()
    return str(value)


def clean(text: str | None, rule: FieldRule, field: models.Field[Any, Any]) -> Any:
    """What one text means for a field: a value of its type, None for blank, or a Fault."""
    value = mapped(text, rule)
    if value is None or value == "":
        value = rule.default if rule.default is not None else None
    nothing = blank(field) if value is None or rule.lenient else None
    if value is None:
        return nothing
    found = checked(value, rule, field)
    if rule.lenient and isinstance(found, Fault) and not isinstance(nothing, Fault):
        return LeftBlank(nothing, _("left blank: %(reason)s") % {"reason": found.reason})
    return found


def mapped(text: str | None, rule: FieldRule) -> Any:
    """The text after conversion and value table; None for blank."""
    if text is None:
        return None
    if rule.convert:
        converted = CONVERSIONS[rule.convert](text)
        if converted is None:
            return None
        text = converted
    if rule.values is None:
        return text
    return rule.values.get(text, text if rule.otherwise is None else rule.otherwise)


def blank(field: models.Field[Any, Any]) -> Any:
    """What a field holds when the file has no value: null, the model's default, or a Fault."""
    try:
        return value_of_nothing(field)
    except LookupError:
        return Fault(_("%(field)s: no value") % {"field": field.name})


def checked(value: Any, rule: FieldRule, field: models.Field[Any, Any]) -> Any:
    """The value in the field's type, held against its choices, length and validators."""
    try:
        python = _typed(value, rule, field)
        if field.choices and python not in {key for key, _label in field.flatchoices}:
            return Fault(
                _("%(field)s: %(value)s is none of its values")
                % {"field": field.name, "value": value}
            )
        field.run_validators(python)
    except ValidationError as error:
        return Fault(f"{field.name}: {value}: {' '.join(error.messages)}")
    except (ValueError, OverflowError):
        return Fault(
            _("%(field)s: %(value)s is of the wrong type") % {"field": field.name, "value": value}
        )
    return python


def _typed(value: Any, rule: FieldRule, field: models.Field[Any, Any]) -> Any:
    if rule.format == SEASON and not isinstance(value, int | float):
        return half_month(value)
    if isinstance(field, models.FloatField | models.IntegerField | models.DecimalField):
        return _number(value, rule, field)
    if isinstance(field, models.BooleanField):
        text = str(value).lower()
        if text not in TRUE | FALSE:
            raise ValueError(text)
        return text in TRUE
    if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        value = MIDNIGHT.sub("", str(value))  # formats without dates say instants instead
    if isinstance(field, models.DateField) and rule.format:
        return datetime.datetime.strptime(str(value), rule.format).date()  # noqa: DTZ007  a day has no zone
    return field.to_python(str(value) if field.empty_strings_allowed else value)


def _number(value: Any, rule: FieldRule, field: models.Field[Any, Any]) -> float | int:
    text = str(value)
    if rule.decimal and rule.decimal != ".":
        text = text.replace(".", "").replace(rule.decimal, ".")
    number = float(text) * (rule.factor or 1)
    if not math.isfinite(number):
        raise ValueError(text)
    if isinstance(field, models.IntegerField):
        if number != int(number):
            raise ValueError(text)
        return int(number)
    # A factor leaves digits that nobody wrote: 4.7 cm are not 0.047000000000000004 m.
    return float(f"{number:.12g}") if rule.factor else number


def half_month(text: str) -> float:
    """`15/08` is early August (8.0), `16/08` late August (8.5). Raises ValueError."""
    day, _slash, month = text.partition("/")
    date = datetime.date(2000, int(month), int(day))  # a leap year
    return date.month + (0.0 if date.day <= 15 else 0.5)

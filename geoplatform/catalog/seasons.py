"""Seasons in half months: 1.0 = early January, 1.5 = late January, ..., 12.5 = late December; both ends inclusive."""

import datetime as dt
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext_lazy as _


def half_month_field(label: Any, *, editable: bool = True) -> models.FloatField:
    """A half month of the year: 1.0 = early January, 1.5 = late January, ..., 12.5 = late December."""
    return models.FloatField(
        label,
        null=True,
        blank=True,
        editable=editable,
        validators=[MinValueValidator(1), MaxValueValidator(12.5)],
    )


def half_months_check(*names: str, table: str) -> models.CheckConstraint:
    """Seasons come in pairs and on half months; a season that ends before it starts runs past the turn of the year."""
    condition = Q()
    for start, end in zip(names[::2], names[1::2], strict=True):
        allowed = [n / 2 for n in range(2, 26)]
        neither = Q(**{f"{start}__isnull": True, f"{end}__isnull": True})
        # "not null" said aloud: to SQL, `null IN (...)` is unknown, and a CHECK lets the unknown pass.
        both = Q(**{f"{start}__isnull": False, f"{end}__isnull": False})
        condition &= neither | both & Q(**{f"{start}__in": allowed, f"{end}__in": allowed})
    return models.CheckConstraint(
        condition=condition,
        name=f"{table}_half_months",
        violation_error_message=_("A season is a pair of half months from 1.0 to 12.5."),
    )


class HalfMonths(models.GeneratedField):
    """A season as a mask that the database keeps: bit 0 is early January, bit 23 late December; 0: unknown."""

    expression: "Season"

    @property
    def ends(self) -> tuple[str, str]:
        """The fields that say when it begins and ends."""
        return self.expression.names


@deconstructible
class Season(Func):
    """The mask of the half months from `start` to `end`, both included, past the turn of the year where end < start."""

    template = (
        "CASE WHEN {a} <= {b} THEN (1 << (2 * {b} - 1)::integer) - (1 << (2 * {a} - 2)::integer)"
        " WHEN {a} > {b} THEN 16777215 - (1 << (2 * {a} - 2)::integer) + (1 << (2 * {b} - 1)::integer)"
        " ELSE 0 END"
    )

    def __init__(self, start: str, end: str) -> None:
        super().__init__(F(start), F(end), output_field=models.IntegerField())
        self.names = (start, end)

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        (a, _none), (b, _nothing) = (compiler.compile(each) for each in self.source_expressions)
        return self.template.format(a=a, b=b), []


def season_field(start: str, end: str, label: Any) -> HalfMonths:
    """The half months of a season that two fields of the model name, as a mask; filters on it are bit tests."""
    return HalfMonths(
        expression=Season(start, end),
        output_field=models.IntegerField(),
        db_persist=True,
        verbose_name=label,
    )


def bit(half_month: float) -> int:
    """The mask's bit of a half month: 1.0 is bit 0, 12.5 bit 23. Raises ValueError where it is none."""
    number = (half_month - 1) * 2
    if number not in range(24):
        raise ValueError(half_month)
    return int(number)


def half_month(day: dt.date) -> float:
    """The half month that a day lies in; the second half begins on the 16th."""
    return day.month + (0.5 if day.day > 15 else 0)

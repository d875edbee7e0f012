"""Seasons in half months: 1.0 = early January, 1.5 = late January, ..., 12.5 = late December; both ends inclusive."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
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

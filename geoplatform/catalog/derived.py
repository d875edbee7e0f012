"""Columns that the database keeps true, declared beside the model."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q


@dataclass(frozen=True)
class Inherited:
    """`field` is the feature's `own` value where it has one, else the value at `path` (`species__edible`)."""

    field: str
    own: str
    path: str


@dataclass(frozen=True)
class Counted:
    """`field` is how many rows refer to the feature by the relation `rows` (`plots`) and are as `where` says.

    `where` looks at the row that refers alone. The field is an integer with `db_default=0`.
    """

    field: str
    rows: str
    where: Q


def derived_fields(model: Any) -> set[str]:
    """Names of a feature's fields that nobody writes but the database."""
    return {each.field for each in (*model.derived, *model.counted)}

"""Columns that the database keeps true, declared beside the model."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Inherited:
    """`field` is the feature's `own` value where it has one, else the value at `path` (`species__edible`)."""

    field: str
    own: str
    path: str

"""What the database refuses, in words beside the field that it is about."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer

FOREIGN_KEY = "23503"
GEOMETRY = ("geometry_in_range", "geometry_valid", "proposal_geometry")


def as_validation(error: IntegrityError, layer: Layer) -> ValidationError | None:
    """The model's own words for a constraint, or None: not a mistake of who sent it."""
    told: Any = getattr(error.__cause__, "diag", None)
    name = getattr(told, "constraint_name", None)
    for constraint in layer.model._meta.constraints:
        message = getattr(constraint, "violation_error_message", None)
        if constraint.name == name and message:
            return ValidationError({NON_FIELD_ERRORS: [message]})
    if name in GEOMETRY:
        return ValidationError({str(layer.geometry): [_("This geometry cannot be stored.")]})
    if getattr(told, "sqlstate", None) == FOREIGN_KEY:
        return ValidationError(
            {NON_FIELD_ERRORS: [_("Other entries refer to this, or it refers to what is gone.")]}
        )
    return None


def not_of_this_layer(layer: Layer) -> ValidationError:
    """A feature that would not be in its layer, said beside the field that decides it."""
    message = _("This does not belong to the layer “%s”.") % layer.title
    return ValidationError({_deciding_field(layer): [message]})


def _deciding_field(layer: Layer) -> str:
    """The editable field that decides whether a row is in the layer: what a derived flag of `where` is inherited by."""
    flags = {str(name).partition("__")[0] for name, _value in _leaves(layer.where)}
    for rule in layer.model.derived:
        field = rule.path.partition("__")[0]
        if rule.field in flags and field in layer.editable:
            return field
    return NON_FIELD_ERRORS


def _leaves(where: Any) -> list[tuple[str, Any]]:
    if where is None:
        return []
    return [
        leaf
        for child in where.children
        for leaf in ([child] if isinstance(child, tuple) else _leaves(child))
    ]

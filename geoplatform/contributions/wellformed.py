"""Whether a submission says what its action needs, before anything is asked of the database."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.contributions import effect
from geoplatform.contributions.errors import Blocked, NotAllowed
from geoplatform.contributions.models import CONFIRMATIONS, REPORTS, Action, Contributor, Kind
from geoplatform.contributions.values import check
from geoplatform.contributions.who import Author

EDITS = (Action.CHANGE, Action.MOVE)


def standing_of_blocked(author: Author) -> Contributor | None:
    """The contributor, unless blocked now. Raises Blocked."""
    known = author.contributor
    if known and known.blocked_until and known.blocked_until > timezone.now():
        raise Blocked(
            _("Nothing is taken from you until %(until)s: %(reason)s")
            % {
                "until": timezone.localtime(known.blocked_until).strftime("%Y-%m-%d %H:%M"),
                "reason": known.block_reason,
            },
            known.blocked_until,
        )
    return known


def in_scope(layer: Layer, author: Author) -> None:
    """Raises NotAllowed where a token that was made for other layers is shown."""
    if author.layers is not None and layer.name not in author.layers:
        raise NotAllowed(_("This access token was made for other layers."))


def well_formed(
    layer: Layer,
    action: Action,
    values: Mapping[str, Any],
    geometry: GEOSGeometry | None,
    kind: str,
    feature: uuid.UUID | None,
    duplicate_of: uuid.UUID | None,
) -> tuple[dict[str, Any], str]:
    """Values clean and kind given, as the action needs them. Raises ValidationError."""
    if not layer.editable:
        raise ValidationError(_("This layer takes no contributions."))
    if feature is None and action != Action.CREATE:
        raise ValidationError({"feature": [_("This is needed.")]})
    # Of a new feature all mistakes are told at once, those of what is missing too.
    new = action == Action.CREATE
    cleaned = _cleaned_for_new(layer, values, geometry) if new else check(layer, values)
    if action in EDITS and not cleaned and geometry is None:
        raise ValidationError(_("Nothing is to be changed."))
    if action == Action.MOVE and (geometry is None or cleaned):
        raise ValidationError(_("A move says a new place and nothing else."))
    if action not in (*EDITS, Action.CREATE) and (cleaned or geometry is not None):
        raise ValidationError(_("This says nothing about values."))
    if geometry is not None:
        _fits(layer, geometry)
    if action == Action.CONFIRM:
        kind = kind or Kind.STILL_THERE
    allowed = {Action.CONFIRM: CONFIRMATIONS, Action.REPORT: REPORTS}.get(action, ("",))
    if kind not in allowed:
        raise ValidationError({"kind": [_("This is not known.")]})
    if duplicate_of is not None and (kind != Kind.DUPLICATE or duplicate_of == feature):
        raise ValidationError({"duplicate_of": [_("This cannot be set.")]})
    return cleaned, kind


def _cleaned_for_new(
    layer: Layer, values: Mapping[str, Any], geometry: GEOSGeometry | None
) -> dict[str, Any]:
    errors: dict[str, Any] = {}
    try:
        cleaned = check(layer, values)
    except ValidationError as error:
        errors = error.update_error_dict(errors)
        cleaned = {}
    try:
        known = {name: value for name, value in values.items() if name in layer.editable}
        effect.new_feature(layer, uuid.uuid4(), known, geometry)
    except ValidationError as error:
        for name, found in error.error_dict.items():
            errors.setdefault(name, found)
    except (TypeError, ValueError):
        if not errors:
            raise
    if errors:
        raise ValidationError(errors)
    return cleaned


def _fits(layer: Layer, geometry: GEOSGeometry) -> None:
    name = str(layer.geometry)
    if not layer.geometry or geometry.geom_type.upper() != layer.geometry_type:
        raise ValidationError({name: [_("The geometry is a %s.") % layer.geometry_type]})
    if geometry.srid != 4326 or geometry.hasz or geometry.empty:
        raise ValidationError({name: [_("This geometry cannot be stored.")]})

"""What a proposal does to the map when it is applied: by its own trust, by others' agreement or by a reviewer."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.licences import Licence
from geoplatform.catalog.models import Licensing, Source, Status
from geoplatform.contributions import looking, rows
from geoplatform.contributions.containment import check_within
from geoplatform.contributions.merge import Conflict, Merge, Values, merge
from geoplatform.contributions.models import Contributor, Proposal
from geoplatform.contributions.refusals import not_of_this_layer
from geoplatform.contributions.values import columns

# Where features of people come from; made when the first one arrives.
CITIZENS, STAFF = "citizens", "staff"
TITLES = {CITIZENS: "Bürgerinnen und Bürger", STAFF: "Eingaben der Verwaltung"}


def new_feature(layer: Layer, id: uuid.UUID, values: Mapping[str, Any], geometry: Any) -> Any:
    """A feature that is not saved yet, its fields clean. Raises ValidationError with messages by field."""
    given = dict(values)
    if layer.geometry:
        given[layer.geometry] = geometry
    made = layer.model(id=id, **given)
    keys = [
        field
        for field in layer.model._meta.local_concrete_fields
        if isinstance(field, models.ForeignKey)
    ]
    errors: dict[str, Any] = {}
    try:
        # That a related row exists is for the database to say: it is asked anyway.
        made.clean_fields(exclude={field.name for field in keys})
        made.clean()
    except ValidationError as error:
        errors = error.update_error_dict(errors)
    for field in keys:
        if field.name in layer.editable and not field.null and not getattr(made, field.attname):
            errors[field.name] = [_("This is needed.")]
    if not errors:
        try:
            check_within(layer, {}, wanted_columns(layer, values, geometry))
        except ValidationError as error:
            errors = error.update_error_dict(errors)
    if errors:
        raise ValidationError(errors)
    return made


def add(
    layer: Layer,
    made: Any,
    *,
    licence: str,
    source: int | None,
    confirmed: bool,
    note: Proposal | None = None,
) -> rows.Written:
    """Insert it, as unconfirmed, or as confirmed today where somebody who decides about the layer has seen it.

    source  whose data it is; None: people's
    """
    made.source_id = source or source_of(CITIZENS)
    made.licence = licence
    made.status = Status.CONFIRMED if confirmed else Status.UNCONFIRMED
    made.last_confirmed = timezone.localdate() if confirmed else None
    written = rows.add(layer, made, note)
    if not written.in_layer:
        raise not_of_this_layer(layer)
    return written


def source_of(name: str) -> int:
    """Id of one of the two sources that contributions have."""
    defaults = {"title": TITLES[name], "licence": Licence.CC0}
    return int(Source.objects.get_or_create(name=name, defaults=defaults)[0].pk)


def licence_of(layer: Layer, place: looking.Situation) -> str:
    """The one licence of this table in this municipality; CC0 for the first feature of all."""
    if place.licence or place.municipality is None:
        return place.licence or Licence.CC0
    return Licensing.objects.get_or_create(
        table=layer.model._meta.db_table,
        municipality_id=place.municipality,
        defaults={"licence": Licence.CC0},
    )[0].licence


def merged(
    layer: Layer,
    target: looking.Situation,
    wanted: Values,
    *,
    feature: uuid.UUID,
    base_version: int | None,
    keeps_copy: int | None = None,
) -> Merge:
    """The merge of columns' values into a feature, locked or looked at, seen from `base_version` (None: from now).

    keeps_copy  the contributor, where the client goes on with its old copy after it has saved a change of it: what
                this author changed from the same copy, and nobody else since, is then no conflict

    Raises ValidationError for a version that never was.
    """
    if target.version is None:
        return Merge(gone=True)
    base = target.values
    if base_version is not None and base_version != target.version:
        found = looking.version_of(layer, feature, base_version)
        if found is None:
            raise ValidationError({"base_version": [_("This version has never been.")]})
        base = found
    made = merge(base=base, current=target.values, wanted=wanted, coupled=layer.coupled)
    if made.conflicts and base_version is not None and keeps_copy is not None:
        others = looking.changed_by_others(layer, feature, base_version, target.values, keeps_copy)
        own = {
            name
            for each in made.conflicts
            if not others.intersection(each.fields)
            for name in each.fields
        }
        if own:
            seen = {**base, **{name: target.values[name] for name in own}}
            made = merge(base=seen, current=target.values, wanted=wanted, coupled=layer.coupled)
    return made


def deletion_in_conflict(
    layer: Layer, there: looking.Situation, *, feature: uuid.UUID, base_version: int | None
) -> Merge:
    """Somebody changed what was to be deleted: each field that changed since speaks against it."""
    base = looking.version_of(layer, feature, base_version) if base_version is not None else None
    before = base or {}
    changed = tuple(n for n in layer.editable if before.get(n) != there.values[n])
    names = changed or layer.editable
    conflict = Conflict(
        names,
        {name: before.get(name) for name in names},
        {name: there.values[name] for name in names},
        dict.fromkeys(names),
    )
    return Merge(conflicts=(conflict,))


def confirmed() -> dict[str, Any]:
    """Columns of a feature that was seen today."""
    return {"status": Status.CONFIRMED.value, "last_confirmed": timezone.localdate()}


def gone() -> dict[str, Any]:
    return {"status": Status.GONE.value}


def try_out(action: Callable[[], object]) -> None:
    """Run a write and take it back: what waits must be something that could be applied. Raises as the write does."""
    with transaction.atomic():
        action()
        transaction.set_rollback(True)


def credit(contributor: int | None) -> None:
    """Others accepted what this contributor gave."""
    if contributor is not None:
        Contributor.objects.filter(pk=contributor).update(accepted=F("accepted") + 1)


def debit(contributor: int | None) -> None:
    """Others rejected it."""
    if contributor is not None:
        Contributor.objects.filter(pk=contributor).update(rejected=F("rejected") + 1)


def wanted_columns(layer: Layer, values: Mapping[str, Any], geometry: Any) -> dict[str, Any]:
    """What is asked for, as columns, a geometry under its field's name."""
    given = dict(values)
    if geometry is not None and layer.geometry:
        given[layer.geometry] = geometry
    return columns(layer, given)

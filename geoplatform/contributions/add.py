"""The one road by which people's features come in, from the map and the API alike."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, connection
from django.utils.translation import gettext as _
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.licences import Licence
from geoplatform.catalog.models import Feature, Licensing, Source, Status
from geoplatform.contributions.geometry import municipality_at
from geoplatform.history.services import changeset

# Where features of people come from; made when the first one arrives.
CITIZENS = {
    "title": "Bürgerinnen und Bürger",
    "licence": Licence.CC0,
}


from geoplatform.contributions.errors import AlreadyThere


def add_feature(
    *,
    layer: Layer,
    geometry: GEOSGeometry,
    values: Mapping[str, Any],
    actor: str,
    channel: str,
    reason: str = "",
    id: uuid.UUID | None = None,
) -> Feature:
    """Store a new point at once, as `unconfirmed`, and return it as the database keeps it.

    geometry  EPSG:4326, longitude first; made by `geometry.parse_point` or `geometry.make_point`
    values    names of `layer.editable` to values of the model's types
    Raises ValidationError with a message for each field, AlreadyThere. Nothing is written then.
    """
    unknown = set(values) - set(layer.editable)
    if unknown or not layer.open_to_all:
        raise ValidationError(
            {name: _("This cannot be set.") for name in unknown}
            or _("This layer takes no new features.")
        )
    # In one transaction: a feature that would not be in its layer is taken back by the error.
    try:
        with changeset(actor=actor, channel=channel, reason=reason):
            feature = layer.model(
                id=id or uuid.uuid4(),
                source=_citizens(),
                status=Status.UNCONFIRMED,
                licence=_licence(layer, geometry),
                **{**values, str(layer.geometry): geometry},
            )
            feature.full_clean(validate_unique=False, validate_constraints=True)
            if id and _is_known(layer, id):
                raise AlreadyThere(str(id))
            feature.save(force_insert=True)
            if not layer.rows().filter(pk=feature.pk).exists():
                raise ValidationError(
                    {
                        _deciding_field(layer): _("This does not belong to the layer “%s”.")
                        % layer.title
                    }
                )
    except IntegrityError as error:
        if layer.model._default_manager.filter(pk=feature.pk).exists():
            raise AlreadyThere(str(id)) from error
        raise
    feature.refresh_from_db()
    return feature


def _is_known(layer: Layer, id: uuid.UUID) -> bool:
    """Whether an id is taken, be it by a feature that was deleted: nobody takes its place and its past."""
    table = sql.Identifier(layer.model._meta.db_table)
    question = sql.SQL(
        "SELECT EXISTS (SELECT FROM {0} WHERE id = %s) OR EXISTS (SELECT FROM history.{0} WHERE id = %s)"
    ).format(table)
    with connection.cursor() as cursor:
        cursor.execute(question, [id, id])
        row = cursor.fetchone()
    return bool(row and row[0])


def _citizens() -> Source:
    return Source.objects.get_or_create(name="citizens", defaults=CITIZENS)[0]


def _licence(layer: Layer, geometry: GEOSGeometry) -> str:
    """The one licence of this table in the municipality at this place; CC0 for the first feature of all."""
    municipality = municipality_at(geometry.centroid.x, geometry.centroid.y)
    if municipality is None:
        return Licence.CC0
    return Licensing.objects.get_or_create(
        table=layer.model._meta.db_table,
        municipality_id=municipality,
        defaults={"licence": Licence.CC0},
    )[0].licence


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

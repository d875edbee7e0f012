"""A wrong declaration fails at `manage.py check`, with an id and a hint."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from geoplatform.catalog import registry
from geoplatform.catalog.derived import derived_fields
from geoplatform.catalog.facets import facet, has_pyramid
from geoplatform.catalog.layer import DIMENSIONS, Layer
from geoplatform.catalog.models import Feature
from geoplatform.catalog.properties import own_field, properties, resolve
from geoplatform.catalog.symbols import Categorized, Fill, Marker, Stroke, simple_symbols

ROLES = ("municipality", "quarter", "species")
SYMBOL_BY_DIMENSION = {0: Marker, 1: Stroke, 2: Fill}


@register()
def check_layers(**kwargs: Any) -> list[CheckMessage]:
    """All checks over all layers."""
    messages: list[CheckMessage] = []
    for layer in registry.declared():
        faults = list(_model(layer))
        messages.extend(faults)
        if faults:
            continue  # nothing else can be said about it
        for check in (
            _name,
            _geometry,
            _public,
            _editable,
            _coupled,
            _within,
            _derived,
            _counted,
            _symbol,
            _label,
            _questions,
            _facets,
            _where,
        ):
            # What names no field is told by the check of that name alone.
            with suppress(FieldDoesNotExist):
                messages.extend(check(layer))
    for role in ROLES:
        found = [each.name for each in registry.declared() if each.role == role]
        if len(found) != 1:
            messages.append(
                Error(
                    f"{len(found)} layers declare role={role!r}: {', '.join(found) or 'none'}",
                    hint="Exactly one layer plays each role.",
                    id="catalog.E009",
                )
            )
    return messages


def _error(layer: Layer, number: int, text: str, hint: str) -> CheckMessage:
    return Error(
        f"layer {layer.name!r}: {text}", hint=hint, obj=layer.model, id=f"catalog.E{number:03}"
    )


def _model(layer: Layer) -> Iterator[CheckMessage]:
    model: type = layer.model
    if not issubclass(model, Feature):
        yield _error(
            layer, 1, "its model is no Feature", "Derive the model from catalog.models.Feature."
        )


def _name(layer: Layer) -> Iterator[CheckMessage]:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", layer.name):
        yield _error(
            layer,
            2,
            "its name cannot stand in an address",
            "Use lower case letters, digits and hyphens.",
        )


def _geometry(layer: Layer) -> Iterator[CheckMessage]:
    if not layer.geometry:
        return
    try:
        field = layer.geometry_field
    except FieldDoesNotExist:
        yield _error(
            layer, 3, f"no field {layer.geometry!r}", "`geometry` names the model's geometry field."
        )
        return
    if getattr(field, "srid", None) != 4326 or getattr(field, "geom_type", None) not in DIMENSIONS:
        yield _error(
            layer,
            3,
            f"{layer.geometry!r} is no geometry of one kind in EPSG:4326",
            "Store EPSG:4326.",
        )


def _public(layer: Layer) -> Iterator[CheckMessage]:
    for entry in layer.public:
        try:
            resolve(layer, entry)
        except FieldDoesNotExist as error:
            yield _error(
                layer,
                4,
                f"public: {error}",
                "Name a field, or Related(name, 'foreign_key__field').",
            )
    try:
        names = [each.name for each in properties(layer)]
    except FieldDoesNotExist:
        return
    reserved = {
        "id",
        "fid",
        "geometry",
        "bbox",
        "limit",
        "after",
        "f",
        "crs",
        "filter",
        "sortby",
        "datetime",
    }
    for name in sorted({n for n in names if names.count(n) > 1} | (set(names) & reserved)):
        yield _error(
            layer,
            4,
            f"public: {name!r} is taken",
            "Each public name stands once and is no query parameter.",
        )


def _editable(layer: Layer) -> Iterator[CheckMessage]:
    for name in layer.editable:
        try:
            field = layer.model._meta.get_field(name)
        except FieldDoesNotExist:
            yield _error(
                layer, 5, f"editable: no field {name!r}", "`editable` names fields of the model."
            )
            continue
        if not field.editable or name in derived_fields(layer.model):
            yield _error(
                layer,
                5,
                f"editable: {name!r} is kept by the database",
                "Name the field that people own.",
            )


def _coupled(layer: Layer) -> Iterator[CheckMessage]:
    names = [name for part in layer.coupled for name in part]
    for name in sorted(set(names)):
        if name not in layer.editable or names.count(name) > 1:
            yield _error(
                layer,
                14,
                f"coupled: {name!r} is not editable or stands twice",
                "Name editable fields, each in one group at most.",
            )


def _within(layer: Layer) -> Iterator[CheckMessage]:
    if layer.within is None:
        return
    field = own_field(layer, layer.within)
    holders = [each for each in registry.declared() if each.model is field.related_model]
    if (
        layer.within not in layer.editable
        or not layer.geometry
        or not any(each.dimension == 2 for each in holders)
    ):
        yield _error(
            layer,
            15,
            f"within: {layer.within!r} does not name what holds its features",
            "Name an editable foreign key to a model with a layer of polygons.",
        )


def _derived(layer: Layer) -> Iterator[CheckMessage]:
    for rule in layer.model.derived:
        for path in (rule.field, rule.own, rule.path):
            try:
                resolve(layer, path)
            except FieldDoesNotExist as error:
                yield _error(
                    layer, 6, f"derived: {error}", "Inherited(field, own, 'foreign_key__field')."
                )


def _counted(layer: Layer) -> Iterator[CheckMessage]:
    for rule in layer.model.counted:
        field: Any = layer.model._meta.get_field(rule.field)
        relation = next(
            (each for each in layer.model._meta.related_objects if each.name == rule.rows), None
        )
        if relation is None or not isinstance(relation.field, models.ForeignKey):
            yield _error(
                layer,
                15,
                f"counted: nothing refers to it as {rule.rows!r}",
                "`rows` is the related_name of another feature's foreign key.",
            )
        if (
            not isinstance(field, models.IntegerField)
            or field.editable
            or not field.has_db_default()
        ):
            yield _error(
                layer,
                15,
                f"counted: {rule.field!r} cannot be counted into",
                "Use PositiveIntegerField(editable=False, db_default=0).",
            )


def _symbol(layer: Layer) -> Iterator[CheckMessage]:
    if layer.dimension < 0:
        return
    if layer.symbol is None:
        yield _error(
            layer, 7, "it has a geometry and no symbol", "Say how it looks: Marker, Stroke or Fill."
        )
        return
    wanted = SYMBOL_BY_DIMENSION[layer.dimension]
    if not all(isinstance(each, wanted) for each in simple_symbols(layer.symbol)):
        yield _error(
            layer, 7, f"its symbol does not fit {layer.geometry_type}", f"Use {wanted.__name__}."
        )
    if isinstance(layer.symbol, Categorized):
        yield from _names_public(layer, layer.symbol.field, "symbol")


def _label(layer: Layer) -> Iterator[CheckMessage]:
    if layer.label:
        yield from _names_public(layer, layer.label, "label")
    for name in layer.names:
        yield from _names_public(layer, name, "names")
    if not 0 <= layer.zooms[0] <= layer.zooms[1] <= 24:
        yield _error(layer, 8, f"zooms {layer.zooms}", "First and last zoom level, 0 to 24.")


def _questions(layer: Layer) -> Iterator[CheckMessage]:
    known = {each.name for each in properties(layer)}
    for name in layer.questions:
        if name not in known:
            yield _error(
                layer,
                15,
                f"questions name {name!r}, which is not public",
                "A question is answered by one of the public properties.",
            )


def _facets(layer: Layer) -> Iterator[CheckMessage]:
    if layer.facets and not has_pyramid(layer):
        yield _error(
            layer,
            10,
            "facets are for layers of points",
            "Leave them out: its tiles show every row.",
        )
        return
    for name in layer.facets:
        try:
            found = facet(layer, name)
        except (FieldDoesNotExist, KeyError):
            yield _error(
                layer,
                11,
                f"facets: {name!r} is neither public nor a season's mask",
                "Name public properties, or a field made by catalog.seasons.season_field.",
            )
        except ValueError as error:
            yield _error(
                layer, 11, f"facets: {error}", "Facets have few values: text, whole numbers, flags."
            )
        else:
            if found.is_mask and name == layer.facets[0]:
                yield _error(
                    layer,
                    12,
                    f"facets: the mask {name!r} comes first",
                    "The first facet divides the pyramid: name one that has one value for each point.",
                )
    if len(set(layer.facets)) < len(layer.facets):
        yield _error(layer, 11, "facets: a name stands twice", "Name each facet once.")


def _where(layer: Layer) -> Iterator[CheckMessage]:
    """A layer's rows are known by the row alone; so are the writes that bring rows into it."""
    if layer.where is None:
        return
    query = layer.model._base_manager.filter(layer.where).query
    if len(query.alias_map) > 1:
        yield _error(
            layer,
            13,
            "`where` looks into a related table",
            "Let the model inherit the value (`derived`) and stand on that.",
        )


def _names_public(layer: Layer, name: str, where: str) -> Iterator[CheckMessage]:
    if name not in {each.name for each in properties(layer)}:
        yield _error(layer, 8, f"{where}: {name!r} is not public", "Only what is public is shown.")

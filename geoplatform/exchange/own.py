"""Files that a platform like this one gave away, as files to load: the registry knows what each column means.

No mapping file is needed: names and types are those of the declaration, the id is the key, degrees are degrees. What a
file cannot tell stays the installation's own: number, version, times, and the source, which is whoever gave the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from django.db import models, transaction
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.licences import Licence
from geoplatform.catalog.models import Feature
from geoplatform.catalog.properties import Property, properties
from geoplatform.exchange import geometry as geo
from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.load import Request, load
from geoplatform.exchange.mapping import (
    FieldRule,
    FileInfo,
    Mapping,
    MunicipalityInfo,
    Place,
    SourceInfo,
)
from geoplatform.exchange.plan import settable
from geoplatform.exchange.report import Summary
from geoplatform.exchange.values import as_text
from geoplatform.formats.readers import (
    DELIMITED,
    GEOMETRY,
    Batch,
    Reader,
    UnreadableFile,
    open_file,
)
from geoplatform.history.relations import in_order

WITHIN = "@within"


@dataclass(frozen=True, kw_only=True)
class Giver:
    """Whose data these are: the name of the source, its title, where it was taken from, whom to name (None: as the
    files say)."""

    name: str
    title: str
    url: str = ""
    attribution: str | None = None


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of one file."""

    path: Path
    layer: Layer
    summary: Summary


def take_over(files: Sequence[Path], giver: Giver, *, dry_run: bool = False) -> list[Taken]:
    """Load files of whole layers or parts of them, named by their layer (`trees.gpkg`): all, or none of them.

    What others refer to comes first, whatever the order of the files. Raises LoadError.
    """
    by_layer: dict[Layer, list[Path]] = {}
    for path in files:
        by_layer.setdefault(_layer(path), []).append(path)
    with transaction.atomic():
        taken = [
            Taken(path=path, layer=layer, summary=_load(path, layer, giver))
            for layer in in_order(list(by_layer))
            for path in by_layer[layer]
        ]
        if dry_run:
            transaction.set_rollback(True)
    return taken


def _layer(path: Path) -> Layer:
    found = registry.get(path.name.split(".")[0])
    if found is None:
        known = ", ".join(sorted(each.name for each in registry.layers()))
        raise LoadError(
            _("%(path)s: a file is called as its layer, one of %(known)s.")
            % {"path": path.name, "known": known}
        )
    return found


def _load(path: Path, layer: Layer, giver: Giver) -> Summary:
    try:
        licences, attribution = _told(path)
        if not licences:
            return Summary()  # a layer without features is a file too
        source = SourceInfo(
            name=giver.name,
            title=giver.title,
            url=giver.url,
            licence=licences[0],
            attribution=attribution if giver.attribution is None else giver.attribution,
        )
        mapping = own_mapping(layer, source, delimited=_is_delimited(path))
        reader = open_file(path)
        if any(WITHIN in rule.columns for rule in (mapping.fields or {}).values()):
            reader = _with_holders(reader, layer, mapping)
    except UnreadableFile as error:
        raise LoadError(str(error)) from error
    return load(Request(layer=layer, path=path, mapping=mapping, reader=reader))


def _told(path: Path) -> tuple[list[str], str]:
    """The licences of a file's rows, that of most of them first, and whom it says to name; no licence: no rows."""
    reader = open_file(path)
    counts: Counter[str | None] = Counter()
    for batch in reader.batches:
        if "licence" not in batch.table.column_names:
            raise LoadError(
                _("%(path)s: no column tells the licence: this is no file of such a platform.")
                % {"path": path.name}
            )
        for each in as_text(batch.table["licence"]).value_counts().to_pylist():
            counts[each["values"]] += each["counts"]
    known = [name for name, _count in counts.most_common() if name in Licence.values]
    if counts and not known:
        raise LoadError(
            _("%(path)s: no row has a licence that is known here, but %(values)s.")
            % {"path": path.name, "values": ", ".join(str(each) for each in list(counts)[:5])}
        )
    return [str(each) for each in known], reader.about.get("attribution", "")


def _is_delimited(path: Path) -> bool:
    return any(suffix.lower() in DELIMITED for suffix in path.suffixes)


def own_mapping(layer: Layer, source: SourceInfo, *, delimited: bool) -> Mapping:
    """The mapping of a layer's own file: every field that the public properties tell.

    delimited  whether it is CSV, where places are columns and texts may begin with an apostrophe
    """
    file = FileInfo(crs="EPSG:4326" if layer.geometry else None)
    if delimited and layer.geometry_type == "POINT":
        file = replace(file, x="x", y="y")
    elif delimited and layer.geometry:
        file = replace(file, wkt="wkt")
    rules = {name: rule for name, rule in _rules(layer) if rule is not None}
    if delimited:
        rules = {
            name: replace(rule, convert="without-apostrophe") if rule.columns != (WITHIN,) else rule
            for name, rule in rules.items()
        }
    stated = _has(layer, "municipality")
    return Mapping(
        source=source,
        place=_known_places(layer) if stated else None,
        file=file,
        key=("id",),
        fields=rules,
        licence="licence",
    )


def _rules(layer: Layer) -> Iterator[tuple[str, FieldRule | None]]:
    by_path = {each.path: each for each in properties(layer)}
    derived = {each.own: each for each in layer.model.derived}
    for name, field in settable(layer).items():
        if name in by_path:
            yield name, FieldRule(columns=(by_path[name].name,))
        elif name in derived and derived[name].field in by_path:
            # Stated only where the feature differs from what it would inherit.
            rule = derived[name]
            yield name, FieldRule(columns=(by_path[rule.field].name,), unless=rule.path)
        elif isinstance(field, models.ForeignKey):
            yield name, _reference(layer, field, by_path)


def _reference(
    layer: Layer, field: models.ForeignKey[Any, Any], by_path: dict[str, Property]
) -> FieldRule | None:
    """A related row by the property that names it; by name and place, where the name alone may not be enough."""
    related: Any = field.related_model
    told = by_path.get(f"{field.name}__{related.reference}")
    if told is not None:
        return FieldRule(columns=(told.name,))
    return FieldRule(columns=(WITHIN,)) if field.name == layer.within else None


def _has(layer: Layer, name: str) -> bool:
    return any(field.name == name for field in layer.model._meta.concrete_fields)


def _known_places(layer: Layer) -> Place:
    """All municipalities of this installation by their key, which is how files name them."""
    rows = registry.by_role("municipality").rows()
    columns = ("ags", "name", "metric_srid", "quarter_kind")
    values: dict[str | None, MunicipalityInfo] = {
        ags: MunicipalityInfo(ags, name, srid, kind)
        for ags, name, srid, kind in rows.values_list(*columns)
    }
    field: Any = layer.model._meta.get_field("municipality")
    return Place("municipality", values, optional=field.null)


def _geometry_of(model: type[Feature]) -> str:
    return next(str(each.geometry) for each in registry.map_layers() if each.model is model)


class _Holders:
    """The features of this source that may hold others, found by what they are called and where they lie."""

    def __init__(self, layer: Layer, source: str) -> None:
        field: Any = layer.model._meta.get_field(str(layer.within))
        related: type[Feature] = field.related_model
        [told] = [each for each in properties(layer) if each.foreign_key == field]
        columns = ["source_key", told.path.partition("__")[2], _geometry_of(related)]
        rows = related._default_manager.filter(source__name=source).values_list(*columns)
        found = sorted(
            ((key, name or "", shapely.from_wkb(bytes(shape.wkb))) for key, name, shape in rows),
            key=lambda each: shapely.area(each[2]),  # the smallest first
        )
        self.column = told.name
        self.keys = [key for key, _name, _shape in found]
        self.names = np.array([name for _key, name, _shape in found], object)
        self.tree = shapely.STRtree([shape for _key, _name, shape in found])

    def keys_of(self, names: Sequence[str | None], shapes: np.ndarray) -> list[str | None]:
        """The key of the smallest that is called so and holds the shape; else of the only one that is called so."""
        wanted = np.array([name or "" for name in names], object)
        keys: list[str | None] = [None] * len(wanted)
        rows, holders = self.tree.query(shapely.point_on_surface(shapes), predicate="intersects")
        for row, holder in sorted(zip(rows, holders, strict=True), reverse=True):
            if self.names[holder] == wanted[row]:
                keys[row] = self.keys[holder]
        for row, key in enumerate(keys):
            called = np.flatnonzero(self.names == wanted[row])
            if not key and wanted[row] and len(called) == 1:
                keys[row] = self.keys[called[0]]
        return keys


def _with_holders(reader: Reader, layer: Layer, mapping: Mapping) -> Reader:
    """The file with one column more: the key of the feature that holds each row's."""
    holders = _Holders(layer, mapping.source.name)

    def batches() -> Iterator[Batch]:
        for batch in reader.batches:
            table = batch.table
            if mapping.file.wkt:
                shapes = geo.from_wkt(
                    np.array(as_text(table[mapping.file.wkt]).to_pylist(), object)
                )
            else:
                shapes = geo.from_wkb(table[GEOMETRY].combine_chunks())
            names = as_text(table[holders.column]).to_pylist()
            keys = pa.array(holders.keys_of(names, shapes.geometries), pa.string())
            yield Batch(table.append_column(WITHIN, keys), batch.numbers)

    return replace(reader, columns=[*reader.columns, WITHIN], batches=batches())

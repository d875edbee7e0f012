"""Load an OSM file: all layers that have a mapping for it, in one transaction, by the road that every file takes.

An object is kept where it lies in a municipality of this platform, since licences are kept by layer and municipality;
it is stated to belong to the one it overlaps most.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from django.db import transaction
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.models import Source
from geoplatform.exchange import places
from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.fixtures import load_with_species
from geoplatform.exchange.load import Request
from geoplatform.exchange.mapping import MappingError, Place
from geoplatform.exchange.object_tags import keep_tags
from geoplatform.exchange.osm_area import Area
from geoplatform.exchange.osm_mapping import (
    METRIC_CRS,
    SOURCE,
    TOWN,
    WITHIN,
    OsmMapping,
    read_mappings,
)
from geoplatform.exchange.report import Summary
from geoplatform.formats.osm import ID, TAGS, Found, read_osm
from geoplatform.formats.readers import GEOMETRY, Batch, Reader, UnreadableFile


@dataclass(frozen=True, kw_only=True)
class OsmRequest:
    """What is to be loaded of a file.

    bbox          west, south, east, north in degrees; objects that touch it are taken whole
    municipality  key (AGS) of the one to load; one that the platform does not know yet is taken from the file
    only          names of layers; empty: all that have a mapping
    dry_run       do everything and take it back
    strict        report unknown species instead of adding them
    tags          whether all tags of each object are kept (`ObjectTags`), whatever of them becomes a field
    """

    path: Path
    bbox: tuple[float, float, float, float] | None = None
    municipality: str | None = None
    only: Sequence[str] = ()
    dry_run: bool = False
    strict: bool = False
    tags: bool = True


@dataclass
class Loaded:
    """What became of one layer. `elsewhere` counts objects outside of what was asked for."""

    layer: str
    summary: Summary = field(default_factory=Summary)
    elsewhere: int = 0


def load_osm(request: OsmRequest, mappings: Sequence[OsmMapping] | None = None) -> list[Loaded]:
    """Load a file. Raises LoadError; nothing at all is written then."""
    try:
        chosen = _chosen(read_mappings() if mappings is None else mappings, request.only)
        with tempfile.TemporaryDirectory(prefix="osm-") as folder:
            selections = [replace(each.selection, whole=request.tags) for each in chosen]
            found = read_osm(request.path, selections, Path(folder))
            with transaction.atomic():
                loaded = _load(request, dict(zip(chosen, found, strict=True)))
                if request.dry_run:
                    transaction.set_rollback(True)
        return loaded
    except (UnreadableFile, MappingError) as error:
        raise LoadError(str(error)) from error


def _chosen(mappings: Sequence[OsmMapping], only: Sequence[str]) -> list[OsmMapping]:
    known = {each.layer.name for each in mappings}
    if unknown := sorted(set(only) - known):
        raise LoadError(
            _("There is no OSM mapping for %(name)s. There are: %(known)s.")
            % {"name": ", ".join(unknown), "known": ", ".join(sorted(known))}
        )
    if not only:
        return list(mappings)
    # Plots are told their gardens by the file, even where the gardens themselves are not wanted.
    needed = {*only, *(each.within for each in mappings if each.layer.name in only)}
    return [
        each for each in mappings if each.layer.name in needed or each.layer.role == "municipality"
    ]


def _load(request: OsmRequest, found: dict[OsmMapping, Found]) -> list[Loaded]:
    loaded: list[Loaded] = []
    said: list[pa.Table] = []
    towns = [each for each in found if each.layer.role == "municipality"]
    rest = [each for each in found if each.layer.role != "municipality"]
    area = Area.known(request.municipality, request.bbox)
    if request.municipality and not area.towns:
        for each in towns:
            loaded += _load_town(request, each, found[each], said)
        area = Area.known(request.municipality, request.bbox)
        if not area.towns:
            raise LoadError(
                _(
                    "No municipality %(ags)s is known, and %(file)s does not hold its whole boundary: "
                    "load its outline first (manage.py load municipalities ...)."
                )
                % {"ags": request.municipality, "file": request.path.name}
            )
    if not any(each.outline for each in area.towns) and not request.municipality:
        raise LoadError(
            _(
                "No municipality has an outline yet. Say which one to load: --municipality and its key."
            )
        )
    holders: dict[str, tuple[np.ndarray, list[str]]] = {}
    for each in rest:
        if any(other.within == each.layer.name for other in rest):
            holders[each.layer.name] = _areas(found[each])
        if request.only and each.layer.name not in request.only:
            continue
        around = holders.get(each.within or "")
        loaded.append(_load_layer(request, each, found[each], area, around, said))
    if said:
        keep_tags(Source.objects.get(name=SOURCE.name), said)
    return loaded


def _load_town(
    request: OsmRequest, mapping: OsmMapping, found: Found, said: list[pa.Table]
) -> list[Loaded]:
    """The municipality asked for, from its boundary. Its metric CRS is UTM (ETRS89) of the zone it lies in."""
    [(key, _rule)] = [
        (rule.columns[0], rule) for name, rule in mapping.fields.items() if name == "ags"
    ]
    for table in found.batches():
        wanted = pc.fill_null(pc.equal(table[key], request.municipality), False)
        rows = table.filter(pc.and_(wanted, pc.is_valid(table[GEOMETRY]))).slice(0, 1)
        if not rows.num_rows:
            continue
        [outline] = shapely.from_wkb(rows[GEOMETRY].combine_chunks().to_numpy(False))
        zone = int((shapely.centroid(outline).x + 180) // 6) + 1
        column = pa.array([str(25800 + zone)], pa.string())
        rows = rows.append_column(METRIC_CRS, column)
        reader = _reader(mapping, iter([Batch(rows, np.array([1]))]))
        loaded = _loaded(request, mapping, reader, None, Loaded(mapping.layer.name))
        if request.tags and loaded.summary.loaded:
            said.append(rows.select([ID, TAGS]))
        return [loaded]
    return []


def _load_layer(
    request: OsmRequest,
    mapping: OsmMapping,
    found: Found,
    area: Area,
    holders: tuple[np.ndarray, list[str]] | None,
    said: list[pa.Table],
) -> Loaded:
    told = Loaded(mapping.layer.name)
    tags: list[pa.Table] = []
    reader = _reader(mapping, _rows(mapping, found, area, holders, told, tags))
    if area.whole is not None:
        place = Place(None, {None: area.whole.info})
    else:
        place = Place(TOWN, {each.ags: each.info for each in area.towns})
    loaded = _loaded(request, mapping, reader, place, told)
    if loaded.summary.loaded:
        said += tags
    return loaded


def _loaded(
    request: OsmRequest, mapping: OsmMapping, reader: Reader, place: Place | None, told: Loaded
) -> Loaded:
    told.summary = load_with_species(
        Request(
            layer=mapping.layer,
            path=request.path,
            mapping=mapping.mapping(place),
            strict=request.strict,
            reader=reader,
        )
    )
    _check_licences(mapping)
    return told


def _check_licences(mapping: OsmMapping) -> None:
    """The database has the last word on whose a feature is (by quarters): no other municipality's layer gets mixed."""
    model = mapping.layer.model
    if all(each.name != "municipality" for each in model._meta.concrete_fields):
        return
    rows = model._default_manager.filter(source__name=SOURCE.name).exclude(municipality=None)
    keys = rows.order_by().values_list("municipality", flat=True).distinct()
    towns = registry.by_role("municipality")
    for town in towns.rows().filter(pk__in=list(keys)).defer(str(towns.geometry)):
        places.ensure_licence(model, town, SOURCE.licence)


def _reader(mapping: OsmMapping, batches: Iterator[Batch]) -> Reader:
    return Reader(
        mapping.columns,
        "EPSG:4326",
        True,
        None,
        batches,
        no_shape=_("no whole shape: open, crossing itself, or not all of it is in the file"),
    )


def _rows(
    mapping: OsmMapping,
    found: Found,
    area: Area,
    holders: tuple[np.ndarray, list[str]] | None,
    told: Loaded,
    tags: list[pa.Table],
) -> Iterator[Batch]:
    """The objects within the area, with what the file as a whole tells of them; their tags go into `tags`."""
    number = 0
    for table in found.batches():
        shapes = shapely.from_wkb(table[GEOMETRY].combine_chunks().to_numpy(False))
        towns = area.towns_of(shapes)
        inside = np.array([each is not None for each in towns], bool)
        told.elsewhere += int((~inside).sum())
        numbers = np.arange(number + 1, number + 1 + len(shapes))
        number += len(shapes)
        for name, (value, by) in mapping.selection.learn.items():
            table = table.append_column(name, _learned(table, found.learned[name], value, by))
        keys = _keys_around(shapes, holders)
        table = table.append_column(TOWN, pa.array(towns, pa.string()))
        table = table.append_column(WITHIN, pa.array(keys, pa.string()))
        table = table.append_column(METRIC_CRS, pa.nulls(len(shapes), pa.string()))
        if inside.any():
            if not inside.all():
                table = table.filter(pa.array(inside))
            if TAGS in table.column_names:
                tags.append(table.select([ID, TAGS]))
            yield Batch(table, numbers[inside])


def _learned(table: pa.Table, known: Any, value: str, by: str) -> pa.Array:
    """A tag, and where it lacks what others of the file have beside the same value of `by`."""
    there = table[by].combine_chunks().dictionary_encode()
    meant = pa.array([known.get(each) for each in there.dictionary.to_pylist()], pa.string())
    return pc.coalesce(table[value].combine_chunks(), meant.take(there.indices))


def _areas(found: Found) -> tuple[np.ndarray, list[str]]:
    """Areas that may hold others, and their keys; the smallest first."""
    shapes: list[Any] = []
    keys: list[str] = []
    for table in found.batches():
        shapes += list(shapely.from_wkb(table[GEOMETRY].combine_chunks().to_numpy(False)))
        keys += table[ID].to_pylist()
    order = np.argsort(shapely.area(np.array(shapes, object)))
    return np.array(shapes, object)[order], [keys[each] for each in order]


def _keys_around(
    shapes: np.ndarray, holders: tuple[np.ndarray, list[str]] | None
) -> list[str | None]:
    """The key of the smallest area that holds a point of each shape's surface."""
    keys: list[str | None] = [None] * len(shapes)
    if holders is None or not len(holders[0]):
        return keys
    tree = shapely.STRtree(holders[0])
    rows, areas = tree.query(shapely.point_on_surface(shapes), predicate="intersects")
    for row, area in sorted(zip(rows, areas, strict=True), reverse=True):
        keys[row] = holders[1][area]
    return keys


__all__ = ["Loaded", "OsmRequest", "load_osm"]

"""Load a file into a layer: all rows that can be used, in one transaction, and a report of those that cannot.

Rows are looked at as whole columns (`rows.py`), then staged and merged by the database (`staging.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Feature, Source
from geoplatform.exchange import places
from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.geometry import WrongCrs
from geoplatform.exchange.mapping import Mapping, MappingError
from geoplatform.exchange.plan import Plan, default_mapping, make_plan
from geoplatform.exchange.report import REPORTED, Summary
from geoplatform.exchange.rows import Rows
from geoplatform.exchange.staging import Staging
from geoplatform.formats.readers import Reader, UnreadableFile, open_file
from geoplatform.history.services import changeset

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is to be loaded, and how.

    update    join values to features that exist, by the mapping's `match` fields; adds none
    dry_run   do everything and take it back
    strict    a name that no table knows is a fault, instead of a new row there
    progress  called with rows read and rows in all (None: unknown)
    reader    the rows, where they are not those of a whole file; `path` then only names where they come from
    """

    layer: Layer
    path: Path
    mapping: Mapping | None = None
    update: bool = False
    dry_run: bool = False
    strict: bool = False
    progress: Progress | None = None
    reader: Reader | None = None


class _TakeBack(Exception):
    """Ends a load whose writes are not wanted."""


def load(request: Request) -> Summary:
    """Load a file. Raises LoadError when nothing could be loaded; nothing is written then.

    A summary in which no row was loaded was rolled back, too.
    """
    mapping = request.mapping or default_mapping(request.path)
    try:
        reader = request.reader or open_file(
            request.path,
            layer=mapping.file.layer,
            encoding=mapping.file.encoding,
            separator=mapping.file.separator,
        )
        plan = make_plan(request.layer, mapping, reader.columns, update=request.update)
        with (
            suppress(_TakeBack),
            changeset(
                actor=f"import:{mapping.source.name}", channel="import", reason=request.path.name
            ),
        ):
            summary = _load(request, plan, reader)
            if request.dry_run or not summary.loaded:
                raise _TakeBack
        return summary
    except (UnreadableFile, MappingError, WrongCrs) as error:
        raise LoadError(str(error)) from error
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        raise LoadError(
            _("The database refused the rows: %(reason)s") % {"reason": reason}
        ) from error


def _load(request: Request, plan: Plan, reader: Reader) -> Summary:
    summary = Summary()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
    source = places.ensure_source(plan.mapping.source)
    towns = places.ensure_places(plan.mapping.place, source)
    if (
        _has(plan.model, "municipality")
        and not towns
        and not plan.model._meta.get_field("municipality").null
    ):
        raise LoadError(
            _(
                "The mapping must name a municipality: [municipality] with ags, name and metric_srid."
            )
        )
    rows = Rows(plan, reader, source, towns, summary, update=request.update, strict=request.strict)
    staging = Staging(
        model=plan.model,
        source=source,
        columns=rows.mapped,
        same=rows.same,
        geometry=rows.geometry,
        place=rows.place,
        stated=not _has(plan.model, "quarter"),
    )
    staging.create()
    for batch in reader.batches:
        staging.copy(rows.prepare(batch))
        if request.progress:
            request.progress(summary.read, reader.total)
    _ragged(reader, summary)
    if request.update:
        _update(plan, staging, summary)
    else:
        if rows.place:
            by_id = {str(town.pk): town for town, _info in towns.values()}
            for town, licence in sorted(rows.licences_seen):
                places.ensure_licence(plan.model, by_id[town], licence)
        _merge(plan, staging, summary)
        _count(plan, source, summary)
    return summary


def _has(model: type[Feature], name: str) -> bool:
    return any(field.name == name for field in model._meta.concrete_fields)


def _merge(plan: Plan, staging: Staging, summary: Summary) -> None:
    found = staging.find(plan.identity)
    summary.updated = staging.update(staging.columns) if found else 0
    summary.unchanged = found - summary.updated
    summary.inserted = staging.insert()


def _update(plan: Plan, staging: Staging, summary: Summary) -> None:
    if not plan.mapping.match:
        raise LoadError(
            _(
                "--update needs `match` in the mapping: the fields that tell which feature a row is about."
            )
        )
    match = [str(plan.fields[name][0].column) for name in plan.mapping.match]
    found, none, many = staging.match(match)
    names = ", ".join(plan.mapping.match)
    keys: list[str | None] = [None]
    if none:
        summary.add(
            REPORTED, _("no feature has this %(names)s") % {"names": names}, none, keys * len(none)
        )
    if many:
        summary.add(
            REPORTED,
            _("several features have this %(names)s") % {"names": names},
            many,
            keys * len(many),
        )
    summary.updated = staging.update_values([each for each in staging.columns if each not in match])
    summary.unchanged = found - summary.updated


def _ragged(reader: Reader, summary: Summary) -> None:
    for row, reason in reader.faults:
        summary.add(REPORTED, reason, [row], [None])
    summary.read += len(reader.faults)


def _count(plan: Plan, source: Source, summary: Summary) -> None:
    """How many features of this source there are now, by layer, and how many of them lie in no quarter."""
    for layer in registry.layers():
        if layer.model is plan.model:
            summary.in_layers[layer.name] = layer.rows().filter(source=source).count()
    if plan.layer.geometry and _has(plan.model, "quarter"):
        rows = plan.model._default_manager.filter(source=source, quarter=None)
        summary.outside = rows.count()


__all__ = ["LoadError", "Request", "load"]

"""Load a file into a layer: all rows that can be used, in one transaction, and a report of those that cannot.

Rows are looked at as whole columns (`rows.py`), then staged and merged by the database (`staging.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Feature, Source
from geoplatform.catalog.properties import own_field
from geoplatform.contributions.services import disagree, missing, twins
from geoplatform.contributions.sources import CHANNEL
from geoplatform.exchange import gone, places
from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.geometry import WrongCrs
from geoplatform.exchange.gone import MOST_PERCENT
from geoplatform.exchange.mapping import Mapping, MappingError
from geoplatform.exchange.merging import Merging
from geoplatform.exchange.plan import Plan, default_mapping, make_plan
from geoplatform.exchange.removed import settle as settle_removed
from geoplatform.exchange.report import DISAGREES, REMOVED, REPORTED, Summary
from geoplatform.exchange.rows import Rows
from geoplatform.exchange.staging import Staging
from geoplatform.exchange.twins import find as find_twins
from geoplatform.formats.readers import Reader, UnreadableFile, open_file
from geoplatform.history.services import changeset

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is to be loaded, and how.

    update    join values to features that exist, by the mapping's `match` fields; adds none
    dry_run   do everything and take it back
    strict    a name that no table knows is a fault, instead of a new row there
    most_gone percent of the source's features that a complete file may lack
    progress  called with rows read and rows in all (None: unknown)
    reader    the rows, where they are not those of a whole file; `path` then only names where they come from
    """

    layer: Layer
    path: Path
    mapping: Mapping | None = None
    update: bool = False
    dry_run: bool = False
    strict: bool = False
    most_gone: int = MOST_PERCENT
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
            changeset(actor=_actor(mapping), channel=CHANNEL, reason=request.path.name),
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


def _actor(mapping: Mapping) -> str:
    return f"import:{mapping.source.name}"


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
        _update(request, plan, staging, summary)
    else:
        if rows.place:
            by_id = {str(town.pk): town for town, _info in towns.values()}
            for town, licence in sorted(rows.licences_seen):
                places.ensure_licence(plan.model, by_id[town], licence)
        _merge(request, plan, staging, summary)
        if plan.mapping.complete:
            _mark_gone(request, plan, staging, rows, summary)
        _offer_twins(request, plan, source, summary)
        _count(plan, source, summary)
    return summary


def _has(model: type[Feature], name: str) -> bool:
    return any(field.name == name for field in model._meta.concrete_fields)


def _merge(request: Request, plan: Plan, staging: Staging, summary: Summary) -> None:
    found = staging.find(plan.identity)
    settled = settle_removed(staging, plan.layer)
    for row, key in settled.left:
        summary.add(REMOVED, _("people removed this feature or found it twice"), [row], [key])
    found += settled.moved_on
    summary.updated = (
        _write(request, plan, staging, summary, staging.columns, found) if found else 0
    )
    summary.unchanged = found - summary.updated
    summary.inserted = staging.insert()


def _write(
    request: Request,
    plan: Plan,
    staging: Staging,
    summary: Summary,
    columns: Sequence[str],
    found: int,
) -> int:
    """Merge the rows found with what people changed, and write what is due; how many features differed."""
    merging = Merging(staging, plan.layer, joined=request.update)
    pairs = staging.pairs(columns, joined=request.update)
    merging.lock(pairs, found)
    told = merging.merge()
    before = merging.gone()
    updated = staging.update(pairs)
    summary.back = before - merging.gone()
    for each in told:
        if fields := each.word.new:
            summary.add(DISAGREES, _disagreement(plan, fields), [each.row], [each.key])
    summary.proposals = disagree(
        found=[each.word for each in told],
        actor=_actor(plan.mapping),
        reason=_reason(request, plan, _("%(source)s says so since %(file)s.")),
    )
    return updated


def _mark_gone(
    request: Request, plan: Plan, staging: Staging, rows: Rows, summary: Summary
) -> None:
    keys = summary.reported_keys()
    if None in keys:
        summary.not_judged = _(
            "What is gone was not judged: of some reported rows it is not known what they are about."
        )
        return
    found = gone.mark(
        Merging(staging, plan.layer, joined=False),
        towns={town for town, _licence in rows.licences_seen},
        reported=[key for key in keys if key is not None],
        most_percent=request.most_gone,
    )
    summary.gone, summary.asked = found.marked, len(found.asked)
    missing(
        found=found.asked,
        reason=_reason(request, plan, _("%(source)s does not name it any more (%(file)s).")),
    )


def _offer_twins(request: Request, plan: Plan, source: Source, summary: Summary) -> None:
    found = find_twins(plan.layer, source)
    summary.duplicates = len(found)
    twins(
        found=found, reason=_reason(request, plan, _("%(source)s may have this, too (%(file)s)."))
    )


def _reason(request: Request, plan: Plan, sentence: str) -> str:
    return sentence % {"source": plan.mapping.source.title, "file": request.path.name}


def _disagreement(plan: Plan, names: Iterable[str]) -> str:
    labels = sorted(str(own_field(plan.layer, name).verbose_name) for name in names)
    return _("people changed this, and the source says otherwise: %(fields)s") % {
        "fields": ", ".join(labels)
    }


def _update(request: Request, plan: Plan, staging: Staging, summary: Summary) -> None:
    if not plan.mapping.match:
        raise LoadError(
            _(
                "--update needs `match` in the mapping: the fields that tell which feature a row is about."
            )
        )
    match = [str(plan.fields[name][0].column) for name in plan.mapping.match]
    found, none, many = staging.match(match)
    names = ", ".join(plan.mapping.match)
    for rows, reason in (
        (none, _("no feature has this %(names)s") % {"names": names}),
        (many, _("several features have this %(names)s") % {"names": names}),
    ):
        if rows:
            summary.add(REPORTED, reason, rows, [None] * len(rows))
    columns = [each for each in staging.columns if each not in match]
    summary.updated = _write(request, plan, staging, summary, columns, found)
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

"""A harvest from beginning to end: fetch all pages, then load them as one file, in one transaction.

Until the last page is there nothing is written, so a service that breaks off leaves the layer as it was. A second run
updates: features are found again by their key, as with any file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.fixtures import load_with_species
from geoplatform.exchange.gone import MOST_PERCENT
from geoplatform.exchange.harvest.client import Client, HarvestError, Untrue
from geoplatform.exchange.harvest.description import Described, find_source, folder, read_source
from geoplatform.exchange.harvest.pages import Page, open_pages
from geoplatform.exchange.harvest.plain import GeoJson
from geoplatform.exchange.harvest.store import Store, open_store
from geoplatform.exchange.harvest.walk import Kind, Progress, walk
from geoplatform.exchange.load import Request
from geoplatform.exchange.mapping import Mapping
from geoplatform.exchange.report import Summary

if TYPE_CHECKING:
    from geoplatform.exchange.harvest.wms import Background


@dataclass(frozen=True)
class Harvested:
    """What came of a harvest: a summary and the numbers of pages and requests, or a background."""

    source: Described
    requests: int
    pages: int = 0
    summary: Summary | None = None
    background: Background | None = None


def harvest(
    source: Described,
    *,
    dry_run: bool = False,
    strict: bool = False,
    anew: bool = False,
    most_gone: int = MOST_PERCENT,
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Harvested:
    """Harvest a source. Raises LoadError, with the address and the reason; nothing is loaded then.

    anew       forget what earlier runs left
    most_gone  percent of the source's features that a complete harvest may lack
    """
    client = Client(source.limits, source.service.hosts, sleep=sleep)
    with open_store(source.name, source.digest) as store:
        if anew:
            store.forget()
        if source.mapping is None or source.layer is None:
            # OWSLib takes a moment to import.
            from geoplatform.exchange.harvest.wms import background

            found = background(source, client, store.folder)
            return Harvested(source, client.requests, background=found)
        try:
            pages = walk(source, _kind(source, client, store), client, store, progress)
        except HarvestError as error:
            if isinstance(error, Untrue):
                store.drop_fetched()
            raise _helped(error, source, store) from None
        summary = load_with_species(
            Request(
                layer=source.layer,
                path=Path(source.name),
                mapping=_dated(source.mapping, pages),
                dry_run=dry_run,
                strict=strict,
                most_gone=most_gone,
                reader=open_pages(store.folder, pages, source.service.crs),
            )
        )
        if summary.loaded and not dry_run:
            store.was_loaded(pages)
        return Harvested(source, client.requests, len(pages), summary)


def _kind(source: Described, client: Client, store: Store) -> Kind:
    if source.service.kind == "wfs":
        from geoplatform.exchange.harvest.wfs import Wfs

        return Wfs(source, client, store.folder)
    if source.service.kind == "ogc-api-features":
        from geoplatform.exchange.harvest.ogc_api import OgcApi

        return OgcApi(source, client, store.folder)
    return GeoJson(source)


def _dated(mapping: Mapping, pages: Sequence[Page]) -> Mapping:
    """The mapping, with the day since which the service tells what it tells now, unless it states a date itself."""
    if mapping.source.as_of is not None:
        return mapping
    day = date.fromisoformat(max(each.since for each in pages))
    return replace(mapping, source=replace(mapping.source, as_of=day))


def _helped(error: HarvestError, source: Described, store: Store) -> LoadError:
    """The error, with what a person may do about it."""
    told = [str(error)]
    if store.fetched:
        told.append(
            _("%(count)d pages are kept; the same command goes on from there.")
            % {"count": len(store.fetched)}
        )
    if source.contact:
        told.append(_("Whom to ask: %(contact)s") % {"contact": source.contact})
    return LoadError(" ".join(told))


def due_sources() -> list[Described]:
    """Sources of this installation whose interval has passed since they were loaded. Raises LoadError."""
    where = folder()
    if where is None:
        raise LoadError(_("HARVEST_SOURCES names no folder of sources."))
    return [
        each
        for path in sorted(where.glob("*.toml"))
        if (each := read_source(path)).interval_hours and _is_due(each)
    ]


def _is_due(source: Described) -> bool:
    with open_store(source.name, source.digest) as store:
        loaded = store.loaded
    return loaded is None or datetime.now(UTC) - loaded >= timedelta(hours=source.interval_hours)


__all__ = ["Harvested", "due_sources", "find_source", "harvest"]

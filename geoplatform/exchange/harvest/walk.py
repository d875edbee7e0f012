"""From the first page to the last: what every kind of service has in common, and what none of them may do.

A service may lie about its number of features, name a page as its own successor, or give the same page under ever new
addresses. Each of these ends the walk with a sentence, and nothing is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa
from django.utils import timezone
from django.utils.translation import gettext as _

from geoplatform.exchange.geometry import WrongCrs
from geoplatform.exchange.harvest.client import Answer, Client, HarvestError, Untrue
from geoplatform.exchange.harvest.description import Described
from geoplatform.exchange.harvest.gml_features import WrongXml
from geoplatform.exchange.harvest.json_features import WrongJson
from geoplatform.exchange.harvest.pages import Page, write_page
from geoplatform.exchange.harvest.store import Store

MOST_PAGES = 100_000
PAGE_BYTES = 64_000_000
Progress = Callable[[int, int | None], None]


class Kind(Protocol):
    """One kind of service.

    accept       media types that are asked for
    media_types  media types that an answer may have
    most         bytes of one answer
    """

    accept: str
    media_types: Sequence[str]
    most: int

    def first(self) -> str:
        """Address of the first page."""

    def read(self, answer: Answer, path: Path) -> tuple[Told, Iterator[pa.Table]]:
        """What an answer tells, and its features. Raises WrongJson, WrongXml."""

    def after(self, pages: Sequence[Page]) -> str | None:
        """Address of the page that follows; None after the last one."""


class Told:
    """What a page tells besides its features."""

    def __init__(
        self, *, matched: int | None = None, next_: str | None = None, crs: str | None = None
    ) -> None:
        self.matched, self.next, self.crs = matched, next_, crs


def walk(
    source: Described, kind: Kind, client: Client, store: Store, progress: Progress | None = None
) -> list[Page]:
    """All pages, in order. Those that an interrupted run has, and those that did not change, are not fetched again.

    Raises HarvestError.
    """
    pages: list[Page] = []
    contents: set[str] = set()
    addresses: set[str] = set()
    total = 0
    url: str | None = kind.first()
    while url:
        if url in addresses:
            raise Untrue(url, _("the pages go round in a circle"))
        addresses.add(url)
        page = store.fetched.get(url) or _fetch(source, kind, client, store, url)
        if page.features and page.content in contents:
            raise Untrue(url, _("the same page comes again and again"))
        contents.add(page.content)
        pages.append(page)
        total += page.features
        _check_amount(source, page, total, len(pages))
        if page.url not in store.fetched:
            store.add(page)
        if progress:
            progress(total, page.matched)
        url = kind.after(pages) if page.features else None
    _check_whole(source, pages, total)
    return pages


def _check_amount(source: Described, page: Page, total: int, pages: int) -> None:
    if total > source.limits.features or pages > MOST_PAGES:
        raise HarvestError(
            page.url,
            _("more than %(most)d features ([limits] features)") % {"most": source.limits.features},
        )
    if source.service.counts and page.matched is not None and total > page.matched:
        raise Untrue(page.url, _wrong_count(page.matched, total))


def _check_whole(source: Described, pages: Sequence[Page], total: int) -> None:
    last = pages[-1]
    if source.service.counts and last.matched is not None and total != last.matched:
        raise Untrue(last.url, _wrong_count(last.matched, total))
    codes = {each.crs for each in pages if each.crs}
    if len(codes) > 1:
        raise Untrue(
            last.url, _("pages in several CRS: %(names)s") % {"names": ", ".join(sorted(codes))}
        )


def _wrong_count(said: int, found: int) -> str:
    return _(
        "the service says that there are %(said)d features, and gives %(found)d (counts = false takes them)"
    ) % {"said": said, "found": found}


def _fetch(source: Described, kind: Kind, client: Client, store: Store, url: str) -> Page:
    kept = store.kept.get(url)
    body = store.folder / "answer"
    name = store.new_file()
    try:
        answer = client.get(
            url,
            body,
            accept=kind.accept,
            most=kind.most,
            etag=kept.etag if kept else "",
            modified=kept.modified if kept else "",
        )
        if answer.status == 304:
            if kept is None or not (kept.etag or kept.modified):
                raise HarvestError(url, _("304, though nothing was asked conditionally"))
            return kept
        check_type(answer, [*kind.media_types, *source.service.media_types])
        told, tables = kind.read(answer, body)
        features, content = write_page(tables, store.folder / name)
    except (WrongCrs, WrongJson, WrongXml) as error:
        raise HarvestError(url, str(error)) from None
    finally:
        body.unlink(missing_ok=True)
    return Page(
        url=url,
        file=name,
        content=content,
        features=features,
        matched=told.matched,
        next=told.next,
        crs=told.crs,
        etag=answer.etag,
        modified=answer.modified,
        since=kept.since if kept and kept.content == content else timezone.localdate().isoformat(),
    )


def check_type(answer: Answer, known: Sequence[str]) -> None:
    """Raises HarvestError for an answer of another kind: most often a page for people, about an error."""
    if answer.content_type.lower() not in known:
        raise HarvestError(
            answer.url,
            _("the answer is %(type)s, not %(known)s")
            % {"type": answer.content_type or "–", "known": ", ".join(known)},
        )

"""What is kept between two runs of a source: its pages with their validators, and those of a run that broke off.

A folder of files; who deletes it loses nothing but time. One run at a time holds it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.harvest.pages import Page

# Later the service may have changed too much for old and new pages to be one state.
RESUMED_WITHIN = timedelta(hours=6)
STATE, JOURNAL = "state.json", "underway.jsonl"


@dataclass
class Store:
    """One source's folder.

    kept     pages of the last run that was loaded, by address
    fetched  pages of the run that is not loaded yet, by address
    loaded   when the last run was loaded
    """

    folder: Path
    digest: str
    kept: dict[str, Page] = field(default_factory=dict)
    fetched: dict[str, Page] = field(default_factory=dict)
    loaded: datetime | None = None

    def new_file(self) -> str:
        """A name that no page has."""
        number = len(self.fetched) + 1
        while (self.folder / f"{number}.arrow").exists():
            number += 1
        return f"{number}.arrow"

    def add(self, page: Page) -> None:
        """Keep a page of this run, so that a later one need not ask for it again."""
        with (self.folder / JOURNAL).open("a", encoding="utf-8") as journal:
            if not self.fetched:
                begun = {"digest": self.digest, "begun": datetime.now(UTC).isoformat()}
                journal.write(json.dumps(begun) + "\n")
            journal.write(json.dumps(asdict(page)) + "\n")
        self.fetched[page.url] = page

    def was_loaded(self, pages: list[Page]) -> None:
        """These pages are in the database now."""
        self._write(pages, datetime.now(UTC))

    def drop_fetched(self) -> None:
        """The pages of this run are of no use."""
        self.fetched = {}
        (self.folder / JOURNAL).unlink(missing_ok=True)
        self._tidy()

    def forget(self) -> None:
        """Everything is asked for anew."""
        self._write([], self.loaded)

    def _write(self, pages: list[Page], loaded: datetime | None) -> None:
        self.kept, self.fetched, self.loaded = {each.url: each for each in pages}, {}, loaded
        state = {
            "digest": self.digest,
            "loaded": loaded.isoformat() if loaded else None,
            "pages": [asdict(each) for each in pages],
        }
        new = self.folder / f"{STATE}.new"
        new.write_text(json.dumps(state), encoding="utf-8")
        os.replace(new, self.folder / STATE)
        (self.folder / JOURNAL).unlink(missing_ok=True)
        self._tidy()

    def _tidy(self) -> None:
        """Files of pages that no run needs any more."""
        wanted = {each.file for each in (*self.kept.values(), *self.fetched.values())}
        for path in self.folder.glob("*.arrow"):
            if path.name not in wanted:
                path.unlink()

    def read(self) -> None:
        """What earlier runs left, where it answers the same question; what is broken counts as nothing."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            state = json.loads((self.folder / STATE).read_text(encoding="utf-8"))
            self.loaded = datetime.fromisoformat(state["loaded"]) if state["loaded"] else None
            if state["digest"] == self.digest:
                self.kept = self._pages(state["pages"])
        with suppress(OSError, ValueError, KeyError, TypeError):
            lines = (self.folder / JOURNAL).read_text(encoding="utf-8").splitlines(keepends=True)
            head, *pages = [json.loads(each) for each in lines if each.endswith("\n")]
            age = datetime.now(UTC) - datetime.fromisoformat(head["begun"])
            if head["digest"] == self.digest and age < RESUMED_WITHIN:
                self.fetched = self._pages(pages)
        if not self.fetched:
            (self.folder / JOURNAL).unlink(missing_ok=True)
        self._tidy()

    def _pages(self, told: list[dict[str, Any]]) -> dict[str, Page]:
        pages = [Page(**each) for each in told]
        return {each.url: each for each in pages if (self.folder / each.file).is_file()}


@contextmanager
def open_store(name: str, digest: str) -> Iterator[Store]:
    """The folder of a source, held until the end. Raises LoadError while another run holds it."""
    folder = Path(settings.HARVEST_FOLDER) / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise LoadError(str(error)) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LoadError(_("%(name)s is being harvested already.") % {"name": name}) from None
        store = Store(folder, digest)
        store.read()
        yield store

"""Dated snapshots: what a municipality had of a layer on a day, as a file that never changes, with its checksum.

A snapshot is two files in `SNAPSHOT_FOLDER`: the data, and a description of them in JSON. Both are written under a
name that nobody reads, flushed to the disk, and given their own name then, the data last: whatever cuts a run short,
there is either the whole snapshot or none.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from django.conf import settings
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.formats.about import about
from geoplatform.formats.bounds import TooLarge
from geoplatform.formats.writers import WRITERS, write
from geoplatform.query.cql2 import parse_filter
from geoplatform.query.crs import EXACT
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.figures import Holding, holdings

# Layer, part, day and format. No slash: a name that fits leads nowhere but into the folder.
NAME = re.compile(r"[a-z0-9-]+\.[A-Za-z0-9.-]+\.[0-9]{4}-[0-9]{2}-[0-9]{2}\.[a-z]+")
UNFINISHED = ".part"
LOCK = ".lock"


class SnapshotError(Exception):
    """No snapshot can be made. The message is for people."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One file. `part` is that of `Holding`, `licence` a value of `Licence`, `day` as 2026-11-23."""

    file: str
    layer: str
    part: str
    day: str
    format: str
    bytes: int
    sha256: str
    licence: str
    attribution: str

    @property
    def path(self) -> Path:
        return folder() / self.file

    @property
    def checksum_line(self) -> str:
        """As `sha256sum -c` reads it."""
        return f"{self.sha256}  {self.file}\n"


def folder() -> Path:
    """Raises SnapshotError where none is set."""
    if not settings.SNAPSHOT_FOLDER:
        raise SnapshotError(_("No folder is set for snapshots: SNAPSHOT_FOLDER."))
    return Path(settings.SNAPSHOT_FOLDER)


def snapshots() -> list[Snapshot]:
    """All that are whole, the newest first."""
    if not settings.SNAPSHOT_FOLDER or not folder().is_dir():
        return []
    found = filter(None, map(_read, folder().glob("*.json")))
    return sorted(found, key=lambda each: (each.day, each.file), reverse=True)


def find(name: str) -> Snapshot | None:
    """The snapshot whose file is called so."""
    if not settings.SNAPSHOT_FOLDER or not NAME.fullmatch(name):
        return None
    return _read(folder() / f"{name}.json")


def _read(path: Path) -> Snapshot | None:
    """What a description says, where the data that it describes are there."""
    try:
        found = Snapshot(**json.loads(path.read_text()))
        whole = found.path.stat().st_size == found.bytes
    except (OSError, ValueError, TypeError):
        return None
    named = NAME.fullmatch(found.file) and path.name == f"{found.file}.json"
    return found if named and whole else None


def keep(layers: Iterable[Layer], told: Callable[[Snapshot, bool], None]) -> None:
    """Make today's snapshots of these layers, and drop those that are beyond their number or their time.

    told  called with each that was made (True) and dropped (False)
    What is there already stays as it is. Raises SnapshotError; what was made before it stays.
    """
    if settings.SNAPSHOT_FORMAT not in WRITERS:
        raise SnapshotError(
            _("SNAPSHOT_FORMAT is one of %(formats)s.") % {"formats": ", ".join(WRITERS)}
        )
    with _alone():
        for layer in layers:
            for holding in holdings(layer):
                if made := _make(layer, holding):
                    told(made, True)
        for each in _too_old():
            _drop(each)
            told(each, False)


@contextmanager
def _alone() -> Iterator[None]:
    """One run at a time; what an earlier one left unfinished is swept away."""
    folder().mkdir(parents=True, exist_ok=True)
    with (folder() / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SnapshotError(_("Snapshots are being made by another run.")) from None
        for path in folder().glob(f".*{UNFINISHED}"):
            path.unlink()
        for path in folder().glob("*.json"):
            if not path.with_suffix("").exists():
                path.unlink()
        yield


def _make(layer: Layer, holding: Holding) -> Snapshot | None:
    """Today's snapshot; None where it is there."""
    day, form = localdate().isoformat(), settings.SNAPSHOT_FORMAT
    name = f"{layer.name}.{holding.part}.{day}.{form}"
    if find(name):
        return None
    condition = parse_filter(holding.condition, layer=layer) if holding.condition else None
    query = FeatureQuery(layer=layer, filter=condition, limit=None, crs=EXACT)
    attribution = about(query).get("attribution", "")
    try:
        _media_type, _filename, content = write(form, query)
        with closing(content), _named_at_last(name) as file:
            size, digest = _copied(content, file)
            made = Snapshot(
                file=name,
                layer=layer.name,
                part=holding.part,
                day=day,
                format=form,
                bytes=size,
                sha256=digest,
                licence=holding.licence,
                attribution=attribution,
            )
            with _named_at_last(f"{name}.json") as description:
                description.write(json.dumps(asdict(made), ensure_ascii=False).encode())
    except (TooLarge, OSError) as error:
        raise SnapshotError(f"{name}: {error}") from error
    return made


def _copied(content: Iterable[bytes], file: IO[bytes]) -> tuple[int, str]:
    """Write the pieces; their length and SHA-256. Raises SnapshotError beyond what all snapshots together may take."""
    left = settings.SNAPSHOT_BYTES - sum(each.bytes for each in snapshots())
    digest, size = hashlib.sha256(), 0
    for piece in content:
        size += len(piece)
        if size > left:
            raise SnapshotError(
                _("Snapshots would take more than the %(cap)d MB that SNAPSHOT_BYTES allows.")
                % {"cap": settings.SNAPSHOT_BYTES // 10**6}
            )
        digest.update(piece)
        file.write(piece)
    return size, digest.hexdigest()


@contextmanager
def _named_at_last(name: str) -> Iterator[IO[bytes]]:
    """A file that has its name only when all of it is on the disk."""
    unfinished, target = folder() / f".{name}{UNFINISHED}", folder() / name
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(target)
        _flush_names()
    finally:
        unfinished.unlink(missing_ok=True)


def _flush_names() -> None:
    """A name is on the disk when its folder is."""
    handle = os.open(folder(), os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _too_old() -> list[Snapshot]:
    """Beyond SNAPSHOT_KEEP of a part, or older than SNAPSHOT_DAYS; the newest of each part stays."""
    earliest = ""
    if settings.SNAPSHOT_DAYS:
        earliest = (localdate() - dt.timedelta(days=settings.SNAPSHOT_DAYS)).isoformat()
    seen: dict[tuple[str, str, str], int] = {}
    found = []
    for each in snapshots():
        key = (each.layer, each.part, each.format)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > max(settings.SNAPSHOT_KEEP, 1) or (seen[key] > 1 and each.day < earliest):
            found.append(each)
    return found


def _drop(snapshot: Snapshot) -> None:
    """The data first: a description without data is no snapshot."""
    with suppress(FileNotFoundError):
        snapshot.path.unlink()
        (folder() / f"{snapshot.file}.json").unlink()
    _flush_names()

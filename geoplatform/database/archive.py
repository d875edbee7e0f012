"""The folder that backups go to: whole copies of the private cluster, and every segment of its WAL since.

    FOLDER/cluster                            whose backups these are; no other cluster may add to them
    FOLDER/base-2026-11-23T170512.345678Z/    a copy, whole and verified, from which any later moment can be reached
    FOLDER/wal/0000...0007.gz                 what happened since, 16 MB each before compression

What is being written or taken away has another ending, so a name that fits is always a whole thing.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from geoplatform.database.binaries import ClusterError

NAME = "base-%Y-%m-%dT%H%M%S.%fZ"
SEGMENT = re.compile(r"([0-9A-F]{24})(\.[0-9A-F]{8}\.backup)?\.gz")
SEGMENTS_IN_A_LOG = 256  # of 16 MB in 4 GB, as initdb makes them
SPARE = 64 * 2**20  # bytes that stay free
DRAFT, DROPPED = ".draft", ".dropped"


@dataclass(frozen=True)
class Base:
    """A whole copy of the cluster. Moments from `since` on can be reached from it."""

    folder: Path
    since: datetime

    @property
    def major(self) -> int:
        """PostgreSQL's version, which alone can read it."""
        return int((self.folder / "PG_VERSION").read_text())

    @property
    def first_segment(self) -> str:
        """Name of the first segment of WAL that it needs."""
        found = re.search(r"file ([0-9A-F]{24})", (self.folder / "backup_label").read_text())
        if found is None:
            raise ClusterError(
                f"{self.folder / 'backup_label'} names no segment.", "restore from another backup"
            )
        return found[1]

    @property
    def bytes(self) -> int:
        return size(self.folder)


@dataclass(frozen=True)
class Archive:
    """A folder of backups. Making this object touches nothing."""

    folder: Path

    @property
    def wal(self) -> Path:
        return self.folder / "wal"

    @property
    def owner(self) -> Path:
        """The file that says whose backups these are."""
        return self.folder / "cluster"

    def bases(self) -> list[Base]:
        """Return the whole copies, the oldest first."""
        found = []
        for folder in self.folder.glob("base-*"):
            with contextlib.suppress(ValueError):  # a draft, or nothing of ours
                found.append(Base(folder, datetime.strptime(folder.name, NAME).replace(tzinfo=UTC)))
        return sorted(found, key=lambda base: base.since)

    def base_for(self, moment: datetime | None) -> Base:
        """Return the newest copy from which this moment (none: the last) can be reached."""
        bases = self.bases()
        if not bases:
            raise ClusterError(
                f"There is no whole backup in {self.folder}.", "name the folder that backup names"
            )
        fitting = [base for base in bases if moment is None or base.since <= moment]
        if not fitting:
            raise ClusterError(
                f"{moment} lies before the oldest backup, which is of {bases[0].since}.",
                f"choose a moment from {bases[0].since} on",
            )
        return fitting[-1]

    def segments(self) -> list[str]:
        """Return the names of all archived segments in their order."""
        found = (SEGMENT.fullmatch(file.name) for file in self.wal.glob("*.gz"))
        return sorted(match[1] for match in found if match and not match[2])

    def gap(self, first: str) -> str | None:
        """Return the first segment that is missing between this one and the last."""
        there = [name for name in self.segments() if name >= first]
        expected = first
        for name in there:
            if name != expected:
                return expected
            expected = _next(expected)
        return None

    # -- commands that PostgreSQL runs by sh in its data folder; %f is a segment's name, %p its path ----

    @property
    def keep_command(self) -> str:
        """Keep a segment: written under another name, on the disk before it has its own, and never over another one.

        After a crash PostgreSQL hands over again what is already here; that is well if it is the same.
        """
        return (
            f"set -e; d={_for_shell(self.wal)}; if [ -e $d/%f.gz ]; then gunzip -c <$d/%f.gz | cmp -s - %p; "
            "else gzip -1 -c <%p >$d/%f.draft; sync $d/%f.draft; mv -T $d/%f.draft $d/%f.gz; sync $d; fi"
        ).replace("$d", '"$d"')

    @property
    def fetch_command(self) -> str:
        """Fetch a segment: 1 where there is none, which ends a recovery; 200 where it is broken, which fails it."""
        return (
            f"d={_for_shell(self.wal)}; [ -e $d/%f.gz ] || exit 1; gunzip -c <$d/%f.gz >%p || exit 200"
        ).replace("$d", '"$d"')

    # -- tending ---------------------------------------------------------------------------------

    @contextlib.contextmanager
    def alone(self) -> Iterator[int]:
        """Hold the folder's lock; a program that is handed its descriptor holds it on after its caller was killed."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ClusterError(
                    f"Another backup to {self.folder} is under way.", "wait until it has ended"
                ) from None
            yield descriptor
        finally:
            os.close(descriptor)

    def sweep(self) -> None:
        """Take away what was cut off."""
        for folder in self.folder.glob("base-*"):
            if folder.suffix in (DRAFT, DROPPED):
                shutil.rmtree(folder)

    def prune(self, keep: int) -> list[Base]:
        """Drop all but the newest copies, and the WAL that only they needed; return what was dropped."""
        bases = self.bases()
        dropped, kept = bases[:-keep], bases[-keep:]
        for base in dropped:
            base.folder.rename(base.folder.with_name(base.folder.name + DROPPED))
        synced(self.folder)
        self.sweep()
        first = kept[0].first_segment
        for file in self.wal.glob("*.gz"):
            match = SEGMENT.fullmatch(file.name)
            if match and match[1] < first:
                file.unlink()
        return dropped


def need_room(folder: Path, wanted: int) -> None:
    """Refuse to begin what will not fit."""
    free = shutil.disk_usage(folder).free
    if free < wanted + SPARE:
        there, needed = f"{free / 1e6:,.0f} MB", f"{(wanted + SPARE) / 1e6:,.0f} MB"
        raise ClusterError(
            f"The disk is too full: {folder} has {there} free, {needed} are needed.",
            "make room, or name a folder on another disk",
        )


def size(folder: Path) -> int:
    """Return the bytes of all files below a folder; what vanishes meanwhile counts nothing."""
    total = 0
    for root, _folders, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(FileNotFoundError):
                total += os.lstat(os.path.join(root, name)).st_size
    return total


def synced(folder: Path) -> None:
    """Return when the names in this folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _next(segment: str) -> str:
    timeline, log, number = segment[:8], int(segment[8:16], 16), int(segment[16:], 16)
    log, number = divmod(log * SEGMENTS_IN_A_LOG + number + 1, SEGMENTS_IN_A_LOG)
    return f"{timeline}{log:08X}{number:08X}"


def _for_shell(path: Path) -> str:
    return shlex.quote(str(path)).replace("%", "%%")

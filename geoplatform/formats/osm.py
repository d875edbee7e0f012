"""OSM files (PBF, XML, also packed by gzip or bzip2) as tables, one for each selection of objects by tags.

The reading itself is done by a process of its own with limited memory (`osm_read.py`).
"""

from __future__ import annotations

import bz2
import gzip
import json
import subprocess
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
from django.utils.translation import gettext as _

from geoplatform.formats.hexadecimal import from_hex
from geoplatform.formats.readers import GEOMETRY, UnreadableFile

SUFFIXES = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2")
MEMORY = 1_000_000_000  # bytes of the reading process: some 25 million nodes
# Map data pack to a tenth; what packs to less than a hundredth is no map.
MOST_UNPACKED, FREELY_UNPACKED = 100, 1 << 28
BROKEN, TOO_MUCH = 3, 4  # as osm_read.py ends
LENGTH = 8  # as osm_read.py writes pieces
# As C++, Python and the system (of threads) say it.
NO_MEMORY = ("bad_alloc", "MemoryError", "Resource temporarily unavailable")
ID, TAKEN, TAGS = "@id", "@taken", "@tags"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What is taken, as `osm_read.Selection` describes it."""

    geometry: str
    take: Mapping[str, str]
    leave: Sequence[str] = ()
    say: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tags: Sequence[str] = ()
    whole: bool = False
    learn: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """Names of what a row holds, in the order in which `osm_read.Selection.add` writes it."""
        return [ID, TAKEN, *([TAGS] if self.whole else []), *self.say, *self.tags, GEOMETRY]


@dataclass(frozen=True)
class Found:
    """The rows of one selection, in a file: `@id` (`node/123`), `@taken`, `@tags` (all of them, as JSON) if asked for,
    what is said, tags, GEOMETRY (WKB, 4326)."""

    path: Path
    columns: Sequence[str]
    learned: Mapping[str, Mapping[str, str]]

    def batches(self) -> Iterator[pa.Table]:
        types = dict.fromkeys(self.columns, pa.string())
        with self.path.open("rb") as file:
            while said := file.read(LENGTH):
                piece = file.read(int.from_bytes(said, "little"))
                table = pacsv.read_csv(
                    pa.BufferReader(piece),
                    pacsv.ReadOptions(
                        use_threads=False, column_names=self.columns, block_size=len(piece)
                    ),
                    pacsv.ParseOptions(newlines_in_values=True),
                    pacsv.ConvertOptions(
                        column_types=types, null_values=[""], strings_can_be_null=True
                    ),
                ).combine_chunks()
                yield table.set_column(
                    len(self.columns) - 1, GEOMETRY, from_hex(table.column(GEOMETRY))
                )


def read_osm(path: Path, selections: Sequence[Selection], folder: Path) -> list[Found]:
    """Read a file once for all selections, into files in `folder`. Raises UnreadableFile."""
    _check(path)
    files = [folder / f"{number}.pieces" for number in range(len(selections))]
    learned = folder / "learned.json"
    said = {
        "path": str(path.resolve()),
        "memory": MEMORY,
        "learned": str(learned),
        "selections": [
            {**asdict(each), "file": str(file)}
            for each, file in zip(selections, files, strict=True)
        ],
    }
    done = subprocess.run(
        [sys.executable, "-m", "geoplatform.formats.osm_read"],
        input=json.dumps(said),
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UnreadableFile(_reason(path, done.returncode, done.stderr))
    known = json.loads(learned.read_text())
    return [
        Found(file, each.columns, meant)
        for file, each, meant in zip(files, selections, known, strict=True)
    ]


def _check(path: Path) -> None:
    if not path.exists():
        raise UnreadableFile(_("%(path)s: there is no such file.") % {"path": path})
    if not path.is_file() or not path.name.lower().endswith(SUFFIXES):
        raise UnreadableFile(
            _("%(path)s: this is no OSM file; its name ends in one of %(known)s.")
            % {"path": path, "known": ", ".join(SUFFIXES)}
        )
    if path.stat().st_size == 0:
        raise UnreadableFile(_("%(path)s: the file is empty.") % {"path": path})
    if path.suffix.lower() not in {".gz", ".bz2"}:
        return
    most = max(FREELY_UNPACKED, MOST_UNPACKED * path.stat().st_size)
    unpacked = 0
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else bz2.open(path) as file:
            while piece := file.read(1 << 20):
                unpacked += len(piece)
                if unpacked > most:
                    raise UnreadableFile(
                        _("%(path)s: it unpacks to more than %(times)d times its size: no map.")
                        % {"path": path, "times": most // path.stat().st_size}
                    )
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFile(
            _("%(path)s: the archive is broken or cut short (%(reason)s).")
            % {"path": path, "reason": error}
        ) from None


def _reason(path: Path, status: int, told: str) -> str:
    lines = told.strip().splitlines()
    if status == TOO_MUCH or any(each in told for each in NO_MEMORY):
        return _(
            "%(path)s: the file needs more than %(limit)d MB of memory; cut out your city first (osmium extract)."
        ) % {"path": path, "limit": MEMORY // 1_000_000}
    if status == BROKEN and lines:
        return _("%(path)s: the file cannot be read (%(reason)s).") % {
            "path": path,
            "reason": lines[-1][:200],
        }
    return _("%(path)s: the file cannot be read (%(reason)s).") % {
        "path": path,
        "reason": lines[-1][:200] if lines else _("the reader broke off"),
    }

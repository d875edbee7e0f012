"""Whether a picture that a client holds is still what would be drawn now: asked of the edit log, without drawing.

The ETag says what the picture was made by and when: the programs' edition, the request, and the snapshot of the
database in which its first data were read (docs/decisions/0017, 0024).
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from django.utils import timezone

from geoplatform import query
from geoplatform.catalog import registry
from geoplatform.database import reading
from geoplatform.history.edits import is_snapshot, shown_tables
from geoplatform.query.along import asked_along
from geoplatform.query.feature_query import Box
from geoplatform.query.select import raw_cursor
from geoplatform.rendering.view import AROUND
from geoplatform.services.wms.getmap import margin, shown
from geoplatform.services.wms.maps import Map

NOW = "SELECT * FROM geoplatform.moment()"
WIDTH = 3  # columns
UNCHANGED = """geoplatform.unchanged(%s::text::regclass::oid, %s::text::box,
    ARRAY(SELECT each::regclass::oid FROM unnest(%s::text[]) each), %s::text::pg_snapshot, %s::bigint)"""
PRUNE = "SELECT geoplatform.prune_tiles()"
# Degrees: changes are logged in boxes of float32, whose numbers stand up to 1.5e-5 apart.
BLUR = 3.1e-5
TAG = re.compile(
    r"(?P<made_by>[0-9a-f]{24})\.(?P<generation>[0-9]{1,18})\.(?P<seen>[0-9:,]{3,4000})"
)


@dataclass
class Validator:
    """`etag` of what is drawn, None where none can be given; `holds` is one that the client may keep.

    Without one that may be kept, the etag is known only when the picture is drawn.
    """

    etag: str | None = None
    holds: str | None = None


@contextmanager
def validating(
    asked: Map, request: str, known: Collection[str], *, draws: bool
) -> Iterator[Validator]:
    """What is drawn within has the etag: of the snapshot in which its first data are read, or of one before.

    request  whatever else the picture follows from, as text
    known    etags that the client holds
    draws    whether anything is drawn within, unless the client may keep what it holds
    """
    made_by = _made_by(request)
    valid = Validator()
    held = next((each for each in known if _is_ours(each, made_by)), None)
    if held:
        row = _asked(asked, held)
        if row[-1]:
            valid.holds = held
        yield valid
    elif draws and shown(asked):
        with asked_along(NOW, WIDTH) as along:
            yield valid
        assert along.row is not None
        row = along.row
    else:
        row = _now()
        yield valid
    seen, generation, due, *_unchanged = row
    if due and not reading.is_replica():
        with raw_cursor() as cursor:
            cursor.execute(PRUNE)
    valid.etag = f"{made_by}.{generation}.{seen}" if generation is not None else None


def _now() -> Sequence[Any]:
    with raw_cursor() as cursor:
        row = cursor.execute(NOW, prepare=True).fetchone()
    assert row is not None
    return row


def _is_ours(etag: str, made_by: str) -> bool:
    """Whether an etag can be one that this platform gave for this picture."""
    held = TAG.fullmatch(etag)
    return bool(held and held["made_by"] == made_by and is_snapshot(held["seen"]))


def _asked(asked: Map, etag: str) -> Sequence[Any]:
    """What NOW tells, and whether nothing has changed since; in one statement."""
    _made_by, number, seen = etag.split(".")
    terms, parameters = [], []
    for table, box, shown_beside in _places(asked):
        terms.append(UNCHANGED)
        parameters += [table, box, shown_beside, seen, int(number)]
    text = f"SELECT n.*, {' AND '.join(terms) or 'true'} FROM ({NOW}) n"
    with raw_cursor() as cursor:
        row = cursor.execute(text, parameters, prepare=True).fetchone()
    assert row is not None
    return row


def _places(asked: Map) -> Iterator[tuple[str, str, list[str]]]:
    """Of each layer its table, the box in degrees where a change shows, and the tables whose every change may show."""
    for part in shown(asked):
        west, south, east, north = degrees(asked.view.mercator(margin(asked.view, part)))
        box = f"({east + BLUR!r},{north + BLUR!r}),({west - BLUR!r},{south - BLUR!r})"
        beside = [f"public.{name}" for name in shown_tables(part.layer)]
        yield f"public.{part.layer.model._meta.db_table}", box, beside


def degrees(box: Box) -> Box:
    """A box of EPSG:3857 in degrees; its edges are meridians and parallels in both."""
    west, south, east, north = (each / AROUND * 2 * math.pi for each in box)
    low, high = (math.degrees(math.atan(math.sinh(each))) for each in (south, north))
    return math.degrees(west), low, math.degrees(east), high


def _made_by(request: str) -> str:
    """The day counts too: "ripe now" is another question tomorrow."""
    text = f"{edition()} {timezone.localdate()} {request}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


@cache
def edition() -> str:
    """Names the programs, declarations and libraries that pictures are drawn by."""
    folders = {Path(inspect.getfile(layer.model)).parent for layer in registry.layers()}
    rooms = Path(inspect.getfile(query)).parents[1]
    files = [file for folder in folders for file in folder.glob("*.py")]
    for room in ("catalog", "query", "pyramid", "rendering", "services/wms"):
        files += (rooms / room).rglob("*.py")
    digest = blake2b(digest_size=6)
    for file in sorted(files):
        digest.update(file.read_bytes())
    for name in sorted(f"{each.name} {each.version}" for each in distributions()):
        digest.update(name.encode())
    return digest.hexdigest()

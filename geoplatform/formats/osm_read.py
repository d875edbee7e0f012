"""Reads an OSM file in a process of its own: `python -m geoplatform.formats.osm_read`.

What is wanted comes as JSON on standard input (`osm.py` writes it); each selection becomes a file of pieces of CSV. A
file that is broken on purpose can at worst end this process: its memory is limited, and it has no database to leave
half loaded. One pass serves all selections. Knows no Django, and no Arrow: to load that costs half of what it costs to
read a city.
"""

from __future__ import annotations

import csv
import io
import json
import resource
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import osmium

from geoplatform.formats.osm_tags import Choice, parse

POINT, LINE, AREA = "point", "line", "area"
ROWS_AT_ONCE, BYTES_AT_ONCE = 16_384, 1 << 24
LENGTH = 8  # bytes before each piece that say how long it is, little endian
BROKEN, TOO_MUCH = 3, 4
ByKey = dict[str, list["Selection"]]
NAMES = {"n": "node", "w": "way", "r": "relation"}


# As PostgreSQL takes it; the NUL that it would not take ends a text of libosmium.
written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Selection:
    """What becomes of the objects that one mapping takes.

    geometry  point, line or area
    take      condition -> value of the column `@taken`; an object for which none holds is not taken
    leave     conditions under which it is not taken all the same
    say       further columns, each by a table like `take`
    tags      tags that become columns
    whole     whether all tags together, as JSON, become the column `@tags`
    learn     column -> two tags: what the second one's value goes with most often, over all objects of the file
    """

    def __init__(self, said: dict[str, Any]) -> None:
        self.geometry: str = said["geometry"]
        self.take = Choice(said["take"])
        self.leave = [parse(each) for each in said["leave"]]
        self.say = [Choice(table) for table in said["say"].values()]
        self.tags: list[str] = said["tags"]
        self.whole: bool = said["whole"]
        self.learn: dict[str, list[str]] = said["learn"]
        self.learned: dict[str, dict[str, Counter[str]]] = {name: {} for name in self.learn}
        self.expected: set[str] = set()
        self.later: dict[str, dict[str, str]] = {}
        self.file = Path(said["file"])
        self.file.touch()
        self.piece = io.BytesIO()
        self.writer = csv.writer(
            io.TextIOWrapper(self.piece, "utf-8", newline="", write_through=True)
        )
        self.rows = 0

    def takes(self, tags: dict[str, str]) -> str | None:
        taken = self.take.value(tags)
        if taken is None or any(each.holds(tags) for each in self.leave):
            return None
        return taken

    def add(self, key: str, taken: str, tags: dict[str, str], shape: str | None) -> None:
        """A row: key, `taken`, all tags if asked for, what is said, tags, shape. What is not there is left empty."""
        self.writer.writerow(
            [
                key,
                taken,
                *([written(tags)] if self.whole else []),
                *(choice.value(tags) for choice in self.say),
                *(tags.get(name) for name in self.tags),
                shape,
            ]
        )
        for name, (value, by) in self.learn.items():
            if value in tags and by in tags:
                self.learned[name].setdefault(tags[by], Counter())[tags[value]] += 1
        self.rows += 1
        if self.rows >= ROWS_AT_ONCE or self.piece.tell() >= BYTES_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        if length := self.piece.tell():
            with self.file.open("ab") as file:
                file.write(length.to_bytes(LENGTH, "little"))
                file.write(self.piece.getbuffer())
        self.piece.seek(0)
        self.piece.truncate()
        self.rows = 0

    def end(self) -> None:
        """Objects of which no area came: they are told without a geometry."""
        for key, tags in self.later.items():
            self.add(key, self.takes(tags) or "", tags, None)
        self.flush()


def read(path: str, selections: list[Selection]) -> None:
    """Read a file once. Raises what libosmium raises."""
    shapes = osmium.geom.WKBFactory()
    keys = {key for each in selections for key in each.take.by_key}
    by_kind = {
        kind: _by_key([each for each in selections if each.geometry == kind])
        for kind in (POINT, LINE, AREA)
    }
    objects: Any = osmium.FileProcessor(path)
    objects = objects.with_areas() if by_kind[AREA] else objects.with_locations()
    for each in objects.with_filter(osmium.filter.KeyFilter(*keys)):
        tags = {tag.k: tag.v for tag in each.tags}
        if each.is_node():
            for selection in _candidates(tags, by_kind[POINT]):
                if (taken := selection.takes(tags)) is not None:
                    selection.add(f"node/{each.id}", taken, tags, _shape(shapes.create_point, each))
        elif each.is_area():
            key = f"{'way' if each.from_way() else 'relation'}/{each.orig_id()}"
            for selection in _candidates(tags, by_kind[AREA]):
                if (taken := selection.takes(tags)) is not None:
                    shape = _shape(shapes.create_multipolygon, each)
                    selection.later.pop(key, None)
                    selection.expected.add(key)
                    selection.add(key, taken, tags, shape)
        else:
            _way_or_relation(each, tags, by_kind, shapes)


def _by_key(selections: list[Selection]) -> ByKey:
    """Selections by the tags of which their objects have one."""
    found: ByKey = {}
    for selection in selections:
        for key in selection.take.by_key:
            found.setdefault(key, []).append(selection)
    return found


def _candidates(tags: dict[str, str], by_key: ByKey) -> Iterable[Selection]:
    """Selections that may take an object with these tags, each once."""
    lists = [by_key[key] for key in tags if key in by_key]
    return lists[0] if len(lists) == 1 else dict.fromkeys(each for one in lists for each in one)


def _way_or_relation(
    each: Any, tags: dict[str, str], by_kind: dict[str, ByKey], shapes: Any
) -> None:
    key = f"{NAMES[each.type_str()]}/{each.id}"
    if each.is_way():
        for selection in _candidates(tags, by_kind[LINE]):
            if (taken := selection.takes(tags)) is not None:
                selection.add(key, taken, tags, _shape(shapes.create_linestring, each))
    elif tags.get("type") not in {"multipolygon", "boundary"}:
        return
    for selection in _candidates(tags, by_kind[AREA]):
        if (
            tags.get("area") != "no"
            and key not in selection.expected
            and selection.takes(tags) is not None
        ):
            selection.later[key] = tags


def _shape(make: Any, each: Any) -> str | None:
    """WKB in hex digits, None where the file does not hold all nodes of it."""
    try:
        shape: str = make(each)
        return shape
    except (RuntimeError, osmium.InvalidLocationError):
        return None


def main() -> int:
    said = json.load(sys.stdin)
    limit = said["memory"]
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    selections = [Selection(each) for each in said["selections"]]
    try:
        read(said["path"], selections)
        for each in selections:
            each.end()
    except MemoryError:
        return TOO_MUCH
    except (RuntimeError, ValueError, OSError, OverflowError) as error:
        print(str(error).splitlines()[0] if str(error) else repr(error), file=sys.stderr)
        return BROKEN
    learned = [
        {
            name: {key: counts.most_common(1)[0][0] for key, counts in by.items()}
            for name, by in each.learned.items()
        }
        for each in selections
    ]
    Path(said["learned"]).write_text(json.dumps(learned))
    return 0


if __name__ == "__main__":
    sys.exit(main())

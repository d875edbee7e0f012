"""Reads an OSM file in a process of its own: `python -m geoplatform.formats.osm_read`.

What is wanted comes as JSON on standard input (`osm.py` writes it); each selection becomes an Arrow stream file. A file
that is broken on purpose can at worst end this process: its memory is limited, and it has no database to leave half
loaded. One pass serves all selections. Knows no Django.
"""

from __future__ import annotations

import json
import resource
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import osmium
import pyarrow as pa

from geoplatform.formats.osm_tags import Choice, parse
from geoplatform.formats.startup import without_pandas

ID, TAKEN, TAGS = "@id", "@taken", "@tags"
POINT, LINE, AREA = "point", "line", "area"
ROWS_AT_ONCE = 16_384
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

    def __init__(self, said: dict[str, Any], geometry_name: str) -> None:
        self.geometry: str = said["geometry"]
        self.take = Choice(said["take"])
        self.leave = [parse(each) for each in said["leave"]]
        self.say = {name: Choice(table) for name, table in said["say"].items()}
        self.tags: list[str] = said["tags"]
        self.whole: bool = said["whole"]
        self.learn: dict[str, list[str]] = said["learn"]
        self.learned: dict[str, dict[str, Counter[str]]] = {name: {} for name in self.learn}
        self.expected: set[str] = set()
        names = [ID, TAKEN, *([TAGS] if self.whole else []), *self.say, *self.tags]
        self.columns: dict[str, list[Any]] = {name: [] for name in names}
        self.shapes: list[bytes | None] = []
        self.schema = pa.schema(
            [*((name, pa.string()) for name in names), (geometry_name, pa.binary())]
        )
        self.writer = pa.ipc.new_stream(said["file"], self.schema)
        self.later: dict[str, dict[str, str]] = {}

    def takes(self, tags: dict[str, str]) -> str | None:
        taken = self.take.value(tags)
        if taken is None or any(each.holds(tags) for each in self.leave):
            return None
        return taken

    def add(self, key: str, taken: str, tags: dict[str, str], shape: bytes | None) -> None:
        columns = self.columns
        columns[ID].append(key)
        columns[TAKEN].append(taken)
        if self.whole:
            columns[TAGS].append(written(tags))
        for name, choice in self.say.items():
            columns[name].append(choice.value(tags))
        for name in self.tags:
            columns[name].append(tags.get(name))
        for name, (value, by) in self.learn.items():
            if value in tags and by in tags:
                self.learned[name].setdefault(tags[by], Counter())[tags[value]] += 1
        self.shapes.append(shape)
        if len(self.shapes) >= ROWS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        arrays = [pa.array(each, pa.string()) for each in self.columns.values()]
        self.writer.write_batch(
            pa.record_batch([*arrays, pa.array(self.shapes, pa.binary())], schema=self.schema)
        )
        for each in self.columns.values():
            each.clear()
        self.shapes.clear()

    def end(self) -> None:
        """Objects of which no area came: they are told without a geometry."""
        for key, tags in self.later.items():
            self.add(key, self.takes(tags) or "", tags, None)
        self.flush()
        self.writer.close()


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


def _shape(make: Any, each: Any) -> bytes | None:
    """WKB, None where the file does not hold all nodes of it."""
    try:
        return bytes.fromhex(make(each))
    except (RuntimeError, osmium.InvalidLocationError):
        return None


def main() -> int:
    without_pandas()
    said = json.load(sys.stdin)
    limit = said["memory"]
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    selections = [Selection(each, said["geometry_name"]) for each in said["selections"]]
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

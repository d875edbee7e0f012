"""GeoJSON as it comes from a service: read feature by feature, so that its size costs time and not memory.

Brackets outside of texts are counted, many bytes at once; they tell where each feature begins and ends. What lies
between them is read by Python's own JSON, one feature after the other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from django.utils.translation import gettext as _

from geoplatform.exchange.harvest.crs import code_of
from geoplatform.formats.readers import GEOMETRY

LARGEST = 16_000_000  # bytes of one feature, and of all that is no feature
DEEPEST = 64  # a multipolygon is ten deep
PIECE = 1 << 18
ROWS_AT_ONCE = 5_000
ID = "id"
UNREADABLE = b"\0"  # no WKB: the importer reports the row
LIST = re.compile(rb'[{,]\s*"features"\s*:\s*\[\Z')
BLANK = b" \t\r\n"


class WrongJson(Exception):
    """It is no collection of features. The message says why."""


class Splitter:
    """Cuts a document into its features and the rest, in which the list of features is empty."""

    def __init__(self) -> None:
        self.rest, self.feature, self.gap = bytearray(), bytearray(), bytearray()
        self.depth = self.quoted = self.count = self.lists = 0
        self.inside = False  # the list of features
        self.held = b""

    def add(self, piece: bytes) -> Iterator[bytes]:
        """The features that end in this piece. Raises WrongJson."""
        text = self.held + piece
        # An escape may go on in the next piece; in a row of them each two are one.
        odd = (len(text) - len(text.rstrip(b"\\"))) % 2
        text, self.held = text[: len(text) - odd], text[len(text) - odd :]
        # Escapes are two signs long, so that all places stay.
        bare = text.replace(b"\\\\", b"__").replace(b'\\"', b"__")
        if not bare:
            return
        signs = np.frombuffer(bare, np.uint8)
        quoted = (np.cumsum(signs == ord('"')) + self.quoted) % 2 == 1
        # { and [ differ from } and ] by two, and from all other signs outside of texts.
        opens = ((signs | 32) == ord("{")) & ~quoted
        closes = ((signs | 32) == ord("}")) & ~quoted
        places = np.flatnonzero(opens | closes)
        steps = np.where(opens[places], 1, -1)
        depths = self.depth + np.cumsum(steps)
        if len(depths) and depths.max() > DEEPEST:
            raise WrongJson(_("nested too deep"))
        if len(depths) and depths.min() < 0:
            raise _broken()
        # Those that open or close a feature, or what is around it.
        cuts = np.minimum(depths, depths - steps) <= 2
        at = 0
        for place, depth, step in zip(
            places[cuts].tolist(), depths[cuts].tolist(), steps[cuts].tolist(), strict=True
        ):
            self._take(text[at:place], depth - step)
            yield from self._bracket(text[place : place + 1], depth, step)
            at = place + 1
        self.depth = int(depths[-1]) if len(depths) else self.depth
        self.quoted = int(quoted[-1])
        self._take(text[at:], self.depth)

    def _take(self, part: bytes, depth: int) -> None:
        into = self.rest if not self.inside else self.feature if depth > 2 else self.gap
        into += part
        if len(into) > LARGEST:
            raise WrongJson(
                _("a single feature is larger than %(most)d MB") % {"most": LARGEST // 1_000_000}
            )

    def _bracket(self, sign: bytes, depth: int, step: int) -> Iterator[bytes]:
        """One that opens to `depth` (step 1), or closes to it."""
        if not self.inside:
            self.rest += sign
            if step > 0 and depth == 2 and LIST.search(self.rest[-1000:]):
                self.inside = True
                self.lists += 1
        elif step > 0:
            if sign != b"{":
                raise WrongJson(_("a member of the collection is no feature"))
            self._check_gap(b"," if self.count else b"")
            self.feature += sign
        elif depth == 2:
            self.feature += sign
            self.count += 1
            yield bytes(self.feature)
            self.feature.clear()
        else:
            self._check_gap(b"")
            self.inside = False
            self.rest += sign

    def _check_gap(self, wanted: bytes) -> None:
        """What stands between two features."""
        found = bytes(self.gap).strip(BLANK)
        self.gap.clear()
        if found == wanted:
            return
        if found.strip(b"," + BLANK):
            raise WrongJson(_("a member of the collection is no feature"))
        raise _broken()

    def end(self) -> dict[str, Any]:
        """The members of the collection besides its features. Raises WrongJson."""
        if self.depth or self.quoted or self.held:
            raise _broken()
        found = _load(bytes(self.rest))
        if not isinstance(found, dict) or found.get("type") != "FeatureCollection":
            raise WrongJson(_("it is no FeatureCollection"))
        if found.get("features") != [] or self.lists != 1:
            raise WrongJson(_("it is no FeatureCollection"))
        return found


def _broken() -> WrongJson:
    return WrongJson(_("the JSON is broken or cut short"))


def _load(text: bytes) -> Any:
    try:
        return json.loads(text.decode("utf-8-sig"), parse_constant=_no_number)
    except ValueError:
        raise _broken() from None


def _no_number(_name: str) -> Any:
    """NaN and Infinity are no JSON (RFC 8259, 6)."""
    raise ValueError


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def members(path: Path) -> dict[str, Any]:
    """What a collection says besides its features, after a look at the whole of it. Raises WrongJson."""
    split = Splitter()
    for piece in _pieces(path):
        for _feature in split.add(piece):
            pass
    return split.end()


def count_of(found: dict[str, Any]) -> int | None:
    """`numberMatched`, None where there is none, or none that is a number."""
    count = found.get("numberMatched")
    return count if type(count) is int and count >= 0 else None


def old_crs(found: dict[str, Any]) -> str | None:
    """The CRS of GeoJSON as of 2008 (`crs`, dropped by RFC 7946, 4), None where none is named. Raises WrongJson."""
    crs = found.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    return crs_code(properties.get("name") if isinstance(properties, dict) else None)


def crs_code(name: Any) -> str | None:
    """The code of a CRS that a document names, None where it names none. Raises WrongJson."""
    if name is None:
        return None
    code = code_of(name) if isinstance(name, str) else None
    if code is None:
        raise WrongJson(_("%(name)s is no name of a CRS") % {"name": str(name)[:80]})
    return code


def tables(path: Path, *, flip: bool) -> Iterator[pa.Table]:
    """The features, some thousand at once; `flip` where coordinates come with y or latitude first. Raises WrongJson."""
    split = Splitter()
    rows: list[dict[str, Any]] = []
    size = 0
    for piece in _pieces(path):
        for text in split.add(piece):
            feature = _load(text)
            if feature.get("type") != "Feature":
                raise WrongJson(_("a member of the collection is no feature"))
            rows.append(feature)
            size += len(text)
            if len(rows) == ROWS_AT_ONCE or size > LARGEST:
                yield _table(rows, flip=flip)
                rows, size = [], 0
    split.end()
    if rows:
        yield _table(rows, flip=flip)


def _table(features: list[dict[str, Any]], *, flip: bool) -> pa.Table:
    names: dict[str, None] = {}
    values: list[dict[str, Any]] = []
    for feature in features:
        properties = feature.get("properties") or {}
        if not isinstance(properties, dict):
            raise WrongJson(_("the properties of a feature are no object"))
        if ID not in properties and feature.get("id") is not None:
            properties = {ID: feature["id"], **properties}
        names |= dict.fromkeys(properties)
        values.append(properties)
    columns = {
        name: pa.array([_text(each.get(name)) for each in values], pa.string()) for name in names
    }
    return pa.table({**columns, GEOMETRY: _wkb([each.get("geometry") for each in features], flip)})


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _wkb(geometries: list[Any], flip: bool) -> pa.Array:
    texts = np.array([_geometry(each) for each in geometries], object)
    found = shapely.from_geojson(texts, on_invalid="ignore")
    if flip:
        found = shapely.transform(found, lambda xy: xy[:, ::-1])
    lost = shapely.is_missing(found) & np.array([each is not None for each in texts], bool)
    column = shapely.to_wkb(found)
    column[lost] = UNREADABLE
    return pa.array(column, pa.binary())


def _geometry(value: Any) -> str | None:
    if value is None:
        return None
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        return "unreadable"

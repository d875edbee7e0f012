"""GeoJSON as it comes from a service: read piece by piece, so that its size costs time and not memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import ijson
import numpy as np
import pyarrow as pa
import shapely
from django.utils.translation import gettext as _

from geoplatform.formats.readers import GEOMETRY

LARGEST = 32_000_000  # bytes of one feature
DEEPEST = 64  # a multipolygon is ten deep
ROWS_AT_ONCE = 5_000
HEAD = 1_000_000
ID = "id"
UNREADABLE = b"\0"  # no WKB: the importer reports the row


class WrongJson(Exception):
    """It is no collection of features. The message says why."""


class _Shallow:
    """A file of JSON that is not nested too deep: the reader's memory grows with the square of the depth."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.depth, self.within, self.held = file, 0, 0, b""

    def read(self, size: int = -1) -> bytes:
        piece = self.file.read(size)
        self._look(self.held + piece)
        return piece

    def _look(self, text: bytes) -> None:
        # An escape may go on in the next piece.
        whole = text.rstrip(b"\\")
        self.held = text[len(whole) :]
        bare = whole.replace(b"\\\\", b"__").replace(b'\\"', b"__")
        signs = np.frombuffer(bare, np.uint8)
        within = (np.cumsum(signs == ord('"')) + self.within) % 2 == 1
        # { and [ differ from } and ] by two, and from all other signs outside of texts.
        opens = ((signs | 32) == ord("{")) & ~within
        closes = ((signs | 32) == ord("}")) & ~within
        depths = np.cumsum(opens.astype(np.int8) - closes.astype(np.int8), dtype=np.int64)
        if len(signs):
            if self.depth + int(depths.max()) > DEEPEST:
                raise WrongJson(_("nested too deep"))
            self.depth += int(depths[-1])
            self.within = int(within[-1])


class _Bounded(_Shallow):
    """The same, of which no more than LARGEST bytes are read from one feature to the next."""

    since = 0

    def read(self, size: int = -1) -> bytes:
        piece = super().read(size)
        self.since += len(piece)
        if self.since > LARGEST:
            raise WrongJson(
                _("a single feature is larger than %(most)d MB") % {"most": LARGEST // 1_000_000}
            )
        return piece


def members(path: Path, prefix: str) -> list[Any]:
    """The values at a path of member names (`links.item`)."""
    with path.open("rb") as file:
        try:
            return list(ijson.items(_Shallow(file), prefix, use_float=True))
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise WrongJson(_reason(error)) from None


def check_collection(path: Path) -> None:
    """Raises WrongJson for what is no FeatureCollection."""
    with path.open("rb") as file:
        try:
            kind = next(iter(ijson.items(_Shallow(file), "type")), None)
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise WrongJson(_reason(error)) from None
    if kind != "FeatureCollection":
        raise WrongJson(_("it is no FeatureCollection"))


def old_crs(path: Path) -> str | None:
    """The CRS of GeoJSON as of 2008 (`crs` before the features, dropped by RFC 7946, 4), None where none is named."""
    with path.open("rb") as file:
        head = BytesIO(file.read(HEAD))
    try:
        found = next(iter(ijson.items(_Shallow(head), "crs.properties.name")), None)
    except (ijson.JSONError, UnicodeDecodeError):  # cut at a million bytes
        return None
    return found if isinstance(found, str) else None


def tables(path: Path, *, flip: bool) -> Iterator[pa.Table]:
    """The features, some thousand at once; `flip` where coordinates come with y or latitude first. Raises WrongJson."""
    rows: list[dict[str, Any]] = []
    with path.open("rb") as file:
        bounded = _Bounded(file)
        since = 0
        try:
            for feature in ijson.items(bounded, "features.item", use_float=True):
                if not isinstance(feature, dict) or feature.get("type") != "Feature":
                    raise WrongJson(_("a member of the collection is no feature"))
                rows.append(feature)
                since += bounded.since
                bounded.since = 0
                if len(rows) == ROWS_AT_ONCE or since > LARGEST:
                    yield _table(rows, flip=flip)
                    rows, since = [], 0
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise WrongJson(_reason(error)) from None
    if rows:
        yield _table(rows, flip=flip)


def _reason(error: Exception) -> str:
    if isinstance(error, ijson.IncompleteJSONError):
        return _("the JSON is broken or cut short")
    return _("no JSON (%(reason)s)") % {"reason": " ".join(str(error).split())[:100]}


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

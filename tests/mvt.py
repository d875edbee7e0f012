"""Read vector tiles (Mapbox Vector Tile 2.1, 4) as far as tests need, and say which tile holds a place."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import Any

Feature = tuple[int, dict[str, Any]]


def tile_of(longitude: float, latitude: float, z: int) -> tuple[int, int]:
    """Column and row of the tile that holds a place, rows counted from the north."""
    n = 2**z
    y = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2
    return int((longitude + 180) / 360 * n), int(y * n)


def decode(tile: bytes) -> dict[str, list[Feature]]:
    """Layer -> features, each its id and its attributes."""
    found: dict[str, list[Feature]] = {}
    for number, body in _fields(tile):
        if number == 3:
            name, features = _layer(body)
            assert name not in found, "a layer's name stands once in a tile (4.1)"
            found[name] = features
    return found


def _layer(body: bytes) -> tuple[str, list[Feature]]:
    name, keys, values, features = "", [], [], []
    for number, part in _fields(body):
        match number:
            case 1:
                name = part.decode()
            case 2:
                features.append(part)
            case 3:
                keys.append(part.decode())
            case 4:
                values.append(_value(part))
    return name, [_feature(part, keys, values) for part in features]


def _feature(body: bytes, keys: list[str], values: list[Any]) -> Feature:
    identity, tags = 0, []
    for number, part in _fields(body):
        if number == 1:
            identity = part
        elif number == 2:
            tags = list(_varints(part))
    pairs = zip(tags[::2], tags[1::2], strict=True)
    return identity, {keys[key]: values[value] for key, value in pairs}


def _value(body: bytes) -> Any:
    number, part = next(_fields(body))
    match number:
        case 1:
            return part.decode()
        case 2:
            return struct.unpack("<f", part)[0]
        case 3:
            return struct.unpack("<d", part)[0]
        case 6:
            return (part >> 1) ^ -(part & 1)
        case 7:
            return bool(part)
    return part


def _fields(body: bytes) -> Iterator[tuple[int, Any]]:
    """Number and content of each protobuf field: bytes, or an integer for a varint."""
    at = 0
    while at < len(body):
        tag, at = _varint(body, at)
        match tag & 7:
            case 0:
                value, at = _varint(body, at)
                yield tag >> 3, value
            case kind:
                size = {1: 8, 5: 4}.get(kind, 0)
                if kind == 2:
                    size, at = _varint(body, at)
                yield tag >> 3, body[at : at + size]
                at += size


def _varints(body: bytes) -> Iterator[int]:
    at = 0
    while at < len(body):
        value, at = _varint(body, at)
        yield value


def _varint(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (body[at] & 127) << shift
        shift += 7
        at += 1
        if body[at - 1] < 128:
            return value, at


def points(content: bytes) -> list[dict[str, Any]]:
    """The point features of a tile of one layer: `layer`, `id` (None without), `at` in tile units and `properties`."""
    found = []
    for _number, layer in _fields(content):
        name, keys, values, features = "", [], [], []
        for number, value in _fields(layer):
            if number == 1:
                name = value.decode()
            elif number == 2:
                features.append(dict(_fields(value)))
            elif number == 3:
                keys.append(value.decode())
            elif number == 4:
                values.append(_value(value))
        for each in features:
            tags = list(_varints(each.get(2, b"")))
            command, x, y = list(_varints(each[4]))[:3]
            assert command == 9, "one MoveTo"
            found.append(
                {
                    "layer": name,
                    "id": each.get(1),
                    "at": (_signed(x), _signed(y)),
                    "properties": {
                        keys[key]: values[value]
                        for key, value in zip(tags[::2], tags[1::2], strict=True)
                    },
                }
            )
    return found


def _signed(number: int) -> int:
    return (number >> 1) ^ -(number & 1)

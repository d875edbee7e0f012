"""A reader of Mapbox vector tiles (specification 2.1), points only: what a client would see of a tile's bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any


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


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at


def _varints(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        number, at = _varint(data, at)
        yield number


def _signed(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value: Any
            value, at = _varint(data, at)
        elif kind == 1:
            value, at = data[at : at + 8], at + 8
        elif kind == 5:
            value, at = data[at : at + 4], at + 4
        else:
            size, at = _varint(data, at)
            value, at = data[at : at + size], at + size
        yield number, value


def _value(data: bytes) -> Any:
    [(number, value)] = _fields(data)
    match number:
        case 1:
            return value.decode()
        case 2:
            return struct.unpack("<f", value)[0]
        case 3:
            return struct.unpack("<d", value)[0]
        case 6:
            return _signed(value)
        case 7:
            return bool(value)
        case _:
            return value

"""Lines and areas as people type them: positions line by line, or WKT or GeoJSON as programs write them."""

from __future__ import annotations

import json
import re
from typing import Any

from django import forms
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.contributions.geometry import MOST_BYTES, NAMES, parse_geometry

NUMBER = r"-?\d+(?:[.,]\d+)?"
# `53.6288, 11.4148` and `53,6288; 11,4148`, latitude first, as map programs and phones show a position.
PAIR = re.compile(rf"^\s*({NUMBER})°?(?:\s*[;/ ]\s*|,\s+)({NUMBER})°?\s*$")
WKT = re.compile(
    r"^(?:SRID=4326;)?\s*(MULTI)?(POINT|LINESTRING|POLYGON)\s*(\([\d\s.,()eE+-]*\))\s*$", re.I
)
LOOKS_LIKE_WKT = re.compile(r"(SRID|MULTI|POINT|LINESTRING|POLYGON|GEOMETRY|CURVE|CIRCULAR)", re.I)
POSITION = re.compile(r"(-?[\d.]+(?:[eE][+-]?\d+)?)\s+(-?[\d.]+(?:[eE][+-]?\d+)?)")
DIGITS = 7  # of a degree: about a centimetre


class ShapeField(forms.CharField):
    """A geometry of a layer's type. Each line is a position, an empty line begins another part."""

    def __init__(self, *, layer: Layer, **kwargs: Any) -> None:
        self.layer = layer
        attributes = {"rows": 6, "spellcheck": "false", "autocomplete": "off", "class": "shape"}
        widget = forms.Textarea(attrs=attributes)
        super().__init__(widget=widget, max_length=MOST_BYTES, **kwargs)

    def clean(self, value: Any) -> GEOSGeometry:
        return read(super().clean(value), self.layer)


def read(text: str, layer: Layer) -> GEOSGeometry:
    """A geometry in EPSG:4326 from what was typed. Raises ValidationError."""
    text = text.strip()
    if text.startswith("{"):
        return parse_geometry(_from_json(text), layer)
    if LOOKS_LIKE_WKT.match(text):
        return parse_geometry(_from_wkt(text), layer)
    return parse_geometry(_from_lines(text, layer), layer)


def write(geometry: GEOSGeometry) -> str:
    """The same as text that `read` takes: lines where there is no hole, else WKT."""
    coordinates: Any = geometry.coords  # type: ignore[attr-defined]
    many, kind = geometry.geom_type.startswith("Multi"), geometry.geom_type.removeprefix("Multi")
    parts = coordinates if many else [coordinates]
    if kind == "Polygon":
        if any(len(part) > 1 for part in parts):
            return geometry.wkt
        # A ring ends where it begins; people need not type that.
        parts = [part[0][:-1] for part in parts]
    return "\n\n".join("\n".join(_line(each) for each in part) for part in parts)


def _line(position: Any) -> str:
    latitude, longitude = (
        f"{round(each, DIGITS):.{DIGITS}f}" for each in (position[1], position[0])
    )
    return f"{latitude.rstrip('0')}, {longitude.rstrip('0')}"


def _from_json(text: str) -> Any:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _not_understood() from error
    if found.get("type") == "Feature":
        found = found.get("geometry")
    return found


def _from_wkt(text: str) -> dict[str, Any]:
    """Well-known text (OGC 06-103r4, 7.2), longitude first, without a parser that nobody can interrupt."""
    found = WKT.match(text)
    if not found:
        raise _not_understood()
    many, kind, body = found.groups()
    as_json = POSITION.sub(r"[\1,\2]", body).replace("(", "[").replace(")", "]")
    try:
        coordinates = json.loads(as_json)
    except (ValueError, RecursionError) as error:
        raise _not_understood() from error
    name = NAMES[f"{many or ''}{kind}".upper()]
    return {"type": name, "coordinates": coordinates[0] if name == "Point" else coordinates}


def _from_lines(text: str, layer: Layer) -> dict[str, Any]:
    wanted = NAMES[str(layer.geometry_type)]
    kind = wanted.removeprefix("Multi")
    parts: list[Any] = [
        [_position(line, number) for number, line in block] for block in _blocks(text)
    ]
    if kind == "Polygon":
        for part in parts:
            if len(part) < 3:
                raise ValidationError(
                    _("An area needs three positions at least, each on a line of its own.")
                )
        parts = [[_closed(part)] for part in parts]
    return (
        {"type": f"Multi{kind}", "coordinates": parts}
        if len(parts) != 1
        else {"type": kind, "coordinates": parts[0]}
    )


def _blocks(text: str) -> list[list[tuple[int, str]]]:
    blocks: list[list[tuple[int, str]]] = [[]]
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            blocks[-1].append((number, line))
        elif blocks[-1]:
            blocks.append([])
    return [each for each in blocks if each]


def _position(line: str, number: int) -> list[float]:
    pair = PAIR.match(line)
    if not pair:
        raise ValidationError(
            _(
                "Line %(number)d is no position: “%(line)s”. Please write it such as 53.6288, 11.4148."
            )
            % {"number": number, "line": line.strip()[:40]}
        )
    latitude, longitude = (float(each.replace(",", ".")) for each in pair.groups())
    return [longitude, latitude]


def _closed(ring: list[Any]) -> list[Any]:
    return ring if ring[0] == ring[-1] else [*ring, ring[0]]


def _not_understood() -> ValidationError:
    return ValidationError(
        _("This is not understood. Please write one position on each line, or WKT or GeoJSON.")
    )

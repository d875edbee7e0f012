"""A small picture of a geometry before and after, as SVG: drawn on the server, so that it needs no script."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, MARGIN = 160.0, 100.0, 12.0
MOST = 2000  # positions of a ring that are drawn; more nobody sees at this size

Position = tuple[float, float]


def picture(before: Mapping[str, Any], after: Mapping[str, Any]) -> SafeString:
    """Both geometries (GeoJSON, degrees) in one scale, north up: as it was dashed, as it is solid."""
    old, new = (list(_parts(each)) for each in (before, after))
    every = [position for part, _closed in (*old, *new) for position in part]
    if not every:
        return SafeString("")
    west, east = min(x for x, _y in every), max(x for x, _y in every)
    south, north = min(y for _x, y in every), max(y for _x, y in every)
    # A degree of longitude is shorter than one of latitude, by the cosine.
    narrow = math.cos(math.radians((south + north) / 2))
    across, up = (east - west) * narrow, north - south
    size = max(across / (WIDTH - 2 * MARGIN), up / (HEIGHT - 2 * MARGIN), 1e-9)

    def place(position: Position) -> Position:
        x, y = position
        return (
            WIDTH / 2 + (x - (west + east) / 2) * narrow / size,
            HEIGHT / 2 - (y - (south + north) / 2) / size,
        )

    if len(every) == 2:  # a point that moved
        (x1, y1), (x2, y2) = map(place, every)
        shapes = format_html(
            '<line class="way" x1="{}" y1="{}" x2="{}" y2="{}"/><circle class="old" cx="{}" cy="{}" r="5"/>'
            '<circle class="new" cx="{}" cy="{}" r="5"/>',
            *(f"{n:.1f}" for n in (x1, y1, x2, y2, x1, y1, x2, y2)),
        )
    else:
        paths = [(kind, _path(parts, place)) for kind, parts in (("old", old), ("new", new))]
        shapes = format_html_join("", '<path class="{}" d="{}"/>', paths)
    return format_html(
        '<svg class="outline" viewBox="0 0 {} {}" width="{}" height="{}" aria-hidden="true">{}</svg>',
        int(WIDTH), int(HEIGHT), int(WIDTH), int(HEIGHT), shapes,
    )  # fmt: skip


def _path(parts: list[tuple[list[Position], bool]], place: Any) -> str:
    drawn = []
    for positions, closed in parts:
        step = max(1, len(positions) // MOST)
        points = [place(each) for each in positions[::step]]
        drawn.append(
            "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + ("Z" if closed else "")
        )
    return "".join(drawn)


def _parts(geometry: Mapping[str, Any]) -> Iterator[tuple[list[Position], bool]]:
    """Lines of positions, and whether they are rings."""
    kind, inner = geometry["type"].removeprefix("Multi"), geometry["coordinates"]
    for one in inner if geometry["type"].startswith("Multi") else [inner]:
        if kind == "Point":
            yield [(one[0], one[1])], False
        elif kind == "LineString":
            yield [(each[0], each[1]) for each in one], False
        else:
            for ring in one:
                yield [(each[0], each[1]) for each in ring], True

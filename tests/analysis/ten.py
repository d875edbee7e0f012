"""Cities side by side, in the database: squares of two kilometres that share borders, so that each needs its ring."""

from __future__ import annotations

import numpy as np
from django.contrib.gis.geos import LineString, MultiPolygon, Point, Polygon

from layers.gardens import Garden, GardenPlot
from layers.green_corridors import GreenCorridor
from layers.green_spaces import GreenSpace
from layers.plants import Plant
from layers.streets import Street
from tests import make

EAST, NORTH = 0.03, 0.018  # degrees: two kilometres, about
WEST, SOUTH = 11.0, 53.0
KINDS = ("park", "forest", "meadow", "playground", "cemetery")


def cities(number: int, seed: int = 1) -> list[str]:
    """So many municipalities in two rows, of four quarters each; keys (AGS) as they come."""
    chance = np.random.default_rng(seed)
    species = [
        make.species(name) for name in ("Malus domestica", "Tilia cordata", "Acer campestre")
    ]
    return [_city(n, chance, species) for n in range(number)]


def _city(n: int, chance: np.random.Generator, species: list) -> str:
    west, south = WEST + (n // 2) * EAST, SOUTH + (n % 2) * NORTH
    box = (west, south, west + EAST, south + NORTH)
    # Half of them have another metric CRS than their neighbours.
    srid = 25833 if n % 4 < 2 else 25832
    town = make.municipality(
        f"130{n:05d}", quarter_kind="Stadtteil", metric_srid=srid, outline=make.area(*box)
    )
    half_east, half_north = EAST / 2, NORTH / 2
    for part in range(4):
        x, y = west + (part % 2) * half_east, south + (part // 2) * half_north
        corners = (x, y, x + half_east, y + half_north)
        make.quarter(
            town,
            f"{n}-{part}",
            corners,
            kind="Stadtteil",
            inhabitants=int(chance.integers(500, 9000)),
        )
    source = make.source()

    def spot(size: float) -> tuple[float, float]:
        return west + chance.uniform(0, EAST - size), south + chance.uniform(0, NORTH - size)

    def square(low: float, high: float) -> Polygon:
        size = chance.uniform(low, high)
        x, y = spot(size)
        return Polygon.from_bbox((x, y, x + size, y + size * 0.6))

    GreenSpace.objects.bulk_create(
        GreenSpace(
            kind=str(chance.choice(KINDS)),
            source=source,
            area=MultiPolygon(square(0.0004, 0.004), srid=4326),
        )
        for _each in range(14)
    )
    GreenCorridor.objects.bulk_create(
        GreenCorridor(kind="avenue", source=source, course=_lines(spot(0.005), chance))
        for _each in range(3)
    )
    Street.objects.bulk_create(_streets(west, south, source))
    Plant.objects.bulk_create(
        Plant(
            location=Point(*spot(0), srid=4326),
            source=source,
            access="public",
            growth_form="tree",
            species=species[int(chance.integers(3))],
            crown_m=float(chance.integers(2, 14)),
        )
        for _each in range(60)
    )
    site = Garden.objects.create(
        kind="allotment-site", source=source, area=MultiPolygon(square(0.001, 0.002), srid=4326)
    )
    west_end, south_end, _east, _north = site.area.extent
    plot = Polygon.from_bbox((west_end, south_end, west_end + 0.0004, south_end + 0.0003))
    plot.srid = 4326
    GardenPlot.objects.create(garden=site, source=source, area=plot)
    return town.ags


def _lines(start: tuple[float, float], chance: np.random.Generator):
    from django.contrib.gis.geos import MultiLineString

    x, y = start
    return MultiLineString(
        LineString((x, y), (x + chance.uniform(0.001, 0.005), y + chance.uniform(0, 0.002))),
        srid=4326,
    )


def _streets(west: float, south: float, source: object) -> list[Street]:
    """A grid of ways; those at the border lead on in the neighbour's, for both have the same places."""
    made = []
    for n in range(7):
        x, y = west + n * EAST / 6, south + n * NORTH / 6
        across = [(west + k * EAST / 6, y) for k in range(7)]
        along = [(x, south + k * NORTH / 6) for k in range(7)]
        made += [
            Street(kind="residential", source=source, course=LineString(each, srid=4326))
            for each in (across, along)
        ]
    return made

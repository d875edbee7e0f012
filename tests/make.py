"""Small things that tests stand on: a municipality of two quarters, a species, a plant."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Point, Polygon

from geoplatform.catalog.models import Licensing, Source
from layers.gardens import Garden, GardenPlot
from layers.municipalities import Municipality
from layers.plants import Plant
from layers.quarters import Quarter
from layers.species import Species

# Two squares of 0.1 degree side by side; the shared edge is at longitude 11.1.
WEST_BOX = (11.0, 53.0, 11.1, 53.1)
EAST_BOX = (11.1, 53.0, 11.2, 53.1)
_NUMBERS = count()


def source(name: str = "test", **values: Any) -> Source:
    return Source.objects.get_or_create(
        name=name, defaults={"title": f"Source {name}", "licence": "cc-zero", **values}
    )[0]


def area(west: float, south: float, east: float, north: float) -> MultiPolygon:
    return MultiPolygon(Polygon.from_bbox((west, south, east, north)), srid=4326)


def municipality(ags: str = "13004000", **values: Any) -> Municipality:
    return Municipality.objects.create(
        ags=ags, source=source(), **{"name": f"Town {ags}", **values}
    )


def quarter(
    town: Municipality, key: str, box: tuple[float, float, float, float], **values: Any
) -> Quarter:
    return Quarter.objects.create(
        municipality=town,
        key=key,
        source=source(),
        outline=area(*box),
        **{"name": f"Quarter {key}", **values},
    )


def town() -> tuple[Municipality, Quarter, Quarter]:
    """A municipality with the quarters a (west) and b (east)."""
    made = municipality()
    return made, quarter(made, "a", WEST_BOX), quarter(made, "b", EAST_BOX)


def species(name: str = "Malus domestica", **values: Any) -> Species:
    defaults = {
        "german_name": "Apfel",
        "english_name": "Apple",
        "genus": name.split()[0],
        "growth_form": "tree",
        "edible": True,
        "category": "fruit",
        "fruit_from": 8.0,
        "fruit_to": 11.0,
    }
    return Species.objects.create(botanical_name=name, source=source(), **{**defaults, **values})


def new_species(**values: Any) -> Species:
    """One that no example of a property-based test has made before."""
    return species(f"Kind {next(_NUMBERS)}", **values)


def licensing(feature: Any) -> None:
    """Settle the licence of this table in this municipality, as the first contribution does, with a lock."""
    Licensing.objects.create(
        table=feature._meta.db_table,
        municipality_id=feature.municipality_id,
        licence=feature.licence,
    )


def plant(longitude: float = 11.05, latitude: float = 53.05, **values: Any) -> Plant:
    made = Plant.objects.create(
        location=Point(longitude, latitude, srid=4326),
        **{"source": source(), "access": "public", **values},
    )
    made.refresh_from_db()
    return made


def garden(name: str, box: tuple[float, float, float, float], **values: Any) -> Garden:
    defaults = {"kind": "allotment-site", "source": source(), "source_key": name}
    return Garden.objects.create(name=name, area=area(*box), **{**defaults, **values})


def plot(of: Garden, box: tuple[float, float, float, float], **values: Any) -> GardenPlot:
    shape = Polygon.from_bbox(box)
    shape.srid = 4326
    return GardenPlot.objects.create(garden=of, area=shape, source=source(), **values)

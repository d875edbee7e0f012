"""Servers that others wrote, harvested: MapServer's WFS and pygeoapi, in several CRS and sizes of pages."""

from __future__ import annotations

import math
import os
import random
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import shapely
from django.contrib.gis.geos import MultiPolygon, Polygon

from geoplatform.exchange.harvest.description import read_source
from geoplatform.exchange.harvest.run import harvest
from layers.green_spaces import GreenSpace
from layers.plants import Plant
from tests import make
from tests.clients import mapserver, pygeoapi
from tests.conftest import _admin, _create, _drop, _point_at, addresses
from tests.exchange.neighbour import neighbour

pytestmark = pytest.mark.prove
SEED = 8
TREES = 250
NAMES = {"2.0.0": "ms:", "1.1.0": ""}  # as MapServer calls its types
DESCRIPTION = """
layer = "{layer}"
key = ["id"]
contact = "gis@town.example"
[service]
kind = "{kind}"
url = "{url}"
{service}
[limits]
pause = 0
[source]
name = "neighbour"
title = "The neighbour"
licence = "cc-zero"
[municipality]
ags = "13004000"
name = "Town"
metric_srid = 25833
[fields]
{fields}
"""
FIELDS = {
    "trees": """
species = "species"
height_m = "height_m"
note = "note"
own_growth_form = { constant = "tree" }
""",
    "green-spaces": 'name = "name"\nkind = "kind"\n',
}
COLUMNS = {
    "trees": "p.fid, p.id, p.height_m, p.note, s.botanical_name AS species, p.location "
    "FROM layers_plant p JOIN layers_species s ON s.id = p.species_id",
    "green-spaces": "p.fid, p.id, p.name, p.kind, p.area FROM layers_greenspace p",
}


def notes(number: int) -> str:
    """Values that a guess of types, or a careless writer, would spoil."""
    return ("007", "1e3", "Größe <5 & \"mehr\" 'so'", "Straße 5a", "true")[number % 5]


def trees() -> dict[str, tuple[float, float | None, str, tuple[float, float]]]:
    """What the trees of a town are: height, note and place, by a name of their own."""
    chance = random.Random(SEED)
    return {
        f"t{n}": (
            n,
            None if n % 7 == 0 else n / 10,
            notes(n),
            (11 + chance.random() / 5, 53 + chance.random() / 10),
        )
        for n in range(1, TREES + 1)
    }


def area(chance: random.Random) -> Polygon:
    """A ragged area with a hole."""
    x, y = 11.05 + chance.random() / 10, 53.03 + chance.random() / 20
    turns = [2 * math.pi * each / 30 for each in range(30)]
    outer = [
        (x + r * math.cos(t), y + r * math.sin(t))
        for t in turns
        if (r := chance.uniform(0.004, 0.006))
    ]
    hole = [(x + 0.001 * math.cos(t), y + 0.001 * math.sin(t)) for t in turns[::5]]
    return Polygon([*outer, outer[0]], [*hole, hole[0]], srid=4326)


@pytest.fixture(scope="module")
def town_of_others(migrated_template, django_db_setup, django_db_blocker):
    """A database with trees and areas, and what they are by the keys that they will have."""
    name = f"gptest_run_{os.getpid()}_others"
    with _admin() as admin:
        _drop(admin, name)
        _create(admin, name, migrated_template)
        _point_at(name)
        with django_db_blocker.unblock():
            make.town()
            kind = make.species()
            known = {
                str(make.plant(*at, species=kind, height_m=height, note=note).pk): (
                    height,
                    note,
                    at,
                )
                for _n, height, note, at in trees().values()
            }
            chance = random.Random(SEED)
            spaces = {}
            for number in range(30):
                made = GreenSpace.objects.create(
                    name=notes(number),
                    kind="park",
                    source=make.source(),
                    area=MultiPolygon(area(chance), srid=4326),
                )
                spaces[str(made.pk)] = shapely.from_wkb(bytes(made.area.wkb))
        _point_at(f"gptest_run_{os.getpid()}")
        try:
            yield addresses(name)["DATABASE_URL"], known, spaces
        finally:
            _drop(admin, name)


@pytest.fixture
def wfs(town_of_others):
    """Address of MapServer's WFS on that database."""
    tables = [
        mapserver.Table(
            layer,
            kind,
            f"{column} FROM (SELECT {COLUMNS[layer]} ORDER BY p.fid) AS t USING UNIQUE fid USING SRID=4326",
            4326,
            mapserver.filled("#7bb661"),
        )
        for layer, kind, column in (
            ("trees", "POINT", "location"),
            ("green-spaces", "POLYGON", "area"),
        )
    ]
    with neighbour() as there:
        online = f"{there.url}/wfs?"
        with mapserver.mapserver(town_of_others[0], tables, online) as peer:

            def answer(request):
                found = peer.get(urlsplit(request.path).query)
                request.say(found.body, found.content_type)

            there.answers["/wfs"] = answer
            yield there


@pytest.fixture
def harvested(settings, tmp_path, fresh_database):
    """Harvest into an empty database of one's own."""
    settings.HARVEST_NETWORKS = ["127.0.0.0/8"]
    settings.HARVEST_FOLDER = tmp_path / "kept"

    def run(layer: str, kind: str, url: str, service: str):
        path: Path = tmp_path / "neighbour.toml"
        path.write_text(
            DESCRIPTION.format(
                layer=layer, kind=kind, url=url, service=service, fields=FIELDS[layer]
            )
        )
        done = harvest(read_source(path))
        assert not done.summary.problems, done.summary.problems
        return done

    return run


def check_trees(known, within=1e-9):
    found = {each.source_key: each for each in Plant.objects.select_related("species")}
    assert set(found) == set(known)
    for key, (height, note, at) in known.items():
        plant = found[key]
        assert (plant.height_m, plant.note) == (height, note)
        assert plant.species.botanical_name == "Malus domestica"
        assert math.dist(plant.location.coords, at) < within, key


@pytest.mark.skipif(mapserver.PROGRAM is None, reason=mapserver.MISSING)
@pytest.mark.parametrize("size", [0, 100, 1])
@pytest.mark.parametrize("crs", ["", "EPSG:4326", "EPSG:25833", "EPSG:3857"])
@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
def test_mapservers_wfs(wfs, town_of_others, harvested, version, crs, size):
    if size == 1 and crs:
        size = 60
    asked = f'layer = "{NAMES[version]}trees"\nversion = "{version}"\npage_size = {size}\n'
    done = harvested("trees", "wfs", f"{wfs.url}/wfs", asked + (f'crs = "{crs}"' if crs else ""))
    assert done.pages == (-(-TREES // size) + 1 if size else 1)
    check_trees(town_of_others[1])


@pytest.mark.skipif(mapserver.PROGRAM is None, reason=mapserver.MISSING)
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:25833"])
@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
def test_mapservers_areas(wfs, town_of_others, harvested, version, crs):
    asked = f'layer = "{NAMES[version]}green-spaces"\nversion = "{version}"\ncrs = "{crs}"\npage_size = 7'
    harvested("green-spaces", "wfs", f"{wfs.url}/wfs", asked)
    found = {each.source_key: each for each in GreenSpace.objects.all()}
    assert set(found) == set(town_of_others[2])
    for key, shape in town_of_others[2].items():
        here = shapely.from_wkb(bytes(found[key].area.wkb))
        assert shape.hausdorff_distance(here) < 1e-9
        assert len(here.geoms[0].interiors) == 1


@pytest.mark.skipif(mapserver.PROGRAM is None, reason=mapserver.MISSING)
@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
def test_mapservers_wfs_by_box(wfs, town_of_others, harvested, version):
    """A box in degrees, whose corners are written as the version and the CRS's name want it."""
    asked = f'layer = "{NAMES[version]}trees"\nversion = "{version}"\nbbox = [11.05, 53.02, 11.1, 53.08]'
    harvested("trees", "wfs", f"{wfs.url}/wfs", asked)
    here = {each.source_key: each.location.coords for each in Plant.objects.all()}
    box = shapely.box(11.05, 53.02, 11.1, 53.08)
    inside = {
        key
        for key, (_height, _note, at) in town_of_others[1].items()
        if box.contains(shapely.Point(at))
    }
    assert 10 < len(inside) < 100
    assert inside <= set(here)
    # MapServer's own boxes are a little larger than those that it is asked for.
    assert all(box.distance(shapely.Point(at)) < 0.01 for at in here.values())


FILTERS = {
    "2.0.0": """<fes:Filter xmlns:fes='http://www.opengis.net/fes/2.0'><fes:PropertyIsGreaterThan>
<fes:ValueReference>height_m</fes:ValueReference><fes:Literal>20</fes:Literal></fes:PropertyIsGreaterThan></fes:Filter>""",
    "1.1.0": """<Filter xmlns='http://www.opengis.net/ogc'><PropertyIsGreaterThan>
<PropertyName>height_m</PropertyName><Literal>20</Literal></PropertyIsGreaterThan></Filter>""",
}


@pytest.mark.skipif(mapserver.PROGRAM is None, reason=mapserver.MISSING)
@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
def test_mapservers_wfs_by_filter(wfs, town_of_others, harvested, version):
    text = FILTERS[version].replace("\n", "")
    asked = f'layer = "{NAMES[version]}trees"\nversion = "{version}"\nfilter = """{text}"""'
    harvested("trees", "wfs", f"{wfs.url}/wfs", asked)
    tall = {key: each for key, each in town_of_others[1].items() if (each[0] or 0) > 20}
    assert 0 < len(tall) < TREES
    check_trees(tall)


@pytest.mark.skipif(not (pygeoapi.BIN / "pygeoapi").exists(), reason=pygeoapi.MISSING)
@pytest.mark.parametrize("crs", ["", "EPSG:4326", "EPSG:25833"])
def test_pygeoapi(harvested, tmp_path, crs):
    known = trees()
    features = [
        {
            "type": "Feature",
            "id": key,
            "geometry": {"type": "Point", "coordinates": at},
            "properties": {
                "id": key,
                "height_m": height,
                "note": note,
                "species": "Malus domestica",
            },
        }
        for key, (_n, height, note, at) in known.items()
    ]
    collection = {"type": "FeatureCollection", "features": features}
    offered = ("OGC/1.3/CRS84", "EPSG/0/4326", "EPSG/0/25833")
    with pygeoapi.pygeoapi(collection, tmp_path, offered) as address:
        asked = 'layer = "trees"\npage_size = 100\n' + (f'crs = "{crs}"' if crs else "")
        done = harvested("trees", "ogc-api-features", address, asked)
    assert done.pages == 3
    check_trees({key: each[1:] for key, each in known.items()})

"""Extracts of OpenStreetMap: what becomes of which tags, whole shapes, one licence, nothing doubled."""

import bz2
import csv
import gzip
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from geoplatform.catalog.models import Licensing, Source
from geoplatform.exchange.models import ObjectTags
from layers.gardens import Garden, GardenPlot
from layers.green_corridors import GreenCorridor
from layers.green_spaces import GreenSpace
from layers.municipalities import Municipality
from layers.plants import Plant
from layers.quarters import Quarter
from layers.species import Species
from layers.streets import Street
from tests import make
from tests.exchange.osm_files import OsmFile

pytestmark = pytest.mark.django_db


@pytest.fixture
def load_osm(tmp_path):
    """Load a file; gives exit status, printed text and the reported objects by layer."""

    def run(data, *options, name="town.osm"):
        path = tmp_path / name
        text = data.xml() if isinstance(data, OsmFile) else data
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        out, status = StringIO(), 0
        reports = tmp_path / "reports"
        try:
            call_command("load-osm", str(path), "--report", str(reports), *options, stdout=out)
        except SystemExit as end:
            status = int(end.code)
        found = {
            each.name.split("-town")[0]: list(csv.DictReader(each.open()))
            for each in reports.glob("*.csv")
        }
        return status, out.getvalue(), found

    return run


def town_file():
    file = OsmFile()
    file.node(
        11.05,
        53.05,
        natural="tree",
        species="Malus domestica",
        height="4,5 m",
        diameter_crown=3,
        circumference="80 cm",
        start_date="2010-03",
        access="yes",
    )
    file.node(11.06, 53.05, natural="tree", produce="apple")
    file.node(11.07, 53.05, natural="tree", genus="Quercus", height="tall")
    file.node(11.08, 53.05, natural="bench")
    file.box(11.01, 53.01, 11.03, 53.02, leisure="park", name="Schlosspark")
    site = file.box(11.05, 53.06, 11.09, 53.08, landuse="allotments", name="Abendfrieden")
    file.box(11.051, 53.061, 11.052, 53.062, allotments="plot", ref=7)
    file.box(11.15, 53.06, 11.16, 53.07, leisure="garden", garden__type="community")
    file.box(11.12, 53.02, 11.13, 53.03, landuse="orchard", orchard="meadow_orchard")
    file.box(11.14, 53.02, 11.15, 53.03, landuse="orchard")
    file.way((11.01, 53.04), (11.02, 53.04), highway="footway", name="Uferweg")
    file.way((11.01, 53.05), (11.02, 53.05), highway="residential", foot="no")
    file.way((11.01, 53.05), (11.02, 53.06), highway="service")
    file.way((11.03, 53.03), (11.04, 53.03), natural="tree_row")
    return file, site


def test_objects_become_features_of_their_layers(load_osm):
    make.species()
    make.town()
    file, site = town_file()
    status, printed, reports = load_osm(file)
    assert status == 3, printed
    apple, by_fruit, oak = Plant.objects.order_by("source_key")
    assert (apple.source_key, apple.species.botanical_name, apple.access) == (
        "node/1",
        "Malus domestica",
        "public",
    )
    assert (apple.height_m, apple.crown_m, apple.trunk_girth_cm, apple.planted_year) == (
        4.5,
        3.0,
        80.0,
        2010,
    )
    assert (by_fruit.species.botanical_name, by_fruit.edible) == ("Malus domestica", True)
    assert (oak.species.botanical_name, oak.edible, oak.height_m) == ("Quercus", None, None)
    [told] = reports["trees"]
    assert (told["key"], told["kind"]) == ("node/3", "repaired"), "loaded, without its height"
    park, orchard = GreenSpace.objects.order_by("kind").values_list("kind", "public_access", "name")
    assert park == ("orchard", None, "")
    assert orchard == ("park", True, "Schlosspark")
    assert set(Garden.objects.values_list("kind", "name")) == {
        ("allotment-site", "Abendfrieden"),
        ("community", ""),
        ("orchard-meadow", ""),
    }
    plot = GardenPlot.objects.get()
    assert (plot.number, plot.garden.source_key) == ("7", f"way/{site}")
    assert dict(Street.objects.values_list("kind", "foot")) == {
        "footway": True,
        "residential": False,
        "service": None,
    }
    assert GreenCorridor.objects.get().kind == "avenue"
    assert set(Plant.objects.values_list("licence", flat=True)) == {"odbl"}


def test_loading_again_doubles_nothing(load_osm):
    make.species()
    make.town()
    file, _site = town_file()
    load_osm(file)
    before = list(Plant.objects.order_by("fid").values()), Street.objects.count()
    load_osm(file)
    assert (list(Plant.objects.order_by("fid").values()), Street.objects.count()) == before


def test_multipolygons_come_whole_or_are_told(load_osm):
    make.town()
    file = OsmFile()
    first = file.box(11.01, 53.01, 11.03, 53.03)
    hole = file.box(11.015, 53.015, 11.02, 53.02)
    second = file.box(11.05, 53.05, 11.06, 53.06)
    file.relation((first, "outer"), (hole, "inner"), (second, "outer"), landuse="forest")
    file.relation((first, "outer"), (99, "outer"), leisure="park")
    status, _printed, reports = load_osm(file)
    forest = GreenSpace.objects.get()
    assert forest.source_key == "relation/1"
    assert (len(forest.area), len(forest.area[0])) == (2, 2)
    assert status == 3
    [told] = reports["green-spaces"]
    assert (told["key"], told["kind"]) == ("relation/2", "reported")
    assert "not all of it is in the file" in told["problem"]


def test_a_shape_that_crosses_itself_is_told(load_osm):
    make.town()
    file = OsmFile()
    bow = [(11.01, 53.01), (11.02, 53.02), (11.02, 53.01), (11.01, 53.02)]
    file.way(*bow, closed=True, leisure="park")
    file.way((11.01, 53.01), (11.02, 53.02), leisure="park")
    file.node(11.05, 53.05, natural="tree")
    status, _printed, reports = load_osm(file)
    assert (status, GreenSpace.objects.count(), Plant.objects.count()) == (3, 0, 1)
    assert {each["key"] for each in reports["green-spaces"]} == {"way/1", "way/2"}


def test_a_species_is_learned_from_its_wikidata_item(load_osm):
    make.town()
    file = OsmFile()
    file.node(11.05, 53.05, natural="tree", species="Tilia cordata", species__wikidata="Q158746")
    file.node(11.06, 53.05, natural="tree", species__wikidata="Q158746")
    file.node(11.07, 53.05, natural="tree", species__wikidata="Q999")
    assert load_osm(file)[0] == 0
    names = [each.species and each.species.botanical_name for each in _plants()]
    assert names == ["Tilia cordata", "Tilia cordata", None]
    assert Species.objects.filter(botanical_name="Tilia cordata").count() == 1


def _plants():
    return Plant.objects.select_related("species").order_by("source_key")


def test_each_object_goes_to_the_municipality_it_overlaps_most(load_osm):
    west, east = make.municipality("13004000"), make.municipality("13003000")
    make.quarter(west, "a", make.WEST_BOX)
    make.quarter(east, "b", make.EAST_BOX)
    file = OsmFile()
    file.node(11.05, 53.05, natural="tree")
    file.node(11.15, 53.05, natural="tree")
    file.node(12.5, 53.05, natural="tree")
    file.box(11.09, 53.01, 11.13, 53.02, leisure="park")
    status, printed, _reports = load_osm(file)
    assert status == 0
    assert [each.municipality_id for each in _plants()] == [west.pk, east.pk]
    assert GreenSpace.objects.get().municipality_id == east.pk
    assert "left out" in printed
    assert set(Licensing.objects.values_list("table", "municipality", "licence")) == {
        ("layers_plant", west.pk, "odbl"),
        ("layers_plant", east.pk, "odbl"),
        ("layers_greenspace", east.pk, "odbl"),
    }


def test_what_lies_mostly_in_the_neighbour_is_left_to_it(load_osm):
    west, east = make.municipality("13004000"), make.municipality("13003000")
    make.quarter(west, "a", make.WEST_BOX)
    make.quarter(east, "b", make.EAST_BOX)
    Licensing.objects.create(table="layers_greenspace", municipality=east, licence="cc-zero")
    file = OsmFile()
    file.box(11.09, 53.01, 11.13, 53.02, leisure="park")
    file.box(11.05, 53.01, 11.11, 53.02, leisure="park")
    assert load_osm(file, "--municipality", "13004000")[0] == 0
    assert GreenSpace.objects.get().source_key == "way/2"


def test_where_the_database_finds_another_municipality_licences_are_kept_apart_too(load_osm):
    """More of the park lies in the west, but no quarter there holds as much of it as the one in the east."""
    west, east = make.municipality("13004000"), make.municipality("13003000")
    for number in range(4):
        south = 53.0 + number / 40
        make.quarter(west, f"a{number}", (11.0, south, 11.1, south + 0.025))
    make.quarter(east, "b", make.EAST_BOX)
    Licensing.objects.create(table="layers_greenspace", municipality=east, licence="cc-zero")
    file = OsmFile()
    file.box(11.04, 53.01, 11.15, 53.09, leisure="park")
    with pytest.raises(CommandError, match="never mixed"):
        load_osm(file, "--municipality", "13004000")
    assert GreenSpace.objects.count() == 0


def test_municipality_box_and_layers_can_be_chosen(load_osm):
    west, east = make.municipality("13004000"), make.municipality("13003000")
    make.quarter(west, "a", make.WEST_BOX)
    make.quarter(east, "b", make.EAST_BOX)
    file = OsmFile()
    for longitude in (11.02, 11.05, 11.15):
        file.node(longitude, 53.05, natural="tree")
    file.box(11.01, 53.01, 11.02, 53.02, leisure="park")
    load_osm(file, "--municipality", "13004000", "--only", "trees")
    assert [each.source_key for each in _plants()] == ["node/1", "node/2"]
    assert GreenSpace.objects.count() == 0
    Plant.objects.all().delete()
    load_osm(file, "--bbox", "11.04,53,11.2,53.1", "--only", "trees")
    assert [each.source_key for each in _plants()] == ["node/2", "node/3"]


def test_a_municipality_that_nobody_knows_comes_from_the_file(load_osm):
    file = OsmFile()
    ring = file.box(*make.WEST_BOX)
    file.relation(
        (ring, "outer"),
        type="boundary",
        boundary="administrative",
        admin_level=8,
        name="Schwerin",
        de__amtlicher_gemeindeschluessel="13004000",
    )
    half = file.box(11.0, 53.0, 11.05, 53.1)
    file.relation(
        (half, "outer"),
        type="boundary",
        boundary="administrative",
        admin_level=10,
        name="Altstadt",
    )
    file.node(11.02, 53.05, natural="tree")
    assert load_osm(file, "--municipality", "13004000")[0] == 0
    town = Municipality.objects.get()
    assert (town.ags, town.name, town.metric_srid) == ("13004000", "Schwerin", 25832)
    quarter = Quarter.objects.get()
    assert (quarter.name, quarter.kind, quarter.municipality) == ("Altstadt", "Stadtteil", town)
    assert Plant.objects.get().quarter == quarter


def test_licences_are_never_mixed(load_osm):
    town = make.town()[0]
    make.species()
    Licensing.objects.create(table="layers_street", municipality=town, licence="cc-zero")
    file, _site = town_file()
    with pytest.raises(CommandError, match="never mixed") as error:
        load_osm(file)
    assert error.value.returncode == 2
    assert Plant.objects.count() == GreenSpace.objects.count() == 0, "nothing half-loaded"
    assert not Source.objects.filter(name="openstreetmap").exists()
    assert load_osm(file, "--only", "green-spaces")[0] == 0


def test_a_dry_run_changes_nothing(load_osm):
    make.town()
    make.species()
    file, _site = town_file()
    _status, printed, _reports = load_osm(file, "--dry-run")
    assert "dry run" in printed
    assert Plant.objects.count() == Street.objects.count() == Garden.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "pack"), [("town.osm.gz", gzip.compress), ("town.osm.bz2", bz2.compress)]
)
def test_packed_files_are_read(load_osm, name, pack):
    make.town()
    file = OsmFile()
    file.node(11.05, 53.05, natural="tree")
    assert load_osm(pack(file.xml().encode()), name=name)[0] == 0
    assert Plant.objects.count() == 1


def test_without_a_municipality_it_says_what_to_do(load_osm):
    file, _site = town_file()
    with pytest.raises(CommandError, match="--municipality"):
        load_osm(file)
    with pytest.raises(CommandError, match="boundary"):
        load_osm(file, "--municipality", "13004000")


def test_all_tags_of_an_object_are_kept_and_nobody_is_shown_them(load_osm):
    make.species()
    make.town()
    file = OsmFile()
    tags = {
        "natural": "tree",
        "species": "Malus domestica",
        "denotation": "natural_monument",
        "note": 'Größe "1"\\',
    }
    file.node(11.05, 53.05, **tags)
    file.node(11.5, 53.05, natural="tree", species="Malus domestica")  # elsewhere
    file.node(11.06, 53.05, natural="bench")
    # One object, two layers: an orchard is green, and a garden where people share it.
    file.box(
        11.12, 53.02, 11.13, 53.03, landuse="orchard", orchard="meadow_orchard", wheelchair="yes"
    )
    load_osm(file)
    kept = {each.source_key: each.tags for each in ObjectTags.objects.all()}
    assert kept["node/1"] == tags
    assert kept["way/1"]["wheelchair"] == "yes"
    assert set(kept) == {"node/1", "way/1"}
    [item] = json.loads(Client().get("/api/collections/trees/items").getvalue())["features"]
    assert "natural_monument" not in json.dumps(item)
    assert Client().get("/api/collections/trees/items", {"denotation": "x"}).status_code == 400


def test_tags_follow_the_last_import(load_osm):
    make.species()
    make.town()
    first, second = OsmFile(), OsmFile()
    first.node(11.05, 53.05, natural="tree", species="Malus domestica", operator="A")
    second.node(11.05, 53.05, natural="tree", species="Malus domestica", fixme="B")
    load_osm(first)
    [before] = ObjectTags.objects.all()
    load_osm(first)
    load_osm(second, "--dry-run")
    assert ObjectTags.objects.get(pk=before.pk).tags["operator"] == "A"
    load_osm(second)
    [after] = ObjectTags.objects.all()
    assert after.tags == {"natural": "tree", "species": "Malus domestica", "fixme": "B"}


def test_the_municipality_that_a_file_brings_keeps_its_tags(load_osm):
    file = OsmFile()
    ring = file.box(11.0, 53.0, 11.2, 53.1)
    file.relation(
        (ring, "outer"),
        type="boundary",
        boundary="administrative",
        admin_level=8,
        name="Schwerin",
        de__amtlicher_gemeindeschluessel="13004000",
        wikidata="Q7030",
    )
    load_osm(file, "--municipality", "13004000")
    assert [each.tags["wikidata"] for each in ObjectTags.objects.all()] == ["Q7030"]


def test_tags_are_not_kept_where_nobody_wants_them(load_osm):
    make.species()
    make.town()
    file = OsmFile()
    file.node(11.05, 53.05, natural="tree", species="Malus domestica", fixme="B")
    load_osm(file, "--no-tags")
    assert Plant.objects.count() == 1
    assert not ObjectTags.objects.exists()

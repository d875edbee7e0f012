"""The importer against made files: what is loaded, what is reported, and that nothing is doubled."""

import gzip
import json
import uuid

import pytest
from django.core.management import CommandError
from django.db import connection

from geoplatform.catalog.models import Licensing
from layers.gardens import GardenPlot
from layers.municipalities import Municipality
from layers.plants import Plant
from layers.quarters import Quarter
from layers.species import Species
from tests import make
from tests.exchange.conftest import HEADER

pytestmark = pytest.mark.django_db


def versions():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM history.layers_plant")
        return cursor.fetchone()[0]


def test_rows_become_features(load, town):
    status, _out, rows = load(
        HEADER + "1,Malus domestica 'Boskoop',4.5,11.05,53.05\n2,Tilia cordata,,11.15,53.05\n"
    )
    assert (status, rows) == (0, [])
    first, second = Plant.objects.order_by("source_key")
    assert (first.species.botanical_name, first.cultivar, first.height_m) == (
        "Malus domestica",
        "Boskoop",
        4.5,
    )
    assert (first.quarter, second.quarter) == (town[1], town[2])
    assert (second.species.botanical_name, second.species.edible, second.height_m) == (
        "Tilia cordata",
        None,
        None,
    )
    assert first.licence == "cc-zero"


def test_ids_follow_time_and_row(load, town):
    """RFC 9562: version 7; the rows of a file one after the other, so that the index keeps them together."""
    load(HEADER + "".join(f"{row},,,11.05,53.05\n" for row in range(300)))
    ids = list(Plant.objects.order_by("fid").values_list("id", flat=True))
    assert len(set(ids)) == 300
    assert ids == sorted(ids)
    assert {(each.version, each.variant) for each in ids} == {(7, uuid.RFC_4122)}


def test_loading_again_changes_nothing(load, town):
    text = HEADER + "1,Malus domestica,4.5,11.05,53.05\n2,Tilia cordata,,11.15,53.05\n"
    load(text)
    before = list(Plant.objects.order_by("fid").values())
    status, _out, _rows = load(text)
    assert status == 0
    assert list(Plant.objects.order_by("fid").values()) == before
    assert versions() == 0


def test_changed_rows_make_exactly_their_versions(load, town):
    load(HEADER + "1,Malus domestica,4.5,11.05,53.05\n2,Malus domestica,3,11.15,53.05\n")
    Plant.objects.update(note="from a citizen")
    made = versions()
    load(
        HEADER
        + "1,Malus domestica,5,11.05,53.05\n2,Malus domestica,3,11.15,53.05\n3,Malus domestica,1,11.06,53.05\n"
    )
    assert versions() - made == 1
    assert Plant.objects.count() == 3
    assert Plant.objects.get(source_key="1").height_m == 5
    assert Plant.objects.get(source_key="1").note == "from a citizen", (
        "what the mapping does not name stays"
    )


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,Malus domestica,1,,", "geometry"),
        ("1,Malus domestica,1,500,53.05", "range|metres|far"),
        ("1,Malus domestica,1,4500000,5900000", "metres|range"),
        ("1,Malus domestica,1,nan,53.05", "finite|numbers|geometry"),
        ("1,Malus domestica,1,east,53.05", "numbers"),
        ("1,Malus domestica,tall,11.05,53.05", "height"),
        ("1,Malus domestica,-5,11.05,53.05", "height"),
        (",Malus domestica,1,11.05,53.05", "no key"),
        ("2,Malus domestica,1,11.05,53.05", "already seen"),
    ],
)
def test_a_row_that_cannot_be_used_is_reported_and_the_rest_loads(load, town, row, reason):
    import re

    status, _out, rows = load(
        HEADER + f"2,Malus domestica,1,11.05,53.05\n{row}\n3,Malus domestica,1,11.06,53.06\n"
    )
    assert status == 3
    assert Plant.objects.count() == 2
    [reported] = rows
    assert reported["row"] == "2"
    assert re.search(reason, reported["problem"]), reported


def test_rows_with_too_many_values_are_reported(load, town):
    status, _out, rows = load(
        HEADER + "1,Malus domestica,1,11.05,53.05,extra\n2,Malus domestica,1,11.05,53.05\n"
    )
    assert (status, Plant.objects.count(), len(rows)) == (3, 1, 1)


def test_strict_reports_unknown_species_and_makes_none(load, town):
    status, _out, rows = load(
        HEADER + "1,Unicornus rosa,1,11.05,53.05\n2,Malus domestica,1,11.05,53.05\n", "--strict"
    )
    assert (status, Plant.objects.count()) == (3, 1)
    assert "Unicornus rosa" in rows[0]["problem"]
    assert not Species.objects.filter(botanical_name="Unicornus rosa").exists()


def test_dry_run_changes_nothing(load, town):
    status, out, _rows = load(HEADER + "1,Unicornus rosa,1,11.05,53.05\n", "--dry-run")
    assert status == 0
    assert "1" in out
    assert Plant.objects.count() == 0
    assert not Species.objects.filter(botanical_name="Unicornus rosa").exists()


def test_another_licence_is_refused(load, town):
    load(HEADER + "1,Malus domestica,1,11.05,53.05\n")
    assert Licensing.objects.get().licence == "cc-zero"
    with pytest.raises(CommandError) as error:
        load(HEADER + "2,Malus domestica,1,11.05,53.05\n", licence="odbl")
    assert error.value.returncode == 2
    assert Plant.objects.count() == 1


def test_units_tables_seasons_and_decimal_commas(load, town):
    fields = """
    species = { column = "name", convert = "botanical-name" }
    height_m = { column = "cm", unit = ["cm", "m"], decimal = "," }
    access = { column = "who", values = { alle = "public" }, otherwise = "closed" }
    own_fruit_from = { column = "from", format = "dd/mm" }
    own_fruit_to = { column = "to", format = "dd/mm" }
    last_confirmed = { column = "seen", format = "%d.%m.%Y" }
    """
    text = (
        "id;name;cm;who;from;to;seen;lon;lat\n"
        "1;Malus domestica;450,5;alle;15/08;30/09;24.12.2025;11.05;53.05\n"
        "2;Malus domestica;;niemand;16/11;10/01;;11.05;53.05\n"
    )
    status, _out, rows = load(text, fields=fields)
    assert (status, rows) == (0, [])
    first, second = Plant.objects.order_by("source_key")
    assert (first.height_m, first.access, first.own_fruit_from, first.own_fruit_to) == (
        4.505,
        "public",
        8.0,
        9.5,
    )
    assert str(first.last_confirmed) == "2025-12-24"
    assert (second.access, second.fruit_from, second.fruit_to) == ("closed", 11.5, 1.0)


def test_latin_1_and_another_crs(load, town):
    # The middle of the town in EPSG:25833.
    text = "id,name,lon,lat,note\n1,Malus domestica,236000,5883000,Größe\n"
    status, _out, rows = load(
        text.encode("latin-1"),
        fields='species = "name"\nnote = "note"',
        file='crs = "EPSG:25833"\nencoding = "latin-1"',
    )
    assert (status, rows) == (0, [])
    tree = Plant.objects.get()
    assert tree.note == "Größe"
    assert 11.0 < tree.location.x < 11.2
    assert 53.0 < tree.location.y < 53.1


def polygons(*rings, **properties):
    features = [
        {
            "type": "Feature",
            "properties": {"id": str(n), "kind": "park", **properties},
            "geometry": geometry,
        }
        for n, geometry in enumerate(rings)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


SQUARE = {
    "type": "Polygon",
    "coordinates": [[[11.0, 53.0], [11.01, 53.0], [11.01, 53.01], [11.0, 53.01], [11.0, 53.0]]],
}
BOW_TIE = {
    "type": "Polygon",
    "coordinates": [[[11.0, 53.0], [11.01, 53.01], [11.01, 53.0], [11.0, 53.01], [11.0, 53.0]]],
}
LINE = {"type": "LineString", "coordinates": [[11.0, 53.0], [11.1, 53.1]]}
SOLID = {"type": "Polygon", "coordinates": [[[*p, 5] for p in SQUARE["coordinates"][0]]]}


def test_polygons_are_repaired_made_whole_and_flattened(load, town):
    from layers.green_spaces import GreenSpace

    text = polygons(SQUARE, BOW_TIE, LINE, SOLID, None)
    status, _out, rows = load(
        text, layer="green-spaces", name="green.geojson", fields='kind = "kind"'
    )
    assert status == 3
    assert GreenSpace.objects.count() == 3
    assert all(
        each.area.geom_type == "MultiPolygon" and each.area.valid
        for each in GreenSpace.objects.all()
    )
    assert [(row["row"], row["kind"]) for row in rows] == [
        ("2", "repaired"),
        ("3", "reported"),
        ("5", "reported"),
    ]


def test_gzipped_and_without_mapping(load, town):
    text = gzip.compress(polygons(SQUARE).encode())
    status, _out, _rows = load(text, layer="green-spaces", name="green.geojson.gz", mapping=False)
    assert status == 0


def test_update_joins_figures_to_features_that_exist(load, town):
    text = "name,people\nQuarter a,1200\nQuarter b,\nNowhere,5\n"
    fields = 'name = "name"\ninhabitants = "people"'
    status, _out, rows = load(
        text, "--update", layer="quarters", top='match = ["name"]', fields=fields, file=""
    )
    assert status == 3
    assert [row["row"] for row in rows] == ["3"]
    assert list(Quarter.objects.order_by("key").values_list("inhabitants", flat=True)) == [
        1200,
        None,
    ]
    assert Quarter.objects.count() == 2


def test_a_municipality_is_made_and_its_outline_follows(load):
    square = json.loads(polygons(SQUARE))
    square["features"][0]["properties"] = {"id": "1", "name": "Mitte"}
    load(json.dumps(square), layer="quarters", name="q.geojson", fields='name = "name"\nkey = "id"')
    town = Municipality.objects.get()
    assert (town.ags, town.metric_srid, town.outline_from_quarters) == ("13004000", 25833, True)
    assert town.outline.extent == pytest.approx((11.0, 53.0, 11.01, 53.01))


def test_imported_rows_are_as_the_row_trigger_would_have_made_them(load, town):
    """The set-wise insert of an import and the trigger of a single insert store the same."""
    edges = [
        (11.05, 53.05),
        (11.1, 53.05),
        (11.15, 53.02),
        (11.0, 53.0),
        (12.0, 54.0),
        (11.2, 53.1),
    ]
    load(HEADER + "".join(f"{n},Malus domestica,{n},{x},{y}\n" for n, (x, y) in enumerate(edges)))
    imported = {plant.source_key: plant for plant in Plant.objects.all()}
    same = (
        "quarter_id",
        "municipality_id",
        "growth_form",
        "edible",
        "fruit_from",
        "fruit_to",
        "version",
        "licence",
    )
    for n, (x, y) in enumerate(edges):
        single = make.plant(
            x,
            y,
            species=imported["0"].species,
            own_growth_form="tree",
            municipality=town[0],
            height_m=n,
            access="",
        )
        for name in same:
            assert getattr(imported[str(n)], name) == getattr(single, name), (name, x, y)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM layers_plant p LEFT JOIN history_changeset c ON c.id = p.changeset"
            " WHERE c.id IS NULL OR p.created > p.changed"
        )
        assert cursor.fetchone()[0] == 0


PLOTS = """
number = "id"
garden = { column = "garden", by = "name" }
"""
WEST, PLOT = (11.0, 53.0, 11.05, 53.05), "POLYGON((11 53,11.01 53,11.01 53.01,11 53))"


def test_a_reference_may_be_known_by_another_field(load, town):
    gardens = [
        make.garden(name, WEST, source=make.source("cadastre"), source_key=key)
        for key, name in enumerate(("North", "Twin", "Twin"))
    ]
    make.garden("South", WEST)  # of another source, whose names are its own
    rows = "".join(
        f'{n},{name},"{PLOT}"\n' for n, name in enumerate(("North", "Twin", "South", ""))
    )
    status, _out, reported = load(
        "id,garden,shape\n" + rows,
        layer="garden-plots",
        name="plots.csv",
        fields=PLOTS,
        file='wkt = "shape"\n',
    )
    assert status == 3
    assert [(each["row"], each["problem"]) for each in reported] == [
        ("2", "garden: several are called Twin"),
        ("3", "garden: unknown: South"),
    ]
    plots = dict(GardenPlot.objects.values_list("number", "garden"))
    assert plots == {"0": gardens[0].pk, "3": None}


@pytest.mark.parametrize("by", ["colour", "id; DROP TABLE layers_plant"])
def test_a_field_to_know_them_by_must_be_there(load, town, by):
    with pytest.raises(CommandError, match=r"fields\.garden"):
        load(
            "id,garden\n1,North\n",
            layer="garden-plots",
            fields=f'garden = {{ column = "garden", by = "{by}" }}',
        )

"""What is taken away in any format and loaded again is what it was, by every attribute and every coordinate."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.core.cache import cache
from django.core.management import call_command
from django.db import models
from django.test import Client

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Licensing, Source
from geoplatform.catalog.properties import properties
from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.own import Giver, Taken, take_over
from geoplatform.formats.writers import WRITERS
from geoplatform.history.relations import in_order
from tests import make
from tests.contracts import samples

pytestmark = pytest.mark.django_db
LAYERS = in_order(registry.layers())
# Kept by each installation for itself: when a row was written there, how often, and where it was taken from.
OWN = {"version", "changed", "source"}
GIVER = Giver(name="neighbour", title="Source test", attribution="Nachbarstadt")
NASTY = [
    'Größe "1" <b>\\</b>',
    "=SUM(A1)",
    "'=no formula, but it looks like one of ours",
    "''+",
    "'",
    "2026-05-01",
    "2026/05/01 10:00",
    "007",
    "true",
    "null",
    "NULL",
    "Zeile 1\nZeile 2",
    'tab\tund; Komma, und "Zitat"',
    "🌳 𝔊 é e\u0301",
    "-",
    "1e5",
]


@pytest.fixture(autouse=True)
def nothing_remembered():
    cache.clear()


@pytest.fixture(params=WRITERS)
def form(request):
    return request.param


def everything() -> dict[str, dict[str, tuple[dict[str, Any], Any]]]:
    """All features by layer and id (or the id they came with): public properties and geometry, as they are stored."""
    found: dict[str, dict[str, tuple[dict[str, Any], Any]]] = {}
    for layer in LAYERS:
        paths = {each.name: each.path for each in properties(layer) if each.name not in OWN}
        columns = ["id", "source__name", "source_key", *paths.values()]
        held = found[layer.name] = {}
        for row in layer.rows().values(*columns, *filter(None, [layer.geometry])):
            key = row["source_key"] if row["source__name"] == GIVER.name else str(row["id"])
            shape = row[layer.geometry] if layer.geometry else None
            told = {name: row[path] for name, path in paths.items()}
            held[key] = told, shape and shapely.from_wkb(bytes(shape.wkb))
    return found


def take_away(form: str, folder: Path) -> list[Path]:
    files = []
    for layer in registry.layers():
        path = folder / f"{layer.name}.{form}"
        path.write_bytes(Client().get(f"/downloads/{layer.name}.{form}").getvalue())
        files.append(path)
    return files


def empty() -> None:
    for layer in reversed(LAYERS):
        layer.model._default_manager.all().delete()
    Licensing.objects.all().delete()
    Source.objects.all().delete()


def the_same(found: Any, wanted: Any) -> None:
    assert set(found) == set(wanted)
    for name in wanted:
        assert set(found[name]) == set(wanted[name]), name
        for key, (told, shape) in wanted[name].items():
            told_now, shape_now = found[name][key]
            assert told_now == told, (name, key)
            if shape is None:
                assert shape_now is None
            else:
                assert shape_now.geom_type == shape.geom_type
                assert shapely.equals_exact(shape_now, shape, 1e-9), (name, key)


def round_trip(form: str, folder: Path) -> list[Taken]:
    wanted = everything()
    assert all(wanted.values()), "every layer has a feature"
    files = take_away(form, folder)
    empty()
    taken = take_over(files, GIVER)
    the_same(everything(), wanted)
    return taken


def test_all_layers_come_back_as_they_were_and_nothing_is_doubled(form, tmp_path):
    make.town()
    for layer in registry.layers():
        samples.feature(layer, source_key=layer.name)
    apple = make.species()
    # What a plant says itself, and what it has from its species.
    make.plant(11.0123456789, 53.0987654321, species=apple, height_m=1 / 3, planted_year=1999)
    make.plant(11.05, 53.05, species=apple, own_edible=False, own_growth_form="shrub")
    make.plant(11.06, 53.06, own_edible=True, own_fruit_from=11.5, own_fruit_to=1.0)
    make.plant(20, 50, own_edible=True, status="gone", last_confirmed="2026-05-01")  # nobody's
    site = make.garden("site", make.WEST_BOX)
    make.garden("bed", (11.01, 53.01, 11.02, 53.02))
    make.plot(site, (11.011, 53.011, 11.012, 53.012), number="007")  # in both, and of the larger
    make.plot(site, (11.15, 53.05, 11.16, 53.06))  # outside of its own
    for number, text in enumerate(NASTY):
        make.plant(11 + number / 1000, 53.05, own_edible=True, note=text, cultivar=text[:100])
    taken = round_trip(form, tmp_path)
    assert sum(each.summary.reported for each in taken) == 0
    before = everything()
    again = take_over(sorted(tmp_path.iterdir()), GIVER)
    assert sum(each.summary.read for each in again) == sum(each.summary.read for each in taken)
    assert sum(each.summary.inserted + each.summary.updated for each in again) == 0
    the_same(everything(), before)


def test_what_a_plant_inherits_it_goes_on_inheriting(tmp_path):
    apple = make.species()
    make.plant(species=apple)
    make.plant(species=apple, own_edible=False)
    files = take_away("parquet", tmp_path)
    empty()
    take_over(files, GIVER)
    plants = registry.get("trees").model._default_manager
    assert sorted(
        plants.values_list("own_edible", "own_growth_form", "own_fruit_from"), key=str
    ) == [
        (False, None, None),
        (None, None, None),
    ]


def two_towns() -> None:
    """Two municipalities whose gardens stand under different licences."""
    west = make.municipality("13004000", outline=make.area(*make.WEST_BOX))
    east = make.municipality("13003000", outline=make.area(*make.EAST_BOX))
    for town, box, licence in (
        (west, (11.01, 53.01, 11.02, 53.02), "cc-zero"),
        (east, (11.11, 53.01, 11.12, 53.02), "odbl"),
    ):
        make.garden(f"garden {town.ags}", box, licence=licence, municipality=town)
        Licensing.objects.create(table="layers_garden", municipality=town, licence=licence)


def test_licences_stay_with_their_municipalities(form, tmp_path):
    two_towns()
    before = {each.municipality.ags: each.licence for each in Licensing.objects.all()}
    files = take_away(form, tmp_path)
    empty()
    take_over(files, GIVER)
    assert {each.municipality.ags: each.licence for each in Licensing.objects.all()} == before


def test_licences_are_never_mixed_and_all_or_nothing_is_loaded(tmp_path):
    two_towns()
    files = take_away("fgb", tmp_path)
    empty()
    town = make.municipality("13004000")
    Licensing.objects.create(table="layers_garden", municipality=town, licence="odbl")
    with pytest.raises(LoadError):
        take_over(files, GIVER)
    assert not registry.get("gardens").rows().exists()
    assert registry.get("municipalities").rows().count() == 1


def test_whom_to_name_comes_with_the_file(tmp_path):
    make.source()
    Source.objects.update(attribution="Stadt Nebenan")
    make.plant(own_growth_form="tree")
    for form, wanted in (("gpkg", "Stadt Nebenan"), ("fgb", "Stadt Nebenan"), ("csv", "")):
        files = take_away(form, tmp_path)
        cache.clear()
        take_over(
            [each for each in files if each.name == f"trees.{form}"], Giver(name=form, title=form)
        )
        assert Source.objects.get(name=form).attribution == wanted


def test_dry_run_changes_nothing_and_the_command_tells(tmp_path, capsys):
    make.town()
    make.plant(own_growth_form="tree")
    take_away("gpkg", tmp_path)
    empty()
    arguments = ["take-over", str(tmp_path), "--source=neighbour", "--title=Nachbarstadt"]
    call_command(*arguments, "--dry-run")
    assert not any(layer.rows().exists() for layer in LAYERS)
    call_command(*arguments)
    assert [layer.rows().count() for layer in LAYERS if layer.role == "quarter"] == [2]
    assert registry.get("trees").rows().count() == 1
    assert "trees.gpkg → trees" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("forests.gpkg", b"x"),
        ("trees.gpkg", b"no GeoPackage"),
        ("trees.csv", b"a,b\r\n1,2\r\n"),
        ("trees.geojson", b'{"type":"FeatureCollection","features":['),
        ("../trees.csv", None),
    ],
)
def test_what_is_no_file_of_such_a_platform_is_refused(tmp_path, name, content):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LoadError, match=path.name):
        take_over([path], GIVER)


def test_a_licence_that_nobody_knows_is_reported(tmp_path):
    make.plant(own_growth_form="tree")
    [path] = [each for each in take_away("csv", tmp_path) if each.name == "trees.csv"]
    path.write_text(path.read_text().replace("cc-zero", "all-mine"))
    with pytest.raises(LoadError, match="all-mine"):
        take_over([path], GIVER)


def random_value(field: models.Field, dice: random.Random) -> Any:
    """A value that the field can hold, the odd ones often."""
    if field.null and dice.random() < 0.2:
        return None
    if field.choices:
        return dice.choice(field.choices)[0]
    if isinstance(field, models.BooleanField):
        return dice.random() < 0.5
    if isinstance(field, models.DateField):
        return f"{dice.randint(1990, 2026)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
    bounds = {
        each.code: each.limit_value for each in field.validators if hasattr(each, "limit_value")
    }
    lowest, highest = bounds.get("min_value", 0), min(bounds.get("max_value", 1000), 10_000)
    if isinstance(field, models.FloatField):
        return dice.uniform(lowest, highest)
    if isinstance(field, models.IntegerField):
        return dice.randint(int(lowest), int(highest))
    if isinstance(field, models.URLField):
        return f"https://example.org/{dice.randint(1, 99)}"
    text = dice.choice([*NASTY, "".join(chr(dice.randint(33, 0x24F)) for _each in range(12))])
    return text[: field.max_length].strip() or "x"


def random_shape(layer: Layer, dice: random.Random) -> Any:
    """The sample's shape, anywhere near the town, with all the digits that a number has."""
    shape = samples.geometry(layer)
    way = [dice.uniform(-0.5, 0.5), dice.uniform(-0.5, 0.5)]
    moved = shapely.transform(shapely.from_wkb(bytes(shape.wkb)), lambda xy: xy + way)
    return GEOSGeometry(memoryview(moved.wkb), srid=4326)


@pytest.mark.prove
def test_hundreds_of_odd_features_come_back_as_they_were(form, tmp_path):
    dice = random.Random(f"round trip {form}")
    town, _west, _east = make.town()
    for layer in registry.layers():
        unique = layer.role is not None
        for number in range(5 if unique else 200):
            values = {
                field.name: random_value(field, dice)
                for field in layer.model._meta.local_concrete_fields
                if field.name in layer.editable
                and field.name != layer.geometry
                and not isinstance(field, models.ForeignKey)
                and "fruit_" not in field.name  # they come in pairs, on half months
            }
            if layer.geometry:
                values[layer.geometry] = random_shape(layer, dice)
            if layer.role == "quarter":
                values["municipality"] = town
            if unique:
                values[layer.model.reference] = f"{layer.name}{number}"
            samples.feature(layer, source_key=f"{layer.name}/{number}", **values)
    taken = round_trip(form, tmp_path)
    assert sum(each.summary.reported for each in taken) == 0
    assert sum(each.summary.read for each in taken) > 1000

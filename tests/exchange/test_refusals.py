"""Files that cannot be read and mistakes in mappings: one line, exit status 2, nothing loaded."""

import pytest
from django.core.management import CommandError, call_command

from layers.plants import Plant
from tests.exchange.conftest import HEADER

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b"", "empty.csv"),
        (b"\x1f\x8b\x08\x00broken", "broken.geojson.gz"),
        (b"{", "cut.geojson"),
        (b"PAR1nonsense", "trees.parquet"),
        (b"whatever", "trees.exe"),
        (b"PK\x03\x04", "trees.zip"),
    ],
)
def test_files_that_cannot_be_read_are_told_in_one_line(load, town, text, name):
    with pytest.raises(CommandError) as error:
        load(text, name=name)
    assert error.value.returncode == 2
    assert name in str(error.value)
    assert "\n" not in str(error.value).strip()
    assert Plant.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"fields": 'colour = "name"'}, "colour"),
        ({"fields": 'height_m = "nothing"'}, "nothing"),
        ({"fields": 'edible = "name"'}, "edible"),
        ({"fields": 'cultivar = { column = "name", convert = "magic" }'}, "magic"),
        ({"fields": 'height_m = { column = "height", unit = ["ell", "m"] }'}, "unit"),
        ({"licence": "all-mine"}, "all-mine"),
        ({"file": 'crs = "EPSG:999999"'}, "999999"),
        ({"file": 'colour = "red"'}, "colour"),
        ({"top": "unknown = 1"}, "unknown"),
        ({"fields": "height_m = ["}, "mapping.toml"),
    ],
)
def test_mistakes_in_the_mapping_are_told_by_their_key(load, town, changes, told):
    with pytest.raises(CommandError, match=told) as error:
        load(HEADER + "1,Malus domestica,1,11.05,53.05\n", **changes)
    assert error.value.returncode == 2
    assert Plant.objects.count() == 0


def test_unknown_layer_and_missing_file(tmp_path):
    for arguments in (
        ["unicorns", str(tmp_path / "x.csv")],
        ["trees", str(tmp_path / "missing.csv")],
    ):
        with pytest.raises(CommandError) as error:
            call_command("load", *arguments)
        assert error.value.returncode == 2

"""The QGIS project, opened by QGIS: every layer is there, with its features, drawn as it is declared."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from pathlib import Path

import pytest
from django.utils import translation

from geoplatform.catalog import registry
from geoplatform.catalog.properties import properties
from geoplatform.catalog.symbols import Categorized, Marker, in_state
from tests.clients.conftest import served_samples
from tests.clients.test_qgis import PYTHON, SCRIPT, _has_qgis

pytestmark = [
    pytest.mark.prove,
    pytest.mark.skipif(not _has_qgis(), reason="PyQGIS is not installed (python3-qgis)"),
]
LAYERS = registry.listed()
each_layer = pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)


@pytest.fixture(scope="module")
def opened(migrated_template, django_db_setup, django_db_blocker, tmp_path_factory):
    """What qgis_opens.py reports of the project of a town with a feature in each layer."""
    folder = tmp_path_factory.mktemp("qgis")
    with served_samples(migrated_template, django_db_blocker, "project", LAYERS) as address:
        path = folder / "map.qgz"
        with urllib.request.urlopen(f"{address}/downloads/geoplatform.qgz?lang=en") as answer:
            path.write_bytes(answer.read())
        yield opens(path, str(folder))


def opens(path: Path, home: str) -> dict:
    done = subprocess.run(
        [PYTHON, str(SCRIPT.with_name("qgis_opens.py")), str(path)],
        capture_output=True,
        text=True,
        timeout=250,
        env={"HOME": home, "XDG_RUNTIME_DIR": home, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_it_opens_with_all_layers_in_the_order_of_the_map(opened):
    assert opened["read"]
    assert opened["crs"] == "EPSG:25833"
    assert opened["order"] == [f"geoplatform-{layer.name}" for layer in LAYERS]


@each_layer
def test_every_layer_is_valid_and_has_features(opened, layer):
    found = opened["layers"][f"geoplatform-{layer.name}"]
    assert found["valid"]
    assert found["provider"] == "OAPIF"
    assert found["features"] > 0
    assert found["spatial"] == (layer.geometry is not None)
    assert found["licences"] == ["http://dcat-ap.de/def/licenses/cc-zero"]
    assert found["by_scale"]
    with translation.override("en"):
        aliases = {each.name: str(each.title) for each in properties(layer)}
    assert {name: found["aliases"][name] for name in aliases} == aliases


@each_layer
def test_it_is_drawn_as_declared(opened, layer):
    found = opened["layers"][f"geoplatform-{layer.name}"]
    symbol = layer.symbol
    if symbol is None or layer.geometry is None:
        assert found.get("drawn") is None
        return
    assert found["drawn"] > 20
    shown = found["looks"]["symbols"]
    if not isinstance(symbol, Categorized):
        assert set(shown) == {""}
        return
    assert found["looks"]["field"] == symbol.field
    assert set(shown) == {"", *(str(value) for value in symbol.symbols)}
    assert all(
        label or value == "" for value, label in zip(shown, found["looks"]["labels"], strict=True)
    )
    for value, simple in {**symbol.symbols, "": symbol.default}.items():
        colors = {color for _kind, color in shown[str(value)]}
        wanted = {getattr(simple, "color", None), getattr(simple, "casing", None)} - {None}
        assert wanted <= colors, value


@each_layer
def test_names_are_written(opened, layer):
    names = opened["layers"][f"geoplatform-{layer.name}"].get("names")
    if layer.geometry and layer.label:
        assert names[0] == layer.label
        assert names[1] > 0
    else:
        assert not names


def test_states_are_told_by_shape(opened):
    points = [layer for layer in LAYERS if layer.dimension == 0]
    assert points
    for layer in points:
        found = opened["layers"][f"geoplatform-{layer.name}"]["states"]
        usual = layer.symbol.default if isinstance(layer.symbol, Categorized) else layer.symbol
        assert isinstance(usual, Marker)
        gone = in_state(usual, "gone")
        assert found["gone"]["name"] == "cross_fill"
        assert found["confirmed"]["name"] == ""
        assert (
            found["gone"]["color"] != found["confirmed"]["color"] != found["unconfirmed"]["color"]
        )
        assert gone.shape == "cross"

"""QGIS's own WMS provider: every layer from the address alone, drawn, asked and with its legend."""

from __future__ import annotations

import json
import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from tests.clients.conftest import served_samples
from tests.clients.test_qgis import PYTHON, SCRIPT, _has_qgis
from tests.contracts import samples

pytestmark = [
    pytest.mark.prove,
    pytest.mark.skipif(not _has_qgis(), reason="PyQGIS is not installed (python3-qgis)"),
]
LAYERS = registry.map_layers()
CRS = ("EPSG:25833", "EPSG:3857")


@pytest.fixture(scope="module")
def read(migrated_template, django_db_setup, django_db_blocker, tmp_path_factory):
    """What qgis_draws.py reports of a town with one feature in each layer."""
    with served_samples(migrated_template, django_db_blocker, "qgis", LAYERS) as address:
        places = {layer.name: place(layer) for layer in LAYERS}
        yield draw(address, places, str(tmp_path_factory.mktemp("qgis")))


def place(layer: Layer) -> list[float]:
    """Longitude and latitude on the sample of a layer; within an area near its edge, so that its outline is seen."""
    if layer.dimension == 2:
        west, south, _east, _north = samples.geometry(layer).extent
        return [west + 0.0005, south + 0.0005]
    return list(samples.geometry(layer).centroid.coords)


def draw(address: str, places: dict[str, list[float]], home: str) -> dict:
    done = subprocess.run(
        [PYTHON, str(SCRIPT.with_name("qgis_draws.py")), address, json.dumps(places)],
        capture_output=True,
        text=True,
        timeout=250,
        env={"HOME": home, "XDG_RUNTIME_DIR": home, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_every_layer_is_offered(read):
    assert set(read["layers"]) == {f"{layer.name} {crs}" for layer in LAYERS for crs in CRS}


@pytest.mark.parametrize("crs", CRS)
@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_it_is_drawn_asked_and_explained(read, layer, crs):
    found = read["layers"][f"{layer.name} {crs}"]
    assert found["valid"]
    assert found["crs"] == crs
    assert found["drawn"] > 20
    assert min(found["legend"]) > 10
    told = found["told"]
    assert any(samples.TEXT in each.values() for each in told["feature"]), told["feature"]
    assert samples.TEXT in told["text"]
    assert "<table" in told["html"]


def test_the_present_is_asked_for_without_a_time(read):
    """A layer as it is now is answered from afar by the pyramid, which an instant would pass by."""
    maps = [url for url in read["asked"] if "REQUEST=GetMap" in url]
    assert len(maps) >= len(LAYERS) * len(CRS)
    assert [url for url in maps if "TIME" in parse_qs(urlsplit(url).query)] == []

"""QGIS's own provider of OGC API Features, driven by the system's PyQGIS (Debian: python3-qgis)."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import TREES

PYTHON = shutil.which("python3", path="/usr/bin")
SCRIPT = Path(__file__).with_name("qgis_reads.py")


def _has_qgis() -> bool:
    if PYTHON is None:
        return False
    return subprocess.run([PYTHON, "-c", "import qgis.core"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not _has_qgis(), reason="PyQGIS is not installed (python3-qgis)")


@pytest.fixture(scope="module")
def read(server, tmp_path_factory):
    home = str(tmp_path_factory.mktemp("qgis"))
    done = subprocess.run(
        [PYTHON, str(SCRIPT), server],
        capture_output=True,
        text=True,
        timeout=200,
        env={"HOME": home, "XDG_RUNTIME_DIR": home, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_it_is_a_layer_in_the_right_crs(read):
    assert read["valid"]
    assert read["crs"] in {"OGC:CRS84", "EPSG:4326"}
    assert read["fields"]["height_m"] == "Real"
    assert read["fields"]["edible"] == "Boolean"


def test_it_pages_through_all_features(read):
    assert read["whole"]["features"] == TREES
    assert sum("after=" in address for address in read["whole"]["asked"]) == TREES // 40


def test_it_filters_on_the_server(read):
    inside = sum(1 for n in range(1, TREES + 1) if 11.05 <= 11 + 0.2 * n / TREES <= 11.1)
    assert read["box"]["features"] == inside
    items = [address for address in read["box"]["asked"] if "/items" in address]
    assert items
    assert all("bbox=" in address for address in items)


def test_polygons_too(read):
    assert read["quarters"]["features"] == 2

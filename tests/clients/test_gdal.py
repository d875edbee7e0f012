"""GDAL's driver for OGC API Features, through pyogrio and geopandas."""

import geopandas
import pyogrio
import pytest
from pyproj import Transformer
from shapely import Point

from tests.clients.conftest import TREES

pytestmark = pytest.mark.skipif(
    "OAPIF" not in pyogrio.list_drivers(), reason="this GDAL has no driver OAPIF"
)
OPTIONS = {"PAGE_SIZE": 40}


def read(server, **options):
    return geopandas.read_file(f"OAPIF:{server}/api/", engine="pyogrio", layer="trees", **options)


def test_all_layers_are_listed(server):
    names = {name for name, _kind in pyogrio.list_layers(f"OAPIF:{server}/api/")}
    assert {"trees", "quarters", "green-corridors", "species"} <= names


def test_features_are_counted_and_paged_complete(server):
    address = f"OAPIF:{server}/api/"
    assert pyogrio.read_info(address, layer="trees")["features"] == TREES
    frame = read(server, **OPTIONS)
    assert len(frame) == frame["id"].nunique() == TREES


def test_crs_is_right_and_so_are_the_places(server):
    frame = read(server)
    assert frame.crs is not None
    assert frame.crs.to_authority() in {("OGC", "CRS84"), ("EPSG", "4326")}
    first = frame[frame["height_m"] == 0.1].geometry.iloc[0]
    assert first.distance(Point(11 + 0.2 / TREES, 53 + 0.1 / TREES)) < 1e-6


def test_a_metric_crs_is_answered_by_the_server(server):
    frame = read(server, CRS="http://www.opengis.net/def/crs/EPSG/0/25833")
    assert frame.crs.to_epsg() == 25833
    x, y = Transformer.from_crs(4326, 25833, always_xy=True).transform(
        11 + 0.2 / TREES, 53 + 0.1 / TREES
    )
    assert frame[frame["height_m"] == 0.1].geometry.iloc[0].distance(Point(x, y)) < 0.02


def test_a_box_is_asked_of_the_server(server):
    frame = read(server, bbox=(11.05, 53.0, 11.1, 53.1))
    xs = sorted(frame.geometry.x)
    assert len(xs) == sum(1 for n in range(1, TREES + 1) if 11.05 <= 11 + 0.2 * n / TREES <= 11.1)


def test_types_of_columns(server):
    info = pyogrio.read_info(f"OAPIF:{server}/api/", layer="trees")
    kinds = dict(zip(info["fields"], info["dtypes"], strict=True))
    assert kinds["height_m"] == "float64"
    assert kinds["species"] == "object"

"""Every layer in every format: what a file tells is what the API tells, whoever reads it."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from geoplatform.catalog import registry
from geoplatform.catalog.properties import properties
from geoplatform.formats.writers import WRITERS
from tests import make
from tests.contracts import samples
from tests.formats.reading import frame, read, same

pytestmark = pytest.mark.django_db


@pytest.fixture(params=registry.layers(), ids=lambda layer: layer.name)
def layer(request):
    return request.param


@pytest.fixture(params=WRITERS)
def form(request):
    return request.param


def get(path: str, **headers: str):
    return Client().get(path, headers=headers)


def features(layer) -> dict[str, dict]:
    found = json.loads(get(f"/api/collections/{layer.name}/items?limit=50000").getvalue())
    return {each["id"]: each for each in found["features"]}


def test_file_tells_what_the_api_tells(layer, form, tmp_path):
    make.town()
    samples.feature(layer)
    wanted = features(layer)
    response = get(f"/downloads/{layer.name}.{form}")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == WRITERS[form].media_type
    assert not response.cookies
    found = read(form, response.getvalue(), tmp_path)
    assert len(found) == len(wanted) > 0
    for each in found:
        same(form, each, wanted[each["id"]])


def test_layer_without_features_is_a_file_too(layer, form, tmp_path):
    response = get(f"/downloads/{layer.name}.{form}")
    assert response.status_code == 200
    assert read(form, response.getvalue(), tmp_path) == []


def test_geopandas_reads_it_with_the_right_crs(layer, form, tmp_path):
    make.town()
    samples.feature(layer)
    path = tmp_path / f"{layer.name}.{form}"
    path.write_bytes(get(f"/downloads/{layer.name}.{form}").getvalue())
    table = frame(path)
    assert len(table) == len(features(layer))
    assert {"id", *(each.name for each in properties(layer))} <= set(table.columns)
    if form in ("fgb", "gpkg", "parquet"):
        assert str(table["changed"].dtype).endswith("UTC]")
    if layer.geometry and form != "csv":
        assert table.crs.to_epsg() == 4326
        west, south, east, north = table.total_bounds
        assert 10 < west <= east < 12, "longitude first"
        assert 52 < south <= north < 54, "latitude second"

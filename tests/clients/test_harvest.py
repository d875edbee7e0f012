"""An empty installation harvests another one: every feature, attribute by attribute, and its WMS as a background."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.core.management import call_command
from django.test import Client
from PIL import Image

from geoplatform.catalog import registry
from geoplatform.exchange.harvest.description import SAMPLES, read_source
from geoplatform.exchange.harvest.run import harvest
from tests.conftest import _admin, _create, _drop, _point_at, addresses
from tests.serving import serve

# What others refer to comes first. With the layer's own names there is nothing to map.
PLAIN = (
    "municipalities",
    "quarters",
    "green-spaces",
    "green-corridors",
    "streets",
    "gardens",
)
PLOTS = """[fields]
number = "number"
state = "state"
garden = { column = "garden", by = "name" }
"""
# Of the place where a feature is kept, not of the feature.
OWN = {"source", "changed", "version"}
PAGE = 1000


@pytest.fixture(scope="module")
def neighbour(
    migrated_template: str, django_db_setup: None, django_db_blocker: pytest.FixtureRequest
) -> Iterator[str]:
    """Address of a server with the small Schwerin."""
    name = f"gptest_run_{os.getpid()}_neighbour"
    with _admin() as admin:
        _drop(admin, name)
        _create(admin, name, migrated_template)
        _point_at(name)
        with django_db_blocker.unblock():  # type: ignore[attr-defined]
            call_command("load-fixtures", stdout=StringIO())
        _point_at(f"gptest_run_{os.getpid()}")
        try:
            yield from serve({**os.environ, **addresses(name)})
        finally:
            _drop(admin, name)


@pytest.fixture
def described(neighbour, settings, tmp_path):
    """The sample for a neighbour with this platform, turned to another layer."""
    settings.HARVEST_NETWORKS = ["127.0.0.0/8"]
    settings.HARVEST_FOLDER = tmp_path / "kept"

    def describe(layer: str, fields: str | None = None, **service: str) -> Path:
        sample = SAMPLES / f"neighbour-{'species' if layer == 'species' else 'trees'}.toml"
        text = sample.read_text().replace("https://map.town.example", neighbour)
        text = text.replace('layer = "trees"', f'layer = "{layer}"')
        if fields is not None:
            text = text.partition("[fields]")[0] + fields
        keys = "".join(f'{name} = "{value}"\n' for name, value in service.items())
        text = text.replace("[service]\n", f"[service]\n{keys}")
        text = text.replace("[source]", "[limits]\npause = 0\n[source]")
        path = tmp_path / f"from-{layer}.toml"
        path.write_text(text)
        return path

    return describe


def items(answer: dict[str, Any]) -> list[dict[str, Any]]:
    assert answer["numberMatched"] == len(answer["features"]) <= PAGE
    return answer["features"]


def theirs(address: str, layer: str) -> dict[str, dict[str, Any]]:
    """The neighbour's features, by its ids."""
    url = f"{address}/api/collections/{layer}/items?limit={PAGE}"
    with urllib.request.urlopen(url) as response:
        return {each["id"]: each for each in items(json.load(response))}


def ours(layer: str) -> dict[str, dict[str, Any]]:
    """Our features, by the neighbour's ids."""
    response = Client().get(f"/api/collections/{layer}/items?limit={PAGE}")
    found = {each["id"]: each for each in items(json.loads(response.getvalue()))}
    model = registry.get(layer).model
    keys = model.objects.filter(pk__in=list(found)).values_list("pk", "source_key")
    return {key: found[str(pk)] for pk, key in keys}


def same(one: dict[str, Any], other: dict[str, Any]) -> None:
    properties = [
        {name: value for name, value in each["properties"].items() if name not in OWN}
        for each in (one, other)
    ]
    assert properties[0] == properties[1]
    shapes = [
        each["geometry"] and shapely.geometry.shape(each["geometry"]) for each in (one, other)
    ]
    if shapes[0] is None:
        assert shapes[1] is None
    else:
        assert shapes[0].equals_exact(shapes[1], 1e-9)


def loaded(path: Path) -> Any:
    summary = harvest(read_source(path)).summary
    assert not summary.problems, summary.problems
    assert summary.loaded == summary.read
    return summary


def test_every_feature_attribute_by_attribute(neighbour, described, fresh_database):
    sources = {"species": described("species")}
    sources |= {layer: described(layer, fields="") for layer in PLAIN}
    sources["garden-plots"] = described("garden-plots", fields=PLOTS)
    sources["fruit-trees"] = described("fruit-trees")
    # What a layer takes of another table it brings along: the neighbour's trees are all edible.
    sources["trees"] = described("trees")
    found = {layer: loaded(path) for layer, path in sources.items()}
    assert found["trees"].unchanged == found["trees"].read > 0
    assert {each.name for each in registry.layers()} == set(sources)
    for layer in sources:
        there, here = theirs(neighbour, layer), ours(layer)
        if layer == "species":  # the key of a species is its name
            there = {each["properties"]["botanical_name"]: each for each in there.values()}
        assert len(there) > 0, layer
        assert set(there) == set(here), layer
        for key, feature in there.items():
            same(feature, here[key])
    for layer, path in sources.items():
        again = loaded(path)
        assert (again.inserted, again.updated) == (0, 0), layer


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:25833", "EPSG:3857", "OGC:CRS84"])
def test_in_every_crs_and_by_filter(neighbour, described, fresh_database, crs):
    loaded(described("species"))
    path = described("fruit-trees", crs=crs, filter="height_m > 4")
    summary = loaded(path)
    there = {
        key: each
        for key, each in theirs(neighbour, "fruit-trees").items()
        if (each["properties"]["height_m"] or 0) > 4
    }
    here = ours("fruit-trees")
    assert 0 < summary.inserted == len(there)
    assert set(there) == set(here)
    for key, feature in there.items():
        # The neighbour rounds what it transforms: to a millimetre, or 1e-9 degrees.
        one, other = (shapely.geometry.shape(each["geometry"]) for each in (feature, here[key]))
        assert one.distance(other) < 2e-8


def test_a_part_of_it_by_box(neighbour, described, fresh_database):
    loaded(described("species"))
    every = theirs(neighbour, "fruit-trees")
    longitude = sorted(each["geometry"]["coordinates"][0] for each in every.values())[100]
    path = described("fruit-trees")
    path.write_text(
        path.read_text().replace("[service]\n", f"[service]\nbbox = [10, 53, {longitude!r}, 54]\n")
    )
    assert 90 < loaded(path).inserted < 110 < len(every)


@pytest.mark.parametrize("version", ["1.3.0", "1.1.1"])
def test_a_wms_becomes_a_background(neighbour, described, settings, tmp_path, version):
    path = tmp_path / "ground.toml"
    path.write_text(f"""
contact = "gis@town.example"
attribution = "© Town"
[service]
kind = "wms"
version = "{version}"
url = "{neighbour}/wms?"
layer = "green-spaces"
[limits]
pause = 0
""")
    out = StringIO()
    call_command("harvest", str(path), stdout=out)
    lines = dict(line.split("=", 1) for line in out.getvalue().splitlines() if "=" in line)
    assert lines["BASEMAP_ATTRIBUTION"] == "'© Town'"
    template = lines["BASEMAP_URL"].strip("'")
    box = "1270000,7105000,1280000,7115000"  # Schwerin, as the map puts it for a tile
    with urllib.request.urlopen(template.replace("{bbox-epsg-3857}", box)) as response:
        picture = Image.open(response)
        assert picture.size == (256, 256)
        assert len(picture.convert("RGBA").getcolors(65536)) > 1

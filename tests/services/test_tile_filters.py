"""A filter on tiles: the same features whether the pyramid, a grid of the rows or the rows themselves answer."""

from __future__ import annotations

import gzip
import json
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplatform.catalog import registry
from geoplatform.catalog.facets import DEEPEST
from geoplatform.pyramid import render as room
from geoplatform.query import grid
from geoplatform.query.cql2 import parse_filter
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import count
from layers.plants import Plant
from tests import make
from tests.mvt import decode, tile_of

ZOOMS = (10, DEEPEST, 14, 16, 18)
FILTERS = (
    "access = 'public'",
    "access IN ('public', 'closed') AND A_OVERLAPS(ripe, (9))",
    "species = 'Juglans regia'",
    "quarter = 'Quarter a'",  # none of the facets: the rows are asked
    "height_m > 4",
    "S_DWITHIN(geometry, POINT(11.05 53.05), 1000) AND A_OVERLAPS(ripe, (9, 9.5))",
    "NOT access = 'public'",
)


def ask(layer, z, text, **headers):
    x, y = tile_of(11.05, 53.05, z)
    query = urlencode({"filter": text})
    return Client().get(f"/tiles/{layer}/{z}/{x}/{y}.mvt?{query}", headers=headers)


def drawn(layer, z, text):
    """How many features the tile stands for: all plants of these tests lie well within it."""
    response = ask(layer, z, text)
    assert response.status_code == 200, response.content
    body = response.content
    if response.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return sum(properties.get("n", 1) for _id, properties in decode(body).get(layer, []))


@pytest.fixture
def plants(db):
    make.town()
    apple = make.species()
    walnut = make.species(
        "Juglans regia", german_name="Walnuss", english_name="Walnut", category="nut"
    )
    for number in range(12):
        make.plant(
            11.05 + number * 2e-5,
            53.05,
            species=(apple, walnut)[number % 2],
            access=("public", "closed", "own-property")[number % 3],
            height_m=number,
            own_fruit_from=(None, 7.0)[number % 4 == 0],
            own_fruit_to=(None, 7.5)[number % 4 == 0],
        )


@pytest.mark.parametrize("text", FILTERS)
def test_tiles_show_what_the_list_counts_at_every_zoom(plants, text):
    for name in ("fruit-trees", "trees"):
        layer = registry.get(name)
        wanted = count(FeatureQuery(layer=layer, filter=parse_filter(text, layer=layer)))
        assert 0 < wanted <= 12
        for z in ZOOMS:
            assert drawn(name, z, text) == wanted, (name, z)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(11.0495, 11.0505), st.floats(53.0495, 53.0505)), min_size=1, max_size=40
    ),
    st.sampled_from((10, 13, 14, 16)),
)
@pytest.mark.django_db
def test_the_grid_leaves_nothing_out_and_counts_nothing_twice(places, z):
    Plant.objects.all().delete()
    kind = make.new_species()
    for longitude, latitude in places:
        make.plant(longitude, latitude, species=kind)
    layer = registry.get("trees")
    x, y = tile_of(11.05, 53.05, z)
    seen = 0
    for column in (x - 1, x, x + 1):
        for row in (y - 1, y, y + 1):
            content, _number = grid.tile(layer, z, column, row)
            seen += sum(each["n"] for _id, each in decode(content).get("trees-counts", []))
    assert seen == len(places)


def test_where_many_stand_those_next_to_each_other_are_one_marker(plants, monkeypatch):
    monkeypatch.setattr(room, "DENSE", 11)
    x, y = tile_of(11.05, 53.05, 14)
    markers = decode(room.render(registry.get("trees"), 14, x, y))["trees"]
    assert len(markers) < 12
    assert sum(each["n"] for _id, each in markers) == 12
    x, y = tile_of(11.05, 53.05, room.ALONE_FROM)
    alone = decode(room.render(registry.get("trees"), room.ALONE_FROM, x, y))["trees"]
    assert len(alone) == 12


def test_too_many_for_a_filter_that_the_pyramid_does_not_know_are_refused_in_words(
    plants, monkeypatch
):
    monkeypatch.setattr(grid, "MOST", 5)
    response = ask("trees", 10, "height_m >= 0")
    assert response.status_code == 400
    assert "5" in json.loads(response.content)["detail"]
    assert ask("trees", 10, "access = 'public'").status_code == 200


@pytest.mark.parametrize(
    "text", ["", "nonsense", "hidden = 1", "ripe = 8", "x" * 5000, "A_OVERLAPS(ripe, (13))"]
)
def test_a_filter_that_cannot_be_read_is_told_by_tile_and_tilejson(plants, text):
    for response in (
        ask("trees", 10, text),
        Client().get(f"/tiles/trees.json?{urlencode({'filter': text})}"),
    ):
        assert response.status_code == 400
        assert json.loads(response.content)["errors"][0]["field"] == "filter"


def test_a_described_layer_says_where_its_filtered_tiles_are(plants):
    text = "access = 'public' AND A_OVERLAPS(ripe, (9))"
    body = json.loads(Client().get(f"/tiles/trees.json?{urlencode({'filter': text})}").content)
    [template] = body["tiles"]
    x, y = tile_of(11.05, 53.05, 13)
    address = template.replace("{z}", "13").replace("{x}", str(x)).replace("{y}", str(y))
    assert Client().get(address).content == ask("trees", 13, text).content


@pytest.mark.parametrize("text", FILTERS)
def test_who_has_a_filtered_tile_is_told_so_until_an_edit(plants, text):
    for z in (12, 16):
        first = ask("trees", z, text)
        held = {"If-None-Match": first.headers["ETag"]}
        assert ask("trees", z, text, **held).status_code == 304
        other = ask("trees", z, "access = 'overhanging'")
        assert other.headers["ETag"] != first.headers["ETag"]
    Plant.objects.all().update(access="closed", height_m=1, own_fruit_from=1, own_fruit_to=1)
    layer = registry.get("trees")
    wanted = count(FeatureQuery(layer=layer, filter=parse_filter(text, layer=layer)))
    for z in ZOOMS:
        assert drawn("trees", z, text) == wanted


def test_a_download_holds_what_the_filter_lets_through(plants):
    text = "access = 'public' AND A_OVERLAPS(ripe, (9))"
    layer = registry.get("fruit-trees")
    wanted = count(FeatureQuery(layer=layer, filter=parse_filter(text, layer=layer)))
    response = Client().get("/downloads/fruit-trees.geojson", {"filter": text})
    assert len(json.loads(response.getvalue())["features"]) == wanted > 0
    assert Client().get("/downloads/fruit-trees.csv", {"filter": "nonsense"}).status_code == 400
    assert Client().get("/downloads/fruit-trees.csv", {"bbox": "1,2,3,4"}).status_code == 400

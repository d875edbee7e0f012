"""What clients get: tiles and counts of the pyramid, and the same question below zoom 14 and above."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from django.test import Client
from django.utils import timezone

from geoplatform.catalog import registry
from geoplatform.pyramid.tiles import count
from geoplatform.query.facets import parse_facets
from geoplatform.query.feature_query import QueryError
from tests import make, mvt
from tests.pyramid import brute

pytestmark = pytest.mark.django_db
TREES, FRUIT = registry.get("trees"), registry.get("fruit-trees")
AT = (10, 543, 333)  # holds 11.05, 53.05


def get(path: str, **parameters: str):
    return Client().get(path, parameters)


def markers(layer: str, z: int, x: int, y: int, **parameters: str):
    response = get(f"/tiles/{layer}/{z}/{x}/{y}.mvt", **parameters)
    assert response.status_code == 200, response.content
    return [each for each in mvt.points(response.content) if each["layer"] == layer]


def counts(layer: str, z: int, x: int, y: int, **parameters: str) -> list[int]:
    """How many points each block holds; every block's place lies in it."""
    found = mvt.points(get(f"/tiles/{layer}/{z}/{x}/{y}.mvt", **parameters).content)
    blocks = [each for each in found if each["layer"] == f"{layer}-counts"]
    places = {tuple(at // 512 for at in each["at"]) for each in blocks}
    assert len(places) == len(blocks)
    assert all(0 <= part < 8 for place in places for part in place)
    return [each["properties"]["n"] for each in blocks]


@pytest.fixture
def plants():
    make.town()
    apple = make.species()
    walnut = make.species("Juglans regia", category="nut", fruit_from=9.0, fruit_to=10.0)
    winter = make.species("Hippophae rhamnoides", category="shrub", fruit_from=11.5, fruit_to=1.5)
    pick = random.Random(1)
    return [
        make.plant(
            11.05 + pick.uniform(-0.04, 0.04),
            53.05 + pick.uniform(-0.04, 0.04),
            species=pick.choice((apple, walnut, winter)),
            access=pick.choice(("public", "overhanging", "closed")),
            status=pick.choice(("confirmed", "unconfirmed")),
        )
        for _number in range(60)
    ]


def test_one_point_stands_where_it_is_and_has_its_number():
    made = make.plant(species=make.species())
    [marker] = markers("fruit-trees", *AT)
    [row] = brute.rows(FRUIT, {})
    _z, x, y = AT
    assert marker == {
        "layer": "fruit-trees",
        "id": made.fid,
        "at": (row["x"] // 8 - x * 4096, row["y"] // 8 - y * 4096),
        "properties": {"n": 1, "status": "confirmed", "category": "fruit"},
    }


def test_points_of_one_cell_are_one_marker_at_their_mean():
    species = make.species()
    for step in (0, 1, 2):
        make.plant(11.05 + step * 0.00002, species=species)
    [marker] = markers("trees", *AT)
    assert (marker["id"], marker["properties"]) == (None, {"n": 3, "status": "confirmed"})


def test_markers_of_one_place_differ_by_what_is_drawn():
    species = make.species()
    make.plant(species=species)
    make.plant(species=species, status="unconfirmed")
    assert sorted(each["properties"]["status"] for each in markers("trees", *AT)) == [
        "confirmed",
        "unconfirmed",
    ]


def test_a_marker_at_an_edge_is_in_both_tiles_at_one_place():
    # The meridian between the columns 543 and 544 of zoom 10.
    make.plant(11.25 + 0.0001, species=make.species())
    [here] = markers("trees", 10, 544, 333)
    [beside] = markers("trees", 10, 543, 333)
    assert here["id"] == beside["id"]
    assert (beside["at"][0] - 4096, beside["at"][1]) == here["at"]


def test_the_layers_first_zoom_holds_for_tiles():
    make.plant(species=make.species())
    assert markers("trees", 9, 271, 166) == []


@pytest.mark.parametrize("layer", ["trees", "fruit-trees"])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"species": "Malus domestica"},
        {"species": "Malus domestica,Juglans regia"},
        {"category": "nut"},
        {"access": "public,overhanging"},
        {"status": "unconfirmed"},
        {"ripe": "12.0"},
        {"ripe": "8.0,9.5"},
        {"ripe": "1.0", "access": "closed"},
        {"species": "Hippophae rhamnoides", "status": "confirmed", "ripe": "11.5"},
        {"species": "Nothing at all"},
    ],
    ids=str,
)
def test_pyramid_and_rows_answer_alike(plants, layer, parameters):
    """All features of the two zooms on either side of the border between pyramid and rows."""
    declared = registry.get(layer)
    fids = {row["fid"] for row in brute.rows(declared, parameters)}
    x, y = 4347, 2665
    tiles = [(x + i, y + j) for i in range(-1, 2) for j in range(-3, 4)]
    above = {
        each["id"]
        for column, row in tiles
        for i in (0, 1)
        for j in (0, 1)
        for each in markers(layer, 14, 2 * column + i, 2 * row + j, **parameters)
    }
    assert above == fids
    choices = parse_facets(declared, parameters)
    assert count(declared, choices) == len(fids)
    seen = sum(
        each["properties"]["n"]
        for column, row in tiles
        for each in markers(layer, 13, column, row, **parameters)
        if all(0 <= at < 4096 for at in each["at"])
    )
    assert seen == len(fids)


@pytest.mark.parametrize("layer", ["trees", "fruit-trees"])
@pytest.mark.parametrize(
    "parameters", [{}, {"species": "Malus domestica"}, {"access": "public,overhanging"}], ids=str
)
def test_counts_by_blocks_are_exact(plants, layer, parameters):
    """Each point counts in one block of one tile, at every zoom of the pyramid."""
    wanted = len(brute.rows(registry.get(layer), parameters))
    for z in range(10, 14):
        x, y = mvt.tile_of(11.05, 53.05, z)
        around = [(x + i, y + j) for i in range(-3, 4) for j in range(-3, 4)]
        found = [n for place in around for n in counts(layer, z, *place, **parameters)]
        assert sum(found) == wanted, z


def test_now_is_the_half_month_of_today(monkeypatch):
    for day, bit in (
        (dt.date(2026, 1, 15), 0),
        (dt.date(2026, 1, 16), 1),
        (dt.date(2026, 12, 31), 23),
    ):
        monkeypatch.setattr(timezone, "localdate", lambda day=day: day)
        [choice] = parse_facets(TREES, {"ripe": "now"})
        assert choice.values == (bit,)


@pytest.mark.parametrize(
    "parameters",
    [
        {"height_m": "3"},
        {"own_edible": "true"},
        {"bbox": "1,2,3,4"},
        {"ripe": "13"},
        {"ripe": "7.25"},
        {"ripe": "nan"},
        {"ripe": ""},
        {"ripe": "-1"},
        {"ripe": "٣"},
        {"status": "lost"},
        {"access": "public,everybody"},
        {"species": "a\x00b"},
        {"species": "x" * 501},
        {"species": ",".join("abcdefgh" for _number in range(51))},
    ],
    ids=str,
)
@pytest.mark.parametrize("z", [13, 14])
def test_wrong_facets_are_told(parameters, z):
    response = get(f"/tiles/trees/{z}/0/0.mvt", **parameters)
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"


def test_layers_without_facets_take_none():
    assert get("/tiles/quarters/10/543/331.mvt", name="x").status_code == 400
    with pytest.raises(QueryError):
        parse_facets(registry.get("quarters"), {"name": "x"})

"""What pages tell of a feature: may I, when, from whom, what is near; and the sheet to print."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
from django.contrib.gis.geos import Point
from django.test import Client
from django.utils import timezone, translation
from PIL import Image

from geoplatform.catalog import registry
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.within import metric_srid, within
from geoplatform.webmap.near import parse_place
from geoplatform.webmap.season import is_ripe, year
from geoplatform.webmap.sheet import EVERYWHERE, HEIGHT, WIDTH, view_of
from layers.gardens import Garden
from tests import make

pytestmark = pytest.mark.django_db
FRUIT = registry.get("fruit-trees")


def text_of(path: str) -> str:
    response = Client().get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def on(monkeypatch, day: dt.date) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *_args: day)


@pytest.fixture
def apple():
    make.town()
    species = make.species(flower_from=4.5, flower_to=5.0, season_source="a book")
    return make.plant(species=species, access="public")


def test_the_first_thing_told_is_whether_one_may_pick(apple):
    page = text_of(f"/en/fruit-trees/{apple.id}")
    assert page.index("May I pick?") < page.index("Where this comes from")
    assert "everybody may pick" in page.lower()
    nobody = make.plant(species=apple.species, access="")
    assert "Nobody has said so yet" in text_of(f"/en/fruit-trees/{nobody.id}")


def test_where_it_comes_from_is_told(apple):
    page = text_of(f"/en/fruit-trees/{apple.id}")
    for said in ("Source test", "CC0 1.0", "creativecommons.org", "not yet", f"{apple.id}/history"):
        assert said in page, said


def test_a_season_bar_of_24_half_months_says_the_same_in_words(apple):
    page = text_of(f"/en/fruit-trees/{apple.id}")
    figure = page[page.index('<figure class="season"') : page.index("</figure>")]
    assert 'role="img" aria-labelledby="season-words"' in figure
    picture = figure[figure.index('role="img"') :]
    assert picture.count('class="on"') == 7  # early August to early November
    assert picture.count('class="bloom"') == 2
    assert "early August to early November" in figure
    assert "late April to early May" in figure
    assert "a book" in figure


def test_seasons_past_the_turn_of_the_year_and_of_the_plant_itself(apple, monkeypatch):
    apple.own_fruit_from, apple.own_fruit_to = 11.5, 1.0
    apple.save()
    values = {"species": "Malus domestica", "fruit_from": 11.5, "fruit_to": 1.0}
    [flower, fruit] = year(FRUIT, values).bars
    assert [each // 10 for each in fruit.cells] == [21, 22, 23, 0]
    assert (flower.own, fruit.own) == (False, True)
    for day, ripe in (
        (dt.date(2026, 11, 15), False),
        (dt.date(2026, 11, 16), True),
        (dt.date(2026, 12, 31), True),
        (dt.date(2027, 1, 15), True),
        (dt.date(2027, 1, 16), False),
    ):
        on(monkeypatch, day)
        assert is_ripe(FRUIT, values) is ripe, day


def test_without_any_season_there_is_no_bar():
    make.town()
    plain = make.plant(species=make.species(fruit_from=None, fruit_to=None))
    assert '<figure class="season"' not in text_of(f"/fruit-trees/{plain.id}")


@pytest.mark.parametrize("layer", registry.map_layers(), ids=lambda layer: layer.name)
def test_questions_are_answered_by_public_properties(layer):
    with translation.override("de"):
        for question in layer.questions.values():
            assert str(question).endswith("?")


def test_what_is_within_500_m_in_metres_of_the_town(apple):
    """Distances as PostGIS measures them in the town's CRS, to the nearest edge; nothing beyond, nothing left out."""
    there = (apple.location.x, apple.location.y)
    assert metric_srid(there) == 25833
    here = apple.location.transform(25833, clone=True)
    places = {}
    for east in (120, 499, 501, 700):
        point = Point(here.x + east, here.y, srid=25833).transform(4326, clone=True)
        places[east] = make.plant(point.x, point.y, species=apple.species)
    found = within(FeatureQuery(layer=FRUIT), there, 500, 25833)
    told = {row["id"]: metres for row, metres in found.features}
    assert set(told) == {str(each.id) for each in (apple, places[120], places[499])}
    assert found.count == 3
    for east in (120, 499):
        assert told[str(places[east].id)] == pytest.approx(east, abs=0.02)


def test_the_page_of_what_is_near(apple):
    make.plant(11.051, 53.05, species=apple.species)
    Garden.objects.create(
        name="Garten <b>am</b> See", kind="community", source=make.source(),
        area=make.area(11.052, 53.05, 11.053, 53.051),
    )  # fmt: skip
    for path in (f"/en/fruit-trees/{apple.id}/nearby", "/en/nearby?near=11.05,53.05"):
        page = text_of(path)
        assert "Garten &lt;b&gt;am&lt;/b&gt; See" in page
        assert "130 m" in page
    own = text_of(f"/en/fruit-trees/{apple.id}/nearby")
    # A tree stands in two layers and is named once; the place itself is not.
    assert own.count("67 m") + own.count("70 m") == 1
    assert f'data-id="{apple.id}"' not in own


@pytest.mark.parametrize("text", ["", "x", "11", "11,53,9", "nan,53", "inf,53", "181,0", "0,91"])
def test_wrong_places_are_told(text):
    assert parse_place(text) is None
    assert Client().get("/nearby", {"near": text}).status_code == 400


def test_only_what_has_a_place_has_something_near(apple):
    assert Client().get(f"/species/{apple.species.id}/nearby").status_code == 404
    assert Client().get(f"/fruit-trees/{make.source().id:032x}/nearby").status_code == 404


def test_the_sheet_shows_the_view_its_legend_and_the_way_back(apple):
    page = text_of("/en/sheet?bbox=11.04,53.04,11.06,53.06&layers=trees,fruit-trees")
    [picture] = re.findall(r'<img src="(/wms\?[^"]+)"', page)
    drawn = Client().get(picture.replace("&amp;", "&"))
    assert drawn.status_code == 200
    image = Image.open(io.BytesIO(drawn.content))
    assert image.size == (WIDTH * 8, HEIGHT * 8)
    assert len(image.convert("RGB").getcolors(100_000)) > 2  # the tree is on it
    assert "Apple" in page
    assert "ripe now" in page
    assert "Green and recreation areas" not in page
    assert '<svg class="qr"' in page
    assert "http://testserver/en/#map=" in page


@pytest.mark.parametrize(
    "query",
    ["bbox=1", "bbox=11,54,12,53", "bbox=170,50,-170,52", "bbox=nan,1,2,3"],
)
def test_a_wrong_view_is_told(apple, query):
    response = Client().get(f"/sheet?{query}")
    assert response.status_code == 400
    assert 'class="form-error"' in response.content.decode()


@pytest.mark.parametrize(
    "box", [EVERYWHERE, (11.05, 53.05, 11.05, 53.05), (-180, -90, 180, 90), (11, 53, 11.001, 53.2)]
)
def test_a_sheet_holds_what_was_asked_for_in_the_papers_proportions(box):
    view = view_of(box)
    west, south, east, north = view.mercator
    assert (east - west) / (north - south) == pytest.approx(WIDTH / HEIGHT)
    assert view.degrees[0] <= box[0] + 1e-9
    assert view.degrees[2] >= box[2] - 1e-9
    assert view.scale > 0

"""/planning/questions without any script: form, answer, refusals, both languages."""

import re

import pytest
from django.test import Client

from geoplatform.planning.examples import EXAMPLES, examples
from tests import make

PAGE = "/planning/questions"


@pytest.fixture
def town(db, nothing_is_kept):
    made = make.town()
    apple = make.species()
    make.plant(11.05, 53.05, species=apple, height_m=6)
    make.plant(11.15, 53.05, species=apple)
    make.plant(11.16, 53.05, species=apple)
    return made


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_form_offers_what_can_be_asked(client, town):
    page = text(client.get(PAGE))
    assert '<option value="fruit-trees">' in page
    assert "<optgroup label=" in page
    assert page.count('class="card"') == len(examples()) == len(EXAMPLES)


def test_what_a_form_sends_becomes_an_address_to_keep(client, town):
    sent = {
        "sent": "1", "layer": "fruit-trees", "filter": "", "relation": "distance", "metres": "", "match": "some",
        "other": "", "other-filter": "", "figure": "count", "number": "", "per": "quarter", "municipality": "13004000",
        "area": "", "at": "",
    }  # fmt: skip
    response = client.get(PAGE, sent)
    assert response.status_code == 302
    kept = "layer=fruit-trees&figure=count&per=quarter&municipality=13004000"
    assert response["Location"] == f"{PAGE}?{kept}"
    page = text(client.get(response["Location"]))
    rows = re.findall(r'<th scope="row">([^<]*)</th><td class="number"[^>]*>([^<]*)</td>', page)
    assert rows == [("Quarter b", "2"), ("Quarter a", "1")]
    assert "/api/analyses/question/results?layer=fruit-trees" in page
    assert re.search(r"at=20\d\d-[^\"]*Z\"", page)


def test_in_german_and_in_english(client, town):
    asked = {"layer": "fruit-trees", "relation": "walk", "other": "gardens", "metres": "300"}
    german, english = text(client.get(PAGE, asked)), text(client.get(f"/en{PAGE}", asked))
    assert "höchstens so weit, zu Fuß: 300 m" in german
    assert "no farther, on foot: 300 m" in english
    assert "What is told" not in german


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"layer": "castles"}, "fruit-trees"),
        ({"layer": "fruit-trees", "filter": "<script>"}, "&lt;script&gt;"),
        ({"layer": "fruit-trees", "area": '{"type":"Polygon"}', "per": "area"}, "GeoJSON"),
        ({"layer": "fruit-trees", "figure": "area"}, "Fläche gibt es dort nicht"),
    ],
)
def test_refusals_keep_what_was_written(client, town, asked, words):
    response = client.get(PAGE, asked)
    assert response.status_code == 400
    page = text(response)
    assert 'role="alert"' in page
    assert words in page
    assert "<script>" not in page.replace("<script type", "")


def test_readers_get_no_cookie(client, town):
    assert not client.get(PAGE, {"layer": "fruit-trees"}).cookies
    assert Client().head(PAGE).status_code == 200
    assert Client().post(PAGE).status_code == 405

"""Finding without JavaScript: every question of every layer leads to an address, and the address back to the form."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pyproj
import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplatform.catalog import registry
from geoplatform.query.cql2 import parse_filter
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import count
from geoplatform.webmap.find import parse_place, parse_view, write_place
from geoplatform.webmap.find_form import METRES, NEAR, PLACE, WITHIN, filled, find_form
from geoplatform.webmap.questions import AtLeastOne, Exactly, Kind, OneOf, Season, questions
from layers.gardens import Garden, GardenPlot
from tests import make

pytestmark = pytest.mark.django_db
LAYERS = registry.map_layers()


@pytest.fixture
def town():
    made = make.town()
    apple = make.species()
    walnut = make.species(
        "Juglans regia", german_name="Walnuss", english_name="Walnut", category="nut"
    )
    make.plant(11.05, 53.05, species=apple)
    make.plant(11.06, 53.05, species=walnut, access="closed")
    make.plant(11.15, 53.05, species=walnut, own_fruit_from=2.0, own_fruit_to=2.5)
    return made


def answers(question):
    """Some answer to a question, as a browser sends it."""
    match question:
        case Season():
            return {question.name: "at", f"{question.name}-at": "9.5"}
        case OneOf():
            return {question.name: [str(value) for value, _label in question.choices[:2]]}
        case Exactly():
            return {question.name: str(question.choices[0][0])}
        case Kind():
            return {question.name: "Juglans regia"}
        case AtLeastOne():
            return {question.name: "on"}
    raise AssertionError(question)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_every_question_leads_to_an_address_that_fills_the_form_again(town, layer):
    asked = list(questions(layer))
    assert asked, "there is always something to ask"
    everything = {}
    for question in asked:
        everything |= answers(question)
    place = {NEAR: "11.05,53.05", WITHIN: "1000"}
    for sent in ({}, *map(answers, asked), {NEAR: "11.05,53.05"}, everything | place):
        response = Client().get(f"/{layer.name}/find", {"go": "1", **sent})
        assert response.status_code == 302, response.content.decode()
        address = urlsplit(response.headers["Location"])
        assert address.path == f"/{layer.name}/"
        given = {name: values[0] for name, values in parse_qs(address.query).items()}
        assert given.keys() <= {"filter", "near"}
        assert bool(given.get("filter")) == bool(sent.keys() - {NEAR})
        view = parse_view(given, layer)
        form = filled(view)
        assert not form.other
        assert len(form.said()) == len([q for q in asked if sent.keys() & q.fields().keys()]) + (
            WITHIN in sent
        )
        again = find_form(
            layer, {name: value for name, value in form.initial.items() if value not in (None, "")}
        )
        assert again.is_valid(), again.errors
        assert again.view().text == view.text
        page = Client().get(response.headers["Location"])
        assert page.status_code == 200


def test_the_filter_is_the_one_of_the_api(town):
    layer = registry.get("fruit-trees")
    sent = {"go": "1", "ripe": "at", "ripe-at": "2", "access": ["public", "overhanging"]}
    address = Client().get("/fruit-trees/find", sent).headers["Location"]
    text = parse_qs(urlsplit(address).query)["filter"][0]
    assert text == "A_OVERLAPS(ripe, (2)) AND access IN ('public', 'overhanging')"
    body = json.loads(
        Client().get("/api/collections/fruit-trees/items", {"filter": text}).getvalue()
    )
    assert (
        body["numberReturned"]
        == count(FeatureQuery(layer=layer, filter=parse_filter(text, layer=layer)))
        == 1
    )
    page = Client().get(address).content.decode()
    assert page.count("<li data-layer") == 1
    assert f"/downloads/fruit-trees.csv?{html.escape(urlencode({'filter': text}))}" in page


def test_now_is_the_half_month_of_today(town):
    address = Client().get("/fruit-trees/find", {"go": "1", "ripe": "now"}).headers["Location"]
    form = filled(
        parse_view(
            {"filter": parse_qs(urlsplit(address).query)["filter"][0]}, registry.get("fruit-trees")
        )
    )
    assert form.initial["ripe"] == "now"


def test_gardens_with_free_plots(town):
    area = make.area(11.0, 53.0, 11.01, 53.01)
    for name in ("Full", "Free"):
        garden = Garden.objects.create(name=name, kind="community", source=make.source(), area=area)
        state = "vacant" if name == "Free" else "taken"
        GardenPlot.objects.create(garden=garden, state=state, source=make.source(), area=area[0])
    address = Client().get("/gardens/find", {"go": "1", "free_plots": "on"}).headers["Location"]
    page = Client().get(address).content.decode()
    assert "Free" in page
    assert ">Full<" not in page
    assert "Freie Parzellen: mindestens 1" in page


def test_a_place_is_found_by_name_or_by_coordinates(town):
    for typed in ("Quarter b", "quarter B", "53.05, 11.15", "53,05 11,15"):
        sent = {"go": "1", PLACE: typed, WITHIN: "2000"}
        response = Client().get("/fruit-trees/find", sent)
        assert response.status_code == 302, response.content.decode()
        page = Client().get(response.headers["Location"]).content.decode()
        assert page.count("<li data-layer") == 1, typed
        assert "Walnuss" in page


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({PLACE: "Atlantis"}, PLACE),
        ({PLACE: "95, 11"}, PLACE),
        ({WITHIN: "500"}, PLACE),
        ({"species": "Yggdrasil"}, "species"),
        ({"species": "x" * 300}, "species"),
        ({"ripe": "at", "ripe-at": "13"}, "ripe-at"),
        ({"access": "mine"}, "access"),
        ({PLACE: "<script>alert(1)</script>"}, PLACE),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_lost(town, sent, field):
    response = Client().get("/fruit-trees/find", {"go": "1", "status": "confirmed", **sent})
    assert response.status_code == 422
    page = response.content.decode()
    assert "<script>alert" not in page
    assert "errorlist" in page
    assert re.search(r'value="confirmed"[^>]*checked', page)
    assert find_form(registry.get("fruit-trees"), {"go": "1", **sent}).errors.keys() == {field}


def test_a_filter_of_ones_own_holds_and_is_told(town):
    text = "height_m > 3 OR cultivar LIKE 'G%'"
    page = Client().get("/fruit-trees/", {"filter": text}).content.decode()
    assert html.escape(text) in page
    assert Client().get("/", {"filter": text}).status_code == 200


@pytest.mark.parametrize(
    "query", [{"filter": "nonsense"}, {"near": "x"}, {"near": "1,2,3"}, {"near": "nan,nan"}, {"near": "200,10"},
              {"filter": "a" * 5000}, {"filter": "<script>alert(1)</script> = 1"}],
)  # fmt: skip
def test_a_broken_address_shows_the_whole_layer_and_says_why(town, query):
    for path in ("/", "/fruit-trees/", "/en/fruit-trees/find"):
        response = Client().get(path, query)
        assert response.status_code == 400
        page = response.content.decode()
        assert 'class="form-error"' in page
        assert "<script>alert" not in page
    assert Client().get("/", {"layer": "species"}).status_code == 400
    assert Client().get("/", {"layer": "nothing"}).status_code == 400


def test_a_link_to_the_map_names_its_layer_and_both_languages_keep_it(town):
    page = Client().get("/", {"layer": "gardens", "filter": "free_plots > 0"}).content.decode()
    settings_ = json.loads(re.search(r'id="map-settings"[^>]*>(.*?)</script>', page, re.S)[1])
    assert settings_["layer"] == "gardens"
    assert 'href="/en/?layer=gardens&amp;filter=free_plots+%3E+0"' in page


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.tuples(st.floats(11.0, 11.2), st.floats(53.0, 53.1)), min_size=1, max_size=8),
    st.tuples(st.floats(11.0, 11.2), st.floats(53.0, 53.1)),
)
def test_the_nearest_come_first_with_their_metres(places, place):
    """Against the geodesic of PROJ's own library, to the centimetre."""
    from geoplatform.query.around import closest
    from layers.plants import Plant

    Plant.objects.all().delete()
    kind = make.new_species()
    geod = pyproj.Geod(ellps="WGS84")
    wanted = []
    for longitude, latitude in places:
        made = make.plant(longitude, latitude, species=kind)
        wanted.append((geod.inv(*place, made.location.x, made.location.y)[2], str(made.id)))
    found = closest(FeatureQuery(layer=registry.get("trees"), limit=5), *place)
    assert len(found) == min(5, len(places))
    for row, (metres, _id) in zip(found, sorted(wanted), strict=False):
        assert abs(row["metres"] - metres) < 0.01
        assert (row["metres"], row["id"]) in [
            (row["metres"], id) for m, id in wanted if abs(m - row["metres"]) < 0.01
        ]


@given(st.floats(-180, 180), st.floats(-85, 85))
def test_places_are_written_as_they_are_read(longitude, latitude):
    x, y = parse_place(write_place((longitude, latitude)))
    assert abs(x - longitude) < 1e-6
    assert abs(y - latitude) < 1e-6


def test_the_search_page(town):
    page = Client().get("/search", {"q": "quarter"}).content.decode()
    assert page.index("Quarter a") < page.index("Quarter b")
    assert 'href="/#map=' in page
    page = Client().get("/en/search", {"q": "walnut"}).content.decode()
    # A kind leads to where it grows, with how many there are.
    assert "(2)" in page
    assert "species+%3D+%27Juglans+regia%27" in page
    for text in ("", "Atlantis", "<script>alert(1)</script>", "%' OR 1=1 --"):
        response = Client().get("/search", {"q": text})
        assert response.status_code == 200
        assert "<script>alert" not in response.content.decode()
    for text in ("x" * 101, "a\x00b"):
        assert Client().get("/search", {"q": text}).status_code == 400
    assert not Client().get("/search", {"q": "quarter"}).cookies


def test_distances_of_the_form_can_be_asked(town):
    for metres in METRES:
        sent = {"go": "1", NEAR: "11.05,53.05", WITHIN: str(metres)}
        assert Client().get("/fruit-trees/find", sent).status_code == 302

"""Walks: stops of an address in an order that saves ways, as a page, as GPX, and suggested around a place."""

from __future__ import annotations

import itertools
import math
import tempfile
import uuid
from pathlib import Path
from xml.etree import ElementTree as xml

import pyogrio
import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplatform.webmap.walk import MOST, in_order, nearest_first, parse_stops, read, shortened
from layers.gardens import Garden
from tests import make
from tests.webmap.gpx_schema import NAMESPACE, faults

PLACES = st.lists(st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000)), min_size=1, max_size=7)


def along(order, at) -> float:
    return sum(math.dist(at[a], at[b]) for a, b in itertools.pairwise(order))


@given(at=PLACES)
@settings(max_examples=200, deadline=None)
def test_the_order_holds_every_place_once_and_is_never_longer_than_before(at):
    greedy = nearest_first(at)
    better = shortened(greedy, at)
    for order in (greedy, better):
        assert order[0] == 0
        assert sorted(order) == list(range(len(at)))
    assert along(better, at) <= along(greedy, at) + 1e-6


@given(at=PLACES)
@settings(max_examples=50, deadline=None)
def test_turning_any_part_round_would_not_shorten_it(at):
    order = shortened(nearest_first(at), at)
    for i, j in itertools.combinations(range(1, len(order)), 2):
        turned = order[:i] + order[i : j + 1][::-1] + order[j + 1 :]
        assert along(order, at) <= along(turned, at) + 1e-4


@pytest.fixture
def row():
    """Five trees in a row to the east, and a garden at its end."""
    make.town()
    apple = make.species(fruit_from=1.0, fruit_to=12.5)
    trees = [make.plant(11.05 + n / 1000, 53.05, species=apple) for n in range(5)]
    garden = Garden.objects.create(
        name="Garten", kind="community", source=make.source(),
        area=make.area(11.0555, 53.0499, 11.0557, 53.0501),
    )  # fmt: skip
    return trees, garden


def address(*stops) -> str:
    return "/en/walk?" + "&".join(f"stop={each}" for each in stops)


def key(tree) -> str:
    return f"fruit-trees/{tree.id}"


@pytest.mark.django_db
def test_stops_are_put_in_order_and_told_with_straight_distances(row):
    trees, garden = row
    mixed = [trees[0], trees[3], trees[1], trees[4], trees[2]]
    response = Client().get(address(*map(key, mixed), f"gardens/{garden.id}"))
    page = response.content.decode()
    assert response.status_code == 200
    assert not response.cookies
    places = [page.index(f'data-key="{key(each)}"') for each in trees]
    assert places == sorted(places)
    assert page.index(f'data-key="gardens/{garden.id}"') > places[-1]
    assert "6 stops, 380 m as the crow flies" in page
    assert page.count("70 m</span>") >= 4


@pytest.mark.django_db
def test_distances_are_those_of_the_towns_crs(row):
    trees, _garden = row
    wanted, whole = parse_stops([key(each) for each in trees])
    assert whole
    stops = in_order(read(wanted))
    metric = [each.location.transform(25833, clone=True) for each in trees]
    for stop, (a, b) in zip(stops[1:], itertools.pairwise(metric), strict=True):
        assert stop.metres == pytest.approx(a.distance(b), abs=0.05)


@pytest.mark.django_db
def test_a_stop_is_taken_off_by_its_link(row):
    trees, _garden = row
    page = Client().get(address(key(trees[0]), key(trees[1]))).content.decode()
    assert f'href="/en/walk?stop={key(trees[0])}"' in page
    assert f'href="/en/walk?stop={key(trees[1])}"' in page


@pytest.mark.django_db
def test_what_is_not_understood_or_gone_is_told(row):
    trees, _garden = row
    lost = f"fruit-trees/{uuid.uuid4()}"
    for other in (lost, "nothing/1", "species/x", "<script>"):
        page = Client().get(address(key(trees[0]), other))
        assert page.status_code == 200, other
        assert "Not everything could be put on this walk" in page.content.decode(), other
        assert "<script>" not in page.content.decode().split("</head>")[1].split("json")[0]
    assert Client().get(address("nothing/1")).status_code == 400
    many = [f"fruit-trees/{uuid.uuid4()}" for _number in range(MOST + 5)]
    found, whole = parse_stops(many)
    assert (len(found), whole) == (MOST, False)


@pytest.mark.django_db
def test_a_walk_is_suggested_through_what_is_ripe_and_gardens(row):
    trees, garden = row
    hard = make.species("Juglans regia", fruit_from=1.0, fruit_to=1.0)
    never = make.species("Taxus baccata", fruit_from=None, fruit_to=None)
    others = [make.plant(11.05, 53.0501, species=each) for each in (hard, never)]
    gone = make.plant(11.05, 53.0502, species=trees[0].species, status="gone")
    response = Client().get("/en/walk?near=11.05,53.05")
    assert response.status_code == 302
    led = response.headers["Location"]
    assert all(key(each) in led for each in trees)
    assert f"gardens/{garden.id}" in led
    assert key(others[1]) not in led
    assert key(gone) not in led
    assert led.index(key(trees[0])) < led.index(key(trees[4]))
    assert Client().get(led).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("near", ["", "x", "nan,1", "8.0,50.0"])
def test_where_nothing_is_the_page_says_so(row, near):
    response = Client().get("/en/walk", {"near": near}, follow=True)
    assert "Nothing ripe and no garden" in response.content.decode()


@pytest.mark.django_db
def test_without_stops_the_page_offers_quarters(row):
    page = Client().get("/en/walk").content.decode()
    assert "Quarter a" in page
    assert 'href="/en/walk?near=11.05000,53.05000"' in page


@pytest.mark.django_db
def test_gpx_is_read_by_gdal_with_every_stop_in_order(row):
    trees, garden = row
    trees[1].note = "x"
    trees[1].save()
    mixed = [trees[0], trees[2], trees[1]]
    path = address(*map(key, mixed), f"gardens/{garden.id}").replace("/walk?", "/walk.gpx?")
    response = Client().get(path)
    assert response.headers["Content-Type"] == "application/gpx+xml"
    assert response.headers["Content-Disposition"] == 'attachment; filename="walk.gpx"'
    assert faults(response.content) == []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "walk.gpx"
        file.write_bytes(response.content)
        points = pyogrio.read_dataframe(file, layer="waypoints")
        [route] = pyogrio.read_dataframe(file, layer="routes").geometry
    wanted = [(each.location.x, each.location.y) for each in trees[:3]]
    assert [(p.x, p.y) for p in points.geometry][:3] == [pytest.approx(each) for each in wanted]
    assert list(points["name"]) == ["Apple", "Apple", "Apple", "Garten"]
    assert len(route.coords) == 4


@pytest.mark.django_db
def test_gpx_is_what_its_schema_says_whatever_things_are_called(row):
    """Characters that XML cannot hold are left out."""
    trees, _garden = row
    named = Garden.objects.create(
        name="Gärten & <Höfe> \x0b", kind="school", source=make.source(),
        area=make.area(11.06, 53.05, 11.0601, 53.0501),
    )  # fmt: skip
    path = address(key(trees[0]), f"gardens/{named.id}").replace("/walk?", "/walk.gpx?")
    content = Client().get(path).content
    assert faults(content) == []
    root = xml.fromstring(content)
    assert len(root.findall(f"{NAMESPACE}wpt")) == len(list(root.iter(f"{NAMESPACE}rtept"))) == 2
    # Both have all their parts, or their order would be no test.
    parts = {each.tag.removeprefix(NAMESPACE) for each in root[1]}
    assert parts == {"name", "desc", "link", "type"}
    assert root[1].find(f"{NAMESPACE}link").get("href").startswith("http://testserver/en/")
    assert root[2].find(f"{NAMESPACE}name").text.startswith("Gärten & <Höfe>")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b"<name>A</name><type>t</type>", b"<type>t</type><name>A</name>"),
        (b"<name>A</name>", b"<name>A</name><name>A</name>"),
        (b"<name>A</name>", b"<title>A</title>"),
        (b"<name>A</name>", b"<name><b>A</b></name>"),
        (b'lat="53.1"', b'lat="5.31e1"'),
        (b'lat="53.1"', b'lat="91"'),
        (b'lon="11.1"', b""),
        (b"2026-05-01T12:00:00Z", b"1.5.2026"),
        (b'version="1.1"', b'version="1.0"'),
        (b'href="http://a/b"', b'href="b"'),
    ],
)
def test_what_is_held_against_the_schema_of_gpx_is_seen(right, wrong):
    sound = (
        b'<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1" creator="c"><metadata>'
        b'<link href="http://a/b"/><time>2026-05-01T12:00:00Z</time></metadata>'
        b'<wpt lat="53.1" lon="11.1"><name>A</name><type>t</type></wpt></gpx>'
    )
    assert faults(sound) == []
    assert right in sound
    assert faults(sound.replace(right, wrong)) != []


@pytest.mark.django_db
def test_gpx_without_stops_leads_to_the_page(row):
    assert Client().get("/walk.gpx").headers["Location"] == "/walk"

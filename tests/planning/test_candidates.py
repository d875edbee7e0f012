"""/planning/candidates without any script: sites in their order, who goes without, refusals, files."""

import json
import re

import pytest
from django.contrib.gis.geos import LineString
from django.test import Client

from geoplatform.analysis import candidates
from layers.streets import Street
from tests import make

PAGE = "/planning/candidates"
# Along a street of 1,300 m: at its west end, in its middle, and far from it.
WEST, MIDDLE = (11.040, 53.0502, 11.0415, 53.0510), (11.0490, 53.0502, 11.0505, 53.0510)
AWAY = (11.060, 53.080, 11.0615, 53.0808)


@pytest.fixture
def town(db, nothing_is_kept):
    made, west, _east = make.town()
    west.inhabitants, west.inhabitants_on = 1000, "2025-12-31"
    west.save()
    line = LineString((11.040, 53.05), (11.060, 53.05), srid=4326)
    Street.objects.create(course=line, kind="residential", source=make.source())
    for name, box in (("West", WEST), ("Middle", MIDDLE), ("Away", AWAY)):
        make.garden(name, box, kind="school")
    return made


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


RANKED = re.compile(
    r'<th scope="row">\d+\. <a href="/gardens/[^"]*">([^<]*)</a></th><td[^>]*>([^<]*)'
)


def test_the_form_offers_what_can_be_a_site(client, town):
    page = text(client.get(PAGE))
    assert '<option value="gardens">' in page
    assert '<option value="green-spaces">' in page
    assert '<option value="trees">' not in page
    assert '<option value="quarters">' not in page
    assert 'href="/planning/candidates"' in text(client.get("/planning/"))


def test_sites_stand_in_the_order_of_those_whom_they_serve(client, town):
    page = text(client.get(PAGE, {"layer": "gardens"}))
    (first, most), (second, more) = RANKED.findall(page)
    assert (first, second) == ("Middle", "West")
    assert int(most) > int(more) > 0
    # Nobody walks to the third.
    assert "Eine weitere Fläche wurde betrachtet" in page
    assert "1.000" in page  # who goes without today
    assert page.count('class="site chosen"') == 2
    assert page.count('class="site"') == 2  # and in the legend


def test_by_hectares_within_them(client, town):
    page = text(client.get(PAGE, {"layer": "gardens", "by": "area", "most": "1"}))
    assert len(RANKED.findall(page)) == 1
    assert "1 Fläche" in page


def test_drawn_areas(client, town):
    polygons = [[[[w, s], [e, s], [e, n], [w, n], [w, s]]] for w, s, e, n in (WEST, MIDDLE, AWAY)]
    area = json.dumps({"type": "MultiPolygon", "coordinates": polygons})
    sent = {"sent": "1", "municipality": "13004000", "area": area, "by": "number", "most": "2"}
    sent |= dict.fromkeys(("layer", "filter", "limit", "smallest"), "")
    response = client.get(PAGE, sent)
    assert response.status_code == 302
    page = text(client.get(response["Location"]))
    assert page.count('class="site chosen"') == 2
    assert "Fläche 1" in page


def test_a_quarter_of_unknown_inhabitants_is_said(client, town):
    english = text(client.get(f"/en{PAGE}", {"layer": "gardens"}))
    assert "Of 1 quarter the inhabitants are unknown: nobody there counts." in english


def test_of_a_town_of_unknown_inhabitants_shares_are_told(client, db, nothing_is_kept):
    make.town()
    line = LineString((11.040, 53.05), (11.060, 53.05), srid=4326)
    Street.objects.create(course=line, kind="residential", source=make.source())
    make.garden("Middle", MIDDLE)
    page = text(client.get(f"/en{PAGE}", {"layer": "gardens"}))
    assert "How many people live in these quarters is not known here." in page
    assert "percent of a quarter would newly have green within the walk" in page


def test_files_hold_every_site(client, town):
    found = client.get(PAGE, {"layer": "gardens", "f": "geojson"}).json()
    names = [each["properties"]["name"] for each in found["features"]]
    assert names == ["Middle", "West", "Away"]
    first, _second, last = (each["properties"] for each in found["features"])
    assert first["rank"] == 1
    assert first["newly_served"] == first["alone"]
    assert first["per_hectare"] == pytest.approx(first["alone"] / first["hectares"])
    assert last["rank"] is None
    assert found["served"] <= found["ceiling"]
    assert client.get(PAGE, {"layer": "gardens", "f": "csv"}).content.startswith(b"id,rank,name")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"layer": "trees"}, "green-spaces"),
        ({"layer": "gardens", "filter": "name = 'Nowhere'"}, "keine solche"),
        ({"layer": "gardens", "filter": "<script>"}, "&lt;script&gt;"),
        ({"layer": "gardens", "limit": "9999"}, "50 bis 1500"),
        ({"layer": "gardens", "most": "51"}, "1 bis 50"),
        ({"layer": "gardens", "by": "luck"}, "number, area"),
        ({"layer": "gardens", "f": "dwg"}, "json, csv, geojson, gpkg"),
        ({"layer": "gardens", "municipality": "1"}, "13004000"),
        ({"layer": "gardens", "area": "{}"}, "eines von beiden"),
        ({"area": '{"type":"Polygon"}'}, "GeoJSON"),
        (
            {"area": '{"type":"Polygon","coordinates":[[[2,2],[2.01,2],[2.01,2.01],[2,2]]]}'},
            "Town 13004000",
        ),
    ],
)
def test_refusals_keep_what_was_written(client, town, asked, words):
    response = client.get(PAGE, asked)
    assert response.status_code == 400
    page = text(response)
    assert 'role="alert"' in page
    assert words in page


def test_too_many_sites_are_told_so(client, town, monkeypatch):
    monkeypatch.setattr(candidates, "MOST", 2)
    response = client.get(PAGE, {"layer": "gardens"})
    assert response.status_code == 400
    assert "mehr als 2 " in text(response)


def test_readers_get_no_cookie(client, town):
    assert not client.get(PAGE, {"layer": "gardens"}).cookies
    assert Client().head(PAGE).status_code == 200
    assert Client().post(PAGE).status_code == 405

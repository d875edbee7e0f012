"""Kept scenarios beside one another, as a GeoPackage and as a report."""

import html
import re

import geopandas as gpd
import pyogrio
import pytest
from django.contrib.auth.models import User
from django.test import Client

from geoplatform.planning import scenario_compare
from layers.green_spaces import GreenSpace
from layers.plants import Plant
from tests.planning.test_scenarios import DRAW, LIST, OURS, drawing, feature, park, rows, text

pytestmark = pytest.mark.usefixtures("nothing_is_kept")
COMPARE = f"{LIST}compare"


@pytest.fixture
def planner(demo_rows):
    client = Client()
    client.force_login(User.objects.create_user("planner"))
    return client


def kept(planner, name, *features, indicator="green-per-inhabitant"):
    said = {"overlay": drawing(*features), "name": name, "do": "copy", "indicator": indicator}
    response = planner.post(DRAW, said, **OURS)
    assert response.status_code == 303, text(response.content.decode())[:500]
    return response["Location"]


def page(address, status=200):
    response = Client().get(address)
    assert response.status_code == status, text(response.content.decode())[:500]
    return response.content.decode()


def test_two_scenarios_beside_one_another(planner):
    small, large = kept(planner, "Klein", park()), kept(planner, "Groß", park(11.39, 53.61, 11.42, 53.64))  # fmt: skip
    keys = [address.rsplit("/", 1)[1] for address in (small, large)]
    body = page(f"{COMPARE}?s={keys[0]}&s=http://testserver{large}")
    assert len(re.findall(r'<svg class="map"', body)) == 3
    assert len(re.findall(r'class="mark m-area"', body)) == 2
    found = {row[0]: row for row in rows(body)}
    alone = {row[0]: row for row in rows(page(large)) if row[3] not in ("0.0", "–")}
    assert found.keys() == alone.keys()
    for name, row in found.items():
        assert row[1] == alone[name][1]
        assert row[3] == f"{alone[name][2]} {alone[name][3]}"
    # The same is asked of all, whatever each was kept with.
    other = page(f"{COMPARE}?s={keys[0]}&s={keys[1]}&indicator=green-within-300-m&limit=400")
    assert "Green within 300 m" in text(other)
    assert "Szenarien" in page(f"{COMPARE}?s={keys[0]}".replace("/en", ""))


def test_what_cannot_be_compared(planner, monkeypatch):
    key = kept(planner, "Klein", park()).rsplit("/", 1)[1]
    assert "no scenario at this address: x" in text(page(f"{COMPARE}?s=x", 400))
    assert "no scenario" in text(page(f"{COMPARE}?s={key[:-4]}0000", 400))
    wrong = f"{COMPARE}?s={key}&indicator=green-within-300-m&limit=1"
    assert "limit is a number" in text(page(wrong, 400))
    monkeypatch.setattr(scenario_compare, "MOST", 1)
    assert "At most 1 scenarios" in text(page(f"{COMPARE}?s={key}&s={key}", 400))


def test_a_geopackage_holds_what_becomes_of_what_and_the_figures(planner, tmp_path):
    gone = GreenSpace.objects.first()
    felled = Plant.objects.filter(growth_form="tree").first()
    path = {"type": "LineString", "coordinates": [[11.4, 53.62], [11.41, 53.63]]}
    address = kept(
        planner, "Hafen", park(name="Hafenpark"),
        feature(None, act="remove", id=str(gone.id)),
        feature(path, layer="streets"),
        feature({"type": "Point", "coordinates": [11.4, 53.62]}, layer="trees", number=20),
        feature(None, act="remove", layer="trees", id=str(felled.id)),
    )  # fmt: skip
    body = page(address)
    link = html.unescape(re.search(r'href="([^"]*\.gpkg[^"]*)"', body)[1])
    response = Client().get(link)
    assert response["Content-Type"] == "application/geopackage+sqlite3"
    file = tmp_path / "hafen.gpkg"
    file.write_bytes(response.content)
    assert set(pyogrio.list_layers(file)[:, 0]) == {"areas", "paths", "trees", "quarters"}
    areas = gpd.read_file(file, layer="areas").set_index("id")
    assert areas["act"].tolist() == ["add", "remove"]
    assert areas["name"].tolist()[0] == "Hafenpark"
    # What goes has the shape that it had.
    assert areas.geometry[str(gone.id)].symmetric_difference(
        gpd.GeoSeries.from_wkt([gone.area.wkt]).item()
    ).area == pytest.approx(0, abs=1e-9)
    trees = gpd.read_file(file, layer="trees")
    assert trees["number"].tolist()[0] == 20
    assert trees.geometry.geom_type.eq("Point").all()
    quarters = gpd.read_file(file, layer="quarters")
    assert (quarters["green_after"] - quarters["green_before"]).dropna().tolist() == pytest.approx(
        quarters["green_change"].dropna().tolist()
    )
    shown = {row[0]: row for row in rows(body)}
    for _n, row in quarters.dropna(subset=["green_after"]).iterrows():
        assert shown[row["name"]][2] == f"{row['green_after']:,.1f}"


def test_the_report_says_all_and_lasts(planner):
    address = kept(planner, "Hafen", park(name="Hafenpark"))
    link = html.unescape(re.search(r'href="([^"]*/report[^"]*)"', page(address))[1])
    body = page(link)
    assert "new: park (Hafenpark)" in text(body)
    assert len(re.findall(r'<svg class="map"', body)) == 2
    citation = text(re.search(r'id="citation">(.*?)</blockquote>', body)[1])
    assert "Hafen (version 1), Schwerin: Quarters with more:" in citation
    assert "Sources: " in citation
    before = rows(body)
    GreenSpace.objects.all().delete()
    lasting = citation.rsplit(", http://testserver", 1)[1]
    assert rows(page(lasting)) == before
    assert "neu: Park (Hafenpark)" in text(page(link.replace("/en", "")))

"""Scenarios on their pages: drawn by form, figures before and after, kept in versions, told when the data move on."""

import html
import json
import re
import uuid

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.html import strip_tags

from geoplatform.analysis import gate, registry
from geoplatform.analysis.answer import answer
from geoplatform.planning import saved
from geoplatform.planning.models import Scenario
from layers.green_spaces import GreenSpace
from layers.municipalities import Municipality
from layers.plants import Plant
from layers.quarters import Quarter
from layers.streets import Street
from tests import make

LIST = "/en/planning/scenarios/"
DRAW = f"{LIST}draw"
PARK = [11.40, 53.62, 11.41, 53.63]
BOW_TIE = [[[11.4, 53.62], [11.41, 53.63], [11.41, 53.62], [11.4, 53.63], [11.4, 53.62]]]
OURS = {"HTTP_SEC_FETCH_SITE": "same-origin"}
pytestmark = pytest.mark.usefixtures("nothing_is_kept")


def box(west, south, east, north):
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def feature(geometry, **said):
    id = said.pop("id", None)
    return {"type": "Feature", "id": id, "geometry": geometry, "properties": said}


def park(*bounds, **said):
    return feature({"type": "Polygon", "coordinates": box(*(bounds or PARK))}, **said)


def drawing(*features):
    return json.dumps({"type": "FeatureCollection", "features": features})


def send(client, address=DRAW, status=200, **fields):
    response = client.post(address, fields, **OURS)
    body = response.content.decode()
    wrong = re.findall(r'role="alert">(.*?)</p>', body)
    assert response.status_code == status, wrong or text(body)[:600]
    return response.content.decode()


def text(body):
    return " ".join(html.unescape(strip_tags(body)).split())


def rows(body):
    """Name, before, after, change and so on of each quarter in the table."""
    found = re.findall(r'<tr id="q-.*?</tr>', body, re.DOTALL)
    cells = (re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in found)
    return [[text(cell) for cell in row] for row in cells]


@pytest.fixture
def client():
    return Client()


def logged_in():
    client = Client()
    client.force_login(User.objects.create_user("planner"))
    return client


@pytest.fixture
def planner(demo_rows):
    return logged_in()


def test_the_pages_open_in_both_languages_without_a_cookie(demo_rows, client):
    for address in (LIST, DRAW):
        for prefix in ("/en", ""):
            response = client.get(address.replace("/en", prefix, 1))
            assert response.status_code == 200
    assert not client.cookies
    assert "log in" in text(client.get(DRAW).content.decode()).lower()


def test_a_park_moves_the_figures_of_the_quarters_near_it(demo_rows, client):
    body = send(client, overlay=drawing(park()), indicator="green-per-inhabitant")
    found = rows(body)
    assert len(found) == 26
    moved = [row for row in found if row[3] not in ("0.0", "–")]
    assert 1 <= len(moved) < 10
    assert all(row[3].startswith("+") for row in moved)
    assert found[: len(moved)] == moved
    # What is drawn once is what is there when it is really so.
    source = make.source()
    GreenSpace.objects.create(kind="park", source=source, area=make.area(*PARK))
    now = answer(registry.get("green-per-inhabitant"), ["13004000"]).rows.set_index("name")
    for name, _before, after, *_rest in found:
        value = now.loc[name, "green"]
        assert after == ("–" if value != value else f"{value:,.1f}")


def test_base_tables_are_never_written(demo_rows, client):
    counts = [each.objects.count() for each in (GreenSpace, Street, Plant, Quarter)]
    path = {"type": "LineString", "coordinates": [[11.4, 53.62], [11.41, 53.63]]}
    trees = {"type": "Point", "coordinates": [11.41, 53.63]}
    gone = GreenSpace.objects.first()
    said = drawing(
        park(),
        feature(path, layer="streets"),
        feature(trees, layer="trees", number=20, crown_m=6),
        feature(None, act="remove", id=str(gone.id)),
    )
    for indicator in ("green-within-a-walk", "trees-per-hectare", "crown-cover"):
        send(client, overlay=said, indicator=indicator)
    assert [each.objects.count() for each in (GreenSpace, Street, Plant, Quarter)] == counts
    assert not client.cookies


def test_a_tree_is_felled_and_twenty_are_planted(demo_rows, client):
    tree = Plant.objects.filter(growth_form="tree", quarter__isnull=False).first()
    x, y = tree.location.coords
    said = drawing(
        feature(None, act="remove", layer="trees", id=str(tree.id)),
        feature({"type": "Point", "coordinates": [x, y]}, layer="trees", number=20),
    )
    body = send(client, overlay=said, indicator="trees-per-hectare", column="trees")
    (row,) = [row for row in rows(body) if row[3] not in ("0", "–")]
    assert row[0] == tree.quarter.name
    assert row[3] == f"+{20 - tree.number_of_plants}"


def test_the_figures_alone_are_the_same_html(demo_rows, client):
    fields = {"overlay": drawing(park()), "indicator": "green-per-inhabitant"}
    part = send(client, part="figures", **fields)
    assert "<html" not in part
    assert part.strip() in send(client, **fields)


def test_all_questions_at_once(demo_rows, client):
    body = send(client, overlay=drawing(park()), indicator="green-per-inhabitant", every="yes")
    found = {
        id: [text(cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)]
        for id, row in re.findall(r'<tr id="i-([a-z0-9-]+)"(.*?)</tr>', body, re.DOTALL)
    }
    assert found.keys() == {each.id for each in registry.indicators() if each.compute}
    moved = [row for row in rows(body) if row[3] not in ("0.0", "–")]
    assert found["green-per-inhabitant"][-1] == str(len(moved))
    assert found["tree-diversity"][-1] == "0"
    assert list(found.values()) == sorted(found.values(), key=lambda row: -int(row[-1]))
    alone = send(client, overlay=drawing(park()), indicator="green-per-inhabitant")
    assert 'id="i-' not in alone


def test_both_maps_and_plots_have_one_legend(demo_rows, client):
    body = send(client, overlay=drawing(park()), indicator="green-per-inhabitant")
    assert len(re.findall(r'<svg class="map"', body)) == 2
    assert len(re.findall(r'<svg class="plot"', body)) == 2
    counts = re.findall(r'class="count">(\d+) quarters, then (\d+)', body)
    before, after = (sum(map(int, each)) for each in zip(*counts, strict=True))
    assert before == after == sum(row[1] != "–" for row in rows(body))


def test_a_park_across_two_cities_moves_both(demo_rows, client):
    town = Municipality.objects.create(
        ags="13076000", name="Nachbarstadt", metric_srid=25833, source=make.source()
    )
    outline = Municipality.objects.get(ags="13004000").outline
    west, _south, _east, north = outline.extent
    middle = (outline.extent[1] + north) / 2
    make.quarter(town, "n", (west - 0.05, middle, west, middle + 0.02), inhabitants=2000)
    across = park(west - 0.02, middle, west + 0.05, middle + 0.02)
    body = send(client, overlay=drawing(across), indicator="green-per-inhabitant")
    moved = {row[0] for row in rows(body) if row[3].startswith("+")}
    assert "Quarter n (Nachbarstadt)" in moved
    assert any(name.endswith("(Schwerin)") for name in moved)


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ([feature({"type": "Polygon", "coordinates": BOW_TIE})], "crosses itself at"),
        ([park(10.6, 53.1, 14.4, 54.6)], "it may cover 100"),
        ([park(2.3, 48.8, 2.31, 48.81)], "lies in no municipality"),
        ([park(53.62, 11.40, 53.63, 11.41)], "Are longitude and latitude swapped?"),
        ([park(), park(10.0, 53.62, 10.01, 53.63)], "Feature 2 lies outside"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_told_and_stays_in_the_form(demo_rows, client, features, words):
    said = drawing(*features)
    body = send(client, overlay=said, status=400, note="kept")
    assert words in text(re.search(r'role="alert">(.*?)</p>', body)[1])
    assert html.escape(said) in body
    german = send(client, DRAW.replace("/en", ""), overlay=said, status=400)
    assert words not in german


def test_a_drawing_of_a_million_corners_is_told_so(demo_rows, client):
    body = send(client, overlay=drawing(park()) + " " * 300_000, status=413)
    assert "longer than 200000 bytes" in text(body)
    body = send(client, overlay="[" * 210_000, status=400)
    assert "longer than 200000 bytes" in text(body)


def test_a_path_in_the_middle_of_nowhere_says_so(demo_rows, client):
    lonely = {"type": "LineString", "coordinates": [[11.4, 53.62], [11.401, 53.621]]}
    Street.objects.all().delete()
    body = send(client, overlay=drawing(feature(lonely, layer="streets", name="Steg")))
    assert "Feature 1 (Steg) is an island" in text(body)


def test_other_parameters_and_nothing_drawn(demo_rows, client):
    body = send(client, overlay=drawing(park()), indicator="green-within-300-m", limit="400")
    assert "limit 400 m instead of 300" in text(body)
    asked = {"overlay": drawing(park()), "indicator": "green-within-300-m", "limit": "4"}
    assert "limit is a number" in text(send(client, status=400, **asked))
    assert "Draw something first" in text(send(client, overlay="", status=400))
    assert "Nothing is drawn yet" in text(send(client, overlay="", part="figures"))
    body = send(client, overlay="", municipality="13004000")
    assert "No quarter's figure would be another one." in text(body)


def test_a_form_from_elsewhere_is_refused(demo_rows, client):
    response = client.post(DRAW, {"overlay": drawing(park())}, HTTP_SEC_FETCH_SITE="cross-site")
    assert response.status_code == 403


def test_who_comes_while_all_places_are_taken_keeps_the_drawing(demo_rows, client):
    said = drawing(park())
    with gate.admitted(), gate.admitted():
        body = send(client, overlay=said, status=503)
        assert html.escape(said) in body
        response = client.post(DRAW, {"overlay": said, "part": "figures"}, **OURS)
        assert response.status_code == 503
        assert response["Retry-After"]


def kept(client, **fields):
    """The address that keeping leads to."""
    usual = {"overlay": drawing(park()), "name": "Am Hafen", "do": "copy"}
    response = client.post(DRAW, {**usual, **fields}, **OURS)
    assert response.status_code == 303, text(response.content.decode())[:500]
    return response["Location"]


def test_only_who_is_logged_in_keeps_and_everybody_opens(planner, client):
    said = drawing(park(name="Hafenpark"))
    refused = send(client, overlay=said, name="x", do="copy", status=403)
    assert html.escape(said) in refused
    assert Scenario.objects.count() == 0
    address = kept(planner, overlay=said, indicator="green-per-inhabitant", note="Statt Parkplatz")
    body = client.get(address).content.decode()
    assert "Am Hafen" in text(body)
    assert "Statt Parkplatz" in text(body)
    assert "Hafenpark" in body
    assert any(row[3].startswith("+") for row in rows(body))
    assert "Am Hafen" in text(planner.get(LIST).content.decode())
    assert "Am Hafen" not in text(client.get(LIST).content.decode())
    assert client.get(f"{LIST}{uuid.uuid4()}").status_code == 404


def test_edits_are_versions_and_a_stale_one_overwrites_nothing(planner):
    address = kept(planner)
    two = drawing(park(), park(11.42, 53.62, 11.43, 53.63))
    fields = {"name": "Am Hafen", "overlay": two, "do": "keep"}
    send(planner, address, status=303, version="1", **fields)
    assert "Version 2" in text(planner.get(address).content.decode())
    assert "Version 1" in text(planner.get(f"{address}?version=1").content.decode())
    late = send(planner, address, status=409, version="1", **{**fields, "name": "Meins"})
    assert "Version 2 was saved since" in text(late)
    assert 'value="Meins"' in late
    assert [each.version for each in Scenario.objects.order_by("version")] == [1, 2]
    copy = send(
        planner, address, status=303, version="1", **{**fields, "name": "Meins", "do": "copy"}
    )
    assert copy == ""
    assert Scenario.objects.values("key").distinct().count() == 2


def test_two_who_keep_the_same_version_at_once(planner):
    address = kept(planner)
    there = Scenario.objects.get()
    author = User.objects.get(username="planner")
    draft = saved.Draft(
        name="x", note="", overlay=saved.Overlay(), question={}, municipalities=[], base=there.base
    )
    # The database itself lets one of them through, whatever both have looked at.
    saved._added(author, draft, there.key, 2)
    with pytest.raises(saved.Stale) as caught:
        saved._added(author, draft, there.key, 2)
    assert caught.value.version == 2
    assert address


def test_only_its_author_changes_and_deletes(planner, client):
    address = kept(planner)
    other = Client()
    other.force_login(User.objects.create_user("other"))
    fields = {"overlay": drawing(park()), "name": "x", "version": "1"}
    send(other, address, status=403, do="keep", **fields)
    for who in (other, client):
        send(who, address, status=403, do="delete", sure="yes", **fields)
    send(planner, address, status=400, do="delete", **fields)
    assert Scenario.objects.count() == 1
    send(planner, address, status=303, do="delete", sure="yes", **fields)
    assert Scenario.objects.count() == 0
    assert planner.get(address).status_code == 404


def test_what_no_release_takes_any_more_is_told(planner, client):
    address = kept(planner)
    Scenario.objects.update(
        overlay={"type": "FeatureCollection", "features": [park(kind="casino")]}
    )
    response = client.get(address)
    assert response.status_code == 400
    assert "kind is one of" in text(response.content.decode())
    assert "casino" in response.content.decode()


def test_what_is_kept_outlives_its_account(planner, client):
    address = kept(planner)
    User.objects.get(username="planner").delete()
    assert client.get(address).status_code == 200
    assert Scenario.objects.get().author is None


def test_what_is_kept_is_bounded(planner, monkeypatch):
    for words, fields in (
        ("give it a name", {"name": " "}),
        ("longer than 200", {"name": "x" * 201}),
        ("longer than 5000", {"note": "x" * 5001}),
        ("cannot be stored", {"note": "\x00"}),
        ("Nothing is drawn", {"overlay": "", "municipality": "13004000"}),
    ):
        usual = {"overlay": drawing(park()), "name": "x", "do": "copy"}
        assert words in text(send(planner, status=400, **{**usual, **fields}))
    monkeypatch.setattr(saved, "MOST_SCENARIOS", 1)
    monkeypatch.setattr(saved, "MOST_VERSIONS", 1)
    address = kept(planner)
    usual["do"] = "copy"
    assert "You have 1 scenarios" in text(send(planner, status=400, **usual))
    body = send(planner, address, status=400, **{**usual, "do": "keep", "version": "1"})
    assert "has 1 versions" in text(body)


def test_told_when_the_data_have_moved_on(demo_database, client):
    """With edits that are committed: whether a snapshot has seen what its own transaction wrote depends on others."""
    planner = logged_in()
    address = kept(planner, indicator="green-per-inhabitant")
    before = client.get(address).content.decode()
    assert "moved on" not in text(before)
    area = make.area(11.405, 53.625, 11.407, 53.627)
    GreenSpace.objects.create(kind="park", source=make.source(), area=area)
    body = client.get(address).content.decode()
    assert "Green and recreation areas: 1 came, 0 changed, 0 went" in text(body)
    then = html.unescape(re.search(r'href="([^"]*at=[^"]*)"', body)[1])
    assert rows(body) != rows(before)
    on_base = client.get(then).content.decode()
    assert rows(on_base) == rows(before)
    assert "stay on the data of then" in text(on_base)
    # Far away does not matter.
    GreenSpace.objects.all().update(name="x")
    assert "26 changed" not in text(client.get(address).content.decode())

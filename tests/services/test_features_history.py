"""The history of a feature through the API and as a page: what is told, and what never is."""

import json
import re
import uuid

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.test import Client
from jsonschema import validate

from geoplatform.catalog import registry
from geoplatform.contributions.redaction import redact
from geoplatform.history.services import changeset
from geoplatform.query.versions import MAX_VERSIONS
from layers.green_spaces import GreenSpace
from layers.plants import Plant
from tests import make
from tests.contracts import samples

pytestmark = pytest.mark.django_db
BROWSER = {"Accept": "text/html"}


def edit(tree, actor="key:4711", channel="map", reason="", **values):
    with changeset(actor=actor, channel=channel, reason=reason):
        Plant.objects.filter(id=tree.id).update(**values)


def get(id, layer="fruit-trees", status=200, **asked):
    answer = Client().get(f"/api/collections/{layer}/items/{id}/history", asked)
    assert answer.status_code == status, answer.content
    return json.loads(answer.content)


def page(id, layer="fruit-trees", **asked):
    answer = Client().get(f"/en/{layer}/{id}/history", asked)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def tree():
    make.town()
    with changeset(actor="anonymous", channel="map"):
        return make.plant(species=make.species(), note="one")


def changes(version):
    return [(each["property"], each["before"], each["after"]) for each in version["changes"]]


def test_versions_the_last_one_first(tree):
    edit(tree, reason="measured", note="two", height_m=6.0)
    body = get(tree.id)
    assert [each["version"] for each in body["versions"]] == [2, 1]
    second, first = body["versions"]
    assert changes(second) == [("height_m", None, 6.0), ("note", "one", "two")]
    assert {k: second["changeset"][k] for k in ("by", "channel", "reason")} == {
        "by": "contributor",
        "channel": "map",
        "reason": "measured",
    }
    assert (first["changes"], first["changeset"]["by"]) == ([], "anonymous")
    assert (second["end"], first["end"]) == (None, second["start"])
    assert (body["numberMatched"], body["numberReturned"]) == (2, 2)


def test_who_it_was_is_told_nowhere(tree):
    edit(tree, actor="user:jane@example.org", note="two")
    for text in (json.dumps(get(tree.id)), page(tree.id)):
        assert "jane" not in text
        assert "4711" not in text
    assert get(tree.id)["versions"][0]["changeset"]["by"] == "account"


def test_another_species_is_one_difference(tree):
    walnut = make.species("Juglans regia", german_name="Walnuss", category="nut", fruit_from=9.0)
    edit(tree, species=walnut)
    assert changes(get(tree.id)["versions"][0]) == [("species", "Malus domestica", "Juglans regia")]


def test_a_season_of_its_own_is_told_by_what_it_changes(tree):
    edit(tree, own_fruit_from=7.5, own_fruit_to=9.0)
    assert changes(get(tree.id)["versions"][0]) == [("fruit_from", 8.0, 7.5), ("fruit_to", 11.0, 9.0)]  # fmt: skip
    assert "late July" in page(tree.id)


def test_a_tree_that_moved(tree):
    edit(tree, location=Point(11.0515, 53.05, srid=4326))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_Distance('POINT(11.05 53.05)'::geography, 'POINT(11.0515 53.05)'::geography)"
        )
        due = cursor.fetchone()[0]
    second = get(tree.id)["versions"][0]
    assert second["changes"] == []
    assert second["geometryChange"] == {"metres": round(due, 2)}
    text = page(tree.id)
    assert "moved by 101 m" in text
    assert '<svg class="outline"' in text


def test_an_area_that_grew():
    make.town()
    park = samples.feature(registry.get("green-spaces"))
    made = GreenSpace.objects.get()
    GreenSpace.objects.update(area=make.area(11.01, 53.01, 11.03, 53.02))
    found = get(made.id, "green-spaces")["versions"][0]["geometryChange"]
    assert found["sizeBefore"] != found["sizeAfter"] > 1_000_000
    assert "area " in page(made.id, "green-spaces")
    assert park is not None


def test_deleted_and_brought_back(tree):
    with changeset(actor="user:1", channel="admin", reason="felled"):
        Plant.objects.filter(id=tree.id).delete()
    gone = get(tree.id)["versions"][0]
    assert (gone["deletion"]["reason"], gone["deletion"]["by"]) == ("felled", "account")
    assert "It is not in this layer any more." in page(tree.id)
    make.plant(id=tree.id, species_id=tree.species_id, note="one")
    back = get(tree.id)["versions"][0]
    assert (back["version"], back["restored"]) == (2, True)
    assert "Brought back" in page(tree.id)


def test_what_was_not_in_the_layer_is_not_shown(tree):
    lime = make.species("Tilia cordata", german_name="Linde", edible=False)
    edit(tree, note="secret", species=lime)
    edit(tree, note="open again", species_id=tree.species_id)
    third, second, _first = get(tree.id)["versions"]
    assert (second["inLayer"], second["changes"], third["changes"]) == (False, [], [])
    assert "secret" not in page(tree.id)
    assert "secret" in page(tree.id, "trees"), "the other layer shows it: it was a tree all along"


def test_never_in_the_layer_is_not_found(tree):
    lime = make.plant(species=make.species("Tilia cordata", edible=False))
    assert get(lime.id, status=404)["status"] == 404
    assert Client().get(f"/fruit-trees/{lime.id}/history").status_code == 404


@pytest.mark.parametrize("id", ["7", str(uuid.UUID(int=7)), "x' OR 1=1"])
def test_no_such_feature(id, tree):
    assert get(id, status=404)["status"] == 404


@pytest.mark.parametrize(
    "asked",
    [{"limit": "0"}, {"limit": "x"}, {"before": "-1"}, {"before": "9" * 30}, {"befor": "1"}],
)
def test_wrong_parameters_are_told(tree, asked):
    assert get(tree.id, status=400, **asked)["errors"][0]["field"] == next(iter(asked))


def test_pages_lead_to_the_first_version(tree):
    for number in range(2, 8):
        edit(tree, note=str(number))
    seen, address = [], f"/api/collections/fruit-trees/items/{tree.id}/history?limit=3"
    while address:
        body = json.loads(Client().get(address).content)
        seen += [(each["version"], changes(each)) for each in body["versions"]]
        address = next((each["href"] for each in body["links"] if each["rel"] == "next"), None)
    assert [number for number, _changes in seen] == [7, 6, 5, 4, 3, 2, 1]
    # The version before a page's last one is on the next page; the difference is told all the same.
    assert all(found == [("note", before, after)] for (_n, found), before, after in zip(
        seen[:-1], ["6", "5", "4", "3", "2", "one"], ["7", "6", "5", "4", "3", "2"], strict=True))  # fmt: skip
    assert body["numberMatched"] == 7


def test_a_page_has_a_cap(tree):
    assert get(tree.id, limit="999999")["numberReturned"] == 1
    assert MAX_VERSIONS <= 100


def test_each_version_leads_to_itself(tree):
    edit(tree, note="two")
    edit(tree, note="three")
    for each, note in zip(get(tree.id)["versions"], ["three", "two", "one"], strict=True):
        [link] = each["links"]
        feature = json.loads(Client().get(link["href"]).content)
        assert feature["properties"]["note"] == note
        assert feature["properties"]["version"] == each["version"]


def test_what_was_redacted(tree):
    edit(tree, note="Call Jane")
    edit(tree, note="")
    redact(layer=registry.get("fruit-trees"), id=tree.id, fields=["note"], versions=[2],
           actor="user:1", channel="test", reason="on request")  # fmt: skip
    assert changes(get(tree.id)["versions"][0]) == [("note", "[redacted]", "")]
    assert "(removed)" in page(tree.id)
    assert "Jane" not in page(tree.id)


def test_texts_are_escaped(tree):
    edit(tree, note="<script>alert(1)</script>", reason="<b>bold</b>")
    text = page(tree.id)
    assert "<script>alert" not in text
    assert "<b>bold" not in text


def test_a_browser_is_led_to_the_page(tree):
    answer = Client().get(f"/api/collections/fruit-trees/items/{tree.id}/history", headers=BROWSER)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/fruit-trees/{tree.id}/history"


def test_the_feature_page_leads_there(tree):
    assert (
        f"/fruit-trees/{tree.id}/history"
        in Client().get(f"/fruit-trees/{tree.id}").content.decode()
    )


@pytest.mark.parametrize("layer", registry.layers(), ids=lambda layer: layer.name)
def test_every_layer_has_it(layer):
    make.town()
    made = samples.feature(layer)
    id = made["id"] if isinstance(made, dict) else made.id
    body = get(id, layer.name)
    validate(body, {"type": "object", "required": ["id", "versions", "links", "numberMatched"]})
    assert body["versions"][0]["inLayer"]
    assert "Version" in page(id, layer.name)

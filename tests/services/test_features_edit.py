"""Create, replace, update and delete through the API: what is merged, what is refused."""

import json
import uuid

import pytest
from django.test import Client

from geoplatform.contributions.models import Proposal
from geoplatform.history.models import Changeset
from layers.plants import Plant
from tests import make
from tests.services import people
from tests.services.editing import TREES, an_apple, changed, now, patch, problem, put, read, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    return an_apple()


@pytest.fixture
def staff():
    return people.staff()


def test_methods_are_told_before_they_are_used(tree):
    items, item = Client().options(TREES), Client().options(f"{TREES}/{tree.id}")
    assert items.headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert item.headers["Allow"] == "GET, HEAD, PUT, DELETE, OPTIONS"
    assert "application/merge-patch+json" in item.headers["Accept-Patch"]
    # QGIS asks this of a feature that does not exist, where a layer is empty.
    assert Client().options(f"{TREES}/unknown_id").headers["Allow"] == item.headers["Allow"]
    read_only = Client().options("/api/collections/quarters/items/x")
    assert read_only.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert "Accept-Patch" not in read_only.headers


def test_a_feature_that_was_read_and_sent_back_changes_nothing(tree, staff):
    response = put(tree, read(tree), staff)
    assert response.status_code == 200, response.content
    assert now(tree).version == 1
    assert Proposal.objects.count() == 0


def test_staff_replaces_and_the_changeset_says_who(tree, staff):
    response = put(tree, changed(read(tree), height_m=5.5, note=None), staff)
    assert response.status_code == 200, response.content
    made = json.loads(response.content)["properties"]
    assert (made["height_m"], made["note"], made["version"]) == (5.5, "", 2)
    said = Changeset.objects.latest("id")
    assert said.actor.startswith("user:")
    assert said.channel == "api"
    assert Proposal.objects.get().fields == {"height_m": 5.5, "note": ""}, "what differs alone"


def test_a_stale_copy_is_merged(tree, staff):
    copy = read(tree)
    assert patch(tree, {"properties": {"crown_m": 3.0}}, people.staff()).status_code == 200
    response = put(tree, changed(copy, height_m=6.0), staff)
    assert response.status_code == 200
    found = now(tree)
    assert (found.crown_m, found.height_m, found.version) == (3.0, 6.0, 3)


def test_the_same_field_is_a_conflict_in_three_columns(tree, staff):
    copy = read(tree)
    assert patch(tree, {"properties": {"height_m": 5.0}}, people.staff()).status_code == 200
    response = put(tree, changed(copy, height_m=6.0, note="am Ufer"), staff)
    found = problem(response, 409)
    by_field = {each["field"]: each for each in found["conflicts"]}
    assert (
        by_field["height_m"]["base"],
        by_field["height_m"]["theirs"],
        by_field["height_m"]["yours"],
    ) == (4.0, 5.0, 6.0)
    assert (now(tree).height_m, now(tree).note) == (5.0, "am Weg"), "nothing is overwritten"
    waiting = json.loads(Client().get(found["proposal"]).content)
    assert waiting["properties"]["state"] == "conflict", "and nothing is lost"


def test_coupled_fields_are_one(tree, staff):
    make.species("Malus sylvestris")
    copy = read(tree)
    assert patch(tree, {"properties": {"cultivar": "Elstar"}}, people.staff()).status_code == 200
    problem(put(tree, changed(copy, species="Malus sylvestris"), staff), 409)
    assert now(tree).species.botanical_name == "Malus domestica"


QGIS = {"User-Agent": "Mozilla/5.0 QGIS/34006/Debian GNU-Linux 13"}


def test_qgis_changes_what_it_has_saved_once_more(tree, staff):
    """It keeps its copy, version and all, after it has saved a change of it."""
    copy = read(tree)
    assert put(tree, changed(copy, height_m=5.0), {**staff, **QGIS}).status_code == 200
    assert put(tree, changed(copy, height_m=6.0), {**staff, **QGIS}).status_code == 200
    assert now(tree).height_m == 6.0
    # But not what somebody else said between.
    assert patch(tree, {"properties": {"height_m": 7.0}}, people.staff()).status_code == 200
    problem(put(tree, changed(copy, height_m=8.0), {**staff, **QGIS}), 409)
    assert now(tree).height_m == 7.0


def test_no_other_program_overwrites_what_its_owner_saved_elsewhere(tree, staff):
    copy = read(tree)
    assert put(tree, changed(copy, height_m=5.0), staff).status_code == 200
    problem(put(tree, changed(copy, height_m=6.0), staff), 409)


def test_what_a_reviewer_accepted_is_not_their_own_word(tree, staff):
    copy = read(tree)
    waiting = json.loads(patch(tree, {"properties": {"height_m": 5.0}}, {}).content)
    accepted = send("POST", f"{waiting['proposal']}/accept", {}, "application/json", **staff)
    assert accepted.status_code == 200, accepted.content
    problem(put(tree, changed(copy, height_m=6.0), {**staff, **QGIS}), 409)
    assert now(tree).height_m == 5.0


def test_without_a_version_all_is_replaced(tree, staff):
    copy = read(tree)
    del copy["properties"]["version"], copy["properties"]["note"], copy["properties"]["crown_m"]
    assert put(tree, copy, staff).status_code == 200
    assert (now(tree).note, now(tree).crown_m, now(tree).height_m) == ("", None, 4.0)


def test_what_can_only_be_written_stays_unless_a_patch_takes_it_away(tree, staff):
    assert patch(tree, {"properties": {"own_edible": True}}, staff).status_code == 200
    assert put(tree, changed(read(tree), own_edible=None, height_m=9), staff).status_code == 200
    assert now(tree).own_edible is True
    assert patch(tree, {"properties": {"own_edible": None}}, staff).status_code == 200
    assert now(tree).own_edible is None


def test_geometry_and_values_come_as_two_patches(tree, staff):
    point = {"type": "Point", "coordinates": [11.06, 53.06]}
    assert patch(tree, {"geometry": point}, staff).status_code == 200
    assert patch(tree, {"properties": {"height_m": 5}}, staff).status_code == 200
    assert (now(tree).location.coords, now(tree).height_m) == ((11.06, 53.06), 5.0)
    assert list(Proposal.objects.order_by("created").values_list("action", flat=True)) == [
        "move",
        "change",
    ]


@pytest.mark.parametrize("form", ["{}", "<{}>"])
@pytest.mark.parametrize("code", [25832, 25833, 3857, 4326, 4258])
def test_positions_come_in_the_crs_that_is_said(tree, staff, code, form):
    uri = f"http://www.opengis.net/def/crs/EPSG/0/{code}"
    aim = make.plant(11.07, 53.07, species=tree.species)
    geometry = read(aim, crs=uri)["geometry"]
    response = patch(tree, {"geometry": geometry}, staff, Content_Crs=form.format(uri))
    assert response.status_code == 200, response.content
    assert now(tree).location.coords == pytest.approx((11.07, 53.07), abs=2e-7)


def test_an_unknown_crs_is_refused(tree, staff):
    point = {"type": "Point", "coordinates": [1, 2]}
    found = problem(patch(tree, {"geometry": point}, staff, Content_Crs="EPSG:31468"), 400)
    assert found["errors"][0]["field"] == "Content-Crs"


@pytest.mark.parametrize(
    "coordinates",
    [[1e300, 5], [True, 5], ["a", 5], [[4e5, 5e6]], [], [4e5], "x", None, [10**400, 1]],
)
def test_hostile_positions_in_metres_are_refused(tree, staff, coordinates):
    crs = "http://www.opengis.net/def/crs/EPSG/0/25833"
    point = {"geometry": {"type": "Point", "coordinates": coordinates}}
    problem(patch(tree, point, staff, Content_Crs=crs), 400)
    assert now(tree).version == 1


def test_cut_digits_are_no_move(tree, staff):
    Plant.objects.filter(pk=tree.pk).update(location="SRID=4326;POINT(11.0512345678 53.0512345678)")
    copy = read(tree)
    copy["geometry"]["coordinates"] = [round(each, 6) for each in copy["geometry"]["coordinates"]]
    assert put(tree, changed(copy, height_m=5), staff).status_code == 200
    assert now(tree).location.x == 11.0512345678


def test_a_tag_is_honoured_when_it_is_sent(tree, staff):
    response = Client().get(f"{TREES}/{tree.id}")
    tag = response.headers["ETag"]
    same = Client().get(f"{TREES}/{tree.id}", headers={"If-None-Match": tag})
    assert (same.status_code, same.content) == (304, b"")
    body = {"properties": {"height_m": 5}}
    assert patch(tree, body, staff, If_Match=tag).status_code == 200
    for stale in (tag, '"99-x"', f"W/{tag}", "x", '"'):
        problem(patch(tree, {"properties": {"height_m": 6}}, staff, If_Match=stale), 412)
        problem(send("DELETE", f"{TREES}/{tree.id}", "", **staff, If_Match=stale), 412)
    problem(put(tree, read(tree), staff, If_Match=tag), 412)
    assert now(tree).height_m == 5
    assert patch(tree, {"properties": {"height_m": 6}}, staff, If_Match="*").status_code == 200
    fresh = Client().get(f"{TREES}/{tree.id}").headers["ETag"]
    both = f'"x", {fresh}'
    assert patch(tree, {"properties": {"height_m": 7}}, staff, If_Match=both).status_code == 200


def test_delete(tree, staff):
    response = send("DELETE", f"{TREES}/{tree.id}", "", **staff)
    assert (response.status_code, response.content) == (204, b"")
    assert Plant.objects.count() == 0
    assert Client().get(f"{TREES}/{tree.id}").status_code == 404
    # It is gone already, as was asked; a change of it is a conflict.
    assert send("DELETE", f"{TREES}/{tree.id}", "", **staff).status_code == 204
    found = problem(patch(tree, {"properties": {"height_m": 1}}, staff), 409)
    assert {each["theirs"] for each in found["conflicts"]} == {None}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("[]", 400),
        ("{", 400),
        ('{"properties": 5}', 400),
        ('{"properties": {"height_m": "tall"}}', 400),
        ('{"properties": {"colour": 1}}', 400),
        ('{"properties": {"version": "2"}}', 400),
        ('{"properties": {"height_m": 2, "version": 9}}', 400),
        ('{"properties": {"height_m": -2}}', 400),
        ('{"geometry": null}', 400),
        ('{"geometry": {"type": "Point", "coordinates": [53, 11]}}', 400),
        ('{"geometry": {"type": "LineString", "coordinates": [[11, 53], [11.1, 53]]}}', 400),
        ('{"id": "7b7ee0a9-3c9b-4b4e-9d60-7d7f9b8f7f33"}', 400),
        ('{"properties": {"height_m": NaN}}', 400),
        ('{"properties": {"height_m": 1e999}}', 400),
        ('{"properties": {"height_m": ' + "9" * 5000 + "}}", 400),
        (b"\xff", 400),
        (b"\xef\xbb\xbf{}", 400),
    ],
)
def test_bad_input_is_told(tree, staff, body, status):
    problem(patch(tree, body, staff), status)
    assert now(tree).version == 1


def test_other_media_types_and_sizes_are_refused(tree, staff):
    path = f"{TREES}/{tree.id}"
    for media_type in ("application/x-www-form-urlencoded", "text/plain", ""):
        found = problem(send("PATCH", path, '{"properties": {}}', media_type, **staff), 415)
        assert "application/merge-patch+json" in found["detail"]
    for name in ("utf-8", "iso-8859-1"):
        body = json.dumps({"properties": {"note": f"Bäume, {name}"}}, ensure_ascii=False)
        media_type = f"application/json; charset={name}"
        assert send("PATCH", path, body.encode(name), media_type, **staff).status_code == 200
        assert now(tree).note == f"Bäume, {name}"
    problem(send("PUT", path, {"type": "FeatureCollection"}, **staff), 400)
    problem(send("PUT", path, '{"a":"' + "x" * 300_000 + '"}', **staff), 413)


def test_a_feature_may_leave_its_layer(tree, staff):
    response = patch(tree, {"properties": {"species": None}}, staff)
    assert (response.status_code, response.content) == (204, b"")
    assert Client().get(f"{TREES}/{tree.id}").status_code == 404
    assert now(tree).species is None


def test_a_feature_of_another_layer_is_not_there(tree, staff):
    lime = make.plant(
        species=make.species("Tilia cordata", edible=False, fruit_from=None, fruit_to=None)
    )
    problem(patch(lime, {"properties": {"height_m": 5}}, staff), 404)
    problem(patch(Plant(id=uuid.uuid4()), {"properties": {"height_m": 5}}, staff), 404)
    problem(send("DELETE", f"{TREES}/{uuid.uuid4()}", "", **staff), 404)
    problem(send("DELETE", f"{TREES}/x", "", **staff), 404)

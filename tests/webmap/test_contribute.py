"""Every contribution as a form without JavaScript: what it does, what it asks, what it refuses."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from geoplatform.catalog import registry
from geoplatform.contributions.keys import of_key
from geoplatform.contributions.models import Contributor, Proposal
from layers.plants import Plant
from tests import make
from tests.webmap.contributing import KEY, OTHER, errors, hidden, post, text

pytestmark = pytest.mark.django_db
PLACE = {"latitude": "53.05", "longitude": "11.05"}


@pytest.fixture(autouse=True)
def town():
    return make.town()


@pytest.fixture
def apple():
    return make.species()


@pytest.fixture
def tree(apple):
    return make.plant(species=apple)


def of(tree, form: str) -> str:
    return f"/fruit-trees/{tree.id}/{form}"


def editable_layers():
    return [each for each in registry.map_layers() if each.editable]


@pytest.mark.parametrize("layer", editable_layers(), ids=lambda layer: layer.name)
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_every_editable_layer_has_a_form_that_asks_for_its_fields(layer, prefix):
    page = Client().get(f"{prefix}/{layer.name}/new").content.decode()
    for name in layer.editable:
        if name != layer.geometry:
            assert f'name="{name}"' in page
    place = "latitude" if layer.dimension == 0 else "shape"
    assert f'name="{place}"' in page


def test_what_the_address_says_is_filled_in():
    page = Client().get("/fruit-trees/new", {"latitude": "53.01", "x": "<b>", "note": "<b>"})
    assert 'value="53.01"' in page.content.decode()
    assert "<b>" not in page.content.decode()


def test_the_same_form_twice_makes_one_tree(apple):
    fields = {"id": str(uuid.uuid4()), "species": "Apfel", **PLACE}
    first, second = (post("/fruit-trees/new", **fields) for _each in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert str(Plant.objects.get().id) == fields["id"]
    # Another content under the same id is not the same form, and is not lost.
    third = post("/fruit-trees/new", **{**fields, "note": "am Weg", "new": "yes"})
    assert third.status_code == 422
    assert "am Weg" in text(third)
    assert hidden(third, "id") != fields["id"]
    assert Plant.objects.count() == 1


class TestLikelyDuplicates:
    def test_one_close_by_is_asked_about_first(self, tree):
        response = post("/fruit-trees/new", species="Apfel", note="neu", **PLACE)
        assert response.status_code == 422
        assert "Ist es eines von diesen?" in text(response)
        assert f'value="fruit-trees/{tree.id}"' in response.content.decode()
        assert "neu" in text(response)
        assert Plant.objects.count() == 1

    def test_it_can_be_confirmed_instead(self, tree):
        response = post(
            "/fruit-trees/new", species="Apfel", instead=f"fruit-trees/{tree.id}", key=KEY, **PLACE
        )
        assert response.status_code == 202
        proposal = Proposal.objects.get()
        assert (proposal.action, proposal.kind, proposal.feature) == (
            "confirm",
            "still-there",
            tree.id,
        )
        assert Plant.objects.count() == 1

    def test_or_be_another_one(self, tree):
        assert post("/fruit-trees/new", species="Apfel", new="yes", **PLACE).status_code == 303
        assert Plant.objects.count() == 2

    @pytest.mark.parametrize(
        ("longitude", "species", "asked"),
        [
            ("11.0501", "Apfel", True),  # 7 m
            ("11.0501", "Birne", False),  # another kind may stand there
            ("11.05003", "Birne", True),  # 2 m: hardly room for two
            ("11.0502", "Apfel", False),  # 13 m
        ],
    )
    def test_near_and_of_the_same_kind(self, tree, longitude, species, asked):
        make.species("Pyrus communis", german_name="Birne", english_name="Pear")
        response = post("/fruit-trees/new", species=species, latitude="53.05", longitude=longitude)
        assert response.status_code == (422 if asked else 303)

    def test_what_is_gone_is_not_asked_about(self, apple):
        make.plant(species=apple, status="gone")
        assert post("/fruit-trees/new", species="Apfel", **PLACE).status_code == 303

    def test_nor_is_the_same_form_sent_again(self, apple):
        fields = {"id": str(uuid.uuid4()), "species": "Apfel", **PLACE}
        assert [post("/fruit-trees/new", **fields).status_code for _each in range(3)] == [303] * 3

    def test_a_tree_of_unknown_kind_in_another_layer_is_the_same_tree(self, apple):
        tree = make.plant(own_growth_form="tree")
        response = post("/fruit-trees/new", species="Apfel", **PLACE)
        assert f'value="trees/{tree.id}"' in response.content.decode()


class TestCorrecting:
    def test_only_what_was_touched_is_sent(self, tree):
        page = Client().get(of(tree, "correct"))
        assert 'name="initial-note"' in page.content.decode()
        response = post(
            of(tree, "correct"), version=hidden(page, "version"), species="Malus domestica",
            **{"initial-species": "Malus domestica", "initial-access": "public", "access": "closed",
               "initial-number_of_plants": "1", "number_of_plants": "1", "note": "", "initial-note": ""},
        )  # fmt: skip
        assert response.status_code == 202
        proposal = Proposal.objects.get()
        assert (proposal.action, proposal.fields) == ("change", {"access": "closed"})
        assert proposal.base_version == tree.version

    def test_nothing_touched_is_said(self, tree):
        same = {"species": "Malus domestica", "initial-species": "Malus domestica"}
        response = post(of(tree, "correct"), access="public", **{"initial-access": "public"}, **same,
                        **{"initial-number_of_plants": "1", "number_of_plants": "1"})  # fmt: skip
        assert response.status_code == 422
        assert "nichts" in text(response).lower()

    def test_what_one_added_oneself_changes_at_once(self, apple):
        post("/fruit-trees/new", species="Apfel", key=KEY, **PLACE)
        tree = Plant.objects.get()
        response = post(of(tree, "correct"), key=KEY, note="<script>alert(1)</script>", version=str(tree.version),
                        species="Malus domestica", **{"initial-species": "Malus domestica"})  # fmt: skip
        assert response.status_code == 303
        page = Client().get(response.headers["Location"])
        assert "&lt;script&gt;" in page.content.decode()
        assert "<script>alert" not in page.content.decode()

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("planted_year", "3000", "2100"),
            ("planted_year", "12", "1000"),
            ("note", "x" * 10_000, "2000"),
            ("height_m", "hoch", ""),
            ("species", "Quatsch", "nicht bekannt"),
            ("note", "a\u202eb", "unsichtbares Zeichen"),
        ],
    )
    @pytest.mark.parametrize("prefix", ["", "/en"])
    def test_mistakes_stand_beside_their_field_and_nothing_is_lost(
        self, tree, field, value, said, prefix
    ):
        response = post(prefix + of(tree, "correct"), **{"access": "closed", field: value})
        assert response.status_code == 422
        found = errors(response)
        assert set(found) == {field}
        if not prefix:
            assert said in found[field]
        assert value in text(response) or value in response.content.decode()
        assert Proposal.objects.count() == 0


class TestConflict:
    def conflict(self, tree):
        seen = tree.version
        Plant.objects.filter(pk=tree.pk).update(access="closed")
        return post(of(tree, "correct"), key=KEY, version=str(seen), access="overhanging",
                    **{"initial-access": "public"})  # fmt: skip

    def settle(self, tree, page, **choice):
        names = ("id", "receipt", "version")
        return post(
            of(tree, "settle"), key=KEY, **{name: hidden(page, name) for name in names}, **choice
        )

    def test_both_stand_side_by_side(self, tree):
        page = self.conflict(tree)
        assert page.status_code == 409
        for words in ("Jemand war schneller", "öffentlich", "hängt über", "gesperrt"):
            assert words in text(page) or words in page.content.decode(), words

    def test_theirs_stays_and_mine_is_taken_back(self, tree):
        page = self.conflict(tree)
        assert self.settle(tree, page, **{"take-access": "theirs"}).status_code == 200
        assert Proposal.objects.get().state == "withdrawn"

    def test_mine_is_sent_anew_from_what_stands_now(self, tree):
        page = self.conflict(tree)
        answers = [self.settle(tree, page, **{"take-access": "mine"}) for _each in range(3)]
        assert [each.status_code for each in answers] == [202] * 3
        states = dict(Proposal.objects.values_list("state", "base_version"))
        assert states == {"withdrawn": tree.version, "open": tree.version + 1}

    def test_only_its_author_may_choose(self, tree):
        page = self.conflict(tree)
        answer = post(
            of(tree, "settle"),
            key=OTHER,
            proposal=hidden(page, "proposal"),
            **{"take-access": "mine"},
        )
        assert answer.status_code == 404

    def test_what_was_removed_meanwhile_is_said(self, tree):
        id, version = tree.pk, tree.version
        page = Client().get(of(tree, "move"))
        Plant.objects.filter(pk=id).delete()
        answer = post(f"/fruit-trees/{id}/move", version=str(version), **PLACE)
        assert page.status_code == 200
        assert answer.status_code == 404


class TestMoving:
    def test_a_point_moves(self, tree):
        page = Client().get(of(tree, "move"))
        assert "53,05" in page.content.decode() or "53.05" in page.content.decode()
        response = post(
            of(tree, "move"), version=hidden(page, "version"), latitude="53,06", longitude="11,06"
        )
        assert response.status_code == 202
        proposal = Proposal.objects.get()
        assert proposal.action == "move"
        assert proposal.geometry.coords == (11.06, 53.06)

    @pytest.mark.parametrize("prefix", ["", "/en"])
    def test_not_out_of_all_municipalities(self, tree, prefix):
        response = post(prefix + of(tree, "move"), latitude="48.1", longitude="11.5")
        assert set(errors(response)) == {"latitude"}
        assert ("no municipality" if prefix else "keiner Gemeinde") in text(response)

    def test_swapped_numbers_are_noticed(self, tree):
        assert "vertauscht" in text(post(of(tree, "move"), latitude="11.05", longitude="53.05"))


class TestReporting:
    @pytest.mark.parametrize("kind", ["gone", "duplicate", "private", "wrong-place"])
    def test_what_is_wrong(self, tree, kind):
        response = post(of(tree, "report"), kind=kind, reason="seit März")
        assert response.status_code == 202
        proposal = Proposal.objects.get()
        assert (proposal.action, proposal.kind, proposal.reason) == ("report", kind, "seit März")
        tree.refresh_from_db()
        assert tree.status == "confirmed" or tree.status == "unconfirmed"

    def test_of_which_it_is_a_second_entry(self, tree, apple):
        other = make.plant(11.0501, 53.05, species=apple)
        page = Client().get(of(tree, "report"))
        assert str(other.id) in page.content.decode()
        assert (
            post(of(tree, "report"), kind="duplicate", duplicate_of=str(other.id)).status_code
            == 202
        )
        assert Proposal.objects.get().duplicate_of == other.id

    def test_one_far_away_is_no_choice(self, tree, apple):
        other = make.plant(11.06, 53.05, species=apple)
        make.plant(11.0501, 53.05, species=apple)
        response = post(of(tree, "report"), kind="duplicate", duplicate_of=str(other.id))
        assert set(errors(response)) == {"duplicate_of"}

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({}, "kind"),
            ({"kind": "ripe"}, "kind"),
            ({"kind": "other"}, "reason"),
            ({"kind": "gone", "reason": "x" * 10_000}, "reason"),
        ],
    )
    def test_what_is_missing_or_too_much(self, tree, fields, wrong):
        response = post(of(tree, "report"), **fields)
        assert response.status_code == 422
        assert set(errors(response)) == {wrong}
        assert Proposal.objects.count() == 0


class TestConfirming:
    def test_still_there_and_ripe(self, tree):
        for kind in ("still-there", "ripe"):
            assert post(of(tree, "confirm"), kind=kind, key=KEY).status_code == 202
        assert set(Proposal.objects.values_list("action", "kind")) == {
            ("confirm", "still-there"),
            ("confirm", "ripe"),
        }

    def test_a_garden_is_never_ripe(self):
        from tests.webmap.contributing import garden

        made = garden()
        path = f"/gardens/{made.id}/confirm"
        assert "still-there" in Client().get(path).content.decode()
        assert '"ripe"' not in Client().get(path).content.decode()
        assert post(path, "gardens", kind="ripe").status_code == 422

    def test_somebody_trusted_confirms_at_once(self, tree):
        import datetime as dt

        from django.utils import timezone

        of_key(KEY)
        Contributor.objects.update(
            accepted=100, counted_from=timezone.now() - dt.timedelta(days=365)
        )
        Plant.objects.update(status="unconfirmed")
        response = post(of(tree, "confirm"), kind="still-there", key=KEY)
        assert response.status_code == 303
        tree.refresh_from_db()
        assert (tree.status, tree.last_confirmed) == ("confirmed", timezone.localdate())


@pytest.mark.parametrize("form", ["correct", "move", "report", "confirm"])
def test_forms_of_what_is_not_there(tree, form):
    nobody = uuid.uuid4()
    assert Client().get(f"/fruit-trees/{nobody}/{form}").status_code == 404
    assert post(f"/fruit-trees/{nobody}/{form}", kind="gone").status_code == 404
    assert Client().get(f"/quarters/{tree.id}/{form}").status_code == 404


@pytest.mark.parametrize("form", ["correct", "move", "report", "confirm"])
def test_other_sites_and_old_pages_are_refused_and_what_was_typed_stays(tree, form):
    fields = {
        "reason": "mit Text",
        "latitude": "53.06",
        "longitude": "11.06",
        "kind": "gone",
        "note": "mit Text",
    }
    if form == "confirm":
        fields["kind"] = "still-there"
    response = post(of(tree, form), **{**fields, "token": "old"})
    assert response.status_code == 422
    assert "lange geöffnet" in text(response)
    if form in ("correct", "report"):
        assert "mit Text" in text(response)
    foreign = Client(enforce_csrf_checks=True).post(of(tree, form), fields)
    assert foreign.status_code == 422
    assert Proposal.objects.count() == 0
    assert not response.cookies

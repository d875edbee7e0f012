"""Taking back: at once with a receipt, later by key, never what others have agreed with; and what waits, for all."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.signing import TimestampSigner
from django.test import Client

from geoplatform.contributions.keys import of_key
from geoplatform.contributions.models import Proposal
from geoplatform.contributions.services import (
    Author,
    NotAllowed,
    WrongState,
    everywhere,
    submit,
    take_back,
)
from geoplatform.history.models import Changeset
from geoplatform.webmap import receipts
from layers.plants import Plant
from tests import make
from tests.webmap.contributing import KEY, OTHER, hidden, post, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def town():
    make.species()
    return make.town()


def add(key: str = KEY):
    """Add a tree; the receipt of it."""
    response = post(
        "/fruit-trees/new", species="Apfel", latitude="53.05", longitude="11.05", key=key, new="yes"
    )
    assert response.status_code == 303
    return parse_qs(urlsplit(response.headers["Location"]).query)["sent"][0]


def undo(**fields):
    return post("/fruit-trees/undo", **fields)


@pytest.mark.parametrize("key", [KEY, ""])
def test_a_receipt_takes_a_new_tree_away_again(key):
    got = add(key)
    page = Client().get(f"/fruit-trees/{Plant.objects.get().id}", {"sent": got})
    assert "Gespeichert" in text(page)
    assert hidden(page, "receipt") == got
    answers = [undo(receipt=got), undo(receipt=got)]
    assert [each.status_code for each in answers] == [200, 200]
    assert "Zurückgenommen" in text(answers[0])
    assert Plant.objects.count() == 0
    assert Proposal.objects.get().state == "withdrawn"
    last = Changeset.objects.latest("id")
    assert last.channel == "withdraw"
    assert last.actor.startswith("key:" if key else "anonymous")


def test_a_receipt_grows_old_and_is_for_one_alone():
    got = add()
    old = TimestampSigner(salt=receipts.SALT)
    old.timestamp = lambda: "1AAAAA"  # type: ignore[method-assign]  # long ago, in base 62
    for wrong in (
        "",
        "x",
        old.sign(got.split(":")[0]),
        got[:-1] + ("a" if got[-1] != "a" else "b"),
    ):
        answer = undo(receipt=wrong)
        assert answer.status_code == 422
        assert "Meine Beiträge" in text(answer)
    assert Plant.objects.count() == 1
    page = Client().get(f"/fruit-trees/{make.plant(11.06, 53.06).id}", {"sent": got})
    assert "Gespeichert" not in text(page)


def test_with_the_key_it_goes_at_any_time_and_with_another_one_never():
    add()
    id = str(Proposal.objects.get().id)
    assert undo(proposal=id, key=OTHER).status_code == 409
    assert undo(proposal=id).status_code == 409
    assert Plant.objects.count() == 1
    listed = Client().post("/my/", {"key": KEY}, headers={"Sec-Fetch-Site": "same-origin"})
    assert id in listed.content.decode()
    done = Client().post(
        "/my/",
        {"key": KEY, "do": "withdraw", "proposal": id},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert "zurückgenommen" in text(done)
    assert Plant.objects.count() == 0


def test_what_others_confirmed_or_changed_stays():
    got = add()
    tree = Plant.objects.get()
    submit(
        layer=_layer(), action="confirm", feature=tree.id, channel="map",
        author=Author(contributor=of_key(OTHER), reviews=everywhere),
    )  # fmt: skip
    answer = undo(receipt=got)
    assert answer.status_code == 409
    assert "melde" in text(answer).lower()
    assert Plant.objects.count() == 1


def test_what_a_reviewer_accepted_is_not_taken_back():
    from geoplatform.contributions.services import accept

    tree = make.plant(species=Plant._meta.get_field("species").related_model.objects.get())
    me = Author(contributor=of_key(KEY))
    waiting = submit(
        layer=_layer(),
        action="change",
        author=me,
        channel="map",
        feature=tree.id,
        values={"access": "closed"},
    ).proposal
    accept(proposal=waiting.id, reviewer=Author(contributor=of_key(OTHER), reviews=everywhere))
    with pytest.raises(WrongState):
        take_back(proposal=waiting.id, author=me)
    with pytest.raises(NotAllowed):
        take_back(proposal=waiting.id, author=Author(contributor=of_key(OTHER)))


def test_a_change_of_ones_own_is_undone_alone():
    add()
    tree = Plant.objects.get()
    changed = post(
        f"/fruit-trees/{tree.id}/correct", key=KEY, note="falsch", version=str(tree.version),
        species="Malus domestica", **{"initial-species": "Malus domestica"},
    )  # fmt: skip
    got = parse_qs(urlsplit(changed.headers["Location"]).query)["sent"][0]
    tree.refresh_from_db()
    assert tree.note == "falsch"
    assert undo(receipt=got).status_code == 200
    tree.refresh_from_db()
    assert tree.note == ""


def test_other_sites_take_nothing_back():
    got = add()
    answer = Client(enforce_csrf_checks=True).post("/fruit-trees/undo", {"receipt": got})
    assert answer.status_code == 403
    assert Plant.objects.count() == 1
    assert Client().get("/fruit-trees/undo").status_code == 405


class TestPending:
    def report(self, tree):
        assert post(f"/fruit-trees/{tree.id}/report", kind="gone", key=KEY).status_code == 202

    @pytest.mark.parametrize("prefix", ["", "/en"])
    def test_what_waits_is_on_the_page_of_the_map_for_all(self, prefix):
        tree = make.plant(species=Plant._meta.get_field("species").related_model.objects.get())
        self.report(tree)
        proposal = Proposal.objects.get()
        for path in ("/", "/pending", "/pending?bbox=11,53,11.1,53.1"):
            page = Client().get(prefix + path).content.decode()
            assert f'data-proposal="{proposal.id}"' in page
            assert (
                'data-lon="11.05"' in page
            )  # a report has no place of its own: that of its feature
        assert (
            str(proposal.id)
            not in Client().get(f"{prefix}/pending?bbox=11.1,53,11.2,53.1").content.decode()
        )

    def test_it_is_in_no_tile_and_no_collection(self):
        from geoplatform.contributions.models import Zone

        Zone.objects.create(name="School", why="children", outline=make.area(*make.WEST_BOX))
        answer = post("/fruit-trees/new", species="Apfel", latitude="53.05", longitude="11.05")
        assert answer.status_code == 202
        [shown] = json.loads(Client().get("/api/proposals?bbox=11,53,11.1,53.1").content)[
            "features"
        ]
        assert shown["geometry"]["coordinates"] == [11.05, 53.05]
        items = json.loads(b"".join(Client().get("/api/collections/fruit-trees/items?f=json")))
        assert items["features"] == []

    @pytest.mark.parametrize("bbox", ["1,2", "a,b,c,d", "nan,0,1,1"])
    def test_a_bad_box_is_said(self, bbox):
        assert Client().get("/pending", {"bbox": bbox}).status_code == 400


def _layer():
    from geoplatform.catalog import registry

    return registry.get("fruit-trees")

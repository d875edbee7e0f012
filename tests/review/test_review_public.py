"""What everybody sees: what waits about a feature, and what became of a proposal."""

from __future__ import annotations

import uuid

from django.test import Client

from geoplatform.contributions.services import ANYBODY
from tests import make
from tests.contributions import people


def test_what_waits_stands_on_the_page_of_its_feature(reviewer, tree):
    proposal = people.send("change", ANYBODY, feature=tree.id, values={"note": "new"}).proposal
    address = f"/en/fruit-trees/{tree.id}"
    answer = Client().get(address)
    text = answer.content.decode()
    assert "What is proposed" in text
    assert f"/en/proposals/{proposal.id}" in text
    assert not answer.cookies
    reviewer.post(f"/review/{proposal.id}", {"do": "reject", "reason": "no"})
    assert "What is proposed" not in Client().get(address).content.decode()


def test_a_new_feature_that_waits_has_a_page_of_its_own(apple):
    author = people.new()
    proposal = people.send(
        "create",
        author,
        layer=people.layer("gardens"),
        geometry=make.area(11.01, 53.01, 11.02, 53.02),
        values={"name": "Garden", "kind": "community"},
        reason="It is ours",
    ).proposal
    text = Client().get(f"/en/proposals/{proposal.id}").content.decode()
    main = text.split("<main", 1)[1].split("</main>", 1)[0]
    assert "This is a proposal. It is not on the map." in main
    assert "New lines and areas are looked at before they stand on the map." in main
    assert "It is ours" in main
    assert "Nothing yet." in main
    assert '"kind": "after"' in text
    for hidden in (author.actor, f"contributor {author.contributor.pk}"):
        assert hidden not in text


def test_what_is_no_proposal(apple):
    assert Client().get(f"/proposals/{uuid.uuid4()}").status_code == 404

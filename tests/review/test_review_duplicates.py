"""Two features that are one, laid side by side and merged."""

from __future__ import annotations

import uuid

import pytest

from geoplatform.contributions.models import Proposal
from geoplatform.history.models import Changeset
from layers.plants import Plant
from tests import make
from tests.contributions import people
from tests.review.conftest import client_of


@pytest.fixture
def other(tree):
    return make.plant(11.0501, 53.05, species=tree.species, note="twin", cultivar="Boskoop")


def address(tree, other, layer="fruit-trees") -> str:
    return f"/en/review/duplicates?layer={layer}&keep={tree.id}&remove={other.id}"


def test_a_report_leads_to_both(reviewer, tree, other):
    report = people.send(
        "report", people.new(), feature=other.id, kind="duplicate", duplicate_of=tree.id
    ).proposal
    text = reviewer.get(f"/en/review/{report.id}").content.decode()
    assert address(tree, other).removeprefix("/en").replace("&", "&amp;") in text
    text = reviewer.get(address(tree, other)).content.decode()
    assert "twin" in text
    assert "take-note" in text
    assert "take-access" not in text  # both say the same
    answer = reviewer.post(address(tree, other), {"take-species": "other", "take-note": "own"})
    assert answer.status_code == 303
    tree.refresh_from_db()
    assert (Plant.objects.count(), tree.note, tree.cultivar) == (1, "old", "Boskoop")
    assert Proposal.objects.get().state == "applied"


def test_what_is_not_there_or_the_same(reviewer, tree, other):
    other_id, other.id = other.id, uuid.uuid4()
    assert reviewer.get(address(tree, other)).status_code == 404
    other.id = other_id
    assert reviewer.get(address(tree, tree)).status_code == 404
    assert reviewer.get(address(tree, other, layer="nothing")).status_code == 404
    assert reviewer.get("/review/duplicates?layer=trees&keep=x").status_code == 404


def test_only_where_one_decides_about_both(tree, other):
    client = client_of("gardener", kind="reviewer", layer="gardens")
    assert client.get(address(tree, other)).status_code == 403
    before = Changeset.objects.count()
    assert client.post(address(tree, other)).status_code == 403
    assert (Plant.objects.count(), Changeset.objects.count()) == (2, before)

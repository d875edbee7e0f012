"""What a source says otherwise than people, on the pages of the review."""

from __future__ import annotations

import pytest
from django.utils import translation

from geoplatform.catalog import registry
from geoplatform.contributions.models import Proposal
from geoplatform.exchange.load import Request, load
from geoplatform.review.proposal import tell
from layers.plants import Plant
from tests import make
from tests.contributions import people
from tests.exchange.test_reimport_rule import MAPPING

HEADER = "id,species,cultivar,height_m,access,x,y\n"


@pytest.fixture
def asked(tree, tmp_path):
    """A cadastre's tree of 4 m that somebody says has 5, and the cadastre then 6."""

    def load_height(height):
        path = tmp_path / "trees.csv"
        path.write_text(f"{HEADER}1,{tree.species},,{height},public,11.06,53.05\n")
        load(Request(layer=registry.get("trees"), path=path, mapping=MAPPING))

    load_height(4)
    found = Plant.objects.get(source_key="1")
    people.send("change", people.reviewer(), feature=found.id, values={"height_m": 5.0})
    with translation.override("en"):  # of the loader, not of who reads it
        load_height(6)
    return Proposal.objects.get(channel="import")


def test_the_queue_says_why_it_waits(reviewer, asked):
    make.plant()
    for address in ("/en/review/", "/en/review/?why=source"):
        text = reviewer.get(address).content.decode()
        assert f"/en/review/{asked.id}" in text
        assert "a source disagrees" in text
    assert str(asked.id) not in reviewer.get("/en/review/?why=zone").content.decode()


def test_three_columns_and_who_says_so(reviewer, asked, client):
    text = reviewer.get(f"/en/review/{asked.id}").content.decode()
    assert "A source that was loaded again." in text
    assert "Cadastre says so since trees.csv." in text
    assert "somebody looks at both" in text
    [line] = tell(asked).parts
    assert (line.verdict, [(each.base, each.theirs, each.ours) for each in line.rows]) == (
        "conflict",
        [("4 m", "5 m", "6 m")],
    )
    assert all(each in text for each in ("4 m", "5 m", "6 m"))
    assert client.get(f"/en/proposals/{asked.id}").status_code == 200


def test_a_reviewer_decides_for_the_source(reviewer, asked):
    tree = Plant.objects.get(source_key="1")
    answer = reviewer.post(
        f"/en/review/{asked.id}",
        {"do": "accept", "parts": "1", "conflict": "height_m", "seen": tree.version},
    )
    assert answer.status_code in (302, 303)
    tree.refresh_from_db()
    asked.refresh_from_db()
    assert (tree.height_m, asked.state) == (6, "applied")

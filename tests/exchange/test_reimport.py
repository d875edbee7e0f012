"""A source is loaded again after people changed what it had brought: theirs stays, and what both changed is asked."""

import pytest
from django.contrib.gis.geos import Point

from geoplatform.contributions import selectors
from geoplatform.contributions.models import Proposal
from geoplatform.contributions.services import accept, reject
from geoplatform.exchange.models import LastSaid
from layers.plants import Plant
from layers.species import Species
from tests.contributions import people
from tests.exchange.conftest import HEADER
from tests.exchange.test_load import versions

pytestmark = pytest.mark.django_db
APPLE = "1,Malus domestica,4,11.05,53.05\n"
LIME = "2,Tilia cordata,9,11.15,53.05\n"


def edit(key: str, geometry=None, **values):
    """A change by somebody who decides here, so that it stands at once."""
    made = people.send(
        "change",
        people.reviewer(),
        layer=people.layer("trees"),
        feature=tree(key).id,
        geometry=geometry,
        values=values,
    )
    assert made.state == "applied"


def tree(key: str) -> Plant:
    return Plant.objects.get(source_key=key)


def counts(printed: str) -> dict[str, int]:
    """The numbers of the printed report by their labels."""
    lines = [
        line.rsplit(None, 1)
        for line in printed.splitlines()
        if line.startswith("  ") and " × " not in line
    ]
    return {label.strip(): int(number.replace(",", "")) for label, number in lines}


def adds_up(printed: str) -> dict[str, int]:
    found = counts(printed)
    ways = ("added", "there before, updated", "there before, unchanged",
            "removed by people, left out", "reported, not loaded", "not of this layer")  # fmt: skip
    assert found["rows read"] == sum(found.get(each, 0) for each in ways)
    return found


def test_what_people_alone_changed_stays(load, town):
    load(HEADER + APPLE + LIME)
    edit("1", height_m=5.0, note="leans")
    edit("2", geometry=Point(11.16, 53.06, srid=4326))
    made = versions()
    for _again in range(2):
        status, out, rows = load(HEADER + APPLE + LIME)
        assert (status, rows) == (0, [])
        assert adds_up(out)["there before, unchanged"] == 2
    assert versions() == made, "nothing was written"
    assert (tree("1").height_m, tree("1").note) == (5.0, "leans")
    assert tree("2").location.x == 11.16
    assert not Proposal.objects.filter(channel="import").exists()


def test_what_the_source_alone_changed_is_taken_beside_what_people_changed(load, town):
    load(HEADER + APPLE)
    edit("1", height_m=5.0)
    _status, out, _rows = load(HEADER + "1,Malus domestica 'Boskoop',4,11.06,53.05\n")
    assert adds_up(out)["there before, updated"] == 1
    found = tree("1")
    assert (found.height_m, found.cultivar, found.location.x) == (5.0, "Boskoop", 11.06)
    assert not Proposal.objects.filter(channel="import").exists()


def test_what_both_changed_is_asked_once(load, town):
    load(HEADER + APPLE)
    edit("1", height_m=5.0)
    newer = HEADER + "1,Malus domestica,6,11.05,53.05\n"
    status, out, [row] = load(newer)
    assert (status, row["kind"], row["key"]) == (3, "disagreement", "1")
    assert "height" in row["problem"]
    assert adds_up(out)["in disagreement with people"] == 1
    asked = Proposal.objects.get(channel="import")
    assert (asked.state, asked.waits_for, asked.fields) == ("conflict", "source", {"height_m": 6.0})
    [line] = selectors.differences(asked)
    assert (line.base, line.theirs, line.ours, line.verdict) == (4.0, 5.0, 6.0, "conflict")
    for _again in range(2):
        status, out, rows = load(newer)
        assert (status, rows) == (0, [])
    assert Proposal.objects.filter(channel="import").count() == 1
    assert tree("1").height_m == 5.0


def test_a_rejected_word_of_the_source_does_not_come_back(load, town):
    load(HEADER + APPLE)
    edit("1", height_m=5.0)
    newer = HEADER + "1,Malus domestica,6,11.05,53.05\n"
    load(newer)
    asked = Proposal.objects.get(channel="import")
    reject(proposal=asked.id, reviewer=people.reviewer(), reason="I measured it.")
    load(newer)
    assert Proposal.objects.filter(channel="import").count() == 1
    assert tree("1").height_m == 5.0


def test_an_accepted_word_of_the_source_is_followed_from_then_on(load, town):
    load(HEADER + APPLE)
    edit("1", height_m=5.0)
    load(HEADER + "1,Malus domestica,6,11.05,53.05\n")
    asked = Proposal.objects.get(channel="import")
    accept(proposal=asked.id, reviewer=people.reviewer(), seen=tree("1").version)
    assert tree("1").height_m == 6.0
    load(HEADER + "1,Malus domestica,7,11.05,53.05\n")
    assert tree("1").height_m == 7.0, "nothing of people's is in it any more"
    assert Proposal.objects.filter(channel="import").count() == 1


def test_a_new_word_takes_the_place_of_the_one_that_waits(load, town):
    load(HEADER + APPLE)
    edit("1", height_m=5.0, geometry=Point(11.07, 53.05, srid=4326))
    load(HEADER + "1,Malus domestica,6,11.06,53.05\n")
    load(HEADER + "1,Malus domestica,7,11.06,53.05\n")
    old, new = Proposal.objects.filter(channel="import").order_by("created", "state")
    old, new = (old, new) if new.state == "conflict" else (new, old)
    assert (old.state, new.state) == ("superseded", "conflict")
    assert new.fields == {"height_m": 7.0}
    assert new.geometry.x == 11.06, "what is still disagreed about is asked with it"
    load(HEADER + "1,Malus domestica,5,11.07,53.05\n")
    assert not Proposal.objects.filter(channel="import", state="conflict").exists(), (
        "the source has come round to what people say"
    )


def test_a_species_and_its_cultivar_are_one_question(load, town):
    load(HEADER + "1,Malus domestica 'Boskoop',4,11.05,53.05\n")
    edit("1", cultivar="Elstar")
    load(HEADER + "1,Pyrus communis,4,11.05,53.05\n")
    found = tree("1")
    assert (found.species.botanical_name, found.cultivar) == ("Malus domestica", "Elstar")
    asked = Proposal.objects.get(channel="import")
    assert asked.fields == {"species": "Pyrus communis", "cultivar": ""}


def test_undoing_a_load_is_nobodys_edit(load, town):
    from geoplatform.contributions.undo import undo_changesets
    from geoplatform.history.models import Changeset

    load(HEADER + APPLE)
    load(HEADER + "1,Malus domestica,40,11.05,53.05\n")
    wrong = Changeset.objects.filter(channel="import").latest("id")
    undo_changesets(ids=[wrong.pk], actor="user:1", channel="review")
    assert tree("1").height_m == 4
    load(HEADER + "1,Malus domestica,4.5,11.05,53.05\n")
    assert tree("1").height_m == 4.5
    assert not Proposal.objects.filter(channel="import").exists()


def test_who_sets_by_hand_what_an_earlier_load_said_is_heard(load, town):
    """The same values as after an undo, but somebody's own."""
    load(HEADER + APPLE)
    load(HEADER + "1,Malus domestica 'Elstar',40,11.05,53.05\n")
    edit("1", height_m=4.0, cultivar="")
    load(HEADER + "1,Malus domestica 'Elstar',4.5,11.05,53.05\n")
    found = tree("1")
    assert (found.height_m, found.cultivar) == (4.0, "")
    assert Proposal.objects.get(channel="import").fields == {"height_m": 4.5}


def test_an_edit_that_stood_there_at_an_import_is_still_peoples_at_the_next(load, town):
    """The version that an import wrote holds what people had said, too: it is not taken for the source's word."""
    load(HEADER + APPLE)
    edit("1", height_m=5.0)
    load(HEADER + "1,Malus domestica,4,11.06,53.05\n")
    assert LastSaid.objects.get().values["height_m"] == "4"
    load(HEADER + "1,Malus domestica,4,11.07,53.05\n")
    assert (tree("1").height_m, tree("1").location.x) == (5.0, 11.07)
    assert not Proposal.objects.filter(channel="import").exists()


def test_two_files_of_one_source_have_each_their_own_last_word(load, town):
    trees, fruit = HEADER + APPLE, HEADER + "1,Malus domestica,4.5,11.05,53.05\n"
    load(trees)
    load(fruit, layer="fruit-trees", file='x = "lon"\ny = "lat"\n', name="fruit.csv")
    edit("1", height_m=5.0)
    for _again in range(3):
        load(trees)
        load(fruit, layer="fruit-trees", file='x = "lon"\ny = "lat"\n', name="fruit.csv")
    assert tree("1").height_m == 5.0
    assert Proposal.objects.filter(channel="import").count() == 1


def test_a_deletion_that_was_accepted_lasts(load, town):
    load(HEADER + APPLE + LIME)
    gone = tree("1")
    people.send("delete", people.reviewer(), layer=people.layer("trees"), feature=gone.id)
    status, out, [row] = load(HEADER + "1,Malus domestica,6,11.05,53.05\n" + LIME)
    assert (status, row["kind"], row["key"]) == (3, "removed", "1")
    assert adds_up(out)["removed by people, left out"] == 1
    assert [each.source_key for each in Plant.objects.all()] == ["2"]


def test_figures_that_are_joined_respect_people_too(load, town):
    load(HEADER + APPLE + LIME)
    edit("1", height_m=5.0)
    joined = "id,name,height,lon,lat\n1,Malus domestica,6,,\n2,Tilia cordata,10,,\n"
    fields = 'species = { column = "name", convert = "botanical-name" }\nheight_m = "height"\n'
    load(joined, "--update", fields=fields, top='match = ["species"]')
    assert (tree("1").height_m, tree("2").height_m) == (5.0, 10.0)
    assert Proposal.objects.get(channel="import").fields == {"height_m": 6.0}


def test_a_dry_run_asks_nobody(load, town):
    load(HEADER + APPLE)
    edit("1", height_m=5.0)
    _status, out, _rows = load(HEADER + "1,Malus domestica,6,11.05,53.05\n", "--dry-run")
    assert counts(out)["in disagreement with people"] == 1
    assert not Proposal.objects.filter(channel="import").exists()
    assert not LastSaid.objects.exists()
    assert Species.objects.filter(botanical_name="Malus domestica").exists()

"""One proposal: what its page tells, each action on it, and two reviewers at once."""

from __future__ import annotations

import datetime as dt
import re
import threading
import uuid

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from geoplatform.contributions.models import Block, Contributor, Decision, Proposal, Zone
from geoplatform.contributions.services import ANYBODY, Author
from layers.plants import Plant
from tests import make
from tests.contributions import people
from tests.review.conftest import client_of

QUERIES = 45


def proposed(tree, author=ANYBODY, **given):
    values = {"note": "new", "height_m": 4.0}
    return people.send("change", author, **{"feature": tree.id, "values": values, **given}).proposal


def page(client: Client, proposal) -> str:
    answer = client.get(f"/en/review/{proposal.id}")
    assert answer.status_code == 200
    return answer.content.decode()


def act(client: Client, proposal, do: str, **data):
    return client.post(f"/en/review/{proposal.id}", {"do": do, **data})


def rows(text: str) -> dict[str, list[str]]:
    """Label to cells of the table of differences."""
    found = {}
    for row in re.findall(r"<tr>(.*?)</tr>", text.split("<tbody", 1)[1], re.DOTALL):
        label = re.search(r'<th scope="row">(.*?)(?:<|$)', row, re.DOTALL)
        cells = re.findall(r"<td data-label[^>]*>(.*?)</td>", row, re.DOTALL)
        if label:
            found[label[1].strip()] = [re.sub(r"<[^>]*>", "", each).strip() for each in cells]
    return found


def values_of(text: str) -> dict[str, str]:
    """The form's fields as a browser would send them back untouched."""
    form = text.split('id="accept"', 1)[1].split("</form>", 1)[0]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or "checked" in tag):
            found[name[1]] = value[1] if value else ""
    for name, inner in re.findall(r'<select name="([^"]*)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        found[name] = chosen[1] if chosen else ""
    for name, inner in re.findall(
        r'<textarea name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL
    ):
        found[name] = inner
    return found


def test_a_change_before_and_after(reviewer, tree):
    author = people.new()
    text = page(reviewer, proposed(tree, author, reason="I was there"))
    assert rows(text) == {"Note": ["old", "new"], "Height": ["3 m", "4 m"]}
    assert "I was there" in text
    assert "What others entered changes when others agree or somebody has reviewed it." in text
    assert f"contributor {author.contributor.pk}" in text
    assert '"kind": "now"' in text


def test_queries_are_few(reviewer, tree):
    proposal = proposed(tree, people.new())
    for _n in range(5):
        proposed(tree, people.new(), values={"note": f"other {_n}"})
    page(reviewer, proposal)
    with CaptureQueriesContext(connection) as captured:
        page(reviewer, proposal)
    assert len(captured) <= QUERIES, [each["sql"][:90] for each in captured]


def test_a_move_shows_both_places(reviewer, tree):
    proposal = people.send("move", ANYBODY, feature=tree.id, geometry=people.point(11.06)).proposal
    text = page(reviewer, proposal)
    assert (
        '"kind": "before", "title": "before", "geometry": {"type": "Point", "coordinates": [11.05, 53.05]}'
        in text
    )
    assert (
        '"kind": "after", "title": "proposed", "geometry": {"type": "Point", "coordinates": [11.06, 53.05]}'
        in text
    )
    assert act(reviewer, proposal, "accept", parts="1", part="location").status_code == 303
    assert Plant.objects.get().location.x == 11.06


def test_the_zone_that_made_it_wait_is_named(reviewer, tree):
    Zone.objects.create(
        name="School", why="Children play here.", outline=make.area(11, 53, 11.2, 53.1)
    )
    proposal = people.send(
        "create", people.new(), geometry=people.point(), values={"species": tree.species}
    ).proposal
    text = page(reviewer, proposal)
    assert "School:" in text
    assert "Children play here." in text
    assert rows(text)["Species"] == ["Malus domestica"]


def test_accepting_whole_leads_to_the_next_one(reviewer, tree):
    first, second = proposed(tree), proposed(tree, values={"planted_year": 1990})
    answer = act(reviewer, first, "accept", parts="1", part=["note", "height_m"], seen="1")
    assert answer.status_code == 303
    assert answer["Location"] == f"/en/review/{second.id}"
    assert "Accepted." in reviewer.get(answer["Location"]).content.decode()
    tree.refresh_from_db()
    assert (tree.note, tree.height_m) == ("new", 4.0)
    answer = act(reviewer, second, "accept", parts="1", part="planted_year", seen="1")
    assert answer["Location"] == "/en/review/"
    tree.refresh_from_db()
    assert (tree.note, tree.planted_year) == ("new", 1990)


def test_the_filter_of_the_queue_is_kept(reviewer, tree):
    proposal = proposed(tree)
    answer = reviewer.post(
        f"/review/{proposal.id}?layer=fruit-trees", {"do": "reject", "reason": "no"}
    )
    assert answer["Location"] == "/review/?layer=fruit-trees"


def test_accepting_in_part(reviewer, tree):
    proposal = proposed(tree)
    answer = act(reviewer, proposal, "accept", parts="1", part="height_m", seen="1")
    assert "Accepted in part." in reviewer.get(answer["Location"]).content.decode()
    tree.refresh_from_db()
    assert (tree.note, tree.height_m) == ("old", 4.0)


def test_accepting_nothing_is_told(reviewer, tree):
    proposal = proposed(tree)
    answer = act(reviewer, proposal, "accept", parts="1")
    assert answer.status_code == 422
    assert "Please choose what you accept" in answer.content.decode()
    assert Proposal.objects.get().state == "open"


def test_a_form_sent_back_untouched_accepts_as_proposed(reviewer, tree):
    proposal = proposed(tree)
    sent = values_of(page(reviewer, proposal))
    assert sent["v-height_m"] == sent["initial-v-height_m"] == "4.0"
    answer = reviewer.post(f"/en/review/{proposal.id}", {**sent, "part": ["note", "height_m"]})
    assert answer.status_code == 303
    assert Decision.objects.get().details.get("edited") is None
    tree.refresh_from_db()
    assert (tree.note, tree.height_m, tree.species_id) == ("new", 4.0, tree.species_id)


def test_edited_before_it_is_accepted(reviewer, tree):
    pear = make.species("Pyrus communis", german_name="Birne", english_name="Pear")
    proposal = proposed(tree)
    sent = values_of(page(reviewer, proposal)) | {
        "part": ["height_m"],
        "v-note": "better",
        "v-species": "Birne",
        "v-longitude": "11,06",
    }
    answer = reviewer.post(f"/review/{proposal.id}", sent)
    assert answer.status_code == 303
    assert "Mit Ihren Änderungen angenommen." in reviewer.get(answer["Location"]).content.decode()
    tree.refresh_from_db()
    assert (tree.note, tree.height_m, tree.species_id, tree.location.x) == (
        "better",
        4.0,
        pear.id,
        11.06,
    )
    assert set(Decision.objects.get().details["edited"]) == {"note", "species", "location"}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("v-height_m", "tall", "Enter a number."),
        ("v-height_m", "1000", "150"),
        ("v-species", "Dragon tree", "is not known here"),
        ("v-latitude", "91", "lat"),
        ("v-note", "x\u202ey", "cannot be seen"),
    ],
)
def test_wrong_values_stay_in_the_form(reviewer, tree, name, value, said):
    proposal = proposed(tree)
    sent = values_of(page(reviewer, proposal)) | {"part": ["height_m"], name: value}
    answer = reviewer.post(f"/en/review/{proposal.id}", sent)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert said in text
    assert re.search(r"<details class=\"more\" open>", text)
    assert Proposal.objects.get().state == "open"
    tree.refresh_from_db()
    assert (tree.note, tree.height_m) == ("old", 3.0)


def test_a_conflict_in_three_columns_is_decided_part_by_part(reviewer, tree):
    proposal = proposed(tree)
    people.send("change", people.reviewer(), feature=tree.id, values={"note": "theirs"})
    answer = act(reviewer, proposal, "accept")
    assert answer.status_code == 409
    assert "Somebody changed the same since" in answer.content.decode()
    text = page(reviewer, proposal)
    assert rows(text) == {"Note": ["old", "theirs", "new"], "Height": ["3 m", "3 m", "4 m"]}
    # Nobody decides by chance: what is in conflict is not ticked.
    assert re.search(r'name="conflict" value="note">', text)
    assert re.search(r'name="part" value="height_m" checked>', text)
    answer = act(
        reviewer, proposal, "accept", parts="1", part="height_m", conflict="note", seen="2"
    )
    assert answer.status_code == 303
    tree.refresh_from_db()
    assert (tree.note, tree.height_m) == ("new", 4.0)


def test_what_changed_since_the_reviewer_looked_is_not_overwritten(reviewer, tree):
    proposal = proposed(tree)
    people.send("change", people.reviewer(), feature=tree.id, values={"note": "theirs"})
    act(reviewer, proposal, "accept")
    people.send("change", people.reviewer(), feature=tree.id, values={"note": "later"})
    answer = act(reviewer, proposal, "accept", parts="1", conflict="note", seen="2")
    assert answer.status_code == 409
    tree.refresh_from_db()
    assert tree.note == "later"


def test_a_cultivar_in_conflict_brings_the_species_that_its_author_saw(reviewer, tree):
    pear = make.species("Pyrus communis", german_name="Birne", english_name="Pear")
    proposal = proposed(tree, values={"cultivar": "Boskoop"})
    people.send("change", people.reviewer(), feature=tree.id, values={"species": pear})
    text = page(reviewer, proposal)
    shown = rows(text)
    assert shown["Species"][-2:] == ["Pyrus communis", "Malus domestica"]
    assert "decided together" in text
    assert (
        act(reviewer, proposal, "accept", parts="1", conflict="species", seen="2").status_code
        == 303
    )
    tree.refresh_from_db()
    assert (tree.species.botanical_name, tree.cultivar) == ("Malus domestica", "Boskoop")


def test_a_deletion_of_what_the_reviewer_saw(reviewer, tree):
    proposal = people.send("delete", ANYBODY, feature=tree.id, reason="felled").proposal
    people.send("change", people.reviewer(), feature=tree.id, values={"note": "theirs"})
    assert "Delete it" in page(reviewer, proposal)
    assert act(reviewer, proposal, "accept", seen="1").status_code == 409
    assert act(reviewer, proposal, "accept", seen="2").status_code == 303
    assert not Plant.objects.exists()


def test_a_change_of_what_is_gone_can_only_be_rejected(reviewer, tree):
    proposal = proposed(tree)
    people.send("delete", people.reviewer(), feature=tree.id)
    text = page(reviewer, proposal)
    assert "The feature is gone" in text
    assert "accept-button" not in text
    assert act(reviewer, proposal, "accept", parts="1", part="note").status_code == 409
    assert act(reviewer, proposal, "reject", reason="gone").status_code == 303


def test_a_rejection_needs_a_reason_that_all_can_read(reviewer, tree):
    proposal = proposed(tree, people.new())
    assert act(reviewer, proposal, "reject", reason=" ").status_code == 422
    answer = act(
        reviewer, proposal, "reject", template="It was not found on site.", reason="Nor beside it."
    )
    assert answer.status_code == 303
    told = Client().get(f"/en/proposals/{proposal.id}")
    text = told.content.decode().split("<main", 1)[1].split("</main>", 1)[0]
    assert "It was not found on site. Nor beside it." in text
    assert "contributor" not in text
    assert "account" not in text
    assert not told.cookies
    assert rows(text) == {"Note": ["old", "new"], "Height": ["3 m", "4 m"]}


def test_what_is_no_template_is_no_reason(reviewer, tree):
    proposal = proposed(tree)
    assert act(reviewer, proposal, "reject", template="because").status_code == 422


def test_the_second_of_two_reviewers_is_told(reviewer, tree):
    proposal = proposed(tree)
    page(reviewer, proposal)
    act(client_of("second", kind="reviewer"), proposal, "reject", reason="not there")
    answer = act(reviewer, proposal, "accept", parts="1", part="note", seen="1")
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "This has been decided already: rejected." in text
    assert "Reason: not there" in text
    tree.refresh_from_db()
    assert tree.note == "old"


def test_blocking_and_taking_back(reviewer, tree):
    author = people.new()
    proposal = proposed(tree, author)
    assert act(reviewer, proposal, "block", days="7").status_code == 422
    assert act(reviewer, proposal, "block", days="8", reason="x").status_code == 422
    assert act(reviewer, proposal, "block", days="7", reason="a\x00b").status_code == 422
    assert act(reviewer, proposal, "reject", reason="a\x00b").status_code == 422
    answer = act(reviewer, proposal, "block", days="7", reason="advertises")
    assert answer["Location"] == f"/en/review/{proposal.id}"
    until = Contributor.objects.get(pk=author.contributor.pk).blocked_until
    assert dt.timedelta(days=6) < until - timezone.now() <= dt.timedelta(days=7)
    assert "advertises" in page(reviewer, proposal)
    assert act(reviewer, proposal, "unblock", reason="sorry").status_code == 303
    assert Block.objects.count() == 2
    assert Contributor.objects.get(pk=author.contributor.pk).blocked_until is None


def test_closed_in_favour_of_another(reviewer, tree):
    one, two = proposed(tree), proposed(tree, values={"note": "more"})
    assert str(two.id) in page(reviewer, one)
    assert act(reviewer, one, "supersede", by="x").status_code == 422
    assert act(reviewer, one, "supersede", by=str(two.id)).status_code == 303
    one.refresh_from_db()
    assert one.state == "superseded"


def test_confirming_is_one_voice_of_several_and_none_on_ones_own(reviewer, tree):
    proposal = proposed(tree, people.new())
    assert "independent voices" in page(reviewer, proposal)
    answer = act(reviewer, proposal, "confirm")
    assert answer["Location"] == f"/en/review/{proposal.id}"
    assert proposal.decisions.get().kind == "confirm"
    assert Proposal.objects.get().state == "open"
    assert act(client_of("second", kind="reviewer"), proposal, "confirm").status_code == 303
    assert Proposal.objects.get().state == "applied"
    # One's own, sent before one had a role.
    user = reviewer.session["_auth_user_id"]
    own = proposed(
        tree, Author(contributor=Contributor.objects.get(user_id=user)), values={"note": "mine"}
    )
    assert "independent voices" not in page(reviewer, own)
    assert act(reviewer, own, "confirm").status_code == 403


@pytest.mark.parametrize("address", [uuid.uuid4(), "undo/x"])
def test_what_is_not_there(reviewer, address):
    assert reviewer.get(f"/review/{address}").status_code == 404


def test_an_unknown_action_is_none(reviewer, tree):
    assert act(reviewer, proposed(tree), "explode").status_code == 404


def test_two_at_the_same_moment_decide_once(fresh_database):
    """Two browsers press their buttons together: one decision, and one is told."""
    make.town()
    tree = make.plant(species=make.species(), note="old")
    proposal = proposed(tree)
    clients = [client_of(name, kind="reviewer") for name in ("one", "two")]
    start, statuses = threading.Barrier(2), []

    def press(client: Client, data: dict[str, str]) -> None:
        start.wait()
        statuses.append(client.post(f"/review/{proposal.id}", data).status_code)
        connections.close_all()

    threads = [
        threading.Thread(target=press, args=[clients[0], {"do": "accept"}]),
        threading.Thread(target=press, args=[clients[1], {"do": "reject", "reason": "no"}]),
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(statuses) == [303, 409]
    assert Decision.objects.count() == 1

"""What people added and what a source brings may be one thing: a pair to be merged by a person; both ids answer."""

import pytest

from geoplatform.contributions.models import Contributor, Proposal
from geoplatform.contributions.services import merge_duplicates, reject
from geoplatform.contributions.trust import standing
from layers.gardens import Garden
from layers.plants import Plant
from layers.species import Species
from tests import make
from tests.contributions import people
from tests.exchange.conftest import HEADER
from tests.exchange.test_reimport import APPLE, LIME, adds_up, tree

pytestmark = pytest.mark.django_db
# At 53° N a ten-thousandth of a degree of longitude is 6.7 m.
BESIDE = people.point(11.05005)


@pytest.fixture
def found(town):
    """An apple tree that somebody found 3 m beside the cadastre's."""
    apple = Species.objects.get(botanical_name="Malus domestica")
    author = people.new()
    made = people.add(author, apple, geometry=BESIDE, values={"note": "sweet"}).feature
    made.author = author
    return made


def pairs() -> list[tuple]:
    offered = Proposal.objects.filter(kind="duplicate", channel="import").order_by("created", "id")
    return list(offered.values_list("feature", "duplicate_of", "state"))


def test_a_pair_is_offered_once(load, found):
    _status, out, _rows = load(HEADER + APPLE + LIME)
    assert adds_up(out)["perhaps there twice"] == 1
    assert pairs() == [(found.id, tree("1").id, "held")]
    for height in (4, 5):
        _status, out, _rows = load(HEADER + APPLE.replace(",4,", f",{height},") + LIME)
        assert "perhaps there twice" not in out
    asked = Proposal.objects.get(channel="import")
    reject(proposal=asked.id, reviewer=people.reviewer(), reason="They are two.")
    load(HEADER + APPLE.replace(",4,", ",6,") + LIME)
    assert len(pairs()) == 1


def test_what_people_added_since_is_looked_at_too(load, town):
    load(HEADER + APPLE)
    apple = Species.objects.get(botanical_name="Malus domestica")
    made = people.add(people.new(), apple, geometry=BESIDE).feature
    load(HEADER + APPLE)
    assert pairs() == [(made.id, tree("1").id, "held")]


@pytest.mark.parametrize(
    ("row", "offered"),
    [
        ("1,Tilia cordata,4,11.05,53.05\n", False),  # of another kind
        ("1,Tilia cordata,4,11.05005,53.05001\n", True),  # there is hardly room for two
        ("1,,4,11.05,53.05\n", True),  # of a kind that is not known
        ("1,Malus domestica,4,11.0503,53.05\n", False),  # 17 m away
    ],
)
def test_distance_and_kind_decide(load, found, row, offered):
    load(HEADER + row)
    assert bool(pairs()) == offered


def test_names_decide_too(load, town):
    citizens = make.source("citizens")
    mine = make.garden("Kleingartenverein  Ostsee", (11.01, 53.01, 11.02, 53.02), source=citizens)
    make.garden("Abendfrieden", (11.03, 53.01, 11.04, 53.02), source=citizens)
    wkt = "POLYGON(({0} 53.01,{1} 53.01,{1} 53.02,{0} 53.02,{0} 53.01))"
    text = "id;name;wkt\n" + "".join(
        f"{key};{name};{wkt.format(west, west + 0.01)}\n"
        for key, name, west in (("1", "kleingartenverein ostsee", 11.01), ("2", "Morgenrot", 11.03))
    )
    fields = 'name = "name"\nkind = { constant = "allotment-site" }\n'
    load(text, layer="gardens", fields=fields, file='wkt = "wkt"\nseparator = ";"\n')
    theirs = Garden.objects.get(source_key="1")
    assert pairs() == [(mine.id, theirs.id, "held")]


def test_a_source_does_not_halve_anybodys_trust(load, found):
    author = Contributor.objects.get(pk=found.author.contributor.pk)
    author.accepted = 10
    before = standing(author).open_reports
    load(HEADER + APPLE)
    assert pairs()
    assert standing(author).open_reports == before == 0


def merged(keep, remove):
    merge_duplicates(
        layer=people.layer(), keep=keep.id, remove=[remove.id], reviewer=people.reviewer()
    )


def test_the_citizens_tree_goes_on_under_the_sources_key(load, found, client):
    load(HEADER + APPLE + LIME)
    theirs = tree("1")
    merged(found, theirs)
    _status, out, rows = load(HEADER + "1,Malus domestica,6,11.05,53.05\n" + LIME)
    assert (rows, adds_up(out)["there before, updated"]) == ([], 1)
    assert Plant.objects.count() == 2
    found.refresh_from_db()
    assert (found.source_key, found.source.name, found.height_m) == ("1", "cadastre", 6)
    assert (found.note, found.location.x) == ("sweet", BESIDE.x), "what people say of it stays"
    _status, out, _rows = load(HEADER + "1,Malus domestica,7,11.05,53.05\n" + LIME)
    found.refresh_from_db()
    assert (found.height_m, Plant.objects.count()) == (7, 2)
    answer = client.get(f"/api/collections/trees/items/{theirs.id}?f=json")
    assert (answer.status_code, answer["Location"]) == (
        307,
        f"http://testserver/api/collections/trees/items/{found.id}?f=json",
    )
    assert client.get(f"/trees/{theirs.id}")["Location"] == f"/trees/{found.id}"


def test_the_sources_tree_stays_and_the_citizens_id_answers(load, found, client):
    load(HEADER + APPLE)
    merged(tree("1"), found)
    _status, _out, rows = load(HEADER + APPLE)
    assert (rows, Plant.objects.count()) == ([], 1)
    answer = client.get(f"/api/collections/fruit-trees/items/{found.id}")
    assert answer["Location"].endswith(f"/items/{tree('1').id}")
    assert client.get(f"/api/collections/trees/items/{make.source().pk}").status_code == 404


def test_ids_answer_through_several_merges(load, found, client):
    load(HEADER + APPLE)
    third = make.plant(11.05, 53.05, species=found.species)
    merged(tree("1"), found)
    first = tree("1").id
    merged(third, tree("1"))
    for old in (first, found.id):
        assert client.get(f"/trees/{old}")["Location"] == f"/trees/{third.id}"
    people.send("delete", people.reviewer(), feature=third.id)
    assert client.get(f"/trees/{first}").status_code == 404


def test_two_records_of_one_source_found_to_be_one(load, town):
    two = "3,Malus domestica,4,11.05001,53.05\n"
    load(HEADER + APPLE + two)
    merged(tree("1"), tree("3"))
    status, out, [row] = load(HEADER + APPLE + two)
    assert (status, row["kind"], row["key"]) == (3, "removed", "3")
    assert (adds_up(out)["there before, unchanged"], Plant.objects.count()) == (1, 1)

"""What a complete file does not name any more is marked as gone, and nothing else is."""

import pytest
from django.core.management import CommandError

from geoplatform.contributions.models import Proposal
from geoplatform.contributions.services import accept
from geoplatform.exchange.load import LoadError, Request
from geoplatform.exchange.load import load as load_file
from geoplatform.exchange.mapping import Mapping, SourceInfo
from layers.plants import Plant
from tests import make
from tests.contributions import people
from tests.exchange.conftest import HEADER
from tests.exchange.test_load import versions
from tests.exchange.test_reimport import APPLE, LIME, adds_up, edit, tree

pytestmark = pytest.mark.django_db
COMPLETE = "complete = true"


def statuses() -> dict[str, str]:
    return dict(Plant.objects.exclude(source_key=None).values_list("source_key", "status"))


def test_only_a_complete_file_says_that_something_is_gone(load, town):
    load(HEADER + APPLE + LIME)
    load(HEADER + APPLE)
    assert statuses() == {"1": "confirmed", "2": "confirmed"}
    _status, out, _rows = load(HEADER + APPLE, top=COMPLETE)
    assert statuses() == {"1": "confirmed", "2": "gone"}
    assert adds_up(out)["not in the file: now gone"] == 1
    made = versions()
    _status, out, _rows = load(HEADER + APPLE, top=COMPLETE)
    assert (versions(), "now gone" in out) == (made, False)


def test_what_is_in_the_file_again_is_there_again(load, town):
    load(HEADER + APPLE + LIME)
    edit("2", height_m=5.0)
    load(HEADER + APPLE, top=COMPLETE)
    first = tree("2")
    assert first.status == "gone"
    for top in (COMPLETE, ""):
        _status, out, _rows = load(HEADER + APPLE + LIME, top=top)
        assert ("in the file again" in out) == (top == COMPLETE)
    found = tree("2")
    assert (found.id, found.status, found.height_m) == (first.id, "confirmed", 5.0)


def test_rows_that_were_reported_are_there(load, town):
    load(HEADER + APPLE + LIME)
    status, _out, _rows = load(HEADER + APPLE + "2,Tilia cordata,high,11.15,53.05\n", top=COMPLETE)
    assert (status, statuses()) == (3, {"1": "confirmed", "2": "confirmed"})


def test_rows_that_nobody_can_name_keep_everything_from_being_judged(load, town):
    load(HEADER + APPLE + LIME)
    _status, out, _rows = load(HEADER + APPLE + ",Tilia cordata,9,11.15,53.05\n", top=COMPLETE)
    assert "not judged" in out
    assert statuses() == {"1": "confirmed", "2": "confirmed"}


def test_what_people_reported_as_gone_stays_gone(load, town):
    load(HEADER + APPLE + LIME)
    people.send("report", people.reviewer(), feature=tree("1").id, kind="gone")
    for text in (HEADER + APPLE + LIME, HEADER + LIME, HEADER + APPLE + LIME):
        load(text, top=COMPLETE)
    assert statuses() == {"1": "gone", "2": "confirmed"}


def test_who_has_seen_it_since_is_asked(load, town):
    load(HEADER + APPLE + LIME)
    people.send("confirm", people.reviewer(), feature=tree("1").id)
    for _again in range(2):
        load(HEADER + LIME, top=COMPLETE)
    assert tree("1").status == "confirmed"
    asked = Proposal.objects.get(channel="import")
    assert (asked.action, asked.kind, asked.state) == ("report", "gone", "open")
    accept(proposal=asked.id, reviewer=people.reviewer())
    assert tree("1").status == "gone"
    load(HEADER + APPLE + LIME, top=COMPLETE)
    assert tree("1").status == "confirmed", "the source has it again"


def test_a_file_that_was_cut_off_marks_nothing(load, town):
    rows = [f"{number},Malus domestica,4,11.05,53.05\n" for number in range(40)]
    load(HEADER + "".join(rows))
    with pytest.raises(CommandError, match=r"20 .* 40"):
        load(HEADER + "".join(rows[:20]), top=COMPLETE)
    assert set(statuses().values()) == {"confirmed"}
    load(HEADER + "".join(rows[:20]), "--most-gone", "60", top=COMPLETE)
    assert sorted(statuses().values()).count("gone") == 20


def test_other_layers_municipalities_and_sources_are_not_judged(load, town):
    other = make.municipality("13004001")
    make.quarter(other, "x", (11.3, 53.0, 11.4, 53.1))
    shrub = {"fields": 'own_growth_form = { constant = "shrub" }\n'}
    load(HEADER + "3,,,11.05,53.05\n", **shrub)
    load(HEADER + APPLE + LIME + "4,Malus domestica,4,11.35,53.05\n")
    mine = make.plant(source=make.source("citizens"))
    load(HEADER + APPLE, top=COMPLETE)
    assert statuses() == {"1": "confirmed", "2": "gone", "3": "confirmed", "4": "confirmed"}
    mine.refresh_from_db()
    assert mine.status == "confirmed"


def test_without_a_key_nothing_can_be_told(town, tmp_path):
    path = tmp_path / "trees.geojson"
    path.write_text('{"type": "FeatureCollection", "features": []}')
    mapping = Mapping(source=SourceInfo("a", "A", "cc-zero"), complete=True)
    with pytest.raises(LoadError, match="complete"):
        load_file(Request(layer=people.layer("trees"), path=path, mapping=mapping))

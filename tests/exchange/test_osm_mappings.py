"""Mapping files of OpenStreetMap: conditions, tables whose first line that fits decides, mistakes told by their key."""

import pytest

from geoplatform.exchange.mapping import MappingError
from geoplatform.exchange.osm_mapping import read_mappings
from geoplatform.formats.osm_tags import Choice, WrongCondition, parse

GOOD = """
layer = "green-spaces"
[osm.take]
"leisure=park" = "park"
[fields]
kind = "@taken"
"""


@pytest.mark.parametrize(
    ("text", "tags", "holds"),
    [
        ("natural=tree", {"natural": "tree"}, True),
        ("natural=tree", {"natural": "shrub"}, False),
        ("natural=tree|shrub", {"natural": "shrub"}, True),
        ("produce", {"produce": "apple"}, True),
        ("produce=*", {}, False),
        ("natural=tree & access!=private", {"natural": "tree"}, True),
        ("natural=tree & access!=private", {"natural": "tree", "access": "private"}, False),
        ("garden:type=community", {"garden:type": "community"}, True),
        ("natural=tree & access!=*", {"natural": "tree", "access": "yes"}, False),
    ],
)
def test_conditions(text, tags, holds):
    assert parse(text).holds(tags) is holds


@pytest.mark.parametrize("text", ["", "=tree", "natural=", "access!=private", "natural=tree & "])
def test_what_is_no_condition(text):
    with pytest.raises(WrongCondition):
        parse(text)


def test_the_first_condition_that_holds_decides():
    choice = Choice({"b=1": "first", "a=1": "second", "b": "third"})
    assert choice.value({"a": "1", "b": "1"}) == "first"
    assert choice.value({"a": "1", "b": "2"}) == "second"
    assert choice.value({"b": "2"}) == "third"
    assert choice.value({"c": "1"}) is None


def test_every_mapping_of_the_project_can_be_read():
    found = {each.layer.name: each for each in read_mappings()}
    assert {"trees", "streets", "gardens", "garden-plots", "quarters"} <= found.keys()
    assert found["trees"].selection.geometry == "point"
    assert found["streets"].selection.geometry == "line"
    order = list(found)
    assert order.index("quarters") < order.index("gardens") < order.index("garden-plots")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('"leisure=park"', '"=park"', "=park"),
        ('"@taken"', '"@kind"', "@kind"),
        ("[osm.take]", "[osm.takes]", "take"),
        ('layer = "green-spaces"', "", "layer"),
        ('layer = "green-spaces"', 'layer = "species"', "layer: "),
        ("[fields]", "[colours]", "colours"),
    ],
)
def test_mistakes_are_told_by_their_key(tmp_path, before, after, told):
    (tmp_path / "parks.toml").write_text(GOOD.replace(before, after))
    with pytest.raises(MappingError, match=r"parks\.toml") as error:
        read_mappings(tmp_path)
    assert told in str(error.value)


def test_a_layer_that_an_installation_left_out_is_passed_over(tmp_path):
    (tmp_path / "parks.toml").write_text(GOOD)
    (tmp_path / "unicorns.toml").write_text(GOOD.replace("green-spaces", "unicorns"))
    assert [each.layer.name for each in read_mappings(tmp_path)] == ["green-spaces"]

"""Cities out of the database: what is read, what is kept, and that an edit changes what it should."""

import math

import pandas as pd
import pytest
from django.contrib.gis.geos import LineString, MultiPolygon, Point, Polygon

from geoplatform.analysis import keeping, reading, registry
from geoplatform.analysis.answer import answer
from geoplatform.analysis.errors import Unanswerable
from geoplatform.catalog.properties import property_by_name
from geoplatform.query.errors import QueryError
from layers.gardens import Garden, GardenPlot
from layers.green_spaces import GreenSpace
from layers.municipalities import Municipality
from layers.plants import Plant
from layers.streets import Street
from tests import make

SCHWERIN = "13004000"
COMPUTED = [each for each in registry.indicators() if each.compute is not None]
pytestmark = pytest.mark.usefixtures("nothing_is_kept")


@pytest.fixture
def schwerin(demo_database):
    return Municipality.objects.get(ags=SCHWERIN)


def box(longitude, latitude, size):
    return Polygon.from_bbox((longitude, latitude, longitude + size, latitude + size))


def everything():
    """All figures of all indicators."""
    kept = keeping.current(SCHWERIN)
    return {each.id: keeping.figures(kept, each, each.values()) for each in COMPUTED}


def afresh():
    keeping.forget()
    return everything()


def assert_same(one, other):
    for id, rows in one.items():
        pd.testing.assert_frame_equal(rows, other[id], check_exact=True, obj=id)


def edits(middle):
    """One edit after the other, each of another subject; `middle` is where there is something to change."""
    x, y = middle
    source = make.source()
    park = GreenSpace(kind="park", source=source, area=MultiPolygon(box(x, y, 0.004), srid=4326))
    tree = Plant.objects.filter(growth_form="tree").order_by("fid").first()
    garden = Garden(kind="allotment-site", source=source, area=MultiPolygon(box(x, y, 0.002), srid=4326))  # fmt: skip
    plot = GardenPlot(source=source, area=box(x, y, 0.0003))
    street = Street(
        kind="residential", source=source, course=LineString((x, y), (x + 0.003, y), srid=4326)
    )
    yield "a park is added", park.save
    yield (
        "a park moves",
        lambda: GreenSpace.objects.filter(id=park.id).update(
            area=MultiPolygon(box(x + 0.01, y, 0.003), srid=4326)
        ),
    )
    yield "a park is closed", lambda: GreenSpace.objects.filter(id=park.id).update(public_access=False)  # fmt: skip
    yield "a park goes", park.delete
    yield "a tree is felled", tree.delete
    yield (
        "a tree moves",
        lambda: Plant.objects.filter(fid=Plant.objects.order_by("fid").last().fid).update(
            location=Point(x, y, srid=4326)
        ),
    )
    yield (
        "a crown is measured",
        lambda: Plant.objects.filter(fid=Plant.objects.order_by("fid").last().fid).update(
            crown_m=31
        ),
    )
    yield "allotments are added", garden.save
    yield "a plot is added", plot.save
    yield "a street is added", street.save
    yield (
        "the first forests are gone",
        lambda: GreenSpace.objects.filter(kind="forest").update(status="gone"),
    )


def test_after_each_edit_all_figures_are_those_of_a_full_computation(schwerin):
    before = everything()
    middle = schwerin.outline.centroid.coords
    changed = {}
    for what, edit in edits(middle):
        edit()
        now = everything()
        kept = dict(keeping._kept)
        assert_same(now, afresh())
        keeping._kept.update(kept)  # go on from what was kept
        changed[what] = {id for id, rows in now.items() if not rows.equals(before[id])}
        before = now
    assert {"green-per-inhabitant", "green-within-a-walk", "mesh-size"} <= changed[
        "a park is added"
    ]
    assert changed["a tree is felled"] <= {
        "trees-per-hectare",
        "tree-diversity",
        "crown-cover",
        "edible-trees",
    }
    assert "trees-per-hectare" in changed["a tree is felled"]
    assert "crown-cover" in changed["a crown is measured"]
    assert "allotments" in changed["a plot is added"]


def test_an_answer_says_what_it_is(schwerin):
    found = answer(registry.get("green-within-a-walk"), [SCHWERIN], {"limit": "400"})
    assert found.values["limit"] == 400
    assert found.values["far_limit"] == 500
    assert found.weighting == "streets"
    assert found.version > 0
    assert found.definition_kind == "platform"
    assert found.licences
    assert list(found.rows["municipality"].unique()) == [SCHWERIN]
    assert found.rows["share"].between(0, 100).sum() > 0
    assert found.rows.crs == 4326


def test_a_city_as_it_was(schwerin):
    indicator = registry.get("green-per-inhabitant")
    first = answer(indicator, [SCHWERIN])
    GreenSpace.objects.all().delete()
    assert answer(indicator, [SCHWERIN]).rows["green"].sum() == 0
    then = answer(indicator, [SCHWERIN], at=first.at)
    pd.testing.assert_series_equal(then.rows["green"], first.rows["green"])
    assert then.version == first.version


def test_trees_are_counted_by_what_the_database_keeps(schwerin):
    kept = keeping.current(SCHWERIN)
    trees = Plant.objects.filter(growth_form="tree").exclude(status="gone")
    counted = kept.city.trees_by_quarter(kept.city.trees)
    for id, number in counted.items():
        plants = trees.filter(quarter_id=id).values_list("number_of_plants", flat=True)
        assert number == sum(plants)


def test_a_neighbour_counts_across_the_border(db):
    """Green of the next municipality, and the people who share it."""
    west, east = make.municipality("13004000"), make.municipality("13003000")
    make.quarter(west, "a", make.WEST_BOX, inhabitants=1000)
    make.quarter(east, "b", make.EAST_BOX, inhabitants=3000)
    source = make.source()
    for longitude in (11.098, 11.101):
        street = LineString((longitude, 53.05), (longitude + 0.001, 53.05), srid=4326)
        Street.objects.create(kind="residential", source=source, course=street)
    Street.objects.create(
        kind="footway",
        source=source,
        course=LineString((11.099, 53.05), (11.101, 53.05), srid=4326),
    )
    park = MultiPolygon(box(11.1005, 53.0501, 0.001), srid=4326)
    GreenSpace.objects.create(kind="park", source=source, area=park)
    found = {
        ags: answer(registry.get("park-area-within-a-walk"), [ags]).rows["area"].iloc[0]
        for ags in ("13004000", "13003000")
    }
    city = keeping.current("13004000").city
    size = city.patches("parks", 20).size[0]
    assert city.areas("parks").index[0] == str(GreenSpace.objects.get().id)
    # One park for all 4,000, on whichever side of the border they live.
    people = 1000 + 3000 * city.around["inhabitants"].iloc[0] / 3000
    assert found["13004000"] == pytest.approx(size / people, rel=1e-6)


def test_questions_that_cannot_be_asked(db):
    make.municipality("13004000")
    walk = registry.get("green-within-a-walk")
    with pytest.raises(QueryError, match="no municipality"):
        answer(walk, ["99999999"])
    with pytest.raises(QueryError, match="no quarters"):
        answer(walk, ["13004000"])
    with pytest.raises(QueryError, match="from 50 to 1500 m"):
        answer(walk, ["13004000"], {"limit": "1e9"})
    with pytest.raises(QueryError, match="no parameter"):
        answer(walk, ["13004000"], {"limits": 300})
    with pytest.raises(QueryError, match="1 to 20"):
        answer(walk, [])
    with pytest.raises(Unanswerable, match="buildings"):
        answer(registry.get("three-trees-in-view"), ["13004000"])
    with pytest.raises(QueryError, match="There are: allotments"):
        registry.get("happiness")


def test_a_city_with_nothing_in_it_has_no_figures(db):
    town = make.municipality("13004000")
    make.quarter(town, "a", make.WEST_BOX, inhabitants=0)
    kept = keeping.current("13004000")
    for each in COMPUTED:
        rows = keeping.figures(kept, each, each.values())
        if "inh" in each.columns[0].unit or "streets" in each.inputs:
            assert math.isnan(rows.iloc[0, 0]), each.id


def test_what_is_read_is_public():
    for name, subject in reading.SUBJECTS.items():
        layer = reading.layer_of(subject.layer)
        public = set(property_by_name(layer))
        assert set(subject.properties.values()) <= public, name

"""Municipality and quarter of a feature are kept true by the database, whoever moves: the feature or the border."""

import pytest
from django.contrib.gis.geos import LineString, MultiLineString, MultiPolygon, Point, Polygon

from layers.green_corridors import GreenCorridor
from layers.green_spaces import GreenSpace
from layers.municipalities import Municipality
from layers.quarters import Quarter
from tests import make

pytestmark = pytest.mark.django_db


def _green(box, **values):
    made = GreenSpace.objects.create(
        kind="park",
        area=MultiPolygon(Polygon.from_bbox(box), srid=4326),
        source=make.source(),
        **values,
    )
    made.refresh_from_db()
    return made


def test_point_is_in_its_quarter_and_municipality():
    town, west, _east = make.town()
    tree = make.plant(11.05, 53.05)
    assert (tree.municipality, tree.quarter) == (town, west)


def test_point_on_a_shared_edge_belongs_to_the_lowest_key():
    _town, west, _east = make.town()
    assert make.plant(11.1, 53.05).quarter == west


def test_moved_point_changes_quarter():
    _town, _west, east = make.town()
    tree = make.plant(11.05, 53.05)
    tree.location = Point(11.15, 53.05, srid=4326)
    tree.save()
    tree.refresh_from_db()
    assert tree.quarter == east


def test_point_outside_has_no_quarter():
    make.town()
    tree = make.plant(12.0, 54.0)
    assert (tree.municipality, tree.quarter) == (None, None)


def test_quarter_that_moves_takes_its_features_along():
    _town, west, east = make.town()
    tree = make.plant(11.05, 53.05)
    version = tree.version
    east.outline = make.area(11.04, 53.0, 11.2, 53.1)
    east.save()
    west.outline = make.area(11.0, 53.0, 11.04, 53.1)
    west.save()
    tree.refresh_from_db()
    assert tree.quarter == east
    assert tree.version == version, "a quarter that is derived makes no version of the tree"


def test_quarter_drawn_later_and_quarter_deleted():
    town = make.municipality()
    tree = make.plant(11.05, 53.05)
    assert tree.quarter is None
    drawn = make.quarter(town, "a", make.WEST_BOX)
    tree.refresh_from_db()
    assert (tree.quarter, tree.municipality) == (drawn, town)
    drawn.delete()
    tree.refresh_from_db()
    assert tree.quarter is None


def test_only_quarters_of_the_kind_that_the_municipality_assigns_by():
    town, west, _east = make.town()
    make.quarter(town, "0", (11.0, 53.0, 11.2, 53.1), kind="Ortsteil")
    tree = make.plant(11.05, 53.05)
    assert tree.quarter == west
    town.refresh_from_db()
    town.quarter_kind = "Ortsteil"
    town.save()
    tree.refresh_from_db()
    assert tree.quarter.kind == "Ortsteil"


def test_polygon_belongs_to_the_quarter_it_overlaps_most():
    _town, west, east = make.town()
    assert _green((11.06, 53.02, 11.12, 53.04)).quarter == west
    assert _green((11.08, 53.02, 11.14, 53.04)).quarter == east
    assert _green((11.2, 53.0, 11.3, 53.1)).quarter is None, "touching is not overlapping"


def test_line_belongs_to_the_quarter_it_overlaps_most():
    _town, _west, east = make.town()
    course = MultiLineString(LineString((11.09, 53.05), (11.15, 53.05)), srid=4326)
    line = GreenCorridor.objects.create(kind="avenue", course=course, source=make.source())
    line.refresh_from_db()
    assert line.quarter == east


def test_outline_is_the_union_of_the_quarters_until_one_is_loaded():
    town, _west, east = make.town()
    town.refresh_from_db()
    assert town.outline.extent == pytest.approx((11.0, 53.0, 11.2, 53.1))
    town.outline, town.outline_from_quarters = make.area(11.0, 53.0, 11.3, 53.1), False
    town.save()
    east.delete()
    town.refresh_from_db()
    assert town.outline.extent == pytest.approx((11.0, 53.0, 11.3, 53.1))
    assert make.plant(11.25, 53.05).municipality == town


def test_stated_municipality_stays_where_no_outline_is_known():
    stated = make.municipality("AT-40101", metric_srid=31255)
    tree = make.plant(14.3, 48.3, municipality=stated)
    assert (tree.municipality, tree.quarter) == (stated, None)


def test_borders_between_municipalities():
    make.town()
    other = make.municipality("13003000")
    neighbour = make.quarter(other, "z", (11.2, 53.0, 11.3, 53.1))
    tree = make.plant(11.25, 53.05)
    assert (tree.municipality, tree.quarter) == (other, neighbour)
    # On the border between two municipalities the lower key decides.
    assert make.plant(11.2, 53.05).municipality == other
    assert Municipality.objects.count() == 2
    assert Quarter.objects.count() == 3

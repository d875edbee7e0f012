"""Scenarios: what an overlay may say, and that a city with it laid upon has the figures of one that is really so."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from django.utils import translation
from hypothesis import given
from pyproj import Transformer

from geoplatform.analysis import keeping, overlay, registry
from geoplatform.analysis.city import COLUMNS, City
from geoplatform.analysis.joining import JOIN
from geoplatform.analysis.overlay import Overlay, Part
from geoplatform.analysis.scenario import laid
from geoplatform.query.errors import QueryError
from tests.analysis import make
from tests.analysis.test_proof import (
    COMPUTED,
    FEW,
    MANY,
    SEEDS,
    boxes,
    random_city,
    random_line,
    values,
)

FEATURE = "11111111-1111-4111-8111-111111111111"


def degrees(shape):
    back = Transformer.from_crs(make.SRID, 4326, always_xy=True)
    return shapely.transform(shape, back.transform, interleaved=False)


def added(subject, shape, id="new", **more):
    usual = overlay.USUAL_KINDS.get(subject, "")
    return Part(act="add", subject=subject, id=id, shape=degrees(shape), **{"kind": usual, **more})


def line(*xy):
    return shapely.LineString(xy)


def random_overlay(rng, city):
    """A park, a garden, a path and trees more, a park with another outline, a street and a garden less."""
    area = [*boxes(rng, 3, 250)]
    parts = [
        added("green", area[0], "a"),
        added("gardens", area[1], "b", kind="allotment-site"),
        added("streets", line(*random_line(rng)), "c"),
        added("trees", shapely.Point(rng.uniform(0, 1000, 2)), "d", number=7, crown_m=8.0),
        Part(act="remove", subject="gardens", id=city.gardens.index[0]),
        Part(act="remove", subject="streets", id=city.streets.index[0]),
    ]
    if len(city.green):
        parts.append(Part(act="change", subject="green", id=city.green.index[0], shape=degrees(area[2])))  # fmt: skip
    return Overlay(tuple(parts))


@given(SEEDS)
@FEW
def test_all_figures_are_those_of_a_city_that_is_really_so(seed):
    really_so(seed)


@pytest.mark.prove
@given(SEEDS)
@MANY
def test_all_figures_are_those_of_many_a_city(seed):
    really_so(seed)


def really_so(seed):
    city = random_city(seed)
    said = random_overlay(np.random.default_rng(seed), city)
    for id in COMPUTED:
        indicator = registry.get(id)
        given_values = values(indicator, seed)
        before = indicator.compute(city, given_values)
        state = laid(city, said)
        frames = {name: getattr(state.city, name) for name in (*COLUMNS, "trees")}
        really = indicator.compute(City.of(city.srid, **frames), given_values)
        ours = keeping.again(indicator, given_values, city, state.city, before)
        pd.testing.assert_frame_equal(ours, really, rtol=1e-9, atol=1e-9, obj=id)


def test_nothing_said_is_the_city_itself():
    city = random_city(1)
    assert laid(city, Overlay()).city is city
    gone = Overlay((Part(act="remove", subject="green", id=FEATURE),))
    state = laid(city, gone)
    assert state.city is city
    assert state.known == frozenset()


def town(*streets):
    """A quarter of a square kilometre with some streets."""
    return make.city(
        quarters=make.quarters(make.square(0, 0, 1000), inhabitants=[1000]),
        streets=make.streets(*streets),
    )


def test_a_park_is_added_changed_and_removed():
    city = town([(0, 500), (1000, 500)])
    area = make.square(400, 510, 200)
    with_park = laid(city, Overlay((added("green", area, "p"),)))
    assert with_park.placed == {"p"}
    assert with_park.city.green.loc["p", "kind"] == "park"
    assert with_park.city.green.area.item() == pytest.approx(area.area, rel=1e-6)
    assert len(city.green) == 0
    larger = make.square(400, 510, 300)
    change = Part(act="change", subject="green", id="p", shape=degrees(larger), kind="forest")
    changed = laid(with_park.city, Overlay((change,)))
    assert changed.known == {"p"}
    assert changed.city.green["kind"].tolist() == ["forest"]
    assert changed.city.green.area.item() == pytest.approx(larger.area, rel=1e-6)
    kind = Part(act="change", subject="green", id="p", public_access=False)
    closed = laid(with_park.city, Overlay((kind,))).city.green
    assert not closed["public_access"].item()
    assert closed.geometry.item().equals(with_park.city.green.geometry.item())
    gone = laid(with_park.city, Overlay((Part(act="remove", subject="green", id="p"),)))
    assert len(gone.city.green) == 0


def walk(city, start, end):
    """Metres along the network."""
    from geoplatform.analysis import walking

    ways = city.network
    doors = walking.entrances(ways, shapely.points([start]), 0.1)
    (node,) = ways.nodes.query(shapely.Point(end), predicate="dwithin", distance=0.1)
    return walking.field(ways, doors, 1).metres[node]


def test_a_path_meets_what_it_crosses_and_what_it_ends_near():
    city = town([(0, 500), (500, 500), (1000, 500)], [(0, 800), (1000, 800)])
    path = added("streets", line((500, 300), (500, 800 - JOIN + 0.5)))
    state = laid(city, Overlay((path,)))
    assert state.islands == frozenset()
    assert walk(state.city, (500, 300), (1000, 500)) == pytest.approx(700, abs=0.1)
    assert walk(state.city, (500, 300), (1000, 800)) == pytest.approx(1000, abs=0.1)
    assert walk(city, (0, 500), (1000, 800)) == np.inf


def test_a_path_in_the_middle_of_nowhere_is_an_island():
    city = town([(0, 500), (1000, 500)])
    far = added("streets", line((100, 500 + JOIN + 0.5), (100, 900)), "far")
    assert laid(city, Overlay((far,))).islands == {"far"}
    # One that another one leads to is none.
    link = added("streets", line((100, 500), (200, 600)), "link")
    beyond = added("streets", line((200, 600), (100, 900)), "beyond")
    joined = laid(city, Overlay((beyond, replace(far, id="x"), link)))
    assert joined.islands == frozenset()
    assert laid(city, Overlay((beyond,))).islands == {"beyond"}
    assert laid(town(), Overlay((beyond,))).islands == {"beyond"}


def test_trees_are_counted_where_they_stand():
    areas = (make.square(0, 0, 100), make.square(100, 0, 100))
    city = make.city(
        quarters=make.quarters(*areas, inhabitants=[1, 1]),
        trees=make.trees({"genus": "Tilia", "number": 5}, {"species": "Acer campestre"}),
    )
    felled = make.trees({"genus": "Tilia", "number": 2})
    said = Overlay(
        (
            added("trees", shapely.Point(150, 50), "a", number=3),
            added("trees", shapely.Point(50, 500), "beyond"),
            Part(act="remove", subject="trees", id=FEATURE),
        )
    )
    state = laid(city, said, felled=felled)
    assert state.placed == {"a"}
    numbers = state.city.trees.groupby("quarter")["number"].sum()
    assert numbers.to_dict() == {"q0": 4, "q1": 3}
    assert state.city.trees.query("genus == 'Tilia'")["number"].item() == 3


def test_what_lies_beyond_is_not_laid_upon_a_city():
    city = town([(0, 500), (1000, 500)])
    box = tuple(degrees(make.square(0, 0, 1000)).bounds)
    park = added("green", make.square(3000, 3000, 100))
    assert laid(city, Overlay((park,)), box=box).city is city
    # One across the border is.
    across = added("green", make.square(900, 900, 500))
    assert laid(city, Overlay((across,)), box=box).placed == {"new"}


PATH = [[11.4, 53.6], [11.41, 53.61]]
SQUARE = [[[11.4, 53.6], [11.41, 53.6], [11.41, 53.61], [11.4, 53.6]]]
BOW_TIE = [[[11.4, 53.6], [11.41, 53.61], [11.41, 53.6], [11.4, 53.61], [11.4, 53.6]]]
STATE = [[[10.6, 53.1], [14.4, 53.1], [14.4, 54.6], [10.6, 54.6], [10.6, 53.1]]]
AROUND = [[np.cos(turn) / 100, np.sin(turn) / 100] for turn in np.linspace(0, 6.28, 1500)]


def feature(geometry=None, id=None, **said):
    return {"type": "Feature", "id": id, "geometry": geometry, "properties": said}


def polygon(coordinates):
    return {"type": "Polygon", "coordinates": coordinates}


def way(coordinates):
    return {"type": "LineString", "coordinates": coordinates}


def document(*features):
    return json.dumps({"type": "FeatureCollection", "features": features})


REFUSED = {
    "crosses itself": document(feature(polygon(BOW_TIE))),
    "a whole state": document(feature(polygon(STATE))),
    "many vertices": document(feature(polygon([[*AROUND, AROUND[0]]]))),
    "a million vertices": document(feature(polygon([[[0.0, 0.0]] * 1_000_000]))),
    "too many features": document(*[feature(polygon(SQUARE))] * 201),
    "no geometry": document(feature()),
    "out of range": document(feature(polygon([[[191, 53], [192, 53], [192, 54], [191, 53]]]))),
    "no ring": document(feature(polygon([SQUARE[0][:2]]))),
    "a line for a park": document(feature(way(PATH))),
    "an area for a path": document(feature(polygon(SQUARE), layer="streets")),
    "a path of no length": document(feature(way([[11, 53]] * 2), layer="streets")),
    "a path across the country": document(feature(way([[6, 50], [14, 54]]), layer="streets")),
    "a residential street": document(feature(way(PATH), layer="streets", kind="residential")),
    "an unknown kind": document(feature(polygon(SQUARE), kind="casino")),
    "an unknown layer": document(feature(polygon(SQUARE), layer="quarters")),
    "an unknown act": document(feature(polygon(SQUARE), act="burn")),
    "an unknown property": document(feature(polygon(SQUARE), colour="red")),
    "no id of what goes": document(feature(act="remove")),
    "nothing changed": document(feature(id=FEATURE, act="change")),
    "twice the same": document(*[feature(id=FEATURE, act="remove")] * 2),
    "no trees": document(feature({"type": "Point", "coordinates": [11, 53]}, layer="trees", number=0)),
    "half a tree": document(feature({"type": "Point", "coordinates": [11, 53]}, layer="trees", number=1.5)),
    "a long name": document(feature(polygon(SQUARE), name="x" * 201)),
    "no collection": json.dumps(polygon(SQUARE)),
    "no features": '{"type": "FeatureCollection"}',
    "a feature that is none": document(polygon(SQUARE)),
    "properties that are none": document({**feature(polygon(SQUARE)), "properties": [1]}),
    "no JSON": "<kml>",
    "no number": '{"type": "FeatureCollection", "features": [NaN]}',
    "too deep": "[" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_drawn_is_refused_in_both_languages(text):
    said = []
    for language in ("en", "de"):
        with translation.override(language), pytest.raises(QueryError) as caught:
            overlay.parse(text)
        assert caught.value.parameter == "overlay"
        said.append(str(caught.value))
    assert said[0] != said[1]


def test_it_is_said_which_one_is_wrong_and_where():
    with pytest.raises(QueryError, match=r"Feature 2: .*crosses itself at 11\.405 53\.605"):
        overlay.parse(document(feature(polygon(SQUARE)), feature(polygon(BOW_TIE))))
    with pytest.raises(QueryError, match=r"covers \d+ km²; it may cover 100"):
        overlay.parse(document(feature(polygon(STATE))))


def test_a_drawing_is_written_as_it_was_read():
    text = document(
        feature(polygon(SQUARE), name="Am Kai", public_access=True),
        feature(polygon(SQUARE), id="x", layer="gardens", kind="school"),
        feature(way(PATH), layer="streets"),
        feature({"type": "Point", "coordinates": [11.40000001, 53.6]}, layer="trees", number=3),
        feature(id=FEATURE.upper(), act="remove", layer="trees"),
        feature(polygon(SQUARE), id=FEATURE.replace("1", "2"), act="change"),
    )
    found = overlay.parse(text)
    assert [each.id for each in found.parts[:4]] == ["new-1", "x", "new-3", "new-4"]
    assert found.parts[0].kind == "park"
    assert found.parts[4].id == FEATURE
    assert found.ids == [FEATURE, FEATURE.replace("1", "2")]
    assert found.box == (11.4, 53.6, 11.41, 53.61)
    again = overlay.parse(found.text)
    assert again == found
    assert again.text == found.text
    assert overlay.parse(" ") == Overlay()
    assert Overlay().box is None


def test_an_added_feature_never_hides_one_that_is_there():
    (part,) = overlay.parse(document(feature(polygon(SQUARE), id=FEATURE))).parts
    assert part.id == "new-1"

"""ETag and 304 of maps: held while nothing in the picture has changed, and no moment longer."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from geoplatform.history.edits import is_snapshot
from geoplatform.rendering.picture import Picture
from tests import make
from tests.services.wms import asked, get
from tests.sessions import session

MARKED = "SELECT geoplatform.prune_edits()"


@pytest.fixture
def tree(fresh_database):
    """Committed, and a mark of the edit log stands before all that follows."""
    make.town()
    found = make.plant(11.05, 53.05, species=make.species())
    with session() as other:
        other.execute(MARKED)
    connection.close()
    return found


def held(values, first):
    """Whether a client that holds `first` is told that it still holds."""
    again = get(values, **{"If-None-Match": first.headers["ETag"]})
    assert again.status_code in (200, 304), again.content
    if again.status_code == 304:
        assert again.content == b""
        assert again.headers["ETag"] == first.headers["ETag"]
    return again.status_code == 304


def commit(text, *values):
    with session() as other:
        other.execute(text, values)


MOVE = "UPDATE layers_plant SET location = ST_SetSRID(ST_MakePoint(%s, %s), 4326) WHERE fid = %s"
ADD = """INSERT INTO layers_plant (id, source_id, licence, status, cultivar, access, number_of_plants, note,
    own_growth_form, location) SELECT gen_random_uuid(), id, 'cc-zero', 'confirmed', '', 'public', 1, '', 'tree',
    ST_SetSRID(ST_MakePoint(%s, %s), 4326) FROM catalog_source LIMIT 1"""


def test_unchanged_is_304_without_drawing(tree, monkeypatch):
    values = asked()
    first = get(values)
    assert first.status_code == 200

    def no_drawing(*_args):
        raise AssertionError("drawn")

    monkeypatch.setattr("geoplatform.services.wms.getmap.draw", no_drawing)
    assert held(values, first)
    weak = get(values, **{"If-None-Match": f'"other", {first.headers["ETag"]}'})
    assert weak.status_code == 304


def test_what_lies_elsewhere_does_not_matter(tree):
    first = get(asked())
    commit(ADD, 11.15, 53.09)
    assert held(asked(), first)


@pytest.mark.parametrize("place", [(11.051, 53.051), (11.0399, 53.05), (11.0601, 53.04)])
def test_what_shows_in_the_picture_does(tree, place):
    """Also a marker that reaches into it from outside: the picture is 11.04 to 11.06 by 53.04 to 53.06 degrees."""
    values = asked(crs="EPSG:4326")
    first = get(values)
    commit(ADD, *place)
    assert not held(values, first)
    assert get(values).content != first.content


CLOSE = "11.049,53.049,11.051,53.051"


@pytest.mark.parametrize(
    "changed",
    [
        {"LAYERS": "trees"},  # from the pyramid
        {"LAYERS": "trees", "BBOX": CLOSE},  # one by one
        {"LAYERS": "quarters", "BBOX": CLOSE},  # shapes
        {"LAYERS": "quarters,trees", "STYLES": ",", "BBOX": CLOSE},
        {"LAYERS": "trees,quarters", "STYLES": ",", "BBOX": CLOSE},
        {"LAYERS": "trees", "BBOX": CLOSE, "CQL_FILTER": "number_of_plants > 0"},
    ],
    ids=str,
)
def test_what_is_committed_while_it_is_drawn_is_not_seen(tree, monkeypatch, changed):
    """After the first data are read, and before the answer: the tag must be that of the data."""
    values = asked(crs="CRS:84", **changed)
    names = Picture.names

    def late(picture):
        if "quarters" in changed["LAYERS"].split(",")[0]:
            commit("UPDATE layers_quarter SET name = name || '!'")
        else:
            commit(ADD, 11.05, 53.05)
        monkeypatch.setattr(Picture, "names", names)
        names(picture)

    monkeypatch.setattr(Picture, "names", late)
    first = get(values)
    assert first.status_code == 200
    assert not held(values, first)
    assert held(values, get(values))


@pytest.mark.parametrize("layers", ["trees", "quarters"])
def test_who_asks_for_the_head_alone_gets_a_tag_that_holds(tree, layers):
    values = asked(LAYERS=layers)
    first = Client().head("/wms", values)
    assert first.status_code == 200
    assert held(values, first)
    commit(ADD, 11.05, 53.05)
    commit("UPDATE layers_quarter SET name = name || '!'")
    assert not held(values, first)


def test_a_map_on_which_nothing_is_visible_has_a_tag_too(tree):
    values = asked(crs="CRS:84", LAYERS="garden-plots", BBOX="5,47,15,55")
    first = get(values)
    assert held(values, first)


def test_moves_away_names_and_deletions(tree):
    values = asked(LAYERS="fruit-trees")
    for change, parameters in [
        ("UPDATE layers_species SET german_name = 'Holzapfel'", ()),
        (MOVE, (11.19, 53.09, tree.fid)),
        (MOVE, (11.05, 53.05, tree.fid)),
        ("DELETE FROM layers_plant WHERE fid = %s", (tree.fid,)),
    ]:
        first = get(values)
        assert held(values, first)
        commit(change, *parameters)
        assert not held(values, first), change


def test_any_of_several_layers(tree):
    values = asked(LAYERS="geoplatform")
    first = get(values)
    assert held(values, first)
    commit("UPDATE layers_quarter SET name = 'Neu' WHERE key = 'a'")
    assert not held(values, first)


def test_a_tag_belongs_to_its_request(tree):
    first = get(asked())
    assert not held(asked(CQL_FILTER="status = 'gone'"), first)
    assert not held(asked(WIDTH="300"), first)


@pytest.mark.parametrize(
    "tag",
    [
        "0" * 24 + ".1.1:1:",
        "x",
        "",
        "{made}.{generation}.5:3:",
        "{made}.{generation}.3:5:9",
        "{made}.{generation}.3:9:5,4",
        "{made}.{generation}.0:0:",
        "{made}.{generation}.99999999999999999999:99999999999999999999:",
        "{made}.999999999999999999.{seen}x",
        "{made}.{generation}.:::,,,",
    ],
)
def test_made_up_tags_are_no_fault(tree, tag):
    first = get(asked())
    made, generation, seen = first.headers["ETag"][3:-1].split(".")
    wrong = tag.format(made=made, generation=generation, seen=seen)
    again = get(asked(), **{"If-None-Match": f'"{wrong}"'})
    assert (again.status_code, again.content) == (200, first.content)


def test_before_the_first_mark_there_is_no_tag_and_soon_there_is_one(fresh_database):
    make.town()
    connection.close()
    assert "ETag" not in get(asked()).headers
    assert "ETag" in get(asked()).headers


@given(st.from_regex(r"[0-9]{0,20}:[0-9]{0,20}:[0-9,]{0,40}", fullmatch=True))
def test_what_is_called_a_snapshot_is_one(django_db_blocker, django_db_setup, text):
    """PostgreSQL reads whatever passes; else a made-up tag would be a fault of the database."""
    if is_snapshot(text):
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("SELECT %s::text::pg_snapshot", [text])


@given(
    st.integers(1, 2**62),
    st.integers(0, 1000),
    st.sets(st.integers(-5, 1005), max_size=6),
    st.booleans(),
)
def test_made_snapshots(django_db_blocker, django_db_setup, low, span, running, ordered):
    members = sorted(running) if ordered else list(running)
    text = f"{low}:{low + span}:{','.join(str(low + each) for each in members)}"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        if is_snapshot(text):
            cursor.execute("SELECT %s::text::pg_snapshot", [text])
        elif ordered and all(0 <= each < span for each in members):
            # Numbers whose lower half is 0 are nobody's, and PostgreSQL refuses them.
            if any((low + each) % 2**32 == 0 for each in (0, span, *members)):
                return
            raise AssertionError(f"refused: {text}")

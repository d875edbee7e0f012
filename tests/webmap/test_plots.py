"""Areas as text: typed line by line, as WKT and GeoJSON; within what holds them, and not across themselves."""

from __future__ import annotations

import json

import pytest
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from geoplatform.catalog import registry
from geoplatform.contributions.models import Proposal
from geoplatform.webmap import shapes
from tests import make
from tests.webmap.contributing import KEY, errors, garden, hidden, post, text

NEW = "/garden-plots/new"
LINES = "53.021, 11.021\n53.021, 11.022\n53.022, 11.022\n53.022, 11.021"
WKT = "POLYGON((11.021 53.021, 11.022 53.021, 11.022 53.022, 11.021 53.022, 11.021 53.021))"
GEOJSON = json.dumps(
    {
        "type": "Polygon",
        "coordinates": [[[11.021, 53.021], [11.022, 53.021], [11.022, 53.022], [11.021, 53.021]]],
    }
)


@pytest.fixture
def site(db):
    make.town()
    return garden()


def send(shape: str, **fields):
    return post(NEW, "garden-plots", state="vacant", shape=shape, **fields)


COMMAS = LINES.replace(", ", "; ").replace(".", ",")


@pytest.mark.parametrize("shape", [LINES, COMMAS, WKT, "SRID=4326;" + WKT, GEOJSON])
def test_each_way_to_write_an_area(site, shape):
    response = send(shape, garden="Am See")
    assert response.status_code == 202, errors(response)
    proposal = Proposal.objects.get()
    assert proposal.geometry.geom_type == "Polygon"
    assert proposal.geometry.extent == (11.021, 53.021, 11.022, 53.022)
    assert proposal.fields["garden"] == "Am See"


def test_its_garden_is_where_it_lies(site):
    garden("Am Wald", (11.05, 53.05, 11.06, 53.06))
    assert send(LINES).status_code == 202
    assert Proposal.objects.get().fields["garden"] == "Am See"


def test_outside_all_gardens(site):
    found = errors(send(LINES.replace("53.02", "53.07")))
    assert set(found) == {"shape"}
    assert "Gärten" in found["shape"]


def test_it_does_not_leave_its_garden(site):
    response = send(LINES.replace("53.021", "53.019"), garden="Am See")
    found = errors(response)
    assert set(found) == {"shape"}
    assert "Am See" in found["shape"]
    assert "53.019, 11.021" in text(response)  # nothing typed is lost
    assert Proposal.objects.count() == 0


def test_a_metre_over_the_fence_is_no_matter(site):
    # 0.5 m in the north; typed coordinates are rounded.
    assert send(LINES.replace("53.021", "53.0199955"), garden="Am See").status_code == 202


def test_a_plot_that_moves_stays_within_and_what_was_outside_before_may_be_renumbered(site):
    inside = make.plot(site, (11.021, 53.021, 11.022, 53.022))
    path = f"/garden-plots/{inside.id}"
    page = Client().get(f"{path}/move")
    assert "53.021, 11.021" in text(page)
    assert (
        post(f"{path}/move", "garden-plots", shape=LINES.replace("53.022", "53.04")).status_code
        == 422
    )
    assert (
        post(f"{path}/move", "garden-plots", shape=LINES.replace("53.022", "53.023")).status_code
        == 202
    )
    outside = make.plot(site, (11.07, 53.07, 11.071, 53.071), number="7")
    fields = {"initial-garden": "Am See", "garden": "Am See", "initial-number": "7", "number": "8"}
    fields |= {"initial-state": "taken", "state": "taken"}
    response = post(f"/garden-plots/{outside.id}/correct", "garden-plots", **fields)
    assert response.status_code == 202, errors(response)


def test_the_rule_holds_for_every_road(site):
    from geoplatform.contributions.services import ANYBODY, submit

    area = GEOSGeometry("SRID=4326;POLYGON((11 53, 11.02 53, 11.02 53.03, 11 53.03, 11 53))")
    with pytest.raises(ValidationError) as refused:
        submit(
            layer=registry.get("garden-plots"), action="create", author=ANYBODY, channel="api",
            values={"garden": site, "state": "vacant"}, geometry=area,
        )  # fmt: skip
    assert list(refused.value.message_dict) == ["area"]


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize(
    ("shape", "german", "english"),
    [
        ("53.021, 11.021\n53.022, 11.022\n53.021, 11.022\n53.022, 11.021", "kreuzt", "crosses"),
        ("53.021, 11.021\n53.022, 11.022", "drei", "three"),
        ("53.021, 11.021\nhier\n53.022, 11.022", "Zeile 2", "Line 2"),
        ("POLYGON((11.021 53.021, 11.022", "nicht verstanden", "not understood"),
        ("POLYGON EMPTY", "nicht verstanden", "not understood"),
        ("{" * 3000, "nicht verstanden", "not understood"),
        ("[" * 100_000, "Zeile 1", "Line 1"),
        ("POINT(11.021 53.021)", "Polygon", "Polygon"),
        ("48.1, 11.5\n48.2, 11.5\n48.2, 11.6", "Gemeinde", "municipality"),
        ("11.021, 53.021\n11.022, 53.021\n11.022, 53.022", "vertauscht", "swapped"),
        ("1e999, 5\n1, 2\n3, 4", "Zeile 1", "Line 1"),
        ("<script>alert(1)</script>", "Zeile 1", "Line 1"),
        ("", "", ""),
    ],
)
def test_what_is_no_plot(site, shape, german, english, prefix):
    response = post(prefix + NEW, "garden-plots", state="vacant", garden="Am See", shape=shape)
    assert response.status_code == 422
    found = errors(response)
    assert set(found) == {"shape"}, found
    assert (english if prefix else german) in found["shape"]
    assert "<script>alert" not in response.content.decode()
    assert Proposal.objects.count() == 0


def test_a_plot_over_another_one_is_asked_about(site):
    there = make.plot(site, (11.021, 53.021, 11.022, 53.022), number="4")
    response = send(LINES.replace("11.022", "11.0221"), garden="Am See")
    assert response.status_code == 422
    assert str(there.id) in response.content.decode()
    again = send(LINES.replace("11.022", "11.0221"), garden="Am See", new="yes")
    assert again.status_code == 202


def test_a_neighbouring_plot_is_not_the_same(site):
    make.plot(site, (11.0205, 53.021, 11.02101, 53.022), number="4")
    assert send(LINES, garden="Am See").status_code == 202


def test_lines_and_areas_of_several_parts(db):
    make.town()
    corridor = "53.01, 11.01\n53.02, 11.02\n\n53.03, 11.03\n53.04, 11.03"
    layer = registry.get("green-corridors")
    geometry = shapes.read(corridor, layer)
    assert geometry.geom_type == "MultiLineString"
    assert len(geometry) == 2
    street = shapes.read("53.01, 11.01\n53.02, 11.02", registry.get("streets"))
    assert street.geom_type == "LineString"


@given(
    st.lists(
        st.tuples(st.floats(53.001, 53.099), st.floats(11.001, 11.099)), min_size=1, max_size=3
    ),
    st.booleans(),
)
def test_what_is_written_is_read_again(corners, hole):
    """Without a database: the text alone."""
    parts = []
    for latitude, longitude in corners:
        a, b, size = round(longitude, 5), round(latitude, 5), 0.0002
        ring = [(a, b), (a + size, b), (a + size, b + size), (a, b + size), (a, b)]
        inner = [
            (a + size / 4, b + size / 4),
            (a + size / 2, b + size / 4),
            (a + size / 2, b + size / 2),
        ]
        parts.append([ring, [*inner, inner[0]]] if hole else [ring])
    shape = GEOSGeometry(json.dumps({"type": "MultiPolygon", "coordinates": parts}))
    written = shapes.write(shape)
    found = (
        shapes._from_wkt(written) if hole else shapes._from_lines(written, registry.get("gardens"))
    )
    level = found["coordinates"] if found["type"] == "MultiPolygon" else [found["coordinates"]]
    for part, expected in zip(level, parts, strict=True):
        for ring, wanted in zip(part, expected, strict=True):
            for each, corner in zip(ring, wanted, strict=True):
                assert each == pytest.approx(list(corner), abs=1e-7)


def test_who_drew_it_takes_it_back(site):
    response = send(LINES, garden="Am See", key=KEY)
    undone = post("/garden-plots/undo", "garden-plots", receipt=hidden(response, "receipt"))
    assert undone.status_code == 200
    assert Proposal.objects.get().state == "withdrawn"

"""What a request may say and how it is refused: right code, right form, nothing of the inside told."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from django.test import Client, override_settings
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from geoplatform.services.wms import maps, parameters
from geoplatform.services.wms.exceptions import ServiceException
from geoplatform.services.wms.filters import split
from geoplatform.services.wms.parameters import Parameters
from geoplatform.services.wms.times import parse_time
from tests.services.wms import BOXES, asked, get, refusal

pytestmark = pytest.mark.django_db
REFUSALS = [
    ({"LAYERS": "nothing"}, "LayerNotDefined"),
    ({"LAYERS": "species"}, "LayerNotDefined"),
    ({"LAYERS": "trees,,quarters"}, "LayerNotDefined"),
    ({"LAYERS": "trees' OR 1=1--"}, "LayerNotDefined"),
    ({"LAYERS": None}, "MissingParameterValue"),
    ({"LAYERS": ",".join(["trees"] * 21)}, "InvalidParameterValue"),
    ({"LAYERS": ",".join(["trees"] * 5000)}, "InvalidParameterValue"),
    ({"LAYERS": ",".join(["trees"] * 10_000)}, "InvalidParameterValue"),
    ({"LAYERS": "geoplatform,geoplatform,geoplatform"}, "InvalidParameterValue"),
    ({"STYLES": "pretty"}, "StyleNotDefined"),
    ({"STYLES": "default,default"}, "StyleNotDefined"),
    ({"CRS": "EPSG:900913"}, "InvalidCRS"),
    ({"CRS": None}, "MissingParameterValue"),
    ({"FORMAT": "image/gif"}, "InvalidFormat"),
    ({"FORMAT": None}, "MissingParameterValue"),
    ({"BGCOLOR": "red"}, "InvalidParameterValue"),
    ({"TRANSPARENT": "maybe"}, "InvalidParameterValue"),
    ({"BBOX": None}, "MissingParameterValue"),
    ({"BBOX": "1,2,3"}, "InvalidParameterValue"),
    ({"BBOX": "1,2,3,4,5"}, "InvalidParameterValue"),
    ({"BBOX": "NaN,2,3,4"}, "InvalidParameterValue"),
    ({"BBOX": "-inf,2,3,inf"}, "InvalidParameterValue"),
    ({"BBOX": "1,2,1e999,4"}, "InvalidParameterValue"),
    ({"BBOX": "1_0,2,30,4"}, "InvalidParameterValue"),
    ({"BBOX": "3,2,1,4"}, "InvalidParameterValue"),
    ({"BBOX": "1,4,3,2"}, "InvalidParameterValue"),
    ({"BBOX": "1,2,1,4"}, "InvalidParameterValue"),
    ({"BBOX": "0,0,1e300,1e300"}, "InvalidParameterValue"),
    ({"BBOX": "0,0,1e-300,1e-300"}, "InvalidParameterValue"),
    ({"WIDTH": "0"}, "InvalidParameterValue"),
    ({"WIDTH": "-5"}, "InvalidParameterValue"),
    ({"WIDTH": "100000"}, "InvalidParameterValue"),
    ({"HEIGHT": "1e3"}, "InvalidParameterValue"),
    ({"HEIGHT": None}, "MissingParameterValue"),
    ({"VERSION": None}, "MissingParameterValue"),
    ({"VERSION": "1.2.0"}, "InvalidParameterValue"),
    ({"DPI": "-1"}, "InvalidParameterValue"),
    ({"DPI": "nan"}, "InvalidParameterValue"),
    ({"SLD": "http://example.org/style.sld"}, "OperationNotSupported"),
    ({"SLD_BODY": "<StyledLayerDescriptor/>"}, "OperationNotSupported"),
    ({"FILTER": "<Filter/>"}, "OperationNotSupported"),
    ({"REQUEST": "GetStyles"}, "OperationNotSupported"),
    ({"REQUEST": None}, "MissingParameterValue"),
    ({"SERVICE": "WFS"}, "InvalidParameterValue"),
    ({"TIME": "yesterday"}, "InvalidDimensionValue"),
    ({"TIME": "2026-13-01"}, "InvalidDimensionValue"),
    ({"TIME": "2026-01-01,2026-02-01"}, "InvalidDimensionValue"),
    ({"TIME": "2026-02-01/2026-01-01"}, "InvalidDimensionValue"),
    ({"TIME": "2026-01-01/2026-02-01/P1D/P1D"}, "InvalidDimensionValue"),
    ({"CQL_FILTER": "nothing = 1"}, "InvalidParameterValue"),
    ({"CQL_FILTER": "status = 'gone'; status = 'gone'"}, "InvalidParameterValue"),
    ({"CQL_FILTER": "status = "}, "InvalidParameterValue"),
    ({"CQL_FILTER": "source_key = 'x'"}, "InvalidParameterValue"),
    ({"RIPE": "13.5"}, "InvalidParameterValue"),
]


@pytest.mark.parametrize(("values", "code"), REFUSALS, ids=lambda each: str(each)[:60])
@pytest.mark.parametrize("version", ["1.3.0", "1.1.1"])
def test_refusals(values, code, version):
    if version == "1.1.1":
        values = {"SRS" if name == "CRS" else name: value for name, value in values.items()}
        code = code.replace("InvalidCRS", "InvalidSRS")
        if "VERSION" in values:
            return
    response = get(asked(version, **values))
    found, text = refusal(response)
    assert (response.status_code, found) == (200, code), text
    assert response.headers["Cache-Control"] == "no-store"
    assert len(text) < 1000
    assert not re.search(r"SELECT|Traceback|/geoplatform/|psycopg|layers_", text), text


@pytest.mark.parametrize(
    "text",
    [
        "SERVICE=WMS&REQUEST=GetMap&LAYERS=%FF%FE",
        "SERVICE=WMS&REQUEST=GetMap&LAYERS=a%00b",
        "REQUEST=GetMap&LAYERS=a&layers=b",
        "&".join(f"k{n}=1" for n in range(2000)),
        "REQUEST=GetCapabilities&VERSION=abc",
        "REQUEST=GetCapabilities&VERSION=" + "9" * 5000,
        "REQUEST=" + "x" * 30_000,
        "x" * 100_000,
        "",
    ],
    ids=range(9),
)
def test_broken_requests(text):
    response = get(text)
    code, _text = refusal(response)
    assert response.status_code == 200
    assert code
    assert len(response.content) < 1500


def test_keys_in_any_case_and_foreign_ones_are_ignored():
    values = {name.lower(): value for name, value in asked().items()}
    one = parameters.read("&".join(f"{key}={quote(value)}" for key, value in values.items()))
    assert one == asked()
    again = parameters.read("Layers=a&LAYERS=a&map=/etc/passwd&cache=1")
    assert again["LAYERS"] == "a"


@pytest.mark.parametrize("version", ["1.3.0", "1.1.1"])
@pytest.mark.parametrize("crs", BOXES)
def test_box_is_read_in_the_order_of_version_and_crs(version, crs):
    found = maps.parse_view(Parameters(asked(version, crs), version))
    assert found.box == BOXES[crs]
    assert maps.crs_name(found.crs) == crs


@pytest.mark.parametrize(
    ("said", "ratio"),
    [
        ({}, 1),
        ({"DPI": "96", "MAP_RESOLUTION": "96", "FORMAT_OPTIONS": "dpi:96"}, 1),
        ({"DPI": "192"}, 2),
        ({"MAP_RESOLUTION": "288"}, 3),
        ({"FORMAT_OPTIONS": "antialias:on;dpi:192"}, 2),
        ({"FORMAT_OPTIONS": "dpi:nonsense"}, 1),
        ({"DPI": "100000"}, 6),
        ({"DPI": "1"}, 0.5),
    ],
)
def test_dots_per_inch(said, ratio):
    assert maps.parse_ratio(Parameters(said, "1.3.0")) == ratio


def test_filters_are_split_at_semicolons_outside_of_quotes():
    assert split("a = 'x;y'; \"b;c\" = 1;") == ["a = 'x;y'", ' "b;c" = 1', ""]
    assert split("a = 'it''s; here';b") == ["a = 'it''s; here'", "b"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2025", "2025-12-31T23:59:59.999999+00:00"),
        ("2025-02", "2025-02-28T23:59:59.999999+00:00"),
        ("2024-12", "2024-12-31T23:59:59.999999+00:00"),
        ("2025-02-03", "2025-02-03T23:59:59.999999+00:00"),
        ("2025-02-03T04Z", "2025-02-03T04:59:59.999999+00:00"),
        ("2025-02-03T04:05:06Z", "2025-02-03T04:05:06+00:00"),
        ("2025-02-03T04:05:06.25+02:00", "2025-02-03T04:05:06.250000+02:00"),
        ("2025-01-01/2025-02-03T00:00:00Z", "2025-02-03T00:00:00+00:00"),
        ("2025-01-01/2025-02-03T00:00:00Z/P1D", "2025-02-03T00:00:00+00:00"),
    ],
)
def test_times(text, wanted):
    assert (
        parse_time(text).isoformat(sep="T") == parse_time(wanted.replace("+00:00", "Z")).isoformat()
    )


@pytest.mark.parametrize("text", ["", "current", "CURRENT", "2999-01-01", "2025-01-01/current"])
def test_times_that_mean_now(text):
    assert parse_time(text) is None


def test_other_methods():
    response = Client().post("/wms", {"REQUEST": "GetCapabilities"})
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
    options = Client().options("/wms")
    assert (options.status_code, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert options.headers["Access-Control-Allow-Origin"] == "*"


def test_exceptions_speak_the_readers_language():
    german = refusal(get(asked(LAYERS="x", LANGUAGE="ger")))[1]
    english = refusal(get(asked(LAYERS="x", LANGUAGE="eng")))[1]
    assert english == "There is no map layer x."
    assert german != english


def test_foreign_hosts_are_refused():
    with override_settings(ALLOWED_HOSTS=["here"]):
        assert get("REQUEST=GetCapabilities").status_code == 400


WORDS = st.text(max_size=30) | st.sampled_from(
    [
        "NaN",
        "1e308",
        "-1",
        "0",
        "99999999999",
        "trees",
        "EPSG:4326",
        "1.3.0",
        "%00",
        "'",
        ";",
        "\U0001f333",
    ]
)


class Anything(TestCase):
    @settings(max_examples=150, deadline=None)
    @given(
        st.dictionaries(
            st.sampled_from(
                [
                    *asked(),
                    "BBOX",
                    "TIME",
                    "CQL_FILTER",
                    "DPI",
                    "EXCEPTIONS",
                    "RIPE",
                    "LANGUAGE",
                    "I",
                    "J",
                ]
            ),
            WORDS,
            max_size=4,
        ),
        st.sampled_from(["GetCapabilities", "GetFeatureInfo", "GetLegendGraphic"]),
    )
    def test_no_value_is_a_fault(self, values, name):
        response = get({**asked(REQUEST=name), **values})
        assert response.status_code in (200, 405), response.content

    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=200))
    def test_no_bytes_are_a_fault(self, raw):
        text = raw.decode("latin-1")
        try:
            found = parameters.read(text)
        except ServiceException:
            return
        assert all(isinstance(each, str) for each in found.values())

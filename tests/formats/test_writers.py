"""What is written is what is there: texts, shapes, nothing at all, and never a part that looks like the whole."""

from __future__ import annotations

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from django.contrib.gis.geos import LineString, MultiLineString, MultiPolygon, Point, Polygon
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from geoplatform.catalog import registry
from geoplatform.catalog.properties import property_by_name
from geoplatform.formats import batches as in_batches
from geoplatform.formats.bounds import TooLarge
from geoplatform.formats.readers import GEOMETRY, open_file
from geoplatform.formats.writers import WRITERS, write
from geoplatform.query.crs import parse_crs
from geoplatform.query.feature_query import FeatureQuery, Sort
from layers.green_corridors import GreenCorridor
from layers.green_spaces import GreenSpace
from tests import make
from tests.formats.reading import frame, read

FORMS = list(WRITERS)
STREAMS = [name for name, form in WRITERS.items() if form.streams]
FILES = [name for name, form in WRITERS.items() if not form.streams]
MANY = 10_000


def everything(name: str) -> FeatureQuery:
    return FeatureQuery(layer=registry.get(name), limit=None)


def content(form: str, query: FeatureQuery) -> bytes:
    return b"".join(write(form, query)[2])


@pytest.fixture(params=FORMS)
def form(request):
    return request.param


# Texts that a database holds: no NUL, no half of a surrogate pair.
texts = st.text(
    st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40
) | st.sampled_from(['"', '""', "\r\n", "\n", ",", "\\.", "NULL", "=1+1", "null", "'", " ", "%s"])


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(notes=st.lists(texts, min_size=1, max_size=4))
def test_any_text_comes_back(db, form, tmp_path, notes):
    from layers.plants import Plant

    Plant.objects.all().delete()
    wanted = {
        str(make.plant(own_growth_form="tree", note=note, cultivar=note[:100]).pk): note
        for note in notes
    }
    found = read(form, content(form, everything("trees")), tmp_path)
    assert {each["id"] for each in found} == set(wanted)
    for each in found:
        note = wanted[each["id"]]
        if form == "csv" and note[:1] and note[0] in "=+-@\t\r":
            note = f"'{note}"
        assert each["properties"]["note"] == note
        assert each["properties"]["cultivar"] == note[:101]


numbers = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)


def degrees(most: int) -> st.SearchStrategy[float]:
    return st.floats(-most, most).map(lambda number: round(number, 14))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    longitude=degrees(180),
    latitude=degrees(85),
    height=st.none() | numbers,
    year=st.none() | st.integers(-(2**31), 2**31 - 1),
)
def test_any_number_comes_back(db, form, tmp_path, longitude, latitude, height, year):
    from layers.plants import Plant

    Plant.objects.all().delete()
    make.plant(longitude, latitude, own_growth_form="tree", height_m=height, planted_year=year)
    [found] = read(form, content(form, everything("trees")), tmp_path)
    told = found["properties"]["height_m"]
    assert (float(told) if told not in (None, "") else None) == height
    told = found["properties"]["planted_year"]
    assert (int(told) if told not in (None, "") else None) == year
    x, y = found["geometry"]["coordinates"]
    exact = form not in ("geojson", "csv")
    assert (x, y) == pytest.approx((longitude, latitude), abs=0 if exact else 6e-8)


@pytest.mark.django_db
def test_shapes_come_back(form, tmp_path):
    ring = Polygon.from_bbox((11, 53, 11.1, 53.1))
    holed = Polygon(ring[0], Polygon.from_bbox((11.02, 53.02, 11.04, 53.04))[0])
    shapes = [
        MultiPolygon(holed),
        MultiPolygon(holed, Polygon.from_bbox((11.5, 53.5, 11.6, 53.6))),
        # On both sides of the antimeridian.
        MultiPolygon(
            Polygon.from_bbox((179.5, -17, 180, -16)), Polygon.from_bbox((-180, -17, -179.5, -16))
        ),
    ]
    for shape in shapes:
        shape.srid = 4326
        GreenSpace.objects.create(kind="park", area=shape, source=make.source())
    found = read(form, content(form, everything("green-spaces")), tmp_path)
    assert [shapely.geometry.shape(each["geometry"]).wkt for each in found] == [
        shapely.from_wkt(shape.wkt).wkt for shape in shapes
    ]


@pytest.mark.django_db
def test_lines_come_back(form, tmp_path):
    lines = MultiLineString(
        LineString((11, 53), (11.5, 53.25)), LineString((12, 53), (12, 54)), srid=4326
    )
    GreenCorridor.objects.create(kind="avenue", course=lines, source=make.source())
    [found] = read(form, content(form, everything("green-corridors")), tmp_path)
    assert shapely.geometry.shape(found["geometry"]).wkt == shapely.from_wkt(lines.wkt).wkt


@pytest.mark.django_db
def test_feature_without_its_geometry(form, tmp_path):
    make.municipality()
    make.municipality("13003000", outline=make.area(*make.WEST_BOX), outline_from_quarters=False)
    found = read(form, content(form, everything("municipalities")), tmp_path)
    assert [each["geometry"] is None for each in found] == [True, False]


@pytest.mark.django_db
def test_many_batches_are_one_file(form, tmp_path, monkeypatch):
    made = [str(make.plant(11 + n / 100, own_growth_form="tree").pk) for n in range(7)]
    monkeypatch.setattr(in_batches, "PIECE", 1)  # a batch for each row
    found = read(form, content(form, everything("trees")), tmp_path)
    assert [each["id"] for each in found] == made


@pytest.mark.django_db
def test_only_what_was_asked_for(form, tmp_path):
    made = [make.plant(11 + n / 100, own_growth_form="tree", height_m=n) for n in range(6)]
    layer = registry.get("trees")
    for query, wanted in (
        (FeatureQuery(layer=layer, limit=2), made[:2]),
        (FeatureQuery(layer=layer, limit=2, after=made[2].fid), made[3:5]),
        (FeatureQuery(layer=layer, bbox=(11.025, 53, 11.045, 54)), made[3:5]),
        (FeatureQuery(layer=layer, equals={"height_m": 5.0}), made[5:]),
        (FeatureQuery(layer=layer, equals={"note": "100%' OR 1=1 --"}), []),
    ):
        found = read(form, content(form, query), tmp_path)
        assert [each["id"] for each in found] == [str(each.pk) for each in wanted]


@pytest.mark.django_db
def test_our_own_reader_reads_it(form, tmp_path):
    """A layer that was taken away can be loaded again."""
    make.plant(11.05, 53.05, own_growth_form="tree", note="a")
    path = tmp_path / f"trees.{form}"
    path.write_bytes(content(form, everything("trees")))
    reader = open_file(path)
    [batch] = list(reader.batches)
    assert batch.table["note"].to_pylist() == ["a"]
    if form == "csv":
        assert (batch.table["x"][0].as_py(), batch.table["y"][0].as_py()) == ("11.05", "53.05")
    else:
        assert shapely.from_wkb(batch.table[GEOMETRY][0].as_py()).equals(
            shapely.Point(11.05, 53.05)
        )


@pytest.mark.django_db
def test_csv_as_spreadsheets_want_it():
    make.plant(11.05, 53.05, own_growth_form="tree", note='=HYPERLINK("http://x")', cultivar="")
    text = content("csv", everything("trees"))
    lines = text.split(b"\r\n")
    assert (len(lines), lines[2]) == (3, b""), "RFC 4180: every line ends in CRLF"
    header = lines[0].decode().split(",")
    assert (header[0], header[-2:]) == ("id", ["x", "y"])
    [row] = csv.DictReader(io.StringIO(text.decode(), newline=""))
    assert row["note"] == '\'=HYPERLINK("http://x")'
    assert (row["edible"], row["growth_form"], row["number_of_plants"]) == ("", "tree", "1")


@pytest.mark.django_db
def test_gdal_sees_the_shapes_of_a_csv(tmp_path):
    GreenSpace.objects.create(kind="park", area=make.area(*make.WEST_BOX), source=make.source())
    path = tmp_path / "green-spaces.csv"
    path.write_bytes(content("csv", everything("green-spaces")))
    assert pyogrio.read_dataframe(path).geometry.iloc[0].area == pytest.approx(0.01)


@pytest.mark.django_db
def test_flatgeobuf_promises_nothing_and_says_what_it_is(tmp_path):
    make.plant(own_growth_form="tree")
    path = tmp_path / "trees.fgb"
    path.write_bytes(content("fgb", everything("trees")))
    info = pyogrio.read_info(path)
    assert (info["crs"], info["geometry_type"]) == ("EPSG:4326", "Point")
    assert not info["capabilities"]["fast_feature_count"]
    assert info["total_bounds"] is None
    assert info["layer_metadata"]["licence"] == "http://dcat-ap.de/def/licenses/cc-zero"
    types = dict(zip(info["fields"], info["ogr_types"], strict=True))
    assert types["number_of_plants"] == "OFTInteger64"
    assert types["height_m"] == "OFTReal"
    assert types["changed"] == types["last_confirmed"] == "OFTDateTime"


@pytest.mark.django_db
def test_geopackage_says_what_it_is(tmp_path):
    make.plant(own_growth_form="tree")
    path = tmp_path / "trees.gpkg"
    path.write_bytes(content("gpkg", everything("trees")))
    info = pyogrio.read_info(path)
    assert (info["layer_name"], info["crs"], info["geometry_type"]) == (
        "trees",
        "EPSG:4326",
        "Point",
    )
    assert info["capabilities"]["fast_spatial_filter"], "has its index"
    assert info["layer_metadata"]["licence"] == "http://dcat-ap.de/def/licenses/cc-zero"
    types = dict(zip(info["fields"], info["ogr_types"], strict=True))
    assert (types["last_confirmed"], types["changed"]) == ("OFTDate", "OFTDateTime")
    subtypes = dict(zip(info["fields"], info["ogr_subtypes"], strict=True))
    assert subtypes["edible"] == "OFSTBoolean"


@pytest.mark.django_db
def test_geoparquet_says_what_it_is(tmp_path):
    make.plant(11.25, 53.5, own_growth_form="tree")
    make.plant(11.75, 53.0, own_growth_form="tree")
    path = tmp_path / "trees.parquet"
    path.write_bytes(content("parquet", everything("trees")))
    file = pq.ParquetFile(path)
    geo = json.loads(file.metadata.metadata[b"geo"])
    column = geo["columns"]["geometry"]
    assert (geo["version"], geo["primary_column"]) == ("1.1.0", "geometry")
    assert (column["encoding"], column["geometry_types"]) == ("WKB", ["Point"])
    assert column["bbox"] == [11.25, 53.0, 11.75, 53.5]
    assert column["crs"]["id"] == {"authority": "EPSG", "code": 4326}
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert b"geoplatform:licence" in file.metadata.metadata
    types = file.schema_arrow
    assert types.field("last_confirmed").type == pa.date32()
    assert types.field("edible").type == pa.bool_()
    assert types.field("planted_year").type == pa.int64()
    assert types.field("changed").type == pa.timestamp("us", "UTC")


@pytest.mark.django_db
@pytest.mark.parametrize("form", FILES)
def test_file_is_held_to_its_size_and_nothing_is_left(form, tmp_path, settings):
    settings.DOWNLOAD_FOLDER = str(tmp_path)
    make.plant(own_growth_form="tree")
    assert len(content(form, everything("trees"))) > 1000
    settings.DOWNLOAD_FILE_BYTES = 1000
    with pytest.raises(TooLarge, match="CSV"):
        write(form, everything("trees"))
    assert list(tmp_path.iterdir()) == []


def test_point_of_geos_is_what_is_stored(db):
    """The samples above are made by GEOS; that longitude comes first in them is no accident of reading."""
    assert make.plant(11.05, 53.05).location.equals(Point(11.05, 53.05, srid=4326))


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["EPSG:25833", "EPSG:4258", "EPSG:3857"])
@pytest.mark.parametrize(
    "form", [each for each in FORMS if each != "geojson"]
)  # the API's own, by OGC 18-058r1
def test_other_crs_is_named_and_easting_comes_first(form, name, tmp_path):
    make.plant(11.4, 53.6, own_growth_form="tree")
    crs = parse_crs("crs", name)
    query = FeatureQuery(layer=registry.get("trees"), limit=None, crs=crs)
    wanted = Transformer.from_crs(4326, crs.srid, always_xy=True).transform(11.4, 53.6)
    path = tmp_path / f"trees.{form}"
    [found] = read(form, content(form, query), tmp_path)
    assert found["geometry"]["coordinates"] == pytest.approx(wanted, abs=0.002)
    path.write_bytes(content(form, query))
    if form != "csv":
        assert frame(path).crs.to_epsg() == crs.srid


@pytest.mark.django_db
def test_chosen_properties_and_order(form, tmp_path):
    for height in (1, 3, 2):
        make.plant(own_growth_form="tree", height_m=height)
    layer = registry.get("trees")
    by = property_by_name(layer)["height_m"]
    query = FeatureQuery(
        layer=layer,
        limit=2,
        sortby=(Sort(by, descending=True),),
        selected=frozenset({"height_m", "status"}),
    )
    found = read(form, content(form, query), tmp_path)
    assert [float(each["properties"]["height_m"]) for each in found] == [3, 2]
    assert list(found[0]["properties"]) == ["height_m", "status"], "in the order of the declaration"


def test_layer_as_it_was(fresh_database, form, tmp_path):
    tree = make.plant(own_growth_form="tree", note="then")
    moment = tree.changed
    tree.note = "now"
    tree.save()
    query = FeatureQuery(layer=registry.get("trees"), limit=None, at=moment)
    [found] = read(form, content(form, query), tmp_path)
    assert found["properties"]["note"] == "then"

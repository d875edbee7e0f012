"""WFS 2.0 and 1.1: axes as the CRS's name says, pages of all kinds of servers, XML that must not be read."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from pyproj import Transformer
from shapely.geometry import Point

from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.harvest.description import read_source
from layers.plants import Plant
from tests.exchange.wfs_server import (
    ENTITIES,
    EXCEPTION,
    EXTERNAL,
    capabilities,
    features,
    offer_wfs,
)

pytestmark = pytest.mark.django_db
FIELDS = """
species = { column = "species", convert = "botanical-name" }
height_m = "height"
note = "nr"
own_growth_form = { constant = "tree" }
"""
URN, URL, SHORT = "urn:ogc:def:crs:EPSG::", "http://www.opengis.net/def/crs/EPSG/0/", "EPSG:"


@pytest.fixture
def wfs(described):
    """A description of the WFS; more keys of its service."""

    def describe(service="", layer="app:trees", version="2.0.0"):
        return described(
            "wfs",
            "/wfs",
            service=f'layer = "{layer}"\nversion = "{version}"\n{service}',
            fields=FIELDS,
            key="gml_id",
        )

    return describe


@pytest.fixture
def harvested(wfs, run):
    """Harvest by gml:id, and hold all plants against where they were drawn."""

    def check(count, *arguments, **keywords):
        done = run(wfs(*arguments, **keywords))
        assert (done.summary.inserted, done.summary.reported) == (count, 0)
        for plant in Plant.objects.all():
            number = int(plant.source_key.rpartition(".")[2])
            drawn = Point(11.05 + number * 1e-5, 53.05)
            assert Point(plant.location.coords).distance(drawn) < 1e-9
            assert plant.note == f"{number:05}"
            assert plant.height_m == (number % 20 + 1 if number % 20 < 10 else None)
        return done

    return check


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
@pytest.mark.parametrize("srs", [URN, URL, SHORT])
@pytest.mark.parametrize("code", ["4326", "25833"])
def test_axes_follow_the_name_of_the_crs(there, harvested, version, srs, code):
    """A URN or URL of EPSG:4326 begins with latitude, the old `EPSG:4326` with longitude (09-025r2, 7.6.5)."""
    offer_wfs(there, 12, version=version, srs=srs + code)
    harvested(12, f'crs = "EPSG:{code}"', version=version)
    for each in there.asked:
        # The number of all is asked for in no CRS: it is the same in each, but for servers' faults.
        assert (f"EPSG%3A%3A{code}" in each) == ("GetFeature" in each and "hits" not in each)


def test_the_name_that_german_surveys_give_a_crs(there, harvested):
    offer_wfs(there, 12, srs="urn:adv:crs:ETRS89_UTM33")
    harvested(12)


@pytest.mark.parametrize("turned", [True, False])
@pytest.mark.parametrize("size", [0, 5])
def test_a_short_name_means_what_fits_the_services_own_box(there, harvested, turned, size):
    """MapServer writes EPSG:4326 with latitude first in WFS 1.1, others with longitude."""
    offer_wfs(there, 12, version="1.1.0", srs=SHORT + "4326", turned=turned)
    harvested(12, f"page_size = {size}", version="1.1.0")


@pytest.mark.parametrize("box", [("-180 -90", "180 90"), ("40 10", "41 11")])
def test_a_box_that_does_not_tell(there, harvested, box):
    offer_wfs(there, 12, srs=SHORT + "4326", box=box)
    harvested(12)


@pytest.mark.parametrize(
    ("srs", "turned", "axes"),
    [
        (URN + "4326", False, "xy"),
        (SHORT + "4326", True, "yx"),
        (SHORT + "4326", False, "xy"),
        (URN + "25833", True, "yx"),
    ],
)
def test_a_server_that_turns_its_axes(there, harvested, srs, turned, axes):
    offer_wfs(there, 12, srs=srs, turned=turned)
    harvested(12, f'axes = "{axes}"')


def test_turned_axes_are_reported_and_never_loaded_elsewhere(there, wfs, run):
    offer_wfs(there, 12, turned=False)
    summary = run(wfs()).summary
    assert (summary.loaded, summary.reported) == (0, 12)
    assert {each.text for each in summary.problems.values()} == {
        "coordinates far from the municipality: wrong CRS, or axes swapped"
    }


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
@pytest.mark.parametrize(("size", "most"), [(10, 1000), (10, 7), (100, 45), (45, 45)])
def test_pages_of_any_size(there, harvested, version, size, most):
    """A server may give less at once than it is asked for; the next page begins after what came."""
    offer_wfs(there, 45, version=version, most=most)
    done = harvested(45, f"page_size = {size}", version=version)
    assert done.pages == -(-45 // min(size, most)) + 1  # the last one is empty


@pytest.mark.parametrize("matched", ["unknown", "-1", "", "many"])
def test_a_server_that_does_not_know_its_number(there, harvested, matched):
    offer_wfs(there, 25, matched=matched)
    assert harvested(25, "page_size = 10").pages == 4


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
@pytest.mark.parametrize("matched", ["10", "20", "24", "26"])
def test_a_number_that_is_a_lie(there, wfs, run, version, matched):
    """Also where it is that of a page, so that a part would look like all."""
    offer_wfs(there, 25, version=version, matched=matched)
    with pytest.raises(LoadError, match=f"says that there are {matched} features"):
        run(wfs("page_size = 10", version=version))
    assert Plant.objects.count() == 0


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
def test_a_server_that_gives_only_its_first_page(there, wfs, run, version):
    offer_wfs(there, 45, version=version, most=10)
    with pytest.raises(LoadError, match="there are 45 features, and gives 10"):
        run(wfs(version=version))


def test_a_server_that_does_not_know_pages(there, wfs, run):
    offer_wfs(there, 25, matched="unknown")
    honest = there.answers["/wfs"]

    def answer(request):
        request.query.pop("startindex", None)
        honest(request)

    there.answers["/wfs"] = answer
    with pytest.raises(LoadError, match="same page"):
        run(wfs("page_size = 10"))
    assert Plant.objects.count() == 0


HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
# What no document may be, and what no answer with features may be.
NEVER = [
    (lambda text: text.replace(HEAD, ENTITIES), "entities"),
    (lambda text: text.replace(HEAD, EXTERNAL), "entities"),
    (lambda text: text.replace(HEAD, ENTITIES).encode("utf-16"), "entities"),
    (lambda text: text[: len(text) // 2], "cut short"),
    (lambda text: text[:-10], "cut short"),
    (lambda text: "", "cut short"),
    (lambda text: "{}", "broken"),
    (lambda text: EXCEPTION, "The disk is full"),
]
NO_FEATURES = [
    (lambda text: "<html><body>Busy</body></html>", "no FeatureCollection"),
    (lambda text: text.replace(URN + "4326", "http://127.0.0.1/crs.wkt"), "no name of a CRS"),
    (lambda text: text.replace(URN + "4326", "/etc/passwd"), "no name of a CRS"),
    (lambda text: text.replace(URN + "4326", "crs/local.wkt"), "no name of a CRS"),
    (lambda text: text.replace(URN + "4326", URL + "4326/../../a"), "no name of a CRS"),
    (lambda text: text.replace(URN + "4326", URN + "25833", 1), "several CRS"),
    (lambda text: text.replace("<app:nr>", "<a>" * 200 + "</a>" * 200 + "<app:nr>"), "deep"),
    (lambda text: text.replace("Malus", "x" * 33_000_000, 1), "single feature"),
]


@pytest.fixture
def spoilt(there, wfs, run):
    """Spoil the answers to one operation, and see that the harvest is refused."""

    def check(operation, text, spoil, told):
        offer_wfs(there, 12)
        honest = there.answers["/wfs"]

        def answer(request):
            if request.query["request"] == operation:
                request.say(spoil(text), "text/xml")
            else:
                honest(request)

        there.answers["/wfs"] = answer
        with pytest.raises(LoadError, match=told) as error:
            run(wfs())
        assert str(error.value).startswith(there.url)
        assert Plant.objects.count() == 0

    return check


@pytest.mark.parametrize(("spoil", "told"), NEVER, ids=range(len(NEVER)))
def test_capabilities_that_must_not_be_read(there, spoilt, spoil, told):
    spoilt("GetCapabilities", capabilities("2.0.0", f"{there.url}/wfs"), spoil, told)


@pytest.mark.parametrize(
    ("spoil", "told"), NEVER + NO_FEATURES, ids=range(len(NEVER + NO_FEATURES))
)
def test_features_that_must_not_be_read(there, spoilt, spoil, told):
    text = features(there, "2.0.0", range(12), URN + "4326", 'numberMatched="12"', turned=True)
    spoilt("GetFeature", text, spoil, told)


def test_nothing_that_a_document_names_is_fetched(there, harvested):
    offer_wfs(there, 12)
    harvested(12)
    assert {each.partition("?")[0] for each in there.asked} == {"/wfs"}


@pytest.mark.parametrize(
    ("description", "told"),
    [
        ({"layer": "app:shrubs"}, "there is no app:shrubs; there are app:trees"),
        (
            {"service": 'crs = "EPSG:25832"'},
            "EPSG:25832 is not offered; there are EPSG:4326, EPSG:25833",
        ),
    ],
)
def test_what_is_not_there(there, wfs, run, description, told):
    offer_wfs(there, 12)
    with pytest.raises(LoadError, match=told):
        run(wfs(**description))


@pytest.mark.parametrize(
    ("service", "asked"),
    [
        (
            'filter = "<Filter><a>1 &lt; 2</a></Filter>"',
            {"filter": "<Filter><a>1 &lt; 2</a></Filter>"},
        ),
        ("parameters = { sortBy = 'nr', x = 'ä&b' }", {"sortBy": "nr", "x": "ä&b"}),
        # 09-025r2, 7.9.2.4.2: a box names its CRS, and is written as that has it.
        ("bbox = [11, 53, 11.5, 54]", {"bbox": "53.0,11.0,54.0,11.5,urn:ogc:def:crs:EPSG::4326"}),
        ("page_size = 20", {"count": "20"}),
    ],
)
def test_what_is_asked_for(there, wfs, run, service, asked):
    offer_wfs(there, 12)
    run(wfs(service))
    queries = [dict(parse_qsl(urlsplit(each).query)) for each in there.asked]
    pages = [each for each in queries if each["request"] == "GetFeature"]
    assert pages
    for each in pages:
        assert asked.items() <= each.items()


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
@pytest.mark.parametrize("crs", ["urn:ogc:def:crs:EPSG::25833", None])
def test_a_wfs_that_gives_geojson(there, wfs, run, version, crs):
    """Some servers tell the CRS at the end; positions are easting or longitude first in any case."""
    offer_wfs(there, 25, version=version)
    honest = there.answers["/wfs"]
    to_utm = Transformer.from_crs("OGC:CRS84", "EPSG:25833", always_xy=True)

    def answer(request):
        if request.query.get("outputFormat") != "application/json" or "resultType" in request.query:
            honest(request)
            return
        start = int(request.query.get("startindex", 0))
        places = [(11.05 + number * 1e-5, 53.05) for number in range(start, min(start + 10, 25))]
        features = [
            {
                "type": "Feature",
                "id": f"trees.{start + row}",
                "geometry": {"type": "Point", "coordinates": to_utm.transform(*at) if crs else at},
                "properties": {"species": "Malus domestica", "height": 1, "nr": "007"},
            }
            for row, at in enumerate(places)
        ]
        body = {"type": "FeatureCollection", "features": features, "numberMatched": 25}
        if crs:
            body["crs"] = {"type": "name", "properties": {"name": crs}}
        request.say(body, "application/json;charset=UTF-8")

    there.answers["/wfs"] = answer
    source = wfs('format = "application/json"\npage_size = 10', version=version)
    source.path.write_text(source.path.read_text().replace("gml_id", "id"))
    assert run(read_source(source.path)).summary.inserted == 25
    for plant in Plant.objects.all():
        number = int(plant.source_key.rpartition(".")[2])
        assert Point(plant.location.coords).distance(Point(11.05 + number * 1e-5, 53.05)) < 1e-9
        assert plant.note == "007"


def test_capabilities_that_lead_to_another_host(there, wfs, run):
    offer_wfs(there, 12)
    there.answers["/wfs"] = lambda request: request.say(
        capabilities("2.0.0", "http://internal.example/wfs"), "text/xml"
    )
    with pytest.raises(LoadError, match=r"http://internal.example/wfs\?.*another host"):
        run(wfs())


def test_capabilities_that_are_none(there, wfs, run):
    there.answers["/wfs"] = lambda request: request.say("<a><b/></a>", "text/xml")
    with pytest.raises(LoadError, match="no capabilities of a WFS"):
        run(wfs())

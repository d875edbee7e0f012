"""A neighbour's service becomes features: page by page, in one transaction, again and again."""

import json
import zlib
from datetime import date

import pytest
from django.utils import timezone
from pyproj import Transformer

from geoplatform.catalog.models import Source
from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.harvest.description import read_source
from geoplatform.exchange.harvest.store import open_store
from layers.plants import Plant
from tests.exchange.neighbour import GEOJSON, collection, offer_api, tree

pytestmark = pytest.mark.django_db
ITEMS = "/api/collections/trees/items"


def test_all_pages_become_features(there, described, run):
    offer_api(there, 25)
    done = run(described())
    assert (done.pages, done.summary.inserted, Plant.objects.count()) == (3, 25, 25)
    plant = Plant.objects.get(source_key="tree-7")
    assert (plant.species.botanical_name, plant.height_m) == ("Malus domestica", 8.0)
    assert plant.location.coords == pytest.approx((11.05007, 53.05), abs=1e-12)
    assert plant.municipality.ags == "13004000"
    assert plant.source.name == "neighbour"


def test_a_second_run_updates(there, described, run):
    offer_api(there, 25)
    run(described())
    source = described()
    there.answers["/api/collections/trees/items"] = lambda request: request.say(
        collection([tree(1, height=19), tree(2), tree(99)]), GEOJSON
    )
    summary = run(source).summary
    assert (summary.inserted, summary.updated, summary.unchanged) == (1, 1, 1)
    assert Plant.objects.get(source_key="tree-1").height_m == 19
    assert Plant.objects.count() == 26


def test_a_complete_harvest_marks_what_is_gone(there, described, run):
    offer_api(there, 25)
    run(described())
    source = described()
    source.path.write_text("complete = true\n" + source.path.read_text())
    offer_api(there, 24)
    assert run(read_source(source.path)).summary.gone == 1
    assert Plant.objects.get(source_key="tree-24").status == "gone"
    offer_api(there, 10)
    with pytest.raises(LoadError, match="--most-gone"):
        run(read_source(source.path))
    assert Plant.objects.filter(status="gone").count() == 1


@pytest.mark.parametrize("query", ["", "?f=json", "?token=a%2Fb"])
def test_a_landing_page_with_a_query_or_without_a_slash(there, described, run, query):
    offer_api(there, 25)
    there.answers["/api"] = there.answers["/api/"]
    assert run(described(path=f"/api{query}")).summary.inserted == 25


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:25833"])
def test_a_crs_that_all_collections_offer(there, described, run, crs):
    """18-058r1, 6.2.1: `#/crs` stands for the list beside the collections. Axes are those of the CRS."""
    offer_api(there, 25)
    name = f"http://www.opengis.net/def/crs/EPSG/0/{crs[5:]}"
    items = {"rel": "items", "type": GEOJSON, "href": f"{there.url}{ITEMS}"}
    there.answers["/api/collections"] = lambda request: request.say(
        {"crs": [name], "collections": []}, "application/json"
    )
    there.answers["/api/collections/trees"] = lambda request: request.say(
        {"id": "trees", "crs": ["#/crs"], "links": [items]}, "application/json"
    )
    position = Transformer.from_crs("OGC:CRS84", crs).transform(11.05, 53.05)
    feature = {**tree(1), "geometry": {"type": "Point", "coordinates": position}}
    there.answers[ITEMS] = lambda request: request.say(
        collection([feature]), GEOJSON, Content_Crs=f"<{request.query['crs']}>"
    )
    run(described(service=f'layer = "trees"\ncrs = "{crs}"'))
    assert Plant.objects.get().location.coords == pytest.approx((11.05, 53.05), abs=1e-9)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (None, "does not say what it gives"),
        ("http://www.opengis.net/def/crs/EPSG/0/25833", "it gives http"),
    ],
)
def test_a_service_that_gives_another_crs_than_was_asked_for(there, described, run, said, told):
    offer_api(there, 25)
    name = "http://www.opengis.net/def/crs/EPSG/0/4326"
    items = {"rel": "items", "type": GEOJSON, "href": f"{there.url}{ITEMS}"}
    there.answers["/api/collections/trees"] = lambda request: request.say(
        {"id": "trees", "crs": [name], "links": [items]}, "application/json"
    )
    headers = {"Content_Crs": f"<{said}>"} if said else {}
    there.answers[ITEMS] = lambda request: request.say(collection([tree(1)]), GEOJSON, **headers)
    with pytest.raises(LoadError, match=told):
        run(described(service='layer = "trees"\ncrs = "EPSG:4326"'))
    assert Plant.objects.count() == 0


@pytest.mark.parametrize("name", ["EPSG:25833", "urn:ogc:def:crs:EPSG::25833"])
def test_geojson_of_2008_names_its_crs(there, described, run, name):
    easting, northing = Transformer.from_crs("OGC:CRS84", "EPSG:25833").transform(11.05, 53.05)
    feature = {**tree(1), "geometry": {"type": "Point", "coordinates": [easting, northing]}}
    crs = {"type": "name", "properties": {"name": name}}
    body = {"type": "FeatureCollection", "crs": crs, "features": [feature]}
    there.answers["/trees.geojson"] = lambda request: request.say(body, GEOJSON)
    run(described("geojson", "/trees.geojson", service=""))
    assert Plant.objects.get().location.coords == pytest.approx((11.05, 53.05), abs=1e-9)
    crs["properties"]["name"] = "http://127.0.0.1/crs.wkt"
    with pytest.raises(LoadError, match="no name of a CRS"):
        run(described("geojson", "/trees.geojson", service=""))


def test_an_interrupted_harvest_goes_on_where_it_stopped(there, described, run):
    offer_api(there, 45)
    honest = there.answers[ITEMS]

    def breaks_off(request):
        if request.query.get("offset") == "30":
            request.say(b"", "text/plain", status=500)
        else:
            honest(request)

    there.answers[ITEMS] = breaks_off
    source = described()
    with pytest.raises(LoadError, match=r"offset=30: 500 .*3 pages are kept"):
        run(source)
    assert Plant.objects.count() == 0
    there.answers[ITEMS] = honest
    there.asked.clear()
    assert run(source).summary.inserted == 45
    assert [each.partition("offset=")[2] for each in there.asked if each.startswith(ITEMS)] == [
        "30",
        "40",
    ]


def test_other_questions_do_not_go_on_from_there(there, described, run):
    offer_api(there, 25)
    source = described()
    there.answers[ITEMS + "2"] = there.answers[ITEMS]
    run(source, dry_run=True)
    there.asked.clear()
    run(described(service='layer = "trees"\nparameters = { status = "confirmed" }'))
    assert sum(each.startswith(ITEMS) for each in there.asked) == 3


def test_a_dry_run_changes_nothing_and_its_pages_serve_the_real_one(there, described, run):
    offer_api(there, 25)
    source = described()
    assert run(source, dry_run=True).summary.inserted == 25
    assert (Plant.objects.count(), Source.objects.filter(name="neighbour").count()) == (0, 0)
    there.asked.clear()
    assert run(source).summary.inserted == 25
    assert not any(each.startswith(ITEMS) for each in there.asked)


def offer_file(there, *features, validators=True):
    """GeoJSON at an address, with validators that are honoured."""
    body = json.dumps(collection(list(features)))
    tag = f'"{zlib.crc32(body.encode())}"'

    def answer(request):
        headers = {"ETag": tag, "Last_Modified": "Mon, 23 Nov 2026 08:00:00 GMT"}
        if not validators:
            request.say(body, GEOJSON)
        elif request.headers.get("If-None-Match") == tag:
            there.spared += 1
            request.say(b"", GEOJSON, status=304, **headers)
        else:
            request.say(body, GEOJSON, **headers)

    there.spared = 0
    there.answers["/trees.geojson"] = answer


def test_what_did_not_change_is_not_sent_again(there, described, run):
    source = described("geojson", "/trees.geojson", service="")
    offer_file(there, tree(1), tree(2))
    assert run(source).summary.inserted == 2
    Plant.objects.filter(source_key="tree-2").update(source_key="elsewhere")
    # The database has the last word, so what is kept is loaded again: it may have lost something meanwhile.
    summary = run(source).summary
    assert (there.spared, summary.inserted, summary.unchanged) == (1, 1, 1)
    offer_file(there, tree(1), tree(3))
    summary = run(source).summary
    assert (there.spared, summary.inserted, summary.unchanged) == (0, 1, 1)
    assert run(source, anew=True).summary.unchanged == 2
    assert there.spared == 0


def test_a_source_is_dated_by_the_day_its_state_was_first_seen(there, described, run, settings):
    source = described("geojson", "/trees.geojson", service="")
    offer_file(there, tree(1))
    day = timezone.localdate()
    run(source)
    assert Source.objects.get(name="neighbour").as_of == day
    state = settings.HARVEST_FOLDER / source.name / "state.json"
    state.write_text(state.read_text().replace(day.isoformat() + '"}', '2026-01-31"}'))
    run(source)
    assert Source.objects.get(name="neighbour").as_of == date(2026, 1, 31)
    offer_file(there, tree(1), tree(2))
    run(source)
    assert Source.objects.get(name="neighbour").as_of == day


def test_files_of_pages_that_nobody_needs_are_gone(there, described, run, settings):
    source = described("geojson", "/trees.geojson", service="")
    for number in range(3):
        offer_file(there, tree(number))
        run(source)
    files = sorted(each.name for each in (settings.HARVEST_FOLDER / "neighbour").iterdir())
    assert len([each for each in files if each.endswith(".arrow")]) == 1
    assert "answer" not in files


@pytest.mark.parametrize(
    "broken", ["", "{", '{"digest": 1}', "[]", '{"loaded": "never", "digest": ""}']
)
def test_what_is_kept_may_be_broken(there, described, run, settings, broken):
    source = described("geojson", "/trees.geojson", service="")
    offer_file(there, tree(1))
    run(source)
    for name in ("state.json", "underway.jsonl"):
        (settings.HARVEST_FOLDER / "neighbour" / name).write_text(broken + "\n")
    assert run(source).summary.unchanged == 1


def test_only_one_at_a_time(there, described, run):
    offer_api(there, 25)
    source = described()
    honest = there.answers[ITEMS]
    told = []

    def another_comes(request):
        there.answers[ITEMS] = honest
        try:
            with open_store(source.name, source.digest):
                told.append("held twice")
        except LoadError as error:
            told.append(str(error))
        honest(request)

    there.answers[ITEMS] = another_comes
    assert run(source).summary.inserted == 25
    assert len(told) == 1
    assert told[0].startswith("neighbour ")

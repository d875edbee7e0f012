"""Services that lie, stall, break off or mean harm: one sentence with address and reason, and nothing loaded."""

import gzip
import json
import re
import resource
import zlib

import pytest

from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.harvest import json_features
from layers.plants import Plant
from tests.exchange.neighbour import GEOJSON, collection, offer_api, tree

pytestmark = pytest.mark.django_db
ITEMS = "/api/collections/trees/items"
MEMORY = 1_500_000  # kilobytes


@pytest.fixture
def refused(there, described, run):
    """Harvest, and see that it is refused in one line with the address, and nothing is loaded or left behind."""

    def check(told, **description):
        source = described(**description)
        with pytest.raises(LoadError, match=told) as error:
            run(source)
        assert re.match("[a-z]+:/", str(error.value))
        assert "\n" not in str(error.value)
        assert Plant.objects.count() == 0
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < MEMORY
        return str(error.value)

    return check


@pytest.mark.parametrize(("said", "told"), [(100, "there are 100.*gives 25"), (12, "there are 12")])
def test_a_count_that_is_a_lie(there, refused, said, told):
    offer_api(there, 25, numberMatched=said)
    refused(told)


def test_what_contradicts_itself_is_asked_for_anew(there, described, run):
    """To go on from pages that do not fit together would come to the same end."""
    offer_api(there, 25, numberMatched=100)
    with pytest.raises(LoadError, match="there are 100"):
        run(described())
    offer_api(there, 25)
    there.asked.clear()
    assert run(described()).summary.inserted == 25
    assert sum(each.startswith(ITEMS) for each in there.asked) == 3


def test_a_strangers_words_are_shown_as_one_line_of_text(there, refused):
    offer_api(there, 25)
    there.answers[ITEMS] = lambda request: request.say(b"", "text/\x1b[2J\x07html")
    told = refused("the answer is text")
    assert told.isprintable()
    there.answers[ITEMS] = lambda request: request.say(b"", "text/" + "x" * 50_000)
    assert len(refused("the answer is text")) < 2000


def test_a_count_that_is_known_for_a_lie(there, described, run):
    offer_api(there, 25, numberMatched=100)
    assert run(described(service='layer = "trees"\ncounts = false')).summary.inserted == 25


def test_a_page_that_names_itself_as_the_next(there, refused):
    offer_api(there, 25)
    link = {"rel": "next", "type": GEOJSON, "href": "items"}
    there.answers[ITEMS] = lambda request: request.say(collection([tree(1)], links=[link]), GEOJSON)
    refused("round in a circle")
    assert len(there.asked) == 3


def test_the_same_page_under_ever_new_addresses(there, refused):
    offer_api(there, 25)

    def answer(request):
        number = int(request.query.get("page", 0)) + 1
        link = {"rel": "next", "type": GEOJSON, "href": f"items?page={number}"}
        request.say(collection([tree(1), tree(2)], links=[link]), GEOJSON)

    there.answers[ITEMS] = answer
    refused("same page")
    assert len(there.asked) == 4


def test_pages_without_end(there, refused):
    offer_api(there, 25)

    def answer(request):
        number = int(request.query.get("page", 0)) + 1
        link = {"rel": "next", "type": GEOJSON, "href": f"items?page={number}"}
        request.say(collection([tree(number)], links=[link]), GEOJSON)

    there.answers[ITEMS] = answer
    refused("more than 30 features", limits="features = 30")
    assert len(there.asked) < 40


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"type": "FeatureCollection", "features": [', "cut short"),
        ('{"type": "FeatureCollection", "features": [{"type": "Feature", "pro', "cut short"),
        (json.dumps(collection([tree(1)]))[:-1], "cut short"),
        ('{"type": "Topology"}', "no FeatureCollection"),
        ("[]", "no FeatureCollection"),
        ("", "cut short"),
        ("\xff\xfe{}", "cut short"),
        ('{"type": "FeatureCollection", "features": [1, 2]}', "is no feature"),
        (
            '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": [1]}]}',
            "object",
        ),
        (
            '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"a": NaN}}]}',
            "broken",
        ),
        (
            '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"a": '
            + "[" * 100_000
            + "]" * 100_000
            + "}}]}",
            "nested too deep",
        ),
    ],
    ids=range(11),
)
def test_json_that_is_no_collection_of_features(there, refused, body, told):
    offer_api(there, 25)
    there.answers[ITEMS] = lambda request: request.say(body.encode("latin-1"), GEOJSON)
    refused(told)


def test_geometries_that_cannot_be_read_are_reported_by_row(there, described, run):
    offer_api(there, 25)
    broken = [
        {"type": "Point", "coordinates": [11.05, "north"]},
        {"type": "Circle", "coordinates": [11.05, 53.05]},
        None,
    ]
    features = [tree(1), *({**tree(2 + n), "geometry": each} for n, each in enumerate(broken))]
    there.answers[ITEMS] = lambda request: request.say(collection(features), GEOJSON)
    summary = run(described()).summary
    assert (summary.inserted, summary.reported) == (1, 3)
    assert {each.text for each in summary.problems.values()} == {
        "geometry cannot be parsed",
        "no geometry",
    }


def test_one_feature_of_many_megabytes(there, refused, monkeypatch):
    """What is held in memory at once is one feature, and that has an end."""
    monkeypatch.setattr(json_features, "LARGEST", 3_000_000)
    offer_api(there, 25)
    long = {**tree(1), "properties": {"note": "x" * 4_000_000}}
    there.answers[ITEMS] = lambda request: request.say(collection([long]), GEOJSON)
    refused("single feature is larger than 3 MB")


@pytest.mark.parametrize("sign", ["x", "1", " "])
@pytest.mark.parametrize("where", ['{"note": "%s', '{"type": "FeatureCollection", "note": %s'])
def test_a_text_or_number_without_end(there, refused, monkeypatch, where, sign):
    monkeypatch.setattr(json_features, "LARGEST", 3_000_000)
    text = where % (sign * 4_000_000)
    there.answers["/trees.geojson"] = lambda request: request.say(text, GEOJSON)
    refused("single feature is larger|broken", kind="geojson", path="/trees.geojson", service="")


@pytest.mark.parametrize("kind", ["text/html", "application/xml", "", "image/png"])
def test_wrong_content_types(there, refused, kind):
    offer_api(there, 25)
    there.answers[ITEMS] = lambda request: request.say(collection([tree(1)]), kind)
    refused("the answer is .*, not application/geo.json")


def test_a_wrong_content_type_that_is_known(there, described, run):
    offer_api(there, 25)
    there.answers[ITEMS] = lambda request: request.say(collection([tree(1)]), "text/plain")
    source = described(service='layer = "trees"\nmedia_types = ["text/plain"]')
    assert run(source).summary.inserted == 1


def cut(request):
    request.say(json.dumps(collection([tree(1)]))[:60], GEOJSON, Content_Length="5000")
    request.close_connection = True


def cut_in_chunks(request):
    request.say(b"40\r\n{", GEOJSON, Transfer_Encoding="chunked", Content_Length="")
    request.close_connection = True


def cut_at_once(request):
    request.close_connection = True


def cut_in_headers(request):
    request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/geo")
    request.close_connection = True


def no_http(request):
    request.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    request.close_connection = True


def short_gzip(request):
    packed = gzip.compress(json.dumps(collection([tree(1)])).encode())
    request.say(packed[:-20], GEOJSON, Content_Encoding="gzip")


def no_gzip(request):
    request.say(b"this is no gzip", GEOJSON, Content_Encoding="gzip")


@pytest.mark.parametrize("answer", [cut, cut_in_chunks, cut_at_once, no_http, short_gzip, no_gzip])
def test_connections_that_are_cut_are_tried_again_and_then_told(there, refused, waited, answer):
    offer_api(there, 25)
    there.answers[ITEMS] = answer
    refused(r"trees/items: .*\(tried 3 times\)")
    assert sum(each.startswith(ITEMS) for each in there.asked) == 3
    assert len([each for each in waited if each]) == 2


def test_a_connection_that_is_cut_in_its_headers(there, refused):
    offer_api(there, 25)
    there.answers[ITEMS] = cut_in_headers
    refused("the answer is application/geo, not")


def silent(request):
    request.server.neighbour.over.wait(20)


def dripping(request):
    request.say(b"{", GEOJSON, Content_Length="5000")
    while not request.server.neighbour.over.wait(0.02):
        request.wfile.write(b" ")


def dripping_headers(request):
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not request.server.neighbour.over.wait(0.02):
        request.wfile.write(b"x")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (silent, "no answer in time"),
        (dripping, "longer than 0.8 s"),
        (dripping_headers, "longer than 0.8 s"),
    ],
)
def test_servers_that_never_come_to_an_end(there, refused, answer, told):
    offer_api(there, 25)
    there.answers[ITEMS] = answer
    refused(told, limits="timeout = 0.4\nlongest = 0.8\nretries = 0")


def bomb(request):
    """A quarter of a gigabyte of blanks in a megabyte."""
    pack = zlib.compressobj(1, zlib.DEFLATED, 31)
    body = b"".join(pack.compress(b" " * (1 << 20)) for _piece in range(256)) + pack.flush()
    assert len(body) < 2_000_000
    request.say(body, GEOJSON, Content_Encoding="gzip")


def endless(request):
    request.say(b"[", GEOJSON, Content_Length="999999999999")
    while not request.server.neighbour.over.is_set():
        request.wfile.write(b" " * 65536)


@pytest.mark.parametrize("answer", [bomb, endless])
def test_answers_larger_than_agreed(there, refused, answer, tmp_path):
    offer_api(there, 25)
    there.answers[ITEMS] = answer
    refused("larger than 5 MB", limits="megabytes = 5")
    left = [each for each in (tmp_path / "harvest" / "neighbour").iterdir() if each.stat().st_size]
    assert left == []


def test_a_page_is_smaller_than_a_whole_harvest_may_be(there, refused):
    offer_api(there, 25)
    there.answers[ITEMS] = endless
    refused("larger than 64 MB", limits="megabytes = 4000")


def test_a_packing_that_nobody_asked_for(there, refused):
    offer_api(there, 25)
    there.answers[ITEMS] = lambda request: request.say(b"", GEOJSON, Content_Encoding="br")
    refused("packed as br")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_what_is_refused_is_not_asked_for_again(there, refused, status):
    offer_api(there, 25)
    there.answers[ITEMS] = lambda request: request.say(b"", "text/plain", status=status)
    refused(f"{status} ")
    assert sum(each.startswith(ITEMS) for each in there.asked) == 1


def test_a_busy_server_says_how_long_to_wait(there, described, run, waited):
    offer_api(there, 25)
    honest = there.answers[ITEMS]

    def busy(request):
        there.answers[ITEMS] = honest
        request.say(b"", "text/plain", status=429, Retry_After="7")

    there.answers[ITEMS] = busy
    assert run(described()).summary.inserted == 25
    assert [each for each in waited if each] == [7]


def test_a_server_that_wants_us_to_come_tomorrow(there, refused, waited):
    offer_api(there, 25)
    there.answers[ITEMS] = lambda request: request.say(
        b"", "text/plain", status=503, Retry_After="86400"
    )
    refused("503.*come back in 86400 s")
    assert not any(waited)


def test_nothing_changed_since_never(there, refused):
    offer_api(there, 25)
    there.answers[ITEMS] = lambda request: request.say(b"", GEOJSON, status=304)
    refused("304, though nothing was asked")


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("http://example.org/trees", "another host"),
        ("http://127.0.0.1:1/trees", "another host"),
        ("file:///etc/passwd", "no address of http"),
        ("gopher://127.0.0.1/", "no address of http"),
        ("http://somebody:secret@{host}/trees", "no password"),
        ("http://[::1/", "trees"),
        (ITEMS, "without end"),
    ],
)
def test_redirects_that_lead_astray(there, refused, where, told):
    offer_api(there, 25)
    there.answers[ITEMS] = lambda request: request.say(
        b"", "text/plain", status=302, Location=where.format(host=there.host)
    )
    refused(told)


def test_a_next_page_at_another_host(there, refused):
    offer_api(there, 25)
    link = {"rel": "next", "type": GEOJSON, "href": "http://example.org/items"}
    there.answers[ITEMS] = lambda request: request.say(collection([tree(1)], links=[link]), GEOJSON)
    assert "1 pages are kept" in refused("http://example.org/items: .*another host")


def test_errors_name_whom_to_ask(there, refused):
    assert "gis@town.example" in refused("404")

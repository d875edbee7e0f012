"""Where a request reads: a second address of the same server stands for the replica, real ones are in test_replicas."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from dj_database_url import parse
from django.db import connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from geoplatform.catalog import registry
from geoplatform.database import reading, replicas
from geoplatform.database.connections import databases
from geoplatform.database.health import healthz
from geoplatform.query.select import feature, primary_cursor, raw_cursor
from tests import make
from tests.conftest import Database

NAME = "replica1"


@pytest.fixture
def replica(fresh_database: Database) -> Iterator[replicas.Watch]:
    """The watch over one replica, which is the test's own database by another connection."""
    found = databases("postgis://a@b/c", None, parse, fresh_database.environment["DATABASE_URL"])
    del found[NAME]["OPTIONS"]["pool"]  # it would keep the database busy
    connections.settings[NAME] = {**connections.settings["default"], **found[NAME]}
    watch = replicas.watch()
    until(lambda: watch.fit() == [NAME])
    try:
        yield watch
    finally:
        watch.stop()
        watch.join(10)
        connections[NAME].close()
        del connections[NAME]
        del connections.settings[NAME]
        replicas.forget()


def until(holds) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def asked(request: HttpRequest, view=None) -> HttpResponse:
    """The answer of `view` behind the middleware; where it read, unless it is given."""

    def where(request: HttpRequest) -> HttpResponse:
        return HttpResponse(reading.alias())

    response = reading.middleware(view or where)(request)
    if not response.streaming:
        response.close()
    return response


def where(method: str = "get", **headers: str) -> str:
    return asked(getattr(RequestFactory(), method)("/", headers=headers)).content.decode()


def test_readers_read_from_the_replica_and_who_writes_or_says_who_from_the_primary(replica) -> None:
    assert where() == where("head") == NAME
    for method in ("post", "put", "patch", "delete"):
        assert where(method) == "default"
    assert where(Authorization="Bearer x") == where(**{"Contributor-Key": "x"}) == "default"
    assert where(Cookie="sessionid=x") == "default"
    assert reading.alias() == "default"  # outside of a request


def test_a_write_tells_its_position_and_readers_get_no_cookie(replica) -> None:
    assert not asked(RequestFactory().post("/")).cookies  # a question, though by POST

    def write(request: HttpRequest) -> HttpResponse:
        make.species()
        return HttpResponse()

    wrote = asked(RequestFactory().post("/"), write)
    position = wrote.headers[reading.HEADER]
    assert wrote.cookies[reading.COOKIE].value == position
    assert not asked(RequestFactory().get("/")).cookies

    def redirect(request: HttpRequest) -> HttpResponse:
        make.species("Tilia cordata")
        return HttpResponse(status=303, headers={"Location": "/trees/1?sent=x"})

    there = asked(RequestFactory().post("/"), redirect)
    position = there.headers[reading.HEADER]
    assert there.headers["Location"] == f"/trees/1?sent=x&written={position}"
    followed = asked(RequestFactory().get(f"/trees/1?written={position}"))
    assert followed.headers[reading.HEADER] == position
    # This replica has it: it is the same server. One byte further none has.
    assert where(**{reading.HEADER: position}) == NAME
    assert where(Cookie=f"{reading.COOKIE}={position}") == NAME
    later = str(int(position) + 10**9)
    assert where(**{reading.HEADER: later}) == "default"
    assert where(**{reading.HEADER: position, "Cookie": f"{reading.COOKIE}={later}"}) == "default"
    for lie in ("-1", "1e9", "0/3000148", "9" * 30, "½"):
        assert where(**{reading.HEADER: lie}) == "default"


def test_cursors_and_djangos_own_queries_read_there_and_write_to_the_primary(replica) -> None:
    species = make.species()

    def view(request: HttpRequest) -> HttpResponse:
        with raw_cursor() as here, primary_cursor() as there:
            apart = here.connection is not there.connection
        again = type(species).objects.get(pk=species.pk)
        again.save()
        return HttpResponse(json.dumps([apart, again._state.db]))

    assert json.loads(asked(RequestFactory().get("/"), view).content) == [True, "default"]


def test_a_stream_reads_where_it_began(replica) -> None:
    def parts() -> Iterator[str]:
        yield reading.alias()

    response = asked(RequestFactory().get("/"), lambda request: StreamingHttpResponse(parts()))
    assert b"".join(response.streaming_content).decode() == NAME
    response.close()
    assert reading.alias() == "default"


def test_a_feature_is_the_same_with_and_without_stored_texts(replica) -> None:
    make.town()
    plant = make.plant(species=make.species())
    layer = registry.get("trees")
    assert layer
    here = feature(layer, plant.id)
    found = asked(RequestFactory().get("/"), lambda request: HttpResponse(feature(layer, plant.id)))
    assert here is not None
    assert found.content == here


def test_a_replica_that_is_away_or_behind_is_left_out_and_taken_up_again(replica) -> None:
    assert b"replica1: reads" in healthz(RequestFactory().get("/")).content
    config = connections.settings[NAME]
    host = config["HOST"]
    config["HOST"] = "/nowhere"
    connections[NAME].close()
    assert where() == "default"  # tried, and left out
    replica.disconnect()
    until(lambda: "does not answer" in replica.told()[0])
    config["HOST"] = host
    until(lambda: where() == NAME)
    replica.bound = -1.0
    assert where() == "default"
    assert b"behind" in healthz(RequestFactory().get("/")).content


def test_addresses_may_name_several_servers() -> None:
    """A comma within an address belongs to it."""
    text = "postgis://web@/city?host=/one,/two&port=1,2, postgis://web@b/city\npostgis://web@c/city"
    found = databases("postgis://web@/city?host=/one,/three", None, parse, text)
    assert list(found) == ["default", "owner", "replica1", "replica2", "replica3"]
    assert found["replica1"]["OPTIONS"]["host"] == "/one,/two"
    assert [found[name]["HOST"] for name in ("replica2", "replica3")] == ["b", "c"]
    assert "host" not in found["replica2"]["OPTIONS"]
    assert list(databases("postgis://web@a/city", None, parse)) == ["default", "owner"]

"""Without its database the platform says so, at once and in each one's form, and is back when the database is."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection, connections

from geoplatform.database.cluster import Cluster
from geoplatform.database.postgis.base import _lives
from tests.serving import serving, wait_for

TREE = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [11.05, 53.05]},
    "properties": {"access": "public"},
}
PROGRAMS = ("/api/collections/trees/items", "/api/collections/trees", "/tiles/trees/10/543/331.mvt")


@pytest.fixture
def elsewhere() -> Iterator[tuple[Cluster, dict[str, str]]]:
    """A server of its own that the platform is told the address of, and so does not start itself."""
    folder = Path(tempfile.mkdtemp(prefix="gp-away-", dir="/tmp"))
    folder.chmod(0o755)
    cluster = Cluster(folder / "cluster")
    cluster.ensure_running()
    cluster.keep()
    given = {"DATABASE_URL": cluster.web_url, "DATABASE_OWNER_URL": cluster.owner_url}
    yield cluster, {**os.environ, **given}
    cluster.delete()
    shutil.rmtree(folder)


def ask(address: str, method: str, path: str, **headers: str) -> tuple[int, str, str, bytes]:
    client = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    body = json.dumps(TREE) if method == "POST" else None
    client.request(method, path, body, {"Accept-Language": "en", **headers})
    answer = client.getresponse()
    found = answer.headers
    said = found.get("Content-Type", ""), found.get("Retry-After", ""), answer.read()
    client.close()
    return answer.status, *said


def test_each_is_told_in_its_own_form(elsewhere) -> None:
    cluster, environment = elsewhere
    with serving(environment) as (address, _process):
        assert ask(address, "GET", "/healthz")[0] == 200
        cluster.stop(force=True)
        assert ask(address, "GET", "/healthz")[0] == 503
        for path in PROGRAMS:
            status, kind, retry, body = ask(address, "GET", path)
            assert (status, kind) == (503, "application/problem+json"), path
            assert int(retry) > 0
            assert json.loads(body)["detail"].startswith("The database does not answer")
        status, kind, retry, body = ask(
            address,
            "POST",
            PROGRAMS[0],
            **{"Contributor-Key": "k" * 43, "Content-Type": "application/geo+json"},
        )
        assert (status, kind, bool(retry)) == (503, "application/problem+json", True)
        for path in ("/", "/en/trees/", PROGRAMS[0]):
            status, kind, retry, body = ask(address, "GET", path, Accept="text/html")
            assert (status, kind.partition(";")[0], bool(retry)) == (503, "text/html", True), path
            assert b"The database does not answer" in body or b"Die Datenbank antwortet" in body
        status, kind, retry, body = ask(address, "GET", "/wms?SERVICE=WMS&REQUEST=GetCapabilities")
        assert (status, bool(retry)) == (503, True)
        assert b"ServiceException" in body
        cluster.ensure_running()
        wait_for(f"{address}/healthz")


def test_a_connection_that_the_server_has_ended_is_not_handed_out(fresh_database) -> None:
    connection.ensure_connection()
    session = connection.connection
    assert _lives(session)
    with connections["owner"].cursor() as cursor:
        # Something is said on the idle connection, and it lives.
        session.execute("LISTEN something")
        cursor.execute("NOTIFY something")
    assert _lives(session)
    with psycopg.connect(
        Cluster.default().superuser_url.replace("postgis:", "postgresql:")
    ) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [session.info.backend_pid])
    assert not _lives(session)
    connection.close()


@pytest.mark.parametrize("name", ["synchronous_commit"])
def test_a_database_that_acknowledges_too_early_is_refused(fresh_database, name) -> None:
    call_command("check", databases=["default"])
    with connection.cursor() as cursor:
        cursor.execute(f"SET {name} = off")
    with pytest.raises(SystemCheckError, match=f"{name} = off"):
        call_command("check", databases=["default"])

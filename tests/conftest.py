"""Databases for tests: real PostGIS, cloned from a migrated template, used as the web role.

Nothing is ever flushed (TRUNCATE is refused): a test marked `django_db` is rolled back, and one that needs real commits
or another process takes `fresh_database`, a clone of its own (0.4 s).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections, transaction
from django.test import override_settings
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as settings_of_examples
from psycopg import sql
from pytest_django import DjangoDbBlocker

from geoplatform.analysis import keeping
from geoplatform.contributions.limiter import limiter
from geoplatform.database.cluster import Cluster
from geoplatform.history import audit
from tests.chromium import _collected, browser

__all__ = ["_collected", "browser"]

PROJECT = Path(__file__).resolve().parent.parent
TEMPLATE_POSTGIS = "geoplatform_template_postgis"
ALIASES = ("default", "owner")


# How long examples take to make says something of the machine alone.
settings_of_examples.register_profile(
    "timeless", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings_of_examples.load_profile("timeless")
# They take minutes, so they begin first: no worker is left alone with one of them at the end.
LONG = (PROJECT / "tests/browser", PROJECT / "tests/clients", PROJECT / "tests/test_new_layer.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not any(item.path.is_relative_to(each) for each in LONG))


def _schema_hash() -> str:
    """Changes with everything that a migrated database is made of."""
    files = sorted([*PROJECT.glob("*/**/migrations/*.py"), *PROJECT.glob("layers/migrations/*.py")])
    database = PROJECT / "geoplatform/database"
    files += sorted([*database.glob("**/*.sql"), *database.glob("**/*.py")])
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def _admin() -> Iterator[psycopg.Connection]:
    """The owner, outside any of the databases that are made and dropped."""
    if settings.DATABASES["owner"]["PRIVATE_CLUSTER"]:
        Cluster.default().hold()
    owner = settings.DATABASES["owner"]
    with psycopg.connect(
        host=owner["HOST"] or None,
        port=owner["PORT"] or None,
        user=owner["USER"] or None,
        password=owner["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    ) as connection:
        yield connection


def _create(connection: psycopg.Connection, name: str, template: str) -> None:
    connection.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template)
        )
    )


def _drop(connection: psycopg.Connection, name: str) -> None:
    # Not FORCE, which may not end other roles' sessions: the server itself waits a few seconds for them to leave.
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _point_at(name: str) -> None:
    for alias in ALIASES:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _lock(name: str) -> IO[str]:
    return (Path(tempfile.gettempdir()) / f"geoplatform-{os.getuid()}-{name}.lock").open("w")


def _in_use(template: str) -> bool:
    """Whether another run, of other code perhaps, still clones this template."""
    with _lock(template) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _clean_up(connection: psycopg.Connection) -> None:
    """Drop templates of earlier schemas and clones that a killed run left behind."""
    names = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'gptest_%'")
    for (name,) in names.fetchall():
        kind, owner = name.split("_")[1:3]
        left_behind = not _in_use(name) if kind == "template" else not _alive(int(owner))
        if left_behind:
            _drop(connection, name)


@pytest.fixture(scope="session")
def migrated_template(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Name of a database with all migrations, made once for each state of the schema."""
    name = f"gptest_template_{_schema_hash()}"
    with _lock("tests") as one_at_a_time, _lock(name) as used:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)  # workers of one run start together
        fcntl.flock(used, fcntl.LOCK_SH)
        with _admin() as admin:
            _clean_up(admin)
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                _build(admin, name, django_db_blocker)
        fcntl.flock(one_at_a_time, fcntl.LOCK_UN)
        yield name


def _build(admin: psycopg.Connection, name: str, blocker: DjangoDbBlocker) -> None:
    building = f"gptest_building_{os.getpid()}"
    _drop(admin, building)
    _create(admin, building, TEMPLATE_POSTGIS)
    _point_at(building)
    with blocker.unblock():
        call_command("migrate", verbosity=0)
    for alias in ALIASES:
        connections[alias].close()
    admin.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
            sql.Identifier(building), sql.Identifier(name)
        )
    )


@pytest.fixture(scope="session")
def django_db_setup(migrated_template: str) -> Iterator[None]:
    """pytest-django's hook: each worker has its own clone; tests are rolled back in it."""
    connections["default"].settings_dict["OPTIONS"].pop(
        "pool", None
    )  # a pool would keep the database busy
    name = f"gptest_run_{os.getpid()}"
    with _admin() as admin:
        _drop(admin, name)
        _create(admin, name, migrated_template)
        _point_at(name)
        yield
        for alias in ALIASES:
            connections[alias].close()
        _drop(admin, name)


@dataclass(frozen=True)
class Database:
    """A clone of its own. `environment` lets another process use it."""

    name: str
    environment: dict[str, str]


@contextmanager
def _clone(template: str, name: str, blocker: DjangoDbBlocker) -> Iterator[Database]:
    """A clone of this template, of this name, at which `connection` points meanwhile."""
    before = connections["default"].settings_dict["NAME"]
    with _admin() as admin:
        _drop(admin, name)
        _create(admin, name, template)
        _point_at(name)
        with blocker.unblock():
            yield Database(name, {**os.environ, **addresses(name)})
            for alias in ALIASES:
                connections[alias].close()
        _point_at(before)
        _drop(admin, name)


def _name_for(request: pytest.FixtureRequest) -> str:
    return f"gptest_run_{os.getpid()}_{abs(hash(request.node.nodeid)) % 10**8}"


@pytest.fixture
def fresh_database(
    migrated_template: str,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    request: pytest.FixtureRequest,
) -> Iterator[Database]:
    """A database that a test may commit to; `connection` points at it while the test runs."""
    with _clone(migrated_template, _name_for(request), django_db_blocker) as made:
        yield made


@pytest.fixture(scope="session")
def demo_template(
    migrated_template: str, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """Name of a database with the demo's town, loaded once."""
    name, before = (
        f"gptest_run_{os.getpid()}_demotown",
        connections["default"].settings_dict["NAME"],
    )
    with _admin() as admin:
        _drop(admin, name)
        _create(admin, name, migrated_template)
        _point_at(name)
        with django_db_blocker.unblock():
            call_command("load-fixtures", verbosity=0)
        _point_at(before)
        yield name
        _drop(admin, name)


@pytest.fixture
def demo_database(
    demo_template: str, django_db_blocker: DjangoDbBlocker, request: pytest.FixtureRequest
) -> Iterator[Database]:
    """A fresh database with the demo's town."""
    with _clone(demo_template, _name_for(request), django_db_blocker) as made:
        yield made


@pytest.fixture
def demo_rows(demo_template: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demo's town as it was loaded; what a test writes there is rolled back."""
    before = connections["default"].settings_dict["NAME"]
    _point_at(demo_template)
    with django_db_blocker.unblock():
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        _point_at(before)


@pytest.fixture
def nothing_is_kept() -> Iterator[None]:
    """What is kept between questions, in the process and in the cache, is of other databases."""
    keeping.forget()
    cache.clear()
    yield
    keeping.forget()
    cache.clear()


@pytest.fixture(autouse=True)
def nobodys_language() -> Iterator[None]:
    """The language of a page that one test has asked for is not that of the next test."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def history_is_whole(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test that has written features: the chain of their versions has no gap, and somebody stands by each.

    It comes after the database's own fixture, so that it goes before it, while what the test wrote is still there.
    """
    uses = {"db", "fresh_database", "demo_database", "demo_rows"} & set(request.fixturenames)
    if request.node.get_closest_marker("django_db"):
        uses.add("db")
    for name in sorted(uses):
        request.getfixturevalue(name)
    before = _last_changeset() if {"demo_database", "demo_rows"} & uses else None
    yield
    if uses and not request.node.get_closest_marker("breaks_history"):
        audit_now(before)


def _last_changeset() -> int | None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT max(id) FROM public.history_changeset")
        found: int | None = cursor.fetchone()[0]
        return found


def audit_now(before: int | None = None) -> None:
    """Fail where a history that `connection` sees is not whole.

    Asks nothing more where nothing was written after the changeset `before`.
    """
    connection = connections["default"]
    failed = psycopg.pq.TransactionStatus.INERROR
    session = connection.connection
    if connection.needs_rollback or (session and session.info.transaction_status == failed):
        return  # nothing of it will ever be seen
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.history_changeset')")
        if cursor.fetchone()[0] is None:
            return  # the test has taken the schema down
    if _last_changeset() == before:
        return
    found = audit.audit_all(audit.touched())
    if found:
        pytest.fail("history is not whole:\n" + "\n".join(map(str, found)))


def addresses(name: str) -> dict[str, str]:
    """DATABASE_URL and DATABASE_OWNER_URL of a database of this cluster."""
    found = {}
    for variable, alias in (("DATABASE_URL", "default"), ("DATABASE_OWNER_URL", "owner")):
        config = settings.DATABASES[alias]
        password = f":{quote(config['PASSWORD'])}" if config["PASSWORD"] else ""
        port = f":{config['PORT']}" if config["PORT"] else ""
        host = quote(config["HOST"] or "", safe="")
        found[variable] = f"postgis://{config['USER']}{password}@{host}{port}/{name}"
    return found


@pytest.fixture(scope="session", autouse=True)
def static_files_without_build(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Pages are tested without the front-end build, which tests in a browser may renew meanwhile."""
    nothing = tmp_path_factory.mktemp("static")
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        STORAGES={**settings.STORAGES, "staticfiles": plain}, STATIC_ROOT=nothing
    ):
        yield


@pytest.fixture(autouse=True)
def nobody_has_sent_anything() -> None:
    """The rate limit counts in the memory of the process, which all tests share."""
    limiter.forget()


@pytest.fixture
def sample_data() -> Path:
    """The folder of real open data; such tests skip where it is not given."""
    folder = os.environ.get("SAMPLE_DATA")
    if not folder:
        pytest.skip(
            "SAMPLE_DATA is not set: this test reads real data that is not part of the project"
        )
    return Path(folder)

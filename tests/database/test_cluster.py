"""The private cluster, for real: made, shared, killed and stopped in a folder of its own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from geoplatform.database import cluster as cluster_module
from geoplatform.database.binaries import find_postgres
from geoplatform.database.cluster import OWNER, TEMPLATE, WEB, Cluster, ClusterError

PROJECT = cluster_module.PROJECT

# A user of the cluster, in a process of its own: prints when it is in, and leaves when told to.
USER = """
import sys
from pathlib import Path
import psycopg
from geoplatform.database.cluster import Cluster
cluster = Cluster(Path(sys.argv[1]))
cluster.hold()
with psycopg.connect(cluster.web_url.replace("postgis", "postgresql")) as connection:
    print(*connection.execute("SELECT 'in'").fetchone(), flush=True)
    sys.stdin.readline()
    connection.execute("SELECT 1")
"""


@pytest.fixture(scope="module")
def made() -> Iterator[Cluster]:
    """One cluster for this file; initdb is what costs."""
    # Not tmp_path: as root the server is another user, to whom pytest's folders are closed.
    folder = Path(tempfile.mkdtemp(prefix="gp-test-", dir="/tmp"))
    folder.chmod(0o755)
    cluster = Cluster(folder / "a cluster's folder")
    yield cluster
    cluster.delete()
    shutil.rmtree(folder)


@pytest.fixture
def cluster(made: Cluster) -> Iterator[Cluster]:
    """The cluster, made and stopped."""
    made.ensure_running()
    made.keep(False)
    made.stop(force=True)
    yield made
    made.stop(force=True)


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("postgis://", "postgresql://"), autocommit=True)


def start_user(cluster: Cluster, code: str = USER) -> subprocess.Popen[str]:
    user = subprocess.Popen(
        [sys.executable, "-c", code, str(cluster.home)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return user


def wait_until_in(user: subprocess.Popen[str]) -> None:
    assert user.stdout is not None
    assert user.stdout.readline() == "in\n"


def leave(user: subprocess.Popen[str]) -> None:
    user.communicate("\n", timeout=60)
    assert user.returncode == 0


def postmaster(cluster: Cluster) -> int:
    return int((cluster.home / "data/postmaster.pid").read_text().split()[0])


def test_it_brings_roles_template_and_database(cluster: Cluster) -> None:
    cluster.ensure_running()
    with connect(cluster.superuser_url) as connection:
        roles = connection.execute(
            "SELECT rolname, rolsuper, rolcreatedb, rolcanlogin FROM pg_roles "
            "WHERE rolname LIKE 'geoplatform%' ORDER BY 1"
        ).fetchall()
        assert roles == [(OWNER, False, True, True), (WEB, False, False, True)]
        databases = connection.execute(
            "SELECT datname, datistemplate, pg_get_userbyid(datdba), pg_encoding_to_char(encoding),"
            " datcollate FROM pg_database WHERE datname LIKE 'geoplatform%' ORDER BY 1"
        ).fetchall()
        assert databases == [
            ("geoplatform", False, OWNER, "UTF8", "C.UTF-8"),
            (TEMPLATE, True, OWNER, "UTF8", "C.UTF-8"),
        ]
        listening = connection.execute("SHOW listen_addresses").fetchone()
        assert listening == ("",)
    with connect(cluster.web_url) as connection:
        extensions = {name for (name,) in connection.execute("SELECT extname FROM pg_extension")}
        assert {"postgis", "pg_trgm", "unaccent", "btree_gist"} <= extensions
        workers = connection.execute("SHOW max_parallel_workers_per_gather").fetchone()
        assert workers == ("0",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (id int)")
    with connect(cluster.owner_url) as connection:
        connection.execute(f"CREATE DATABASE a_test TEMPLATE {TEMPLATE}")
        connection.execute("DROP DATABASE a_test")


def test_its_socket_is_private(cluster: Cluster) -> None:
    cluster.ensure_running()
    folder = cluster._server.socket_dir
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(str(folder / ".s.PGSQL.5432")) < 107


def test_the_last_one_out_stops_it(cluster: Cluster) -> None:
    first, second = start_user(cluster), start_user(cluster)
    wait_until_in(first)
    wait_until_in(second)
    leave(first)
    assert cluster.running
    leave(second)
    assert not cluster.running


def test_many_at_once_share_one_server(cluster: Cluster) -> None:
    users = [start_user(cluster) for _ in range(8)]
    for user in users:
        wait_until_in(user)
    for user in users:
        leave(user)
    assert not cluster.running


def test_a_terminated_user_leaves_in_good_order(cluster: Cluster) -> None:
    user = start_user(cluster)
    wait_until_in(user)
    user.terminate()
    user.wait(timeout=60)
    assert not cluster.running


def test_a_killed_user_leaves_a_running_server_that_the_next_one_stops(cluster: Cluster) -> None:
    user = start_user(cluster)
    wait_until_in(user)
    user.kill()
    user.wait(timeout=60)
    assert cluster.running
    following = start_user(cluster)
    wait_until_in(following)
    leave(following)
    assert not cluster.running


def test_a_killed_server_is_started_again(cluster: Cluster) -> None:
    cluster.ensure_running()
    killed = postmaster(cluster)
    with connect(cluster.owner_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 1 AS n")
    os.kill(killed, signal.SIGKILL)
    cluster.ensure_running()
    assert postmaster(cluster) != killed
    with connect(cluster.owner_url) as connection:
        assert connection.execute("SELECT count(*) > 0 FROM kept").fetchone() == (True,)


def test_a_pid_file_that_names_another_process_does_not_stop_a_start(cluster: Cluster) -> None:
    cluster.ensure_running()
    text = (cluster.home / "data/postmaster.pid").read_text()
    cluster.stop()
    _, _, rest = text.partition("\n")
    cluster._server.write(cluster.home / "data/postmaster.pid", f"{os.getpid()}\n{rest}")
    cluster.ensure_running()
    assert cluster.running


def test_a_socket_that_was_swept_away_comes_back(cluster: Cluster) -> None:
    cluster.ensure_running()
    shutil.rmtree(cluster._server.socket_dir)
    assert not cluster.running
    cluster.ensure_running()
    assert cluster.running


def test_a_forked_child_keeps_it_running(cluster: Cluster) -> None:
    forking = USER.replace(
        "print(*connection.execute(\"SELECT 'in'\").fetchone(), flush=True)",
        "import os, time\n"
        "    if os.fork():\n"
        "        print('in', flush=True)\n"
        "        sys.exit()\n"
        "    connection.close = lambda: None\n"
        "    sys.stdin.readline()\n"
        "    sys.exit()\n",
    )
    user = start_user(cluster, forking)
    wait_until_in(user)
    user.wait(timeout=60)
    assert cluster.running, "the parent has gone, its child has not"
    user.communicate("\n", timeout=60)
    deadline = time.monotonic() + 30
    while cluster.running and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not cluster.running, "the child was the last one out"


def test_it_is_not_stopped_under_others_unless_forced(cluster: Cluster) -> None:
    user = start_user(cluster)
    wait_until_in(user)
    with pytest.raises(ClusterError, match="Others are using"):
        cluster.stop()
    cluster.stop(force=True)
    assert not cluster.running
    user.kill()
    user.wait(timeout=60)


def test_it_stays_on_when_asked_to(cluster: Cluster) -> None:
    cluster.ensure_running()
    cluster.keep()
    user = start_user(cluster)
    wait_until_in(user)
    leave(user)
    assert cluster.running


def test_a_socket_folder_laid_by_another_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    folder = cluster._server.socket_dir
    shutil.rmtree(folder)
    folder.symlink_to(tmp_path)
    try:
        with pytest.raises(ClusterError, match="not a private folder"):
            cluster.ensure_running()
    finally:
        folder.unlink()


def test_a_failed_start_says_what_the_server_said(cluster: Cluster) -> None:
    broken = cluster.home / "data/postgresql.auto.conf"
    good = broken.read_text()
    broken.write_text("shared_buffers = 'much'\n")
    try:
        with pytest.raises(ClusterError, match="shared_buffers"):
            cluster.ensure_running()
    finally:
        broken.write_text(good)


def test_a_missing_version_is_named_with_its_package() -> None:
    with pytest.raises(ClusterError, match="apt-get install postgresql-9-postgis-3"):
        find_postgres(9)


def test_an_interrupted_initdb_is_begun_anew(made: Cluster) -> None:
    other = Cluster(made.home.parent / "interrupted")
    draft = other.home / "data.draft"
    draft.mkdir(parents=True)
    (draft / "half").touch()
    for folder in (other.home, draft):
        other._server._give(folder)
    other.ensure_running()
    assert other.running
    other.delete()
    assert not other.home.exists()


def test_addresses_are_what_django_reads(cluster: Cluster) -> None:
    import dj_database_url

    read = dj_database_url.parse(cluster.web_url)
    assert read["ENGINE"] == "django.contrib.gis.db.backends.postgis"
    assert read["HOST"] == str(cluster._server.socket_dir)
    assert (read["USER"], read["NAME"], read["PORT"]) == (WEB, "geoplatform", 5432)

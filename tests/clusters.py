"""Clusters of a test's own, beside the one that all tests share: to be backed up, followed, killed and promoted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from geoplatform.database.binaries import find_postgres
from geoplatform.database.cluster import Cluster
from geoplatform.database.server import DATABASE, OWNER, PORT, SUPERUSER, WEB, Server
from tests.conftest import PROJECT, addresses


@contextmanager
def folder(mode: int = 0o755) -> Iterator[Path]:
    """A folder that the server's user may enter: as root that is another user, to whom pytest's folders are closed."""
    made = Path(tempfile.mkdtemp(prefix="gp-test-", dir="/tmp"))
    made.chmod(mode)
    try:
        yield made
    finally:
        shutil.rmtree(made)


def connect(cluster: Cluster) -> psycopg.Connection:
    url = cluster.url(SUPERUSER, DATABASE).replace("postgis://", "postgresql://")
    return psycopg.connect(url, autocommit=True)


def fill(cluster: Cluster, template: str) -> None:
    """All that stands in a database of the tests' cluster."""
    bin = find_postgres().bin
    source = addresses(template)["DATABASE_OWNER_URL"].replace("postgis://", "postgresql://")
    dump = subprocess.run([bin / "pg_dump", "-Fc", source], check=True, capture_output=True).stdout
    host = Server(cluster.home).socket_dir
    target = ["-h", str(host), "-p", str(PORT), "-U", SUPERUSER, "-d", DATABASE]
    subprocess.run([bin / "pg_restore", "--exit-on-error", *target], input=dump, check=True)


def follow(primary: Cluster, home: Path, settings: str = "") -> Cluster:
    """A streaming replica of a running cluster, made by pg_basebackup; it runs."""
    server, postgres = Server(home), find_postgres()
    server.make_home()
    where = ("-h", str(Server(primary.home).socket_dir), "-p", str(PORT), "-U", SUPERUSER)
    how = ("-R", "-X", "stream", "-c", "fast", "--no-password")
    server.run([postgres.bin / "pg_basebackup", *where, *how, "-D", server.data])
    server.launch(postgres, f"cluster_name = '{home.name}'\n{settings}")
    return Cluster(home)


def start(cluster: Cluster, settings: str = "") -> None:
    Server(cluster.home).launch(find_postgres(), settings)


def promote(replica: Cluster) -> None:
    """As an operator does it."""
    server = Server(replica.home)
    server.run([find_postgres().bin / "pg_ctl", "promote", "-D", server.data, "-w", "-s"])


def kill(cluster: Cluster) -> None:
    """SIGKILL to the server and all of its processes, as when the machine goes."""
    first = int((Server(cluster.home).data / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    for process in (first, *map(int, children)):
        os.kill(process, signal.SIGKILL)


def url(role: str, *clusters: Cluster) -> str:
    """Address of whichever of these clusters is the primary."""
    hosts = ",".join(str(Server(each.home).socket_dir) for each in clusters)
    ports = ",".join(str(PORT) for _each in clusters)
    return f"postgis://{role}@/{DATABASE}?host={hosts}&port={ports}&target_session_attrs=read-write"


def environment(*clusters: Cluster, replicas: tuple[Cluster, ...] = ()) -> dict[str, str]:
    """What lets another process use whichever of these is the primary, and read from the replicas."""
    return {
        **os.environ,
        "DATABASE_URL": url(WEB, *clusters),
        "DATABASE_OWNER_URL": url(OWNER, *clusters),
        "DATABASE_REPLICA_URLS": " ".join(each.web_url for each in replicas),
    }


def shell(environment: dict[str, str], text: str) -> str:
    """What a script says that runs in the platform."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", text],
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()

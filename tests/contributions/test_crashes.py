"""What was acknowledged is there, once, whatever is killed: web workers, the database, the room on its disk.

The platform runs as it is served, on a private cluster of its own, and brings that back to life itself. The control has
the same done to a database that acknowledges before it has written: it does lose, so this would see a loss.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from geoplatform.database.cluster import Cluster
from tests.conftest import PROJECT
from tests.contributions.persistent import Writers
from tests.services.edit_traffic import UNLIMITED
from tests.serving import wait_for

WRITERS, WORKERS = 8, 3
ROOM = 1200  # MB of the small disk
SET_UP = """
from django.contrib.auth.models import User
from geoplatform.contributions.roles import Role, make_token
from tests import make
make.town()
species = make.species()
shared = [make.plant(species=species, note=f"shared {n}") for n in range(4)]
user = User.objects.create_user("writer")
Role.objects.create(user=user, kind="staff")
print(make_token(user=user, name="test", layers=[], expires=None)[1], *(each.id for each in shared))
"""
VERSIONS = """
    SELECT id, note FROM layers_plant WHERE note LIKE 'writer %'
    UNION ALL SELECT id, note FROM history.layers_plant WHERE note LIKE 'writer %'"""


class Platform:
    """A private cluster on a small disk, with what the writers need."""

    def __init__(self, disk: Path) -> None:
        self.disk = disk
        self.cluster = Cluster(disk / "cluster")
        kept = {k: v for k, v in os.environ.items() if not k.startswith("DATABASE_")}
        self.environment = {
            **kept,
            "GEOPLATFORM_CLUSTER": str(self.cluster.home),
            "CONTRIBUTIONS": UNLIMITED,
            "SECRET_KEY": uuid.uuid4().hex,
        }
        self.cluster.ensure_running()
        self.cluster.keep()  # whoever leaves last is killed, or leaves by chance
        self.manage("migrate", "-v0")
        self.token, *self.shared = self.manage("shell", "-v0", "-c", SET_UP).split()

    def manage(self, *command: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            env=self.environment,
            cwd=PROJECT,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def as_superuser(self, *statements: str) -> list[tuple[object, ...]]:
        """Rows of the last statement."""
        url = self.cluster.superuser_url.replace("postgis:", "postgresql:")
        database = "geoplatform"
        with psycopg.connect(url, dbname=database, autocommit=True) as session:
            for each in statements:
                found = session.execute(each)
            return found.fetchall() if found.description else []

    def kill_database(self) -> None:
        """All of its processes at the same moment."""
        postmaster = self.postmaster()
        for each in (postmaster, *children(postmaster)):
            kill(each)

    def hold_up_log_writer(self) -> None:
        """As a busy machine may: what commits do not write themselves is then written late."""
        for each in children(self.postmaster()):
            if b"walwriter" in Path(f"/proc/{each}/cmdline").read_bytes():
                os.kill(each, signal.SIGSTOP)

    def postmaster(self) -> int:
        return int((self.cluster.home / "data/postmaster.pid").read_text().split()[0])

    def fill_disk(self, seconds: float) -> None:
        """To the last byte, so that not even the log of the next edit finds room; then free it again."""
        filler = self.disk / "filler"
        with filler.open("wb", buffering=0) as file:
            size = 1 << 26
            while size:
                try:
                    file.write(b"\0" * size)
                except OSError:
                    size //= 2
            assert shutil.disk_usage(self.disk).free == 0
            # A log file that is there already would take what the next seconds write.
            with contextlib.suppress(psycopg.Error):
                self.as_superuser("SELECT pg_switch_wal()")
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                # What somebody gave free meanwhile.
                with contextlib.suppress(OSError):
                    file.write(b"\0" * 4096)
                time.sleep(0.05)
        filler.unlink()

    def log(self) -> str:
        return "".join(each.read_text() for each in (self.cluster.home / "log").glob("*.log"))


@pytest.fixture
def platform() -> Iterator[Platform]:
    folder = Path(tempfile.mkdtemp(prefix="gp-crash-", dir="/tmp"))
    folder.chmod(0o755)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={ROOM}m,mode=755", "none", str(folder)],
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        folder.rmdir()
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    made = None
    try:
        made = Platform(folder)
        yield made
    finally:
        if made:
            made.cluster.delete()
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


@contextmanager
def served(platform: Platform) -> Iterator[tuple[str, int]]:
    """Address of the platform, and the process whose children are its workers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tests.contributions.prefork", str(port), str(WORKERS)]
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen(
            command, env=platform.environment, cwd=PROJECT, stdout=said, stderr=said
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", server)
            yield f"http://127.0.0.1:{port}", server.pid
        finally:
            server.terminate()
            server.wait(20)
            said.seek(0)
            print(said.read().decode(errors="replace")[-6_000:])
            print(platform.log()[-6_000:])


@contextmanager
def dying_workers(server: int) -> Iterator[Counter[str]]:
    """Every 0.3 seconds one of the workers is killed; how many were."""
    killed: Counter[str] = Counter()
    stopped = threading.Event()

    def run() -> None:
        while not stopped.wait(0.3):
            if workers := children(server):
                kill(workers[killed["workers"] % len(workers)])
                killed["workers"] += 1

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield killed
    finally:
        stopped.set()
        thread.join()


def children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return sorted(found)


def kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def stored(platform: Platform) -> Counter[tuple[str, str]]:
    """How many versions there are of each feature by each edit."""
    return Counter((str(id), str(note)) for id, note in platform.as_superuser(VERSIONS))


@pytest.mark.prove
def test_nothing_that_was_acknowledged_is_lost_or_doubled(platform: Platform) -> None:
    with served(platform) as (address, server):
        writers = Writers(address, platform.token, platform.shared)
        writers.start(WRITERS)
        try:
            writers.go_on(100)
            with dying_workers(server) as killed:
                for _time in range(3):
                    writers.go_on(200)
                    platform.kill_database()
                writers.go_on(200)
                platform.fill_disk(5)
                writers.go_on(200)
            # And where workers live to tell what is wrong.
            platform.kill_database()
            writers.go_on(200)
            platform.fill_disk(5)
            writers.go_on(200)
        finally:
            writers.stop()
    print(f"{len(writers.acknowledged)} edits, {killed['workers']} workers killed: {writers.said}")
    assert not writers.wrong
    assert killed["workers"] > 30
    assert writers.said["PATCH cut"] > 0, "no edit was cut off"
    assert sum(count for said, count in writers.said.items() if said.endswith("503")) > 0
    log = platform.log()
    assert log.count("database system was not properly shut down") >= 3
    assert "No space left on device" in log

    edits = {(each.feature, each.note) for each in writers.acknowledged}
    versions = stored(platform)
    assert edits - set(versions) == set(), "lost"
    assert set(versions) - edits == set(), "nobody's"
    assert {pair: n for pair, n in versions.items() if n > 1} == {}, "doubled"
    proposals = platform.as_superuser("SELECT id, state FROM contributions_proposal")
    assert Counter(proposals) == Counter(
        (uuid.UUID(each.key), "applied") for each in writers.acknowledged
    )
    platform.manage("audit")
    platform.manage("pyramid", "check", "--all")


@pytest.mark.prove
def test_a_database_that_acknowledges_too_early_is_seen_to_lose(platform: Platform) -> None:
    platform.as_superuser(
        "ALTER SYSTEM SET synchronous_commit = off",
        "SELECT pg_reload_conf()",
    )
    with pytest.raises(AssertionError, match="synchronous_commit = off"):
        platform.manage("check", "--database", "default")
    with served(platform) as (address, server):
        writers = Writers(address, platform.token, platform.shared, gives_up=True)
        writers.start(WRITERS)
        try:
            with dying_workers(server):
                for _time in range(3):
                    writers.go_on(150)
                    platform.hold_up_log_writer()
                    writers.go_on(50)
                    platform.kill_database()
                writers.go_on(50)
        finally:
            writers.stop()
    edits = {(each.feature, each.note) for each in writers.acknowledged}
    lost = edits - set(stored(platform))
    print(f"{len(lost)} of {len(edits)} acknowledged edits were lost: {writers.said}")
    assert lost

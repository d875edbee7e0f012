"""Backups of a real cluster, and what comes back: exactly what was there at a moment, or nothing that looks like it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from geoplatform.database import backup
from geoplatform.database.archive import Archive
from geoplatform.database.cluster import Cluster, ClusterError
from geoplatform.database.management.commands.restore import _moment
from geoplatform.database.server import Server
from tests import clusters
from tests.clusters import connect
from tests.conftest import PROJECT

TREES = """
from tests import make
make.town()
species = make.species()
for n in range(20):
    make.plant(longitude=11.02 + n / 1000, species=species, note=f"tree {n}")
"""
COPIED = "licence, status, cultivar, access, number_of_plants, location, municipality_id, source_id, species_id"
# What each round does: some are changed, one is new, one is gone, each in a changeset of its own.
ROUND = (
    "UPDATE layers_plant SET note = 'round %(n)s' WHERE fid %% 3 = %(n)s %% 3",
    f"INSERT INTO layers_plant (id, note, {COPIED}) "
    f"SELECT gen_random_uuid(), 'new in %(n)s', {COPIED} FROM layers_plant ORDER BY fid LIMIT 1",
    "DELETE FROM layers_plant WHERE fid = (SELECT max(fid) - 2 FROM layers_plant)",
)

MARKS = ("SELECT geoplatform.prune_edits()",) * 50


@dataclass(frozen=True)
class Place:
    """A cluster, its folder of backups, and room for what is restored."""

    folder: Path
    cluster: Cluster
    archive: Archive

    def manage(self, *words: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            env=self.environment(home),
            cwd=PROJECT,
            capture_output=True,
            text=True,
        )

    def environment(self, home: Path | None = None) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("DATABASE_")}
        return {**kept, "GEOPLATFORM_CLUSTER": str(home or self.cluster.home)}

    def execute(self, *statements: str) -> datetime:
        """Execute, each in a transaction of its own, and return a moment after them all."""
        with connect(self.cluster) as connection:
            for statement in statements:
                connection.execute(statement)
            (now,) = connection.execute("SELECT clock_timestamp()").fetchone() or ()
        return now

    def keep(self, **options: object) -> None:
        call_command("backup", str(self.archive.folder), **options)

    def restore(self, to: datetime | str, name: str) -> Path:
        into = self.folder / name
        call_command("restore", str(self.archive.folder), to=str(to), into=into)
        return into


@pytest.fixture(scope="module")
def made() -> Iterator[Cluster]:
    """One cluster for this file; initdb is what costs."""
    with clusters.folder() as folder:
        cluster = Cluster(folder / "the city's 100% cluster")
        cluster.ensure_running()
        cluster.keep()
        yield cluster
        cluster.delete()


@pytest.fixture
def place(made: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("GEOPLATFORM_CLUSTER", str(made.home))
    with clusters.folder(0o777) as folder:
        yield Place(folder, made, Archive(folder / "the city's backups 100%"))
        for home in folder.iterdir():
            if (home / "data").exists():
                Cluster(home).delete()
        backup.end_archiving(made)
        with connect(made) as connection:
            connection.execute("DROP TABLE IF EXISTS kept")


def contents(cluster: Cluster) -> dict[str, str]:
    """Table -> all its rows as text, of every table that outlives a crash."""
    with connect(cluster) as connection:
        tables = connection.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relpersistence = 'p' "
            "AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        return {
            table: connection.execute(
                f"SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') FROM {table} t"
            ).fetchone()[0]
            for (table,) in tables
        }


@pytest.fixture
def town(place: Place, migrated_template: str) -> Place:
    """The platform's tables and twenty trees, in a cluster of its own."""
    clusters.fill(place.cluster, migrated_template)
    done = place.manage("shell", "-v0", "-c", TREES)
    assert done.returncode == 0, done.stderr
    return place


def test_a_moment_comes_back_with_its_rows_and_versions_and_nothing_later(town: Place) -> None:
    town.keep()
    states = []
    for n in range(3):
        town.execute(*(statement % {"n": n} for statement in ROUND))
        states.append((contents(town.cluster), town.execute("SELECT 1")))
    town.execute(*(statement % {"n": 9} for statement in ROUND), *MARKS)
    with connect(town.cluster) as connection:
        lost = connection.execute(
            "SELECT geoplatform.generation(), pg_current_snapshot()::text"
        ).fetchone()
    town.keep(wal=True)
    assert len({str(state) for state, _moment in states}) == 3
    versions = [state["history.layers_plant"].count("\n") for state, _moment in states]
    assert versions == sorted(set(versions))

    then, moment = states[1]
    restored = Cluster(town.restore(moment, "restored"))
    restored.ensure_running()
    restored.keep()
    assert contents(restored) == then
    audited = town.manage("audit", home=restored.home)
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert "layers_plant" in audited.stdout
    # A cursor that was given after the moment is known for one of another time.
    with connect(restored) as connection:
        for mark in (*MARKS, *MARKS):
            connection.execute(mark)
        held = "SELECT held FROM geoplatform.edits_since(%s, %s::pg_snapshot, '{}', 50)"
        assert connection.execute(held, lost).fetchone() == (False,)
        own = connection.execute(
            "SELECT geoplatform.generation(), pg_current_snapshot()::text"
        ).fetchone()
        assert connection.execute(held, own).fetchone() == (True,)
    # The restored one lives on: what is written there has history as before.
    with connect(restored) as connection:
        connection.execute("UPDATE layers_plant SET note = 'later'")
    assert contents(restored)["history.layers_plant"].count("\n") > versions[1]


def test_what_exists_is_never_restored_over(place: Place) -> None:
    place.execute("CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1)")
    place.keep()
    into = place.restore("latest", "new")
    with pytest.raises(CommandError, match="is not empty"):
        place.restore("latest", "new")
    assert (into / "data/PG_VERSION").exists()
    full = place.folder / "full"
    full.mkdir()
    (full / "a letter").write_text("dear")
    with pytest.raises(CommandError, match="is not empty"):
        place.restore("latest", "full")
    assert [each.name for each in full.iterdir()] == ["a letter"]
    assert (full / "a letter").read_text() == "dear"

    # What cannot be reached is said with the moments that can.
    (base,) = place.archive.bases()
    with pytest.raises(CommandError, match="before the oldest backup"):
        place.restore(base.since - timedelta(seconds=1), "early")
    after = place.execute("SELECT 1")
    with pytest.raises(CommandError, match="after the end of the archive, whose last transaction"):
        place.restore(after, "late")
    Cluster(into).ensure_running()
    with pytest.raises(ClusterError, match="of another cluster, or of this one before"):
        backup.back_up(Cluster(into), place.archive, 1, print)
    assert left(place) == {"full", "new"}


@pytest.mark.prove
def test_a_backup_that_is_cut_off_does_not_look_whole(place: Place) -> None:
    place.execute("CREATE TABLE kept (n int)")
    command = [sys.executable, "manage.py", "backup", str(place.archive.folder)]
    begun = subprocess.Popen(command, env=place.environment(), cwd=PROJECT)
    while not (drafts := list(place.archive.folder.glob("*.draft"))):
        assert begun.poll() is None
        time.sleep(0.01)
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    assert place.archive.bases() == []
    with pytest.raises(CommandError, match="no whole backup"):
        place.restore("latest", "nothing")
    until_free(place.archive)  # pg_basebackup may go on alone; its copy is never named
    assert place.archive.bases() == []
    assert drafts[0].exists()

    place.keep()
    assert not drafts[0].exists()
    assert len(place.archive.bases()) == 1
    assert left(place) == set()


def until_free(archive: Archive) -> None:
    while True:
        try:
            with archive.alone():
                return
        except ClusterError:
            time.sleep(0.05)


def left(place: Place) -> set[str]:
    """What restores have left, drafts included."""
    return {each.name for each in place.folder.iterdir()} - {place.archive.folder.name}


def drop_a_segment(archive: Archive) -> None:
    (archive.wal / f"{archive.segments()[-2]}.gz").unlink()


def cut_a_segment_short(archive: Archive) -> None:
    file = archive.wal / f"{archive.segments()[-2]}.gz"
    file.write_bytes(file.read_bytes()[:-100])


def change_a_byte(archive: Archive) -> None:
    file = archive.bases()[-1].folder / "global/pg_control"
    file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:])


def name_another_version(archive: Archive) -> None:
    (archive.bases()[-1].folder / "PG_VERSION").write_text("99\n")


@pytest.mark.prove
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (drop_a_segment, "is missing in"),
        (cut_a_segment_short, "could not be replayed|pg_ctl failed"),
        (change_a_byte, "pg_verifybackup failed"),
        (name_another_version, "another PostgreSQL.*PostgreSQL 99"),
    ],
)
def test_a_damaged_backup_is_told_and_leaves_nothing(
    place: Place, damage: Callable[[Archive], None], said: str
) -> None:
    place.execute("CREATE TABLE kept (n int)")
    place.keep()
    for n in range(3):
        place.execute(f"INSERT INTO kept VALUES ({n})")
        place.keep(wal=True)
    damage(place.archive)
    with pytest.raises(CommandError, match=said):
        place.restore("latest", "damaged")
    assert left(place) == set()


@pytest.mark.prove
def test_old_copies_go_with_the_wal_that_only_they_needed(place: Place) -> None:
    place.execute("CREATE TABLE kept (n int)")
    with override_settings(BACKUP_KEEP=2):
        for n in range(4):
            place.execute(f"INSERT INTO kept VALUES ({n})")
            place.keep()
    bases = place.archive.bases()
    assert len(bases) == 2
    assert place.archive.segments()[0] == bases[0].first_segment
    assert place.archive.gap(bases[0].first_segment) is None
    restored = Cluster(place.restore(bases[0].since, "restored"))
    restored.ensure_running()
    with connect(restored) as connection:
        assert connection.execute("SELECT max(n) FROM kept").fetchone() == (2,)


@pytest.mark.prove
def test_a_full_disk_is_told_and_nothing_is_kept(place: Place) -> None:
    small = place.folder / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m,mode=777", "none", str(small)],
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        archive = Archive(small / "backups")
        with pytest.raises(ClusterError, match="The disk is too full"):
            backup.back_up(place.cluster, archive, 1, print)
        # And where there seemed to be room.
        with (
            archive.alone() as lock,
            pytest.raises(ClusterError, match="The disk became full"),
            backup.said_when_full(small),
        ):
            backup._copy(Server(place.cluster.home, lock), archive)
        assert [
            each.name for each in archive.folder.iterdir() if each.name.startswith("base")
        ] == []
        backup.end_archiving(place.cluster)
    finally:
        subprocess.run(["umount", "--lazy", str(small)], check=True)


def test_a_minute_is_of_the_platforms_time_zone() -> None:
    assert _moment("2026-06-01 17:05") == datetime(2026, 6, 1, 15, 5, tzinfo=UTC)
    assert _moment("2026-06-01 17:05+00:00") == datetime(2026, 6, 1, 17, 5, tzinfo=UTC)
    with pytest.raises(CommandError, match="is no moment"):
        _moment("yesterday")
    with pytest.raises(CommandError, match="lies ahead"):
        _moment("9000-01-01")


def test_a_database_of_ones_own_is_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgis://somebody@elsewhere/theirs")
    with pytest.raises(CommandError, match="use-your-own-database"):
        call_command("backup", "/nowhere")

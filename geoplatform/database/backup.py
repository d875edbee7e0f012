"""Backups of the private cluster: whole copies by pg_basebackup, and its WAL as it comes, by archive_command.

A database of the city's own is kept by whoever runs it (docs/how-to/use-your-own-database.md).
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from geoplatform.database.archive import DRAFT, NAME, Archive, Base, need_room, synced
from geoplatform.database.binaries import ClusterError, find_postgres
from geoplatform.database.cluster import Cluster
from geoplatform.database.server import PORT, SUPERUSER, Server

PATIENCE = 120  # seconds for one segment of 16 MB


def back_up(cluster: Cluster, archive: Archive, keep: int, tell: Callable[[str], None]) -> Base:
    """Keep a whole, verified copy, begin to archive where that has not begun, and drop the oldest copies."""
    cluster.hold()
    server = Server(cluster.home)
    server.make_folder(archive.folder, 0o700)
    with archive.alone() as lock, said_when_full(archive.folder):
        archive.sweep()
        with server.connect("postgres") as connection:
            (wanted,) = _one(
                connection, "SELECT sum(pg_database_size(oid))::bigint FROM pg_database"
            )
        need_room(archive.folder, int(wanted))
        _begin(server, archive)
        base = _copy(Server(cluster.home, lock), archive)
        tell(f"copied    {base.folder}  {base.bytes:,} bytes")
        for dropped in archive.prune(keep):
            tell(f"dropped   {dropped.folder}")
        _push(server, archive)
    return base


def push(cluster: Cluster, archive: Archive) -> None:
    """Archive what has been written until now, so that every moment before this one can be restored."""
    cluster.hold()
    server = Server(cluster.home)
    if not is_archiving(cluster, archive):
        raise ClusterError(f"Nothing is archived to {archive.folder}.", "make a whole backup first")
    with said_when_full(archive.folder):
        _push(server, archive)


def is_archiving(cluster: Cluster, archive: Archive) -> bool:
    """Whether the cluster's WAL goes to this folder."""
    marker = cluster.home / "archive"
    return marker.exists() and marker.read_text() == archive.keep_command


def end_archiving(cluster: Cluster) -> None:
    """Archive no more; the backups stay."""
    cluster.hold()
    (cluster.home / "archive").unlink(missing_ok=True)
    _reconfigure(Server(cluster.home))


def failure(cluster: Cluster) -> str | None:
    """Return the segment that could not be archived last, where none was since. The cluster must run."""
    with Server(cluster.home).connect("postgres") as connection:
        row = connection.execute(
            "SELECT last_failed_wal FROM pg_stat_archiver "
            "WHERE last_failed_time > coalesce(last_archived_time, '-infinity')"
        ).fetchone()
    return row[0] if row else None


@contextlib.contextmanager
def said_when_full(folder: Path) -> Iterator[None]:
    """Say in plain words what PostgreSQL's programs say of a full disk."""
    try:
        yield
    except (ClusterError, OSError) as error:
        if "No space left on device" not in str(error):
            raise
        raise ClusterError(
            f"The disk became full while writing to {folder}; nothing was kept of it.",
            "make room, or name a folder on another disk",
        ) from error


def _begin(server: Server, archive: Archive) -> None:
    """Let every segment from now on be archived, whoever starts the cluster."""
    server.make_folder(archive.wal, 0o700)
    with server.connect("postgres") as connection:
        mode, system, timeline = _one(
            connection,
            "SELECT current_setting('archive_mode'), system_identifier::text, timeline_id::text "
            "FROM pg_control_system(), pg_control_checkpoint()",
        )
    if mode != "on":
        raise ClusterError(
            "The database was started by an older version of the platform.",
            "stop it and begin again: manage.py cluster stop",
        )
    identity = f"{system} {timeline}\n"
    if not archive.owner.exists():
        if archive.bases() or archive.segments():
            raise ClusterError(
                f"{archive.owner} is missing: whose backups are these?", "name an empty folder"
            )
        server.write(archive.owner, identity)
    elif archive.owner.read_text() != identity:
        raise ClusterError(
            f"The backups in {archive.folder} are of another cluster, or of this one before it was restored.",
            "name another folder; the old backups stay as they are",
        )
    marker = server.home / "archive"
    if not marker.exists() or marker.read_text() != archive.keep_command:
        server.write(marker, archive.keep_command)
    _reconfigure(server)


def _reconfigure(server: Server) -> None:
    server.configure()
    with server.connect("postgres") as connection:
        connection.execute("SELECT pg_reload_conf()")


def _copy(server: Server, archive: Archive) -> Base:
    """`server` holds the lock of the folder while its programs run."""
    programs = find_postgres(int((server.data / "PG_VERSION").read_text())).bin
    draft = archive.folder / f"base-{os.getpid()}{DRAFT}"
    where = ("-h", server.socket_dir, "-p", str(PORT), "-U", SUPERUSER)
    how = ("-X", "stream", "-c", "fast", "--no-password", "--label", "geoplatform")
    try:
        # Both wait until the disk has what they wrote: pg_basebackup does unless told not to.
        server.run([programs / "pg_basebackup", *map(str, where), *how, "-D", draft])
        server.run([programs / "pg_verifybackup", "-q", draft])
    except ClusterError:
        with contextlib.suppress(ClusterError):
            archive.sweep()
        raise
    with server.connect("postgres") as connection:
        # What is asked for from now on lies after the copy's end.
        (since,) = _one(connection, "SELECT clock_timestamp()")
    folder = archive.folder / since.astimezone(UTC).strftime(NAME)
    draft.rename(folder)
    synced(archive.folder)
    return Base(folder, since)


def _push(server: Server, archive: Archive) -> None:
    with server.connect("postgres") as connection:
        before = _failures(connection)
        # A commit of this moment, by which a recovery knows that it has gone far enough for every earlier one.
        connection.execute("SELECT pg_current_xact_id()")
        (name,) = _one(connection, "SELECT pg_walfile_name(pg_switch_wal())")
        kept, deadline = archive.wal / f"{name}.gz", time.monotonic() + PATIENCE
        while not kept.exists():
            if _failures(connection) > before or time.monotonic() > deadline:
                raise ClusterError(
                    f"The segment {name} could not be archived to {archive.wal}; PostgreSQL goes on trying.",
                    f"look whether the disk is full or the folder gone; the reason is in {server.logs}",
                )
            time.sleep(0.05)


def _failures(connection: psycopg.Connection[Any]) -> int:
    return int(_one(connection, "SELECT failed_count FROM pg_stat_archiver")[0])


def _one(connection: psycopg.Connection[Any], statement: LiteralString) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = connection.execute(statement).fetchone()
    if row is None:
        raise LookupError(statement)
    return row

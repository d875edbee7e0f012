"""A backup of the private cluster brought back, as it was at a moment, into a folder that is new.

All happens beside that folder, which gets its name when everything in it is whole and on the disk.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from geoplatform.database.archive import Archive, Base, need_room, synced
from geoplatform.database.backup import said_when_full
from geoplatform.database.binaries import ClusterError, Postgres, find_postgres
from geoplatform.database.cluster import Cluster
from geoplatform.database.server import DATABASE, Server, quoted

DAY = 86_400  # seconds: WAL of many days takes hours to replay
RECOVERY = """
# For this one start, which replays the archived WAL.
hot_standby = off
restore_command = '{fetch}'
recovery_target_timeline = 'current'
recovery_target_action = 'promote'
"""


def restore(
    archive: Archive, moment: datetime | None, into: Path, tell: Callable[[str], None]
) -> Cluster:
    """Return the cluster in `into`, stopped: all that was committed by that moment, nothing else.

    No moment: all that is archived. Neither the backup nor any other cluster is touched.
    """
    _must_be_new(into)
    base = archive.base_for(moment)
    try:
        postgres = find_postgres(base.major)
    except ClusterError as error:
        raise ClusterError(
            f"The backup was made by another PostgreSQL. {error.problem}",
            f"sudo apt-get install postgresql-{base.major}-postgis-3",
        ) from None
    missing = archive.gap(base.first_segment)
    if moment is None and missing:
        raise ClusterError(
            f"The segment {missing} is missing in {archive.wal}: what came after it cannot be had.",
            "find it, or restore to a moment before (--to)",
        )
    beside = Cluster(into.with_name(into.name + ".restoring"))
    with beside.mutex() as mutex, ExitStack() as cleanup:
        server = Server(beside.home, mutex)
        _must_be_new(into)
        server.stop()  # a restore that was killed may have left it running
        shutil.rmtree(server.data, ignore_errors=True)
        cleanup.callback(_sweep, server)
        need_room(beside.home, base.bytes)
        tell(f"from      {base.folder}")
        with said_when_full(beside.home):
            _fetch(server, postgres, base)
            last = _replay(server, postgres, archive, moment, missing)
        tell(f"restored  as of {moment or 'the end of the archive'}; last transaction {last}")
        sockets = server.socket_dir
        server.configure()
        server.run([postgres.bin / "initdb", "--sync-only", "-D", server.data])
        synced(beside.home)
        cleanup.pop_all()
        beside.home.rename(into)  # over an empty folder too; never over a full one
        synced(into.parent)
        shutil.rmtree(sockets, ignore_errors=True)
    return Cluster(into)


def _must_be_new(into: Path) -> None:
    if into.is_symlink() or (into.exists() and (not into.is_dir() or any(into.iterdir()))):
        raise ClusterError(
            f"{into} is there already and is not empty; nothing is ever restored over data.",
            "name a folder that is new",
        )


def _fetch(server: Server, postgres: Postgres, base: Base) -> None:
    """Copy, and see by its manifest that each file is what it was."""
    server.run(["cp", "-a", "--reflink=auto", base.folder, server.data])
    server.run([postgres.bin / "pg_verifybackup", "-q", server.data])


def _replay(
    server: Server,
    postgres: Postgres,
    archive: Archive,
    moment: datetime | None,
    missing: str | None,
) -> str:
    """Replay the WAL and stop the server again; return the time of the last transaction."""
    server.write(server.data / "recovery.signal", "")
    more = RECOVERY.format(fetch=quoted(archive.fetch_command))
    if moment is not None:
        more += f"recovery_target_time = '{moment.astimezone(UTC).isoformat()}'\n"
    try:
        server.launch(postgres, more, DAY)
        _recovered(server)
    except ClusterError as error:
        said = _said(server)
        if "recovery ended before configured recovery target" not in said:
            raise ClusterError(f"{error.problem}\n{said}".rstrip(), error.mend) from None
        gap = f"; the segment {missing} is missing" if missing else ""
        raise ClusterError(
            f"{moment} lies after the end of the archive, whose last transaction is of {_last(said)}{gap}.",
            "choose a moment before it" + ("" if missing else ", or all there is: --to latest"),
        ) from None
    _leave_lost_marks_behind(server)
    server.stop()
    return _last(_said(server))


def _recovered(server: Server) -> None:
    """Return when the recovery has come to its end: the server counts as started long before."""
    while not server.running:
        if not server.alive:
            raise ClusterError("The WAL could not be replayed.", f"see {server.logs}")
        time.sleep(0.1)
    with server.connect("postgres") as connection:
        if connection.execute("SELECT pg_is_in_recovery()::text").fetchone() != ("false",):
            raise ClusterError("The recovery has not ended.", f"see {server.logs}")


def _leave_lost_marks_behind(server: Server) -> None:
    """Cursors and ETags that were given after the moment name marks of the edit log (sql/edits.sql) which are no more.

    Their numbers would be given again, and such a cursor would then be believed. So marks go on far beyond them.
    """
    with server.connect(DATABASE) as connection:
        connection.execute(
            "SELECT setval(sequence, nextval(sequence) + 10000000) "
            "FROM to_regclass('geoplatform.edit_mark_generation_seq') sequence WHERE sequence IS NOT NULL"
        )


def _said(server: Server) -> str:
    """What the server said while it recovered."""
    return "".join(file.read_text(errors="replace") for file in server.logs.glob("postgres-*.log"))


def _last(said: str) -> str:
    found = re.findall(r"last completed transaction was at log time (.+)", said)
    return found[-1] if found else "the backup itself"


def _sweep(server: Server) -> None:
    """Leave nothing of a restore that failed."""
    sockets = server.socket_dir
    server.stop()
    for folder in (sockets, server.home):
        shutil.rmtree(folder, ignore_errors=True)

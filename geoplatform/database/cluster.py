"""The private PostGIS cluster: there when somebody uses the project, gone when nobody does.

With no DATABASE_URL the project keeps a PostgreSQL cluster of its own. Whoever uses it calls
`hold()`: the first one in turns on the light, the last one out turns it off.

Two lock files make that safe, whichever process is killed at whichever moment, since the kernel
drops a dead one's locks:

* `start.lock` is a mutex: making, starting and stopping happen one at a time.
* `users.lock` is held shared by every user for its lifetime; a leaver who can have it alone was
  the last. It is taken alone only under the mutex, so nobody can come in while the server stops.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import logging
import os
import pwd
import shutil
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from geoplatform.database.binaries import ClusterError
from geoplatform.database.server import (
    DATABASE,
    OWNER,
    PORT,
    SUPERUSER,
    TEMPLATE,
    WEB,
    Server,
    short_hash,
    system_user,
)

__all__ = ["OWNER", "TEMPLATE", "WEB", "Cluster", "ClusterError"]

PROJECT = Path(__file__).resolve().parents[2]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cluster:
    """One cluster, known by its folder. Making this object touches nothing."""

    home: Path

    @classmethod
    def default(cls) -> Cluster:
        """Return the project's own cluster: in `.cluster/`, unless its user cannot get there."""
        if chosen := os.environ.get("GEOPLATFORM_CLUSTER"):
            return cls(Path(chosen).resolve())
        near = PROJECT / ".cluster"
        if os.geteuid() != 0 or (near / "data").exists():
            return cls(near)
        # PostgreSQL refuses to run as root, and the user it then runs as cannot pass a 0700 home.
        far = Path("/var/lib/geoplatform") / short_hash(PROJECT)
        if (far / "data").exists() or not _reachable(PROJECT, system_user()):
            log.info("The user postgres cannot enter %s; the database is in %s", PROJECT, far)
            return cls(far)
        return cls(near)

    # -- addresses -------------------------------------------------------------------------------

    @property
    def owner_url(self) -> str:
        """URL for migrations: this role owns every table and may create databases for tests."""
        return self.url(OWNER, DATABASE)

    @property
    def web_url(self) -> str:
        """URL for serving: this role owns nothing; it may do what migrations grant it."""
        return self.url(WEB, DATABASE)

    @property
    def superuser_url(self) -> str:
        """URL for what only a superuser may do, such as installing an extension."""
        return self.url(SUPERUSER, "postgres")

    def url(self, role: str, database: str) -> str:
        """Return an address as dj-database-url reads it."""
        return f"postgis://{role}@{quote(str(self._server.socket_dir), safe='')}:{PORT}/{database}"

    def psql(self, role: str = OWNER, database: str = DATABASE) -> list[str]:
        """Return the command line of a psql on this cluster."""
        return self._server.psql(role, database)

    # -- using it --------------------------------------------------------------------------------

    def hold(self) -> None:
        """Make sure that the cluster runs, and keep it running until this process ends."""
        _exit_when_terminated()
        with _guard, self.mutex() as mutex:
            if self.home not in _holds:
                _holds[self.home] = self._enter()
            Server(self.home, mutex).start()

    @property
    def is_held(self) -> bool:
        """Whether this process holds it and its server lives: looked up in 0.1 ms, where `hold` runs a program."""
        return self.home in _holds and self._server.alive

    def release(self) -> None:
        """Give up this process's hold; the last one out stops the server. Exit does it unasked."""
        with _guard:
            descriptor = _holds.pop(self.home, None)
        if descriptor is None:
            return
        # Close it and ask anew: a forked child may share this lock, and to make a shared lock
        # exclusive would succeed although the child still works.
        os.close(descriptor)
        with self.mutex(), self._alone() as alone:
            if alone and not self.kept:
                self._server.stop()

    def ensure_running(self) -> None:
        """Make and start whatever is missing. Many processes may call this at the same moment."""
        with self.mutex() as mutex:
            Server(self.home, mutex).start()

    def stop(self, *, force: bool = False) -> None:
        """Stop the server unless others use it; with `force`, even then."""
        with _guard:
            descriptor = _holds.pop(self.home, None)
        if descriptor is not None:
            os.close(descriptor)
        if not self.home.exists():
            return
        with self.mutex(), self._alone() as alone:
            if not (alone or force):
                raise ClusterError(
                    "Others are using the database.",
                    "stop them first (or throw them out: manage.py cluster stop --force)",
                )
            self._server.stop()

    def delete(self) -> None:
        """Stop the server and delete the database with all its data."""
        sockets = self._server.socket_dir
        self.stop(force=True)
        for folder in (self.home, sockets):
            if folder.exists():
                shutil.rmtree(folder)

    @property
    def running(self) -> bool:
        """Whether the server answers."""
        return self._server.running

    @property
    def kept(self) -> bool:
        """Whether the server stays on with no user, as `manage.py cluster start` asks for."""
        return (self.home / "keep-running").exists()

    def keep(self, keep: bool = True) -> None:
        """Let the server stay on after its last user has gone, or no longer."""
        marker = self.home / "keep-running"
        if keep:
            marker.touch()
        else:
            marker.unlink(missing_ok=True)

    # -- locks -----------------------------------------------------------------------------------

    @property
    def _server(self) -> Server:
        return Server(self.home)

    @contextlib.contextmanager
    def mutex(self) -> Iterator[int]:
        self._server.make_home()
        with self._lock("start.lock", fcntl.LOCK_EX) as descriptor:
            yield descriptor

    @contextlib.contextmanager
    def _alone(self) -> Iterator[bool]:
        """Try to have the users' lock alone, and yield whether that went well."""
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(self._lock("users.lock", fcntl.LOCK_EX | fcntl.LOCK_NB))
                alone = True
            except BlockingIOError:
                alone = False
            yield alone

    @contextlib.contextmanager
    def _lock(self, name: str, operation: int) -> Iterator[int]:
        descriptor = self._open(name)
        try:
            fcntl.flock(descriptor, operation)
            yield descriptor
        finally:
            # Said aloud, since closing alone would not unlock what a thread has just forked.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def _enter(self) -> int:
        descriptor = self._open("users.lock")
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        return descriptor

    def _open(self, name: str) -> int:
        # Python opens with O_CLOEXEC: the server must not inherit a hold on itself. Reading is
        # enough for flock, so root and the owner can share a file that either of them made.
        return os.open(self.home / name, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)


def _reachable(folder: Path, user: pwd.struct_passwd) -> bool:
    """Whether the user may pass through this folder and all above it."""

    def passes(found: os.stat_result) -> bool:
        if found.st_uid == user.pw_uid:
            return bool(found.st_mode & stat.S_IXUSR)
        return bool(found.st_mode & (stat.S_IXGRP if found.st_gid == user.pw_gid else stat.S_IXOTH))

    return all(passes(step.stat()) for step in (folder, *folder.parents))


# What this process holds: the cluster's folder -> the descriptor of its users.lock.
_holds: dict[Path, int] = {}
_guard = threading.RLock()


def _exit_when_terminated() -> None:
    """Let a polite kill, or a closed terminal, end this process the way that runs `_leave`."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, lambda received, _: sys.exit(128 + received))


def _leave() -> None:
    """At exit let go of everything. A second Ctrl-C must not leave the server behind."""
    if _holds and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    for home in list(_holds):
        try:
            Cluster(home).release()
        except ClusterError as error:
            log.warning("%s", error)


def _after_fork_in_child() -> None:
    """Give a forked child a hold of its own, lest it loses or keeps its parent's."""
    global _guard
    _guard = threading.RLock()  # another of the parent's threads may have had it
    for home, inherited in list(_holds.items()):
        _holds[home] = Cluster(home)._enter()
        os.close(inherited)


atexit.register(_leave)
os.register_at_fork(after_in_child=_after_fork_in_child)

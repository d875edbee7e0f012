"""One PostgreSQL server of our own: made, started, stopped. When, is for `cluster.py` to say.

It listens on a unix socket inside a 0700 folder and nowhere else, so there is no password to leak
and no port to fight over. Everything here must run under the cluster's mutex.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import pwd
import re
import shutil
import stat
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from geoplatform.database.binaries import ClusterError, Postgres, find_postgres

PORT = (
    5432  # only the socket file's name; always said, lest a PGPORT in the environment is believed
)
NO_PROCESS = 2**22 + 1  # a number that Linux gives to no process
SUPERUSER = "postgres"
OWNER = "geoplatform_owner"
WEB = "geoplatform_web"
DATABASE = "geoplatform"
TEMPLATE = "geoplatform_template_postgis"
EXTENSIONS = ("postgis", "pg_trgm", "unaccent", "btree_gist")
# What `_prepare` has done once need not be asked again; raise this when it learns something new.
PREPARED = "1"

# Nothing of the caller's: a PGDATA, PGOPTIONS or LC_MESSAGES would lead the programs astray.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}

CONFIGURATION = """\
# Written at every start. To change a setting use ALTER SYSTEM, which is read after this and wins.
listen_addresses = ''
port = {port}
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = '256MB'
fsync = on
synchronous_commit = on
max_wal_size = '2GB'
random_page_cost = 1.1
# Compiling a query costs more than any of our short ones takes.
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
# One file per weekday, written over a week later: the log never needs tending.
logging_collector = on
log_directory = '{logs}'
log_filename = 'postgres-%a.log'
log_truncate_on_rotation = on
log_rotation_age = '1d'
log_rotation_size = 0
log_min_duration_statement = -1
log_checkpoints = off
# On from the first start, so that archiving (manage.py backup) begins and ends without another; `true` keeps nothing.
archive_mode = on
archive_command = '{archive}'
archive_timeout = '{archive_timeout}'
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Server:
    """A server known by the folder that holds its data, its log and its locks.

    mutex  descriptor of the cluster's locked mutex, for whoever starts: the programs that this runs keep it locked, so
           that a start goes on alone when its starter is killed
    """

    home: Path
    mutex: int | None = None

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.home / "data"

    @property
    def logs(self) -> Path:
        """What the server says, one file for each weekday."""
        return self.home / "log"

    @property
    def socket_dir(self) -> Path:
        """The socket's own folder: its path may have 107 bytes, and the project's may be longer."""
        name = f"gp-{self.user.pw_uid}-{short_hash(self.home)}"
        return Path("/tmp") / name  # noqa: S108 - made and looked at with care, see below

    @property
    def user(self) -> pwd.struct_passwd:
        """The system user who runs the server: who owns the data, else ourselves; never root."""
        try:
            uid = self.data.stat().st_uid
        except FileNotFoundError:
            return system_user()
        if os.geteuid() not in (0, uid):
            raise self._not_ours(uid)
        if uid == 0:
            raise ClusterError(
                f"The database in {self.home} belongs to root, as whom PostgreSQL will not run.",
                f"give it back to its user: chown -R postgres: {self.home}",
            )
        return _account(uid)

    @property
    def running(self) -> bool:
        """Whether the server answers."""
        return self.data.exists() and self._answer(self._postgres()) == 0

    def psql(self, role: str, database: str) -> list[str]:
        """Return the command line of a psql on this server."""
        program = self._postgres().bin / "psql"
        return [str(program), *self._address(), "-U", role, "-d", database]

    def start(self) -> None:
        """Make and start whatever is missing; does nothing (in 10 ms) when all is well."""
        if not self.data.exists():
            self._initialise()
        postgres = self._postgres()
        if self._answer(postgres) != 0:
            if self.alive and not self._wait(postgres):
                # It lives and cannot be reached: its socket was swept away. A restart makes a new.
                self.stop()
            if not self.alive:
                self.launch(postgres)
        marker = self.home / "prepared"
        if not marker.exists() or marker.read_text() != PREPARED:
            self._prepare()
            self.write(marker, PREPARED)

    def stop(self) -> None:
        """Stop the server in good order, whoever is connected."""
        if self.alive:
            log.info("Stopping the database in %s", self.home)
            program = self._postgres().bin / "pg_ctl"
            self.run([program, "stop", "-D", self.data, "-m", "fast", "-w", "-t", "120", "-s"])

    @property
    def alive(self) -> bool:
        """Whether the process named in postmaster.pid lives and is a PostgreSQL server."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            # "123 (postgres) S ...": after a crash the number can be another program's or, in a
            # container whose first process buries nobody, a zombie's.
            found = re.search(r"\((.*)\) (\S)", Path(f"/proc/{pid}/stat").read_text())
        except (OSError, IndexError, ValueError):
            return False
        return found is not None and found[1] in ("postgres", "postmaster") and found[2] != "Z"

    # -- making ----------------------------------------------------------------------------------

    def make_home(self) -> None:
        """Make the folder that all else goes into."""
        self.make_folder(self.home, 0o755)

    def _initialise(self) -> None:
        postgres = find_postgres()
        log.info("Making a PostgreSQL %s cluster in %s", postgres.major, self.home)
        # Under another name first: a data folder that exists is then one that is complete.
        draft = self.home / "data.draft"
        shutil.rmtree(draft, ignore_errors=True)
        (self.home / "prepared").unlink(missing_ok=True)
        self.make_folder(draft, 0o700)
        encoding = ("--encoding=UTF8", "--locale=C.UTF-8")  # whatever LANG says
        who = ("--username", SUPERUSER, "--auth=trust")  # the socket's folder is the guard
        self.run([postgres.bin / "initdb", "-D", draft, *who, *encoding, "--data-checksums"])
        with (draft / "postgresql.conf").open("a") as settings:
            settings.write("\ninclude = 'geoplatform.conf'\n")
        draft.rename(self.data)

    def _prepare(self) -> None:
        """Make roles, template and database; an earlier try may have been killed at any step."""
        with self.connect("postgres") as connection:
            roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            databases = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
            if OWNER not in roles:
                connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB")
            if WEB not in roles:
                connection.execute(f"CREATE ROLE {WEB} LOGIN")
            # PostGIS's cost figures send tiny tile queries to parallel workers: 2.4 ms become 45.
            connection.execute(f"ALTER ROLE {WEB} SET max_parallel_workers_per_gather = 0")
            connection.execute(f"ALTER ROLE {WEB} SET jit = off")
            if TEMPLATE not in databases:
                connection.execute(f"CREATE DATABASE {TEMPLATE} OWNER {OWNER} TEMPLATE template0")
        with self.connect(TEMPLATE) as connection:
            for extension in EXTENSIONS:
                connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
        with self.connect("postgres") as connection:
            connection.execute(f"ALTER DATABASE {TEMPLATE} IS_TEMPLATE true")
            if DATABASE not in databases:
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER} TEMPLATE {TEMPLATE}")

    # -- starting --------------------------------------------------------------------------------

    def configure(self, more: str = "") -> None:
        """Write the settings; a running server reads them when told to, all but those of its start."""
        marker = self.home / "archive"
        archive = marker.read_text() if marker.exists() else ""
        settings = CONFIGURATION.format(
            port=PORT,
            sockets=self.socket_dir,
            logs=quoted(str(self.logs)),
            archive=quoted(archive or "true"),
            archive_timeout="60s" if archive else "0",
        )
        self.write(self.data / "geoplatform.conf", settings + more)

    def launch(self, postgres: Postgres, more: str = "", seconds: int = 300) -> None:
        """Start a server that does not run, with more settings for this start alone."""
        logs = self.logs
        self.make_folder(logs, 0o700)
        self._make_socket_dir()
        self.configure(more)
        self._disown_dead_server()
        first_words = logs / "startup.log"
        first_words.unlink(missing_ok=True)
        log.info("Starting the database in %s", self.home)
        how = ("-l", first_words, "-w", "-t", str(seconds), "-s")
        try:
            self.run([postgres.bin / "pg_ctl", "start", "-D", self.data, *how])
        except ClusterError as error:
            told = first_words.read_text(errors="replace") if first_words.exists() else ""
            raise ClusterError(f"{error.problem}\n{told}".rstrip(), f"see {logs}") from None

    def _disown_dead_server(self) -> None:
        """Let PostgreSQL see that its former server is dead, where another process has its number.

        The file itself must stay: it also names the shared memory by which PostgreSQL finds out
        whether some backend has outlived that server.
        """
        (self.socket_dir / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        file = self.data / "postmaster.pid"
        if file.exists():
            _, newline, rest = file.read_text().partition("\n")
            self.write(file, f"{NO_PROCESS}{newline}{rest}")

    def _make_socket_dir(self) -> None:
        """Make the socket's folder in /tmp, where anybody may have been before us."""
        folder = self.socket_dir
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            self._give(folder)
        found = folder.lstat()
        ours = stat.S_ISDIR(found.st_mode) and found.st_uid == self.user.pw_uid
        if not ours or found.st_mode & 0o077:
            raise ClusterError(
                f"{folder} is not a private folder of {self.user.pw_name}; another user may have "
                "laid it there.",
                f"see what it is, then: sudo rm -r {folder}",
            )

    def _wait(self, postgres: Postgres, seconds: float = 300) -> bool:
        """Wait for a server that an earlier caller began to start; it may have to recover first."""
        deadline = time.monotonic() + seconds
        heard = time.monotonic()
        while self.alive and time.monotonic() < deadline:
            answer = self._answer(postgres)
            if answer == 0:
                return True
            if answer == 1:
                heard = time.monotonic()
            elif time.monotonic() - heard > 3:
                break
            time.sleep(0.1)
        return False

    # -- small tools -----------------------------------------------------------------------------

    def _postgres(self) -> Postgres:
        try:
            return find_postgres(int((self.data / "PG_VERSION").read_text()))
        except PermissionError:
            raise self._not_ours(self.data.stat().st_uid) from None

    def _not_ours(self, uid: int) -> ClusterError:
        return ClusterError(
            f"The database in {self.home} belongs to the user {_account(uid).pw_name}.",
            f"run this as that user or as root\n(or lose all data: sudo rm -r {self.home})",
        )

    def _address(self) -> tuple[str, ...]:
        return ("-h", str(self.socket_dir), "-p", str(PORT))

    def connect(self, database: str) -> psycopg.Connection[tuple[str, ...]]:
        host = str(self.socket_dir)
        return psycopg.connect(
            host=host, port=PORT, user=SUPERUSER, dbname=database, autocommit=True
        )

    def _answer(self, postgres: Postgres) -> int:
        """Ask pg_isready: 0 accepts, 1 is starting up or going down, 2 does not answer."""
        command = [str(postgres.bin / "pg_isready"), "-q", *self._address(), "-t", "5"]
        return subprocess.run(command, check=False, env=ENVIRONMENT).returncode

    def make_folder(self, folder: Path, mode: int) -> None:
        """Make a folder that belongs to the server's user."""
        if folder.exists():
            return
        try:
            folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            folder.mkdir(mode=mode, exist_ok=True)
            self._give(folder)
        except OSError as error:
            raise ClusterError(
                f"Cannot make the folder {folder}: {error.strerror}.",
                "make it writable, or name another folder in GEOPLATFORM_CLUSTER",
            ) from error

    def _give(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self.user.pw_uid, self.user.pw_gid, follow_symlinks=False)

    def write(self, path: Path, text: str) -> None:
        """Write a whole file or nothing."""
        draft = path.with_name(path.name + ".draft")
        draft.unlink(missing_ok=True)
        with draft.open("x") as file:  # "x" follows no link that somebody laid here
            file.write(text)
        draft.chmod(0o600)
        self._give(draft)
        draft.rename(path)

    def run(self, command: Sequence[str | Path]) -> None:
        """Run one of PostgreSQL's programs as the server's user."""
        root = os.geteuid() == 0
        stdin, before = subprocess.DEVNULL, list[str]()
        if self.mutex is not None:
            # The shell holds the lock while the program runs, and does not hand it on: the server would never let go.
            stdin, before = self.mutex, ["sh", "-c", '"$@" </dev/null; exit $?', "sh"]
        done = subprocess.run(
            [*before, *command],
            check=False,
            stdin=stdin,
            capture_output=True,
            text=True,
            cwd="/",  # the caller's folder may be closed to that user
            env=ENVIRONMENT,
            umask=0o077,
            start_new_session=True,  # Ctrl-C is for us; we stop the server in good order
            user=self.user.pw_uid if root else None,
            group=self.user.pw_gid if root else None,
            extra_groups=[] if root else None,
        )
        if done.returncode != 0:
            program, said = Path(command[0]).name, done.stderr.strip() or done.stdout.strip()
            raise ClusterError(f"{program} failed: {said}", "see what it says")


def quoted(text: str) -> str:
    """Return what stands between the quotes of a setting."""
    return text.replace("\\", "\\\\").replace("'", "''")


def short_hash(path: Path) -> str:
    """Return a short name for a path."""
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]


def system_user() -> pwd.struct_passwd:
    """Return who would run a new cluster: ourselves, or `postgres` where we are root."""
    if os.geteuid() != 0:
        return _account(os.geteuid())
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        raise ClusterError(
            "PostgreSQL is not installed: there is no system user postgres.", "make install"
        ) from None


def _account(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise ClusterError(
            f"The user {uid} has no entry in /etc/passwd; PostgreSQL will not run without.",
            f"useradd --uid {uid} geoplatform",
        ) from None

"""`manage.py serve`: granian in front of the platform, the cluster held while it runs."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from geoplatform.database.cluster import Cluster, ClusterError
from geoplatform.database.folder import Folder

SOON = 10  # seconds: what ends sooner would end again


class Command(BaseCommand):
    """Serve until told to stop; then leave neither server nor cluster behind."""

    help = "Serves the platform with granian; Ctrl-C ends it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
        parser.add_argument(
            "--prepare",
            action="store_true",
            help="first migrate, and load the fixtures where they never were",
        )
        parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))

    def handle(self, *, host: str, port: int, workers: int, prepare: bool, **options: Any) -> None:
        if not os.environ.get("DATABASE_URL"):
            try:
                Cluster.default().hold()
            except ClusterError as error:
                raise CommandError(str(error)) from error
        _refuse_a_port_in_use(host, port)
        if prepare:
            call_command("migrate", verbosity=0)
            call_command("load-fixtures", if_empty=True, stdout=self.stdout)
            connections.close_all()
        command = [
            *(sys.executable, "-m", "granian", "geoplatform.wsgi:application"),
            *("--interface", "wsgi", "--host", host, "--port", str(port)),
            # Threads that wait for the database cost nothing, so a few per process.
            *("--workers", str(workers), "--blocking-threads", "4"),
            # Somebody's endless download must not keep Ctrl-C waiting.
            *("--workers-kill-timeout", "5", "--log-level", "warning", "--no-ws"),
            "--respawn-failed-workers",
        ]
        if setpriv := shutil.which("setpriv"):
            # Should this process be killed outright, the kernel ends granian too.
            command = [setpriv, "--pdeathsig", "TERM", *command]
        # All processes sign alike. Not as SECRET_KEY: what lasts must not rest on a key that ends with this start.
        environment = {**os.environ, "RUN_KEY": settings.SECRET_KEY}
        server, told = _start(command, environment), False

        def end(number: int, frame: FrameType | None) -> None:
            nonlocal told
            told = True
            server.terminate()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, end)
        self.stdout.write(f"The map is at http://{host}:{port}/ (Ctrl-C ends it)")
        self.stdout.flush()
        folder = Folder()
        folder.start()
        while True:
            started = time.monotonic()
            status = server.wait()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)  # workers that have outlived a killed granian
            if told or time.monotonic() - started < SOON:
                break
            # It gives up when a worker dies twice within 5.5 seconds, as for want of memory.
            self.stderr.write(f"granian ended with status {status} and is started again.")
            server = _start(command, environment)
        folder.stop()
        if status not in (0, -signal.SIGTERM):
            raise CommandError(f"granian ended with status {status}.")


def _start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    # In a session of its own, so that Ctrl-C reaches it once, through us.
    return subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, start_new_session=True)


def _refuse_a_port_in_use(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot serve on {host}:{port}: {error.strerror}. Choose another: PORT={port + 1}"
            ) from error

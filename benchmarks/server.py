"""The platform as it is served, for measuring: the same server and options as `make demo`, on a free port."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.city import City


class Refused(RuntimeError):
    """An answer other than 200."""


@contextmanager
def server(
    city: City, *, workers: int = 1, settings: str = "geoplatform.settings"
) -> Iterator[tuple[int, int]]:
    """Process id and port of the running platform, by its own settings or others."""
    port = free_port()
    command = [sys.executable, "manage.py", "serve"]
    command += ["--port", str(port), "--workers", str(workers)]
    environment = {**city.environment, "DJANGO_SETTINGS_MODULE": settings}
    with running(command, environment, port, "/healthz") as process:
        yield process, port


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], environment: dict[str, str], port: int, path: str) -> Iterator[int]:
    """Process id of a server that answers `path`; ended afterwards."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        for _attempt in range(600):
            try:
                get(port, path)
                break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError(f"{command[0]} ended with {process.returncode}") from None
                time.sleep(0.2)
        else:
            raise RuntimeError(f"{command[0]} does not answer")
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def get(port: int, path: str) -> bytes:
    """The body of an answer. Raises Refused for any that is not 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise Refused(f"{path}: {response.status} {body[:200]!r}")
    return body

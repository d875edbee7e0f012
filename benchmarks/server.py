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


@contextmanager
def server(city: City) -> Iterator[tuple[int, int]]:
    """Process id and port of a running server with one worker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "manage.py", "serve", "--port", str(port), "--workers", "1"]
    process = subprocess.Popen(command, env=city.environment, stdout=subprocess.DEVNULL)
    try:
        for _attempt in range(600):
            try:
                if get(port, "/healthz"):
                    break
            except OSError:
                time.sleep(0.2)
        else:
            raise RuntimeError("the server did not start")
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(30)


def get(port: int, path: str) -> bytes:
    """The body of an answer; anything but 200 is an error."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise RuntimeError(f"{path}: {response.status} {body[:200]!r}")
    return body

"""The real server, as `make demo` runs it, in front of a database of the tests."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pytest

from tests.conftest import PROJECT


def serve(environment: dict[str, str]) -> Iterator[str]:
    """Address of a server with this environment; it ends with the generator."""
    with serving(environment) as (address, _process):
        yield address


@contextmanager
def serving(environment: dict[str, str], log: IO[bytes] | None = None) -> Iterator[tuple[str, int]]:
    """Address and process id of a server with this environment; all that it says goes to `log`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", "geoplatform.wsgi:application"]
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    quiet = ["--workers", "1", "--blocking-threads", "4", "--log-level", "warning", "--no-ws"]
    process = subprocess.Popen(
        [*command, *options, *quiet], env=environment, cwd=PROJECT, stdout=log, stderr=log
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/healthz", process)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(20)


def wait_for(address: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """Until it answers 200; fails when the process has ended."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (process is None or process.poll() is None):
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("The server does not answer.")

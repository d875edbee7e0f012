"""A wire that is cut: a TCP proxy in front of the server, which lets everything pass until it is told to cut.

It knows nothing of HTTP but where a POST begins. So a cut falls before or within the request on its way up, or within
the answer on its way down: after the server has stored what was sent and before the browser knows of it.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CHUNK = 65536
# Closing sends a reset at once, and what was not delivered is lost.
RESET = struct.pack("ii", 1, 0)


@dataclass
class Wire:
    """`address` is what browsers ask. All counts are of the connection that carries the first POST after `cut_at`."""

    address: str = ""
    whole: bool = True
    cut_up: int | None = None  # bytes of the POST that still reach the server
    cut_down: int | None = None  # bytes of its answer that still reach the browser
    cuts: int = 0
    open: set[socket.socket] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def cut(self) -> None:
        """Now: every connection breaks off, and none is made until `mend`."""
        with self.lock:
            self.whole = False
            self.cuts += 1
            for each in list(self.open):
                _break(each)
            self.open.clear()

    def cut_at(self, *, up: int | None = None, down: int | None = None) -> None:
        """At that byte of the next POST, or of the answer to it."""
        self.cut_up, self.cut_down = up, down

    def mend(self) -> None:
        self.cut_up = self.cut_down = None
        self.whole = True


def _break(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        each.close()


@contextmanager
def wire_to(server: str) -> Iterator[Wire]:
    target = urlsplit(server)
    assert target.hostname
    assert target.port
    wire = Wire()
    listener = socket.create_server(("127.0.0.1", 0))
    wire.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    ended = threading.Event()

    def accept() -> None:
        while not ended.is_set():
            try:
                browser, _address = listener.accept()
            except OSError:
                return
            if not wire.whole:
                _break(browser)
                continue
            try:
                upstream = socket.create_connection((target.hostname, target.port))
            except OSError:
                _break(browser)
                continue
            with wire.lock:
                wire.open |= {browser, upstream}
            carried = _Carried(wire, browser, upstream)
            for way in (carried.up, carried.down):
                threading.Thread(target=way, daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        ended.set()
        wire.cut()
        listener.close()


class _Carried:
    """One connection, both ways."""

    def __init__(self, wire: Wire, browser: socket.socket, upstream: socket.socket) -> None:
        self.wire, self.browser, self.upstream = wire, browser, upstream
        self.left_up: int | None = None
        self.left_down: int | None = None

    def up(self) -> None:
        self._pass_on(self.browser, self.upstream, self._before_up)

    def down(self) -> None:
        self._pass_on(self.upstream, self.browser, self._before_down)

    def _before_up(self, piece: bytes) -> int | None:
        if piece.startswith(b"POST "):
            self.left_up, self.left_down = self.wire.cut_up, self.wire.cut_down
        return self._left("left_up", piece)

    def _before_down(self, piece: bytes) -> int | None:
        return self._left("left_down", piece)

    def _left(self, name: str, piece: bytes) -> int | None:
        """How many bytes of this piece pass before the cut; None: all of them, and no cut."""
        left = getattr(self, name)
        if left is None:
            return None
        if len(piece) < left:
            setattr(self, name, left - len(piece))
            return None
        return int(left)

    def _pass_on(self, source: socket.socket, target: socket.socket, before: object) -> None:
        assert callable(before)
        with contextlib.suppress(OSError):
            while piece := source.recv(CHUNK):
                passes = before(piece)
                target.sendall(piece if passes is None else piece[:passes])
                if passes is not None:
                    self.wire.cut()
                    return
        with self.wire.lock:
            self.wire.open -= {source, target}
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

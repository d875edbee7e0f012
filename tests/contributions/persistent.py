"""Writers who send each edit, under the same key, until the platform has acknowledged it."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

ITEMS = "/api/collections/fruit-trees/items"
HANGING = 40  # seconds without any answer
# What a connection to a killed worker says, and a port on which nobody listens at the moment.
CUT = (OSError, http.client.HTTPException)
KINDS = {"POST": "application/geo+json", "PUT": "application/geo+json"}


@dataclass(frozen=True)
class Edit:
    """`note` is no other edit's, so a version tells by it which edit made it."""

    key: str
    method: str
    feature: str
    note: str


@dataclass
class Writers:
    """`said` counts the answers by status; `wrong` are those that no client should ever get."""

    address: str
    token: str
    shared: list[str]
    gives_up: bool = False  # on a feature that is not there: in a run that may lose some
    acknowledged: list[Edit] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, number: int) -> None:
        self._threads = [threading.Thread(target=self._write, args=(n,)) for n in range(number)]
        self._threads.append(threading.Thread(target=self._read))
        for each in self._threads:
            each.start()

    def stop(self) -> None:
        """Each one goes on until what it has begun is acknowledged."""
        self._stopped.set()
        for each in self._threads:
            each.join(120)
            assert not each.is_alive(), "somebody still waits for an answer"

    def go_on(self, edits: int, seconds: float = 60) -> None:
        """Wait until so many more are acknowledged: the platform is back."""
        enough, deadline = len(self.acknowledged) + edits, time.monotonic() + seconds
        while len(self.acknowledged) < enough:
            assert time.monotonic() < deadline, f"it did not come back: {self.said} {self.wrong}"
            time.sleep(0.05)

    def _write(self, number: int) -> None:
        chance, own = random.Random(number), list[str]()
        client = Client(self.address, {"Authorization": f"Bearer {self.token}"})
        count = 0
        while not self._stopped.is_set():
            count += 1
            key, note = str(uuid.uuid4()), f"writer {number} edit {count}"
            if len(own) < 3 or chance.random() < 0.3:
                edit = Edit(key, "POST", key, note)
            else:
                feature = chance.choice(self.shared if chance.random() < 0.3 else own[-20:])
                edit = Edit(key, chance.choice(["PATCH", "PATCH", "PUT"]), feature, note)
            if self._acknowledged(client, edit, chance):
                if edit.method == "POST":
                    own.append(key)
            elif edit.feature in own:
                own.remove(edit.feature)

    def _acknowledged(self, client: Client, edit: Edit, chance: random.Random) -> bool:
        path = ITEMS if edit.method == "POST" else f"{ITEMS}/{edit.feature}"
        body = json.dumps(_document(edit, chance))
        kind = KINDS.get(edit.method, "application/merge-patch+json")
        while True:
            status = self._ask(client, edit.method, path, body, kind, edit.key)
            if status in (200, 201):
                with self._lock:
                    self.acknowledged.append(edit)
                return True
            if status == 404 and self.gives_up:
                return False
            time.sleep(0.1)

    def _read(self) -> None:
        """Somebody looks at the map meanwhile."""
        client = Client(self.address, {})
        while not self._stopped.is_set():
            for path in ("/", f"{ITEMS}?limit=10", "/tiles/fruit-trees/10/543/331.mvt"):
                self._ask(client, "GET", path)
            time.sleep(0.05)

    def _ask(self, client: Client, method: str, path: str, *sent: str) -> int:
        """The status; 0 where the connection was cut."""
        try:
            status, kind, retry, answer = client.ask(method, path, *sent)
        except TimeoutError:
            status, kind, retry, answer = -1, "", "", b"no answer at all"
        except CUT:
            status, kind, retry, answer = 0, "", "", b""
        expected = status in (0, 200, 201, 204) or (status == 404 and self.gives_up)
        if status == 503:
            problem = kind == "application/problem+json" and json.loads(answer)["status"] == 503
            expected = bool(retry) and (problem or path == "/")
        with self._lock:
            self.said[f"{method} {status or 'cut'}"] += 1
            if not expected:
                self.wrong.append(f"{method} {path} {status} {answer[:300]!r}")
        return status


class Client:
    """One connection, made anew after it was cut."""

    def __init__(self, address: str, headers: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=HANGING)
        self._headers = headers

    def ask(
        self, method: str, path: str, body: str = "", kind: str = "", key: str = ""
    ) -> tuple[int, str, str, bytes]:
        """Status, media type, Retry-After and body."""
        headers = {**self._headers, "Accept-Language": "en"}
        if key:
            headers |= {"Content-Type": kind, "Idempotency-Key": key}
        try:
            self._connection.request(method, path, body or None, headers)
            response = self._connection.getresponse()
            answer = response.read()
        except CUT:
            self._connection.close()
            raise
        return (
            response.status,
            response.headers.get("Content-Type", ""),
            response.headers.get("Retry-After", ""),
            answer,
        )


def _document(edit: Edit, chance: random.Random) -> dict[str, object]:
    if edit.method == "PATCH":
        return {"properties": {"note": edit.note, "height_m": round(chance.uniform(2, 30), 1)}}
    place = [11.0 + chance.random() * 0.19, 53.0 + chance.random() * 0.09]
    return {
        "type": "Feature",
        "id": edit.feature,
        "geometry": {"type": "Point", "coordinates": place},
        "properties": {"species": "Malus domestica", "access": "public", "note": edit.note},
    }

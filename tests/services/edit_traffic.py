"""Many people who send edits to a real server at the same time, each under a name of their own."""

from __future__ import annotations

import http.client
import json
import random
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

ITEMS = "/api/collections/fruit-trees/items"
THREADS = 8
# Nobody is slowed down here: the limits are tested elsewhere.
UNLIMITED = ",".join(
    f"{level}_{what}=10000000"
    for level in ("nobody", "new", "known", "trusted")
    for what in ("at_once", "hourly")
)


@dataclass
class Person:
    """Headers that tell who it is, and the name that is written into what they send."""

    name: str
    headers: dict[str, str]
    trees: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sent:
    """Key and author of a request, and its answer."""

    key: str
    person: str
    status: int


class Traffic:
    def __init__(self, address: str, people: list[Person], seed: int) -> None:
        self.netloc = urlsplit(address).netloc
        self.people = people
        self.chance = random.Random(seed)
        self.lock = threading.Lock()
        self.local = threading.local()
        self.sent: list[Sent] = []

    def run(self, requests: int) -> list[Sent]:
        with ThreadPoolExecutor(THREADS) as pool:
            for done in [pool.submit(self.one) for _number in range(requests)]:
                done.result()
        return self.sent

    def one(self) -> None:
        """One request of somebody: a new tree, or a change of one of their own."""
        with self.lock:
            person = self.chance.choice(self.people)
            tree = self.chance.choice(person.trees) if person.trees else ""
            new = not tree or self.chance.random() < 0.4
            place = [11.0 + self.chance.random() * 0.19, 53.0 + self.chance.random() * 0.09]
        key = str(uuid.uuid4())
        if new:
            properties = {"species": "Malus domestica", "note": person.name}
            geometry = {"type": "Point", "coordinates": place}
            body = {"type": "Feature", "id": key, "geometry": geometry, "properties": properties}
            status = self.send("POST", ITEMS, body, person, key)
        else:
            body = {"properties": {"note": person.name, "height_m": place[0]}}
            status = self.send("PATCH", f"{ITEMS}/{tree}", body, person, key)
        with self.lock:
            self.sent.append(Sent(key, person.name, status))
            if new and status == 201:
                person.trees.append(key)

    def send(self, method: str, path: str, body: object, person: Person, key: str) -> int:
        """Over a connection that other people of this thread have used before."""
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = self.local.connection = http.client.HTTPConnection(self.netloc, timeout=60)
        kind = "application/geo+json" if method == "POST" else "application/merge-patch+json"
        headers = {**person.headers, "Content-Type": kind, "Idempotency-Key": key}
        connection.request(method, path, json.dumps(body), headers)
        response = connection.getresponse()
        response.read()
        return response.status

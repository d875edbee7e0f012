"""A primary and a replica of it, for the proofs of what replicas are for."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path

import pytest

from geoplatform.database.cluster import Cluster
from geoplatform.database.server import Server
from tests import clusters

TOKEN = """
from django.contrib.auth.models import User
from geoplatform.contributions.roles import Role, make_token
user = User.objects.create_user("writer")
Role.objects.create(user=user, kind="staff")
print(make_token(user=user, name="proof", layers=[], expires=None)[1])
from geoplatform.catalog import registry
species = registry.get("fruit-trees").model.objects.filter(edible=True).first().species
print(getattr(species, species.reference))
"""
TREES = "/api/collections/fruit-trees/items"


@dataclass
class Answer:
    status: int
    body: bytes
    headers: Message  # names in any case

    @property
    def json(self) -> dict:
        return json.loads(self.body)


def ask(address: str, method: str = "GET", said: object = None, **headers: str) -> Answer:
    """Header names are written with an underscore here."""
    data = None if said is None else json.dumps(said).encode()
    request = urllib.request.Request(address, data, method=method)
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=30) as found:
            return Answer(found.status, found.read(), found.headers)
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read(), error.headers)


@dataclass
class Pair:
    """A primary with the demo's town, its replica, and a token that may write."""

    folder: Path
    primary: Cluster
    replica: Cluster
    token: str
    species: str
    environment: dict[str, str] = field(default_factory=dict)

    def lag(self, seconds: float) -> None:
        """Replay everything so much later."""
        with clusters.connect(self.replica) as connection:
            connection.execute(f"ALTER SYSTEM SET recovery_min_apply_delay = '{seconds}s'")
            connection.execute("SELECT pg_reload_conf()")


@pytest.fixture
def pair(demo_template: str) -> Iterator[Pair]:
    with clusters.folder() as folder:
        primary = Cluster(folder / "primary")
        primary.ensure_running()
        primary.keep()
        clusters.fill(primary, demo_template)
        replica = clusters.follow(primary, folder / "replica")
        environment = clusters.environment(primary, replica, replicas=(replica,))
        token, species = clusters.shell(environment, TOKEN).splitlines()
        try:
            yield Pair(folder, primary, replica, token, species, environment)
        finally:
            for each in (replica, primary):
                Server(each.home).stop()


def until_it_says(address: str, words: str) -> None:
    """Wait for the health page to say so."""
    deadline = time.monotonic() + 60
    while words not in (said := ask(f"{address}/healthz").body.decode()):
        assert time.monotonic() < deadline, said
        time.sleep(0.1)

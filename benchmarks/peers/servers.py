"""How each peer is configured and started: one worker on loopback, as its documentation has it; room for 20,000."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from benchmarks.city import City
from benchmarks.server import free_port, running, server

BIN = Path("build/peers/bin").absolute()
VIEW = "trees_for_peers"
TREES = 20_000
# Process id, port and the path of 20,000 trees.
Running = tuple[int, int, str]
Start = Callable[[City], AbstractContextManager[Running]]


class NotInstalled(RuntimeError):
    """A peer that is not there."""


def _program(name: str) -> str:
    if not (BIN / name).exists():
        raise NotInstalled(f"{name} is not in build/peers: .setup/peers installs it")
    return str(BIN / name)


@contextmanager
def drf_gis(city: City) -> Iterator[Running]:
    """djangorestframework-gis: served like the platform, from the platform's own environment."""
    with server(city, settings="benchmarks.peers.drf_settings") as (process, port):
        yield process, port, "/trees"


@contextmanager
def tipg(city: City) -> Iterator[Running]:
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": city.web_url,
        "TIPG_DB_TABLES": json.dumps([f"public.{VIEW}"]),
        "TIPG_TABLE_CONFIG": json.dumps({f"public_{VIEW}": {"pk": "id", "geomcol": "location"}}),
        "TIPG_MAX_FEATURES_PER_QUERY": str(TREES),
        "TIPG_DB_DATETIME_EXTENT": "false",
        "TIPG_CATALOG_TTL": "0",  # nothing is looked up anew in the midst of a measurement
    }
    command = [_program("uvicorn"), "tipg.main:app", "--workers", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
    with running(command, environment, port, "/healthz") as process:
        yield process, port, f"/collections/public.{VIEW}/items?limit={TREES}"


@contextmanager
def pygeoapi(city: City) -> Iterator[Running]:
    port = free_port()
    generate = _program("pygeoapi")
    with TemporaryDirectory() as folder:
        config, openapi = Path(folder) / "config.yml", Path(folder) / "openapi.yml"
        config.write_text(json.dumps(_pygeoapi_config(city, port)))  # JSON is YAML
        environment = {
            **os.environ,
            "PYGEOAPI_CONFIG": str(config),
            "PYGEOAPI_OPENAPI": str(openapi),
        }
        subprocess.run(
            [generate, "openapi", "generate", str(config), "--output-file", str(openapi)],
            env=environment,
            check=True,
            capture_output=True,
        )
        command = [_program("gunicorn"), "pygeoapi.flask_app:APP", "--workers", "1"]
        command += ["--bind", f"127.0.0.1:{port}", "--timeout", "300", "--log-level", "warning"]
        with running(command, environment, port, "/conformance?f=json") as process:
            yield process, port, f"/collections/trees/items?f=json&limit={TREES}"


def _pygeoapi_config(city: City, port: int) -> dict[str, object]:
    address = urlsplit(city.web_url)
    database = {
        "host": unquote(address.hostname or ""),
        "port": address.port or 5432,
        "dbname": address.path.lstrip("/"),
        "user": address.username,
        "password": address.password or "",
        "search_path": ["public"],
    }
    provider = {
        "type": "feature",
        "name": "PostgreSQL",
        "data": database,
        "id_field": "id",
        "table": VIEW,
        "geom_field": "location",
    }
    trees = {
        "type": "collection",
        "title": "Trees",
        "description": "Trees",
        "keywords": ["trees"],
        "links": [],
        "extents": {"spatial": {"bbox": [11, 53, 12, 54]}},
        "providers": [provider],
    }
    contact = {"name": "Bench", "url": "http://localhost"}
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port},
            "url": f"http://127.0.0.1:{port}",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "gzip": False,
            "languages": ["en-US"],
            "pretty_print": False,
            "limits": {"default_items": 10, "max_items": TREES},
            "map": {"url": "http://localhost/{z}/{x}/{y}.png", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": "Bench",
                "description": "Bench",
                "keywords": ["bench"],
                "keywords_type": "theme",
                "terms_of_service": "none",
                "url": "http://localhost",
            },
            "license": {"name": "CC0", "url": "http://localhost"},
            "provider": contact,
            "contact": contact,
        },
        "resources": {"trees": trees},
    }

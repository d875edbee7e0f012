"""pygeoapi over a file of features: an OGC API that others wrote, to be harvested. .setup/peers installs it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import PROJECT
from tests.serving import wait_for

BIN = PROJECT / "build" / "peers" / "bin"
MISSING = "pygeoapi is not in build/peers (.setup/peers installs it)"
CRS = "http://www.opengis.net/def/crs/"


@contextmanager
def pygeoapi(features: dict[str, Any], folder: Path, crs: Sequence[str]) -> Iterator[str]:
    """Address of an API with the collection `trees`, pages of 100. `features` is GeoJSON with `id` in each."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data, config, openapi = (folder / each for each in ("t.geojson", "config.yml", "openapi.yml"))
    data.write_text(json.dumps(features))
    config.write_text(json.dumps(_config(port, data, crs)))  # JSON is YAML
    environment = {
        **os.environ,
        "PYGEOAPI_CONFIG": str(config),
        "PYGEOAPI_OPENAPI": str(openapi),
    }
    subprocess.run(
        [BIN / "pygeoapi", "openapi", "generate", str(config), "--output-file", str(openapi)],
        env=environment,
        check=True,
        capture_output=True,
    )
    command = [str(BIN / "gunicorn"), "pygeoapi.flask_app:APP", "--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen([*command, "--log-level", "warning"], env=environment)
    try:
        wait_for(f"http://127.0.0.1:{port}/conformance?f=json", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _config(port: int, data: Path, crs: Sequence[str]) -> dict[str, Any]:
    contact = {"name": "Town", "url": "http://localhost"}
    words = {"title": "Town", "description": "Town", "keywords": ["trees"]}
    provider = {"type": "feature", "name": "GeoJSON", "data": str(data), "id_field": "id"}
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port},
            "url": f"http://127.0.0.1:{port}",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "gzip": True,
            "languages": ["en-US"],
            "limits": {"default_items": 10, "max_items": 100},
            "map": {"url": "http://localhost/{z}/{x}/{y}.png", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {**words, "terms_of_service": "none", "url": "http://localhost"},
            "license": {"name": "CC0", "url": "http://localhost"},
            "provider": contact,
            "contact": contact,
        },
        "resources": {
            "trees": {
                **words,
                "type": "collection",
                "links": [],
                "extents": {"spatial": {"bbox": [11, 53, 12, 54]}},
                "providers": [
                    {
                        **provider,
                        "crs": [CRS + each for each in crs],
                        "storage_crs": CRS + "OGC/1.3/CRS84",
                    }
                ],
            }
        },
    }

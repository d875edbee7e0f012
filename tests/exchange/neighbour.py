"""A neighbour's server for harvests: on loopback, and as honest or hostile as a test wants it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Answer = Callable[["Request"], None]


class Request(BaseHTTPRequestHandler):
    """One request, with what a test needs to answer it rightly or wrongly."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.server.neighbour.asked.append(self.path)
        answer = self.server.neighbour.answers.get(parts.path)
        if answer is None:
            self.say(b"nothing here", "text/plain", status=404)
        else:
            answer(self)

    def say(
        self, body: bytes | str | dict[str, Any], kind: str, status: int = 200, **headers: str
    ) -> None:
        """An honest answer."""
        if isinstance(body, dict):
            body = json.dumps(body)
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_said: object) -> None:
        """Tests are quiet."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    neighbour: Neighbour

    def handle_error(self, *_which: object) -> None:
        """A client that leaves early is what many tests want."""


@dataclass
class Neighbour:
    """`answers` by path; `asked` are the requests as they came. `over` is set when the test
    has ended; `spared` counts what was answered by 304."""

    port: int
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    spared: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"


@contextmanager
def neighbour() -> Iterator[Neighbour]:
    with Server(("127.0.0.1", 0), Request) as server:
        server.neighbour = Neighbour(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.neighbour
        finally:
            server.neighbour.over.set()
            server.shutdown()
            thread.join()


GEOJSON = "application/geo+json"


def tree(number: int, **properties: Any) -> dict[str, Any]:
    """A feature as OGC API Features gives it."""
    return {
        "type": "Feature",
        "id": f"tree-{number}",
        "geometry": {"type": "Point", "coordinates": [11.05 + number * 1e-5, 53.05]},
        "properties": {"species": "Malus domestica", "height": number % 20 + 1, **properties},
    }


def collection(features: list[dict[str, Any]], **members: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features, **members}


def offer_api(there: Neighbour, count: int, page: int = 10, **lies: Any) -> None:
    """An OGC API with one collection `trees` of so many trees; `lies` replace members of each page."""

    def landing(request: Request) -> None:
        request.say({"title": "API", "links": []}, "application/json")

    def about(request: Request) -> None:
        items = {
            "rel": "items",
            "type": GEOJSON,
            "href": "trees/items",
        }
        request.say({"id": "trees", "links": [items]}, "application/json")

    def items(request: Request) -> None:
        start = int(request.query.get("offset", 0))
        size = int(request.query.get("limit", page))
        features = [tree(number) for number in range(start, min(start + size, count))]
        links = []
        if start + size < count:
            query = f"limit={size}&offset={start + size}"
            links = [{"rel": "next", "type": GEOJSON, "href": f"items?{query}"}]
        told = {"links": links, "numberMatched": count, **lies}
        request.say(collection(features, **told), GEOJSON)

    there.answers |= {
        "/api/": landing,
        "/api/collections/trees": about,
        "/api/collections/trees/items": items,
    }

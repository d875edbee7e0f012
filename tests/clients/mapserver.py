"""MapServer in front of a database of ours: oracle of the WMS proofs, peer of its benchmark, and a WFS to harvest.

Only tests and benchmarks use it (Debian: cgi-mapserver). A mapfile is written for some tables, and one mapserv process
answers over FastCGI, so that no request pays for starting a program.
"""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlencode, urlsplit

if TYPE_CHECKING:
    from geoplatform.catalog.layer import Layer

PROGRAM = shutil.which("mapserv", path=f"{os.environ.get('PATH', '')}:/usr/lib/cgi-bin")
MISSING = "MapServer is not installed (Debian: cgi-mapserver)"
CRS = ("EPSG:25832", "EPSG:25833", "EPSG:4258", "EPSG:4326", "EPSG:3857", "CRS:84")
KINDS = {0: "POINT", 1: "LINE", 2: "POLYGON"}
DISC = 'SYMBOL NAME "disc" TYPE ELLIPSE POINTS 1 1 END FILLED TRUE END'


@dataclass(frozen=True)
class Table:
    """What MapServer draws as one layer: rows of a table or of a SELECT, in one style.

    kind    POINT, LINE or POLYGON
    data    `column FROM table USING UNIQUE key USING SRID=n`, as MapServer's PostGIS driver reads it
    srid    EPSG code of that column
    style   the inside of a CLASS
    where   a condition on the rows, SQL
    """

    name: str
    kind: str
    data: str
    srid: int
    style: str
    where: str = ""


def table_of(layer: Layer, style: str, where: str = "") -> Table:
    """The table of a layer, as stored in EPSG:4326."""
    data = f"{layer.geometry} FROM {layer.model._meta.db_table} USING UNIQUE fid USING SRID=4326"
    return Table(layer.name, KINDS[layer.dimension], data, 4326, style, where)


def disc(color: str, size: float) -> str:
    """The style of a filled circle, `size` pixels wide."""
    return f'STYLE SYMBOL "disc" COLOR "{color}" SIZE {size} END'


def filled(color: str, outline: str | None = None, width: float = 1, opacity: int = 100) -> str:
    """The style of a filled polygon; its opacity in percent is that of the area, not of the outline."""
    edge = f'STYLE OUTLINECOLOR "{outline}" WIDTH {width} END' if outline else ""
    return f'STYLE COLOR "{color}" OPACITY {opacity} END {edge}'


def mapfile(address: str, tables: Sequence[Table], online: str) -> str:
    """The text of a mapfile for a database (its address as libpq reads it); `online` is what capabilities name."""
    layers = "\n".join(_layer(_connection(address), each) for each in tables)
    return f"""MAP
  NAME "oracle"
  EXTENT 5 45 16 56
  SIZE 256 256
  MAXSIZE 4096
  PROJECTION "init=epsg:4326" END
  IMAGETYPE "rgba"
  OUTPUTFORMAT NAME "rgba" DRIVER "AGG/PNG" MIMETYPE "image/png" IMAGEMODE RGBA EXTENSION "png"
    TRANSPARENT ON FORMATOPTION "COMPRESSION=1" END
  OUTPUTFORMAT NAME "png8" DRIVER "AGG/PNG" MIMETYPE "image/png; mode=8bit" IMAGEMODE RGBA EXTENSION "png"
    TRANSPARENT ON FORMATOPTION "QUANTIZE_FORCE=ON" FORMATOPTION "COMPRESSION=1" END
  {DISC}
  WEB METADATA
    "wms_title" "oracle"
    "ows_onlineresource" "{online}"
    "wms_srs" "{" ".join(CRS)}"
    "wfs_title" "oracle"
    "wfs_srs" "{" ".join(CRS[:-1])}"
    "ows_enable_request" "*"
    "wms_feature_info_mime_type" "text/plain"
  END END
{layers}
END
"""


def _connection(address: str) -> str:
    parts = urlsplit(address)
    known = {
        "host": unquote(parts.hostname or ""),
        "port": parts.port,
        "dbname": parts.path.lstrip("/"),
        "user": parts.username,
        "password": unquote(parts.password or ""),
    }
    return " ".join(f"{name}={value}" for name, value in known.items() if value)


def _layer(connection: str, table: Table) -> str:
    condition = f'PROCESSING "NATIVE_FILTER={table.where}"' if table.where else ""
    return f"""  LAYER
    NAME "{table.name}"
    TYPE {table.kind}
    STATUS OFF
    CONNECTIONTYPE POSTGIS
    CONNECTION "{connection}"
    PROCESSING "CLOSE_CONNECTION=DEFER"
    {condition}
    DATA "{table.data}"
    PROJECTION "init=epsg:{table.srid}" END
    TEMPLATE "info"
    TOLERANCE 3
    TOLERANCEUNITS PIXELS
    METADATA "ows_title" "{table.name}" "wms_include_items" "id" "gml_include_items" "all" "gml_featureid" "id"
      "wfs_geometry_precision" "12" "ows_extent" "5 45 16 56" END
    CLASS {table.style} END
  END"""


@dataclass(frozen=True)
class Answer:
    content_type: str
    body: bytes


class MapServer:
    """A running mapserv. `process` is its id, for counting its CPU."""

    def __init__(self, process: int, path: Path, map_: Path) -> None:
        self.process, self._path, self._map = process, path, map_

    def get(self, query: str) -> Answer:
        """The answer to a query string. Raises RuntimeError for an exception, or anything said on standard error."""
        parameters = {
            "REQUEST_METHOD": "GET",
            "QUERY_STRING": f"map={self._map}&{query}",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SCRIPT_NAME": "/",
        }
        output, error = _ask(self._path, parameters)
        stream = BytesIO(output)
        headers = http.client.parse_headers(stream)
        answer = Answer(headers.get("Content-Type", ""), stream.read())
        if error or "ServiceException" in answer.body[:400].decode("latin-1"):
            raise RuntimeError(f"MapServer: {query}: {error!r} {answer.body[:400]!r}")
        return answer

    def ask(self, **parameters: object) -> Answer:
        return self.get(urlencode({"SERVICE": "WMS", **parameters}))


@contextmanager
def mapserver(
    address: str, tables: Sequence[Table], online: str = "http://127.0.0.1/"
) -> Iterator[MapServer]:
    """One mapserv over the tables of a database, ended afterwards."""
    if PROGRAM is None:
        raise RuntimeError(MISSING)
    with tempfile.TemporaryDirectory(prefix="mapserver-") as name:
        folder = Path(name)
        map_, config, path = folder / "oracle.map", folder / "mapserver.conf", folder / "socket"
        map_.write_text(mapfile(address, tables, online))
        config.write_text('CONFIG ENV MS_MAP_PATTERN "." END END\n')
        # FastCGI (specification 1.0, 2.2): the listening socket is the program's descriptor 0.
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
            listening.listen(64)
            process = subprocess.Popen(
                [PROGRAM],
                stdin=listening.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"MAPSERVER_CONFIG_FILE": str(config), "PATH": "/usr/bin:/bin"},
            )
        try:
            yield MapServer(process.pid, path, map_)
        finally:
            process.kill()  # it takes a SIGTERM as read only when the next request comes
            process.wait(10)


# A FastCGI client in the least that is needed: one connection, one request (specification 1.0, 3 to 5).
HEADER = struct.Struct(">BBHHBB")  # version, type, request, length of content, padding, reserved
BEGIN, END, PARAMS, STDIN, STDOUT, STDERR = 1, 3, 4, 5, 6, 7
RESPONDER = struct.pack(">HB5x", 1, 0)


def _ask(path: Path, parameters: dict[str, str]) -> tuple[bytes, bytes]:
    """What a FastCGI program writes to standard output and to standard error."""
    given = b"".join(_pair(name.encode(), value.encode()) for name, value in parameters.items())
    records = [(BEGIN, RESPONDER)]
    records += [(PARAMS, given[at : at + 65535]) for at in range(0, len(given), 65535)]
    records += [(PARAMS, b""), (STDIN, b"")]
    said = {STDOUT: bytearray(), STDERR: bytearray()}
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(300)
        client.connect(str(path))
        for kind, content in records:
            client.sendall(HEADER.pack(1, kind, 1, len(content), 0, 0) + content)
        stream = client.makefile("rb")
        while header := stream.read(HEADER.size):
            _version, kind, _request, length, padding, _reserved = HEADER.unpack(header)
            content = stream.read(length + padding)[:length]
            if kind == END:
                break
            said[kind] += content
    return bytes(said[STDOUT]), bytes(said[STDERR])


def _pair(name: bytes, value: bytes) -> bytes:
    return _length(name) + _length(value) + name + value


def _length(text: bytes) -> bytes:
    return bytes([len(text)]) if len(text) < 128 else struct.pack(">I", len(text) | 1 << 31)

"""Requests to the WMS, and what comes back, read by other people's programs."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from django.test import Client
from lxml import etree

MAP = {
    "SERVICE": "WMS",
    "VERSION": "1.3.0",
    "REQUEST": "GetMap",
    "LAYERS": "trees",
    "STYLES": "",
    "CRS": "EPSG:25833",
    "FORMAT": "image/png",
    "WIDTH": "256",
    "HEIGHT": "256",
}
# Around the town of tests.make (11.0 to 11.2 by 53.0 to 53.1 degrees), in each CRS: west, south, east, north.
BOXES = {
    "CRS:84": (11.04, 53.04, 11.06, 53.06),
    "EPSG:4326": (11.04, 53.04, 11.06, 53.06),
    "EPSG:4258": (11.04, 53.04, 11.06, 53.06),
    "EPSG:3857": (1228967.0, 6990400.0, 1231194.0, 6994104.0),
    "EPSG:25832": (636700.0, 5878600.0, 638100.0, 5881000.0),
    "EPSG:25833": (234500.0, 5883900.0, 236000.0, 5886300.0),
}
LATITUDE_FIRST = {"EPSG:4326", "EPSG:4258"}


def bbox(crs: str, version: str = "1.3.0") -> str:
    west, south, east, north = BOXES[crs]
    flipped = version == "1.3.0" and crs in LATITUDE_FIRST
    numbers = (south, west, north, east) if flipped else (west, south, east, north)
    return ",".join(map(str, numbers))


def asked(version: str = "1.3.0", crs: str = "EPSG:25833", **values: str | None) -> dict[str, str]:
    """A request for a map in a version and CRS; None takes a parameter away."""
    named = {"CRS" if version == "1.3.0" else "SRS": crs}
    whole = {**MAP, **named, "BBOX": bbox(crs, version), "VERSION": version, **values}
    if version != "1.3.0":
        whole.pop("CRS", None)
    return {name: value for name, value in whole.items() if value is not None}


def get(values: dict[str, str] | str, **headers: str):
    if isinstance(values, str):
        return Client().get(f"/wms?{values}", headers=headers)
    return Client().get("/wms", values, headers=headers)


def refusal(response) -> tuple[str, str]:
    """Code and text of an exception, whose form is the schema's or DTD's."""
    root = etree.fromstring(response.content)
    assert root.tag.rpartition("}")[2] == "ServiceExceptionReport", response.content
    if response.headers["Content-Type"].startswith("text/xml"):
        schema("wms/1.3.0/exceptions_1_3_0.xsd").assertValid(root)
    else:
        assert response.headers["Content-Type"] == "application/vnd.ogc.se_xml"
        with (SCHEMAS / "wms/1.1.1/exception_1_1_1.dtd").open() as file:
            assert etree.DTD(file).validate(root)
    (found,) = root
    return found.get("code", ""), found.text or ""


# The schemas of OGC and INSPIRE as MapProxy, a development dependency, brings them for its own tests.
SCHEMAS = Path(importlib.util.find_spec("mapproxy").origin).parent / "test/schemas"  # type: ignore[union-attr, arg-type]


class Local(etree.Resolver):
    """No test asks another host: what is named by its address is read from `SCHEMAS`."""

    def resolve(self, url, public_id, context):
        parts = urlsplit(url)
        if parts.scheme in ("http", "https"):
            name = "xml.xsd" if parts.path.endswith("/xml.xsd") else parts.path.lstrip("/")
            return self.resolve_filename(str(SCHEMAS / name), context)
        return None


def parser(**options: bool) -> etree.XMLParser:
    made = etree.XMLParser(no_network=True, **options)
    made.resolvers.add(Local())
    return made


@cache
def schema(*names: str) -> etree.XMLSchema:
    """One schema, or several that belong together."""
    if len(names) == 1:
        return etree.XMLSchema(etree.parse(SCHEMAS / names[0], parser()))
    imports = "".join(
        f'<xs:import namespace="{etree.parse(SCHEMAS / name).getroot().get("targetNamespace")}"'
        f' schemaLocation="{(SCHEMAS / name).as_uri()}"/>'
        for name in names
    )
    text = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'
    return etree.XMLSchema(etree.fromstring(text, parser()))

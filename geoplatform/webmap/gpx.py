"""A walk for other apps: GPX 1.1 (https://www.topografix.com/GPX/1/1/), waypoints and the route through them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from xml.etree import ElementTree as xml

from geoplatform.webmap.walk import Stop

MEDIA_TYPE = "application/gpx+xml"
NAMESPACE = "http://www.topografix.com/GPX/1/1"
SCHEMA = f"{NAMESPACE} {NAMESPACE}/gpx.xsd"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
# Characters that XML 1.0 cannot hold (2.2), escaped or not.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def gpx(
    stops: Sequence[Stop], *, name: str, creator: str, host: str, address: str, at: dt.datetime
) -> bytes:
    """The bytes of a file.

    host     of absolute links, as `https://karte.example.org`
    address  of the walk's own page, absolute
    """
    root = xml.Element(
        "gpx",
        {
            "xmlns": NAMESPACE,
            "xmlns:xsi": INSTANCE,
            "xsi:schemaLocation": SCHEMA,
            "version": "1.1",
            "creator": _clean(creator),
        },
    )
    metadata = xml.SubElement(root, "metadata")
    _text(metadata, "name", name)
    _link(metadata, address, name)
    _text(metadata, "time", at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    for stop in stops:
        _point(root, "wpt", stop, host)
    route = xml.SubElement(root, "rte")
    _text(route, "name", name)
    for stop in stops:
        _point(route, "rtept", stop, host)
    return xml.tostring(root, encoding="utf-8", xml_declaration=True)


def _point(parent: xml.Element, kind: str, stop: Stop, host: str) -> None:
    """Its parts in the order of the schema (wptType): name, desc, link, type."""
    place = {"lat": f"{stop.entry.latitude:.7f}", "lon": f"{stop.entry.longitude:.7f}"}
    point = xml.SubElement(parent, kind, place)
    _text(point, "name", stop.entry.title)
    if stop.entry.summary:
        _text(point, "desc", stop.entry.summary)
    _link(point, host + stop.entry.address, stop.entry.title)
    _text(point, "type", str(stop.layer.title))


def _link(parent: xml.Element, address: str, text: str) -> None:
    link = xml.SubElement(parent, "link", {"href": _clean(address)})
    _text(link, "text", text)


def _text(parent: xml.Element, name: str, text: str) -> None:
    xml.SubElement(parent, name).text = _clean(text)


def _clean(text: str) -> str:
    return FORBIDDEN.sub("", text)

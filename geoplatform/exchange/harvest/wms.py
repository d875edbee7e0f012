"""WMS (OGC 06-042) as a background of the map: looked at, tried once, and told as two settings.

Nothing is kept of it. Whether every reader's browser asks that host is for a person to decide, so nothing is switched
on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.utils.translation import gettext as _
from owslib.util import ServiceException
from owslib.wms import WebMapService

from geoplatform.exchange.harvest.client import Client, HarvestError, same_safety
from geoplatform.exchange.harvest.description import Described
from geoplatform.exchange.harvest.gml_features import WrongXml, look_through
from geoplatform.exchange.harvest.walk import check_type
from geoplatform.exchange.harvest.wfs import CAPABILITIES, INCOMPLETE, KNOWN

XML = ("text/xml", "application/xml", "application/vnd.ogc.wms_xml")
WEB_MERCATOR = "EPSG:3857"
SIZE = 256  # pixels of a tile, as the map asks for it
PICTURE = 4_000_000
BOX = "{bbox-epsg-3857}"
MAGIC = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
WORLD = (-20037508.342789244, -20037508.342789244, 20037508.342789244, 20037508.342789244)


@dataclass(frozen=True)
class Background:
    """What the settings BASEMAP_URL and BASEMAP_ATTRIBUTION are to be."""

    url: str
    attribution: str


def background(source: Described, client: Client, folder: Path) -> Background:
    """Raises HarvestError where the service does not give what the map needs."""
    service = source.service
    asked = {"SERVICE": "WMS", "REQUEST": "GetCapabilities", "VERSION": service.version}
    url = _with(service.url, asked)
    body = folder / "answer"
    try:
        check_type(client.get(url, body, accept=", ".join(XML), most=CAPABILITIES), XML)
        look_through(body, doctype=service.version == "1.1.1")
        ways = WebMapService(service.url, version=service.version, xml=body.read_bytes())
        address, formats = _operation(ways)
    except (WrongXml, ServiceException) as error:
        raise HarvestError(url, str(error)) from None
    except INCOMPLETE:
        raise HarvestError(url, _("these are no capabilities of a WMS")) from None
    finally:
        body.unlink(missing_ok=True)
    layer = ways.contents.get(service.layer)
    if layer is None:
        known = ", ".join(sorted(ways.contents)[:KNOWN])
        raise HarvestError(
            url,
            _("there is no %(name)s; there are %(known)s")
            % {"name": service.layer, "known": known},
        )
    picture = service.format or "image/png"
    _offered(url, WEB_MERCATOR, list(layer.crsOptions))
    _offered(url, picture, [each for each in formats if each in MAGIC])
    template = _with(
        same_safety(client.checked(service.url), address),
        {
            "SERVICE": "WMS",
            "REQUEST": "GetMap",
            "VERSION": service.version,
            "LAYERS": service.layer,
            "STYLES": service.style,
            "CRS" if service.version == "1.3.0" else "SRS": WEB_MERCATOR,
            "WIDTH": str(SIZE),
            "HEIGHT": str(SIZE),
            "FORMAT": picture,
        },
    )
    _try(client, f"{template}&BBOX={','.join(map(str, WORLD))}", picture, body)
    return Background(f"{template}&BBOX={BOX}", source.attribution)


def _operation(ways: Any) -> tuple[str, list[str]]:
    operation = ways.getOperationByName("GetMap")
    address = next(each["url"] for each in operation.methods if each["type"].lower() == "get")
    return str(address), list(operation.formatOptions)


def _offered(url: str, wanted: str, offered: list[str]) -> None:
    if wanted not in offered:
        raise HarvestError(
            url,
            _("%(name)s is not offered; there are %(known)s")
            % {"name": wanted, "known": ", ".join(offered) or "–"},
        )


def _try(client: Client, url: str, picture: str, body: Path) -> None:
    """Ask for one picture, of the whole world."""
    try:
        check_type(client.get(url, body, accept=picture, most=PICTURE), [picture])
        with body.open("rb") as file:
            if not file.read(16).startswith(MAGIC[picture]):
                raise HarvestError(url, _("the answer is no picture"))
    finally:
        body.unlink(missing_ok=True)


def _with(url: str, asked: dict[str, str]) -> str:
    """The address with these parameters; its own of the same name give way, whatever their case (06-042, 6.8.1)."""
    parts = urlsplit(url)
    own = [(k, v) for k, v in parse_qsl(parts.query) if k.upper() not in asked]
    return urlunsplit(parts._replace(query=urlencode([*own, *asked.items()], safe="/:,")))

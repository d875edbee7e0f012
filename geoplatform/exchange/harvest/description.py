"""What is harvested: one TOML file names the service and maps what it gives, as a mapping file does for a file.

Only such files name addresses. docs/reference/harvest.md describes every key.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.harvest.client import Limits, place
from geoplatform.exchange.mapping import Mapping, MappingError, Section, mapping_of, read_toml

SAMPLES: Path = settings.BASE_DIR / "fixtures" / "harvest"
VERSIONS = {"wfs": ("2.0.0", "1.1.0"), "wms": ("1.3.0", "1.1.1")}
KINDS = ("wfs", "ogc-api-features", "geojson", "wms")
CODE = re.compile(r"EPSG:[0-9]{4,6}|OGC:CRS84")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
# The most that a description may ask for.
CAPS: dict[str, float] = {
    "timeout": 300,
    "longest": 7200,
    "pause": 60,
    "retries": 10,
    "megabytes": 4000,
    "features": 20_000_000,
}


@dataclass(frozen=True, kw_only=True)
class Service:
    """Where the data are and how they are asked for.

    layer       collection, feature type or WMS layer, as the service calls it
    format      the output format that a WFS is asked for, empty: its GML
    filter      CQL2 text (OGC API Features) or a filter as XML (WFS)
    bbox        west, south, east, north in degrees
    crs         that geometries are asked in; for GeoJSON by URL: that they are in
    axes        `xy` or `yx`, for a WFS that does not write GML as its CRS's name says
    page_size   features in one answer, 0: the service's own pages
    parameters  further ones of each request for features
    hosts       that the service may lead to, its own among them
    media_types that are taken besides the right ones
    counts      whether the number of features that the service tells must come true
    style       of a WMS layer
    """

    kind: str
    url: str
    version: str = ""
    layer: str = ""
    format: str = ""
    filter: str = ""
    bbox: tuple[float, float, float, float] | None = None
    crs: str | None = None
    axes: str = ""
    page_size: int = 0
    parameters: Map[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
    counts: bool = True
    style: str = ""


@dataclass(frozen=True, kw_only=True)
class Described:
    """A source to harvest. `layer` and `mapping` are None for a background (WMS).

    contact         whom to ask when the service is out of order
    interval_hours  0: only when asked for by name
    digest          of the service as described: answers to other questions are not kept
    """

    path: Path
    name: str
    service: Service
    limits: Limits
    layer: Layer | None
    mapping: Mapping | None
    contact: str
    attribution: str
    interval_hours: float
    digest: str


def find_source(name: str) -> Described:
    """By the name of its file, in the folder HARVEST_SOURCES or among the samples, or by a path. Raises LoadError."""
    folders = [folder() or SAMPLES, SAMPLES]
    named = [Path(name)] if name.endswith(".toml") else [each / f"{name}.toml" for each in folders]
    path = next((each for each in named if each.is_file()), None)
    if path is None:
        known = sorted({each.stem for where in folders for each in where.glob("*.toml")})
        raise LoadError(
            _("There is no source %(name)s. There are: %(known)s.")
            % {"name": name, "known": ", ".join(known)}
        )
    return read_source(path)


def folder() -> Path | None:
    """Where this installation keeps its own descriptions."""
    return Path(settings.HARVEST_SOURCES) if settings.HARVEST_SOURCES else None


def read_source(path: Path) -> Described:
    """Raises LoadError, with the file and the key."""
    try:
        return _read(path)
    except MappingError as error:
        raise LoadError(str(error)) from None


def _read(path: Path) -> Described:
    top = read_toml(path)
    if not NAME.fullmatch(path.stem):
        raise top.wrong("", _("the file's name is made of a-z, 0-9 and -, and ends in .toml"))
    section = top.section("service")
    if section is None:
        raise top.wrong("service", _("is missing: kind and url"))
    service = _service(section)
    limits = _limits(top.section("limits"))
    background = service.kind == "wms"
    layer = None if background else _layer(top)
    described = Described(
        path=path,
        name=path.stem,
        service=service,
        limits=limits,
        layer=layer,
        contact=top.text("contact"),
        interval_hours=_number(top, "interval_hours", 0, 24 * 366),
        attribution=top.text("attribution", needed=background) if background else "",
        mapping=None if background else _mapping(top, path, service),
        digest=hashlib.blake2b(repr(service).encode(), digest_size=16).hexdigest(),
    )
    top.done()
    return described


def _layer(top: Section) -> Layer:
    name = top.text("layer", needed=True)
    layer = registry.get(name)
    if layer is None:
        known = ", ".join(sorted(each.name for each in registry.layers()))
        raise top.wrong(
            "layer", _("%(value)s is none of %(known)s") % {"value": name, "known": known}
        )
    return layer


def _service(section: Section) -> Service:
    kind = _one_of(section, "kind", KINDS, needed=True)
    url = section.text("url", needed=True)
    try:
        parts = urlsplit(url)
        host = place(parts)
    except ValueError as error:
        raise section.wrong("url", str(error)) from None
    if parts.scheme not in ("http", "https") or not host:
        raise section.wrong("url", _("no address of http or https"))
    if "@" in parts.netloc:
        raise section.wrong("url", _("an address holds no password"))
    versions = VERSIONS.get(kind, ())
    parameters = section.section("parameters")
    service = Service(
        kind=kind,
        url=url,
        version=_one_of(section, "version", versions) or (versions[0] if versions else ""),
        layer=section.text("layer", needed=kind != "geojson"),
        format=section.text("format"),
        filter=section.text("filter"),
        bbox=_box(section),
        crs=_crs(section),
        axes=_one_of(section, "axes", ("xy", "yx")),
        page_size=int(_number(section, "page_size", 0, 100_000)),
        parameters={name: parameters.text(name, needed=True) for name in parameters.names()}
        if parameters
        else {},
        hosts=tuple(dict.fromkeys((host, *(each.lower() for each in section.texts("hosts"))))),
        media_types=section.texts("media_types"),
        counts=section.take("counts", bool, default=True),
        style=section.text("style"),
    )
    _fits(section, service)
    section.done()
    return service


def _mapping(top: Section, path: Path, service: Service) -> Mapping:
    mapping = mapping_of(top, path)
    if mapping.complete and not service.counts:
        raise top.wrong("complete", _("can only be where the service's counts come true"))
    return mapping


# Keys that mean something to one kind of service only.
ONLY = {
    "axes": ("wfs",),
    "format": ("wfs", "wms"),
    "style": ("wms",),
    "filter": ("wfs", "ogc-api-features"),
    "bbox": ("wfs", "ogc-api-features"),
    "page_size": ("wfs", "ogc-api-features"),
    "parameters": ("wfs", "ogc-api-features"),
}


def _fits(section: Section, service: Service) -> None:
    for name, kinds in ONLY.items():
        if getattr(service, name) and service.kind not in kinds:
            raise section.wrong(name, _("is only for %(kinds)s") % {"kinds": ", ".join(kinds)})
    if service.axes and "json" in service.format:
        raise section.wrong("axes", _("is only for %(kinds)s") % {"kinds": "GML"})
    if service.kind == "wfs" and service.bbox and service.filter:
        # OGC 09-025r2, 7.9.2.4.
        raise section.wrong("filter", _("a WFS takes either a box or a filter"))


def _one_of(section: Section, key: str, known: tuple[str, ...], *, needed: bool = False) -> str:
    value = section.text(key, needed=needed)
    if value and value not in known:
        raise section.wrong(
            key, _("%(value)s is none of %(known)s") % {"value": value, "known": ", ".join(known)}
        )
    return value


def _number(section: Section, key: str, default: float, most: float) -> float:
    value: Any = section.take(key, (int, float), default=default)
    if isinstance(value, bool) or not math.isfinite(value) or not 0 <= value <= most:
        raise section.wrong(key, _("is no number from 0 to %(most)d") % {"most": most})
    return float(value)


def _limits(section: Section | None) -> Limits:
    if section is None:
        return Limits()
    usual = Limits()
    given = {
        name: _number(section, name, getattr(usual, name), most) for name, most in CAPS.items()
    }
    section.done()
    return Limits(
        timeout=max(given["timeout"], 0.1),
        longest=max(given["longest"], 0.1),
        pause=given["pause"],
        retries=int(given["retries"]),
        megabytes=int(given["megabytes"]),
        features=int(given["features"]),
    )


def _box(section: Section) -> tuple[float, float, float, float] | None:
    values = section.take("bbox", list)
    if values is None:
        return None
    numbers = [each for each in values if isinstance(each, int | float) and math.isfinite(each)]
    if len(values) != 4 or len(numbers) != 4:
        raise section.wrong("bbox", _("is west, south, east, north in degrees"))
    west, south, east, north = (float(each) for each in numbers)
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise section.wrong("bbox", _("is west, south, east, north in degrees"))
    return west, south, east, north


def _crs(section: Section) -> str | None:
    text = section.text("crs")
    if text and not CODE.fullmatch(text):
        raise section.wrong("crs", _("is written as EPSG:25833"))
    return text or None

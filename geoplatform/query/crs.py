"""The coordinate reference systems that questions and answers may use (OGC 18-058r1, OGC API Features Part 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

from django.utils.translation import gettext as _
from pyproj import CRS

from geoplatform.query.errors import QueryError

STORED = 4326
AUTHORITIES = "http://www.opengis.net/def/crs"


@dataclass(frozen=True)
class Crs:
    """A CRS as clients name it, and what the database needs to know of it.

    uri             as in `crs=` and `Content-Crs`
    srid            EPSG code; PostGIS itself always has longitude or easting first
    latitude_first  whether the authority puts latitude first, so that answers must (EPSG:4326, EPSG:4258)
    digits          decimals of a coordinate: about a centimetre, millimetres in metric ones
    """

    uri: str
    srid: int
    latitude_first: bool
    digits: int

    @property
    def degrees(self) -> bool:
        """Whether coordinates are degrees, not metres."""
        return self.srid in (4326, 4258)

    @property
    def name(self) -> str:
        """`EPSG:25833`, `CRS84`."""
        return "CRS84" if self == CRS84 else f"EPSG:{self.srid}"


def _epsg(code: int) -> Crs:
    known = CRS.from_epsg(code)
    # Seven decimals of a degree are about a centimetre (RFC 7946, 11.2).
    digits = 7 if known.is_geographic else 3
    north_first = known.axis_info[0].direction == "north"
    return Crs(f"{AUTHORITIES}/EPSG/0/{code}", code, north_first, digits)


@cache
def metric(srid: int) -> Crs:
    """A municipality's own CRS by its EPSG code, to reckon in; answers come in those of `supported` alone."""
    return _epsg(srid)


CRS84 = Crs(f"{AUTHORITIES}/OGC/1.3/CRS84", STORED, False, 7)
# What is taken away must come back as it was: a tenth of a millimetre.
EXACT = replace(CRS84, digits=9)
# CRS84 first: it is the default (OGC 17-069r4, 7.13). Then the German official ones and those of the web.
CODES = (25832, 25833, 4258, 4326, 3857)
WRITTEN = re.compile(
    r"https?://www\.opengis\.net/def/crs/(?P<a>[A-Z]+)/[0-9.]+/(?P<b>[A-Za-z0-9]+)"
    r"|urn:ogc:def:crs:(?P<c>[A-Z]+):[0-9.]*:(?P<d>[A-Za-z0-9]+)"
    r"|\[?(?P<e>[A-Z]+):(?P<f>[A-Za-z0-9]+)\]?"
)


@cache
def supported() -> tuple[Crs, ...]:
    """All that answers can be given in, the default first."""
    return (CRS84, *(_epsg(code) for code in CODES))


@cache
def _by_name() -> dict[tuple[str, str], Crs]:
    found = {("EPSG", str(each.srid)): each for each in supported()[1:]}
    return {**found, ("OGC", "CRS84"): CRS84, ("CRS", "84"): CRS84}


def parse_crs(parameter: str, text: str) -> Crs:
    """The CRS named by a URI, a URN, or short (`EPSG:25833`, `OGC:CRS84`). Raises QueryError for any other."""
    match = WRITTEN.fullmatch(text)
    parts = [part for part in match.groups() if part] if match else []
    found = _by_name().get((parts[0], parts[1])) if len(parts) == 2 else None
    if found is None:
        raise QueryError(
            parameter,
            _("%(parameter)s is not known here. There are: %(names)s.")
            % {"parameter": parameter, "names": ", ".join(each.uri for each in supported())},
        )
    return found

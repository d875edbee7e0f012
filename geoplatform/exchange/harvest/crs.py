"""Names of coordinate reference systems in answers, and which of a position's two numbers comes first.

Only names that are known by their form pass: a library that is given any other text may take it for a file or an
address.
"""

from __future__ import annotations

import re

from geoplatform.exchange.geometry import parse_crs

# OGC 07-092r3, 05-010, 09-048r5; the last one is that of the German surveys.
NAME = re.compile(
    r"(?:urn:(?:x-)?ogc:def:crs:EPSG:[0-9.]*:|https?://www\.opengis\.net/def/crs/EPSG/[0-9.]+/"
    r"|https?://www\.opengis\.net/gml/srs/epsg\.xml#|EPSG:)(?P<epsg>[0-9]{4,6})"
    r"|(?:urn:ogc:def:crs:OGC:[0-9.]*:|https?://www\.opengis\.net/def/crs/OGC/[0-9.]+/|OGC:)CRS84h?"
    r"|urn:adv:crs:ETRS89_UTM(?P<zone>3[1-3])"
)


def code_of(name: str) -> str | None:
    """`EPSG:25833` or `OGC:CRS84`; None for what is no name of a CRS."""
    found = NAME.fullmatch(name)
    if found is None:
        return None
    if found["zone"]:
        return f"EPSG:258{found['zone']}"
    return f"EPSG:{found['epsg']}" if found["epsg"] else "OGC:CRS84"


def north_first(code: str) -> bool:
    """Whether coordinates in this CRS, as its authority defines it, begin with the north. Raises WrongCrs."""
    axes = parse_crs(code).axis_info
    return bool(axes) and axes[0].direction.lower() in ("north", "south")

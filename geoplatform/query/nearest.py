"""The features of a layer at a place, the nearest first."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from psycopg import sql

from geoplatform.query.compose import restricted
from geoplatform.query.facets import Choices, add_choices
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.geojson import feature_text
from geoplatform.query.select import raw_cursor


@dataclass(frozen=True)
class Found:
    """A feature as GeoJSON has it, easting or longitude first; `gml` is its geometry in GML 2 (OGC 02-069)."""

    id: str
    properties: dict[str, Any]
    geometry: Any
    gml: str


def nearest(
    query: FeatureQuery, x: float, y: float, reach: tuple[float, float], choices: Choices = ()
) -> list[Found]:
    """At most `query.limit` features that `query` names, by their distance from a place in `query.crs`.

    x, y   easting or longitude, and northing or latitude
    reach  half the width and half the height of the box around it that a feature must meet, in units of the CRS
    """
    box = (x - reach[0], y - reach[1], x + reach[0], y + reach[1])
    statement = restricted(replace(query, bbox=box, bbox_crs=query.crs))
    add_choices(statement, choices)
    plain = replace(query.crs, latitude_first=False)
    there = statement.geometry(plain)
    columns = [
        feature_text(statement, query.properties, plain),
        sql.SQL("ST_AsGML(2, {}, {})").format(there, sql.Literal(plain.digits)),
    ]
    # Of those that the place lies in, the smallest first: the others lie around it.
    tail = sql.SQL(
        " ORDER BY ST_Distance({there}, ST_SetSRID(ST_MakePoint({x}, {y}), {srid})), ST_Area({there}), {fid}"
        " LIMIT {most}"
    ).format(
        there=there,
        x=sql.Literal(x),
        y=sql.Literal(y),
        srid=sql.Literal(plain.srid),
        fid=statement.own("fid"),
        most=sql.Literal(query.limit),
    )
    with raw_cursor() as cursor:
        rows = cursor.execute(statement.select(columns, tail), statement.parameters).fetchall()
    return [_found(text, gml) for text, gml in rows]


def _found(text: str, gml: str | None) -> Found:
    each = json.loads(text)
    return Found(each["id"], each["properties"], each["geometry"], gml or "")

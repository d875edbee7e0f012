"""What a picture of a layer is drawn from: coordinates in EPSG:3857, and of the properties only what drawing needs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql

from geoplatform.catalog.facets import Facet
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import property_by_name
from geoplatform.catalog.seasons import half_month
from geoplatform.catalog.symbols import Categorized
from geoplatform.query.along import fetched, fetched_many
from geoplatform.query.compose import Statement, restricted
from geoplatform.query.crs import parse_crs
from geoplatform.query.errors import QueryError
from geoplatform.query.facets import Choices, add_choices
from geoplatform.query.feature_query import Box, FeatureQuery

RADIUS = 6378137.0  # of the sphere of EPSG:3857, metres
MERCATOR = parse_crs("crs", "EPSG:3857")
FINE = 1 / 8  # pixels: what is finer is not drawn
MANY = 200  # points from which on cutting a shape off costs less than carrying all of it
BEYOND = 256  # pixels around a picture that a cut keeps


@dataclass(frozen=True)
class Points:
    """Markers, side by side.

    x, y     EPSG:3857, metres, float64: the point, or the mean of those that are drawn as one
    n        how many points each stands for
    kind     place in `classes`
    classes  value of the symbol's field (None where it goes by none) and status
    labels   of single points, where they were asked for; else None
    ripe     which are in season, of a layer whose symbol has one and whose points come one by one; else None
    """

    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    n: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]
    classes: tuple[tuple[str | None, str], ...]
    labels: tuple[str | None, ...] | None = None
    ripe: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Shapes:
    """Lines or polygons, side by side; the largest first where names were asked for.

    wkb      geometry as WKB, EPSG:3857, simplified to what the picture shows
    kind     place in `classes`
    classes  value of the symbol's field (None where it goes by none) and status
    labels   names, where they were asked for; else None
    anchors  where names of polygons stand: x and y of a point within each, EPSG:3857, metres; NaN without a name
    """

    wkb: tuple[bytes, ...]
    kind: npt.NDArray[np.int64]
    classes: tuple[tuple[str | None, str], ...]
    labels: tuple[str | None, ...] | None = None
    anchors: npt.NDArray[np.float64] | None = None


class TooMuch(QueryError):
    """More features than may be drawn one by one."""


def points(
    query: FeatureQuery, box: Box, *, choices: Choices = (), labels: bool = False, most: int
) -> Points:
    """The points of a layer that `query` names (filter, at) within `box` (EPSG:3857, metres), one by one.

    A few that lie next to the box may come too. Raises TooMuch for more than `most`.
    """
    with_labels = labels and query.layer.label is not None
    statement = restricted(query)
    add_choices(statement, choices)
    _within(statement, box)
    season = _half_month(query)
    if query.is_whole_layer:
        facets = tuple(each.facet for each in choices)
        text = _usual_points(query.layer, facets, with_labels, season, statement)
    else:
        text = _points(statement, with_labels, season)
    # Planned each time: one plan for all boxes doubles the cost of a street.
    rows = fetched(text, [*statement.parameters, most + 1])
    # Here, where they are few: asked to, the database would sort all points instead.
    rows.sort(key=lambda row: (row[0] is None, row[0] or "", row[1], bool(season and row[3])))
    places = [np.frombuffer(row[2], dtype=PLACE) for row in rows]
    sizes = [len(each) for each in places]
    if sum(sizes) > most:
        raise _too_much(query.layer, most)
    together = np.concatenate(places or [np.empty(0, dtype=PLACE)])
    return Points(
        x=together["x"].astype(np.float64),
        y=together["y"].astype(np.float64),
        n=np.ones(len(together), np.int64),
        kind=np.repeat(np.arange(len(rows)), sizes),
        classes=tuple((row[0], row[1]) for row in rows),
        labels=tuple(name for row in rows for name in row[-1]) if with_labels else None,
        ripe=np.repeat([row[3] for row in rows], sizes) if rows and season else None,
    )


# Extended well-known binary of a point as this server has it: a byte, type and SRID of four bytes each, x, y.
PLACE = np.dtype([("head", "V9"), ("x", "<f8"), ("y", "<f8")])


def _half_month(query: FeatureQuery) -> float | None:
    """The half month of the picture, where what is ripe is told: of today, or of the past that is asked for."""
    symbol = query.layer.symbol
    if not isinstance(symbol, Categorized) or symbol.season is None:
        return None
    return half_month(timezone.localdate(query.at))


def _is_ripe(statement: Statement, season: float) -> sql.Composable:
    """Whether a half month lies in a row's season, which may run past the turn of the year."""
    symbol = statement.layer.symbol
    assert isinstance(symbol, Categorized)
    assert symbol.season is not None
    known = property_by_name(statement.layer)
    first, last = (statement.column(known[name]) for name in symbol.season)
    return sql.SQL(
        "coalesce(CASE WHEN {first} <= {last} THEN {now} BETWEEN {first} AND {last}"
        " ELSE {now} >= {first} OR {now} <= {last} END, false) AND {status} <> 'gone'"
    ).format(first=first, last=last, now=sql.Literal(season), status=statement.own("status"))


def _points(statement: Statement, with_labels: bool, season: float | None) -> bytes:
    """A row for each class, its places one after the other: rows of their own would cost more than to read them."""
    columns = [statement.geometry(MERCATOR), *_class_columns(statement)]
    names = ["symbol", "status"]
    if season is not None:
        columns.append(_is_ripe(statement, season))
        names.append("ripe")
    classes = sql.SQL(", ").join(map(sql.Identifier, names))
    if with_labels:
        name = property_by_name(statement.layer)[str(statement.layer.label)]
        columns.append(sql.SQL("nullif({}::text, '')").format(statement.column(name)))
    text = sql.SQL(
        "SELECT symbol, status, string_agg(place::bytea, ''){ripe}{labels}"
        " FROM ({rows}) t (place, {classes}{label})"
        " WHERE NOT ST_IsEmpty(place) GROUP BY {classes}"
    ).format(
        ripe=sql.SQL(", ripe" if season is not None else ""),
        labels=sql.SQL(", array_agg(label)" if with_labels else ""),
        label=sql.SQL(", label" if with_labels else ""),
        classes=classes,
        rows=statement.select(columns, sql.SQL(" LIMIT %s")),
    )
    return text.as_bytes(None)


# A few for each layer and choice of its facets; where it has seasons, for each half month that it is asked in.
_kept: dict[tuple[Layer, tuple[Facet, ...], bool, float | None], bytes] = {}


def _usual_points(
    layer: Layer,
    facets: tuple[Facet, ...],
    with_labels: bool,
    season: float | None,
    statement: Statement,
) -> bytes:
    """The same, written once for all that ask it of a whole layer: to compose it costs as much as some hundred rows."""
    key = layer, facets, with_labels, season
    if key not in _kept:
        _kept[key] = _points(statement, with_labels, season)
    return _kept[key]


def _too_much(layer: Layer, most: int) -> TooMuch:
    return TooMuch(
        "layers",
        _("%(layer)s: more than %(most)d features in one picture. Please zoom in.")
        % {"layer": layer.title, "most": most},
    )


def shapes(
    query: FeatureQuery, box: Box, *, resolution: float, labels: bool = False, most: int
) -> Shapes:
    """The lines or polygons of a layer that `query` names (filter, at) and that meet `box` (EPSG:3857, metres).

    resolution  metres of EPSG:3857 in a pixel: what is finer may be left out
    Raises TooMuch for more than `most`.
    """
    statement = restricted(query)
    drawn = statement.geometry(MERCATOR)
    _within(statement, box)
    columns = [_fit_to_draw(drawn, box, resolution), *_class_columns(statement)]
    tail: sql.Composable = sql.SQL("")
    if labels and query.layer.label:
        columns += _name_columns(statement, drawn)
        # An expression: the index on the place is used all the same.
        size = "ST_Area" if query.layer.dimension == 2 else "ST_Length"
        tail = sql.SQL(" ORDER BY {}({}) DESC, {}").format(
            sql.SQL(size), drawn, statement.own("fid")
        )
    tail += sql.SQL(" LIMIT {}").format(sql.Literal(most + 1))
    rows = fetched_many(statement.select(columns, tail).as_bytes(None), statement.parameters)
    if len(rows) > most:
        raise _too_much(query.layer, most)
    return _side_by_side([row for row in rows if row[0] is not None])


def _within(statement: Statement, box: Box) -> None:
    """Hold a statement to what meets a box in EPSG:3857, found by the index on the stored degrees."""
    stored = statement.own(str(statement.layer.geometry))
    envelope = "{} && ST_MakeEnvelope(%s, %s, %s, %s, 4326)"
    statement.conditions.append(sql.SQL(envelope).format(stored))
    statement.parameters.extend(_degrees(box))


def _degrees(box: Box) -> Box:
    """The same box in degrees: its edges are meridians and parallels in both."""
    west, south, east, north = box

    def latitude(y: float) -> float:
        return math.degrees(math.atan(math.sinh(y / RADIUS)))

    return (
        math.degrees(west / RADIUS),
        latitude(south),
        math.degrees(east / RADIUS),
        latitude(north),
    )


def _fit_to_draw(drawn: sql.Composable, box: Box, resolution: float) -> sql.Composed:
    """WKB of a geometry without what no pixel shows.

    Corners that lie within an eighth of a pixel of a straight line go: halving what is to be sent and drawn pays for
    finding them. Long shapes are first cut off well beyond the picture, so that no outline is seen along the cut.
    """
    west, south, east, north = box
    beyond = BEYOND * resolution
    wide = sql.SQL(", ").join(
        map(sql.Literal, (west - beyond, south - beyond, east + beyond, north + beyond))
    )
    return sql.SQL(
        "ST_AsBinary(ST_Simplify(CASE WHEN ST_NPoints({drawn}) > {many} AND NOT {drawn} @ {wide}"
        " THEN ST_ClipByBox2D({drawn}, {wide}) ELSE {drawn} END, {fine}, true))"
    ).format(
        drawn=drawn,
        many=sql.Literal(MANY),
        wide=sql.SQL("ST_MakeEnvelope({}, 3857)").format(wide),
        fine=sql.Literal(resolution * FINE),
    )


def _class_columns(statement: Statement) -> list[sql.Composable]:
    """The value of the symbol's field, and the status: codes, which are sorted by bytes for a third of the cost."""
    allowed = property_by_name(statement.layer)
    symbol = statement.layer.symbol
    value: sql.Composable = sql.SQL("NULL::text")
    if isinstance(symbol, Categorized):
        value = sql.SQL('{}::text COLLATE "C"').format(statement.column(allowed[symbol.field]))
    status = sql.SQL('{}::text COLLATE "C"').format(statement.column(allowed["status"]))
    return [value, status]


def _name_columns(statement: Statement, drawn: sql.Composable) -> list[sql.Composable]:
    """The label, and of polygons that have one x and y of a point within."""
    name = property_by_name(statement.layer)[str(statement.layer.label)]
    label = sql.SQL("nullif({}::text, '')").format(statement.column(name))
    if statement.layer.dimension < 2:
        return [label]
    return [
        label,
        sql.SQL("ST_AsBinary(CASE WHEN {} IS NOT NULL THEN ST_PointOnSurface({}) END)").format(
            label, drawn
        ),
    ]


def _side_by_side(rows: list[tuple[Any, ...]]) -> Shapes:
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    wkb, values, status, *names = columns
    places: dict[tuple[str | None, str], int] = {}
    kind = [places.setdefault(each, len(places)) for each in zip(values, status, strict=True)]
    anchors = None
    if len(names) == 2:
        points = shapely.from_wkb(np.array(names[1], dtype=object))
        anchors = np.stack([shapely.get_x(points), shapely.get_y(points)], axis=-1)
    return Shapes(
        wkb, np.array(kind, np.int64), tuple(places), names[0] if names else None, anchors
    )

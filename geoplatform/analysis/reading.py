"""A city out of the database: each subject by the name of its layer and public properties, with one statement.

Here alone it is said which layer and which property a subject of `City` is. PostGIS transforms into the municipality's
metric CRS. What touches a box around the city is read, whichever municipality it belongs to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import shapely
from django.conf import settings
from django.utils.translation import gettext as _
from psycopg import sql
from pyproj import Transformer

from geoplatform.analysis.city import TREES, City, empty
from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import property_by_name
from geoplatform.formats.batches import GEOMETRY, batches, schema
from geoplatform.query.compose import restricted
from geoplatform.query.cql2.filter import parse_filter
from geoplatform.query.crs import CRS84, metric
from geoplatform.query.errors import QueryError
from geoplatform.query.feature_query import Box, FeatureQuery
from geoplatform.query.select import raw_cursor
from geoplatform.query.within import box_around

# Metres around a city within which everything is read: more than any limit that may be asked for.
MARGIN = 2000
EXISTS = "status <> 'gone'"


@dataclass(frozen=True)
class Reading:
    """What a subject of `City` is in the database: a layer, public properties by the frame's columns, a condition."""

    layer: str
    properties: dict[str, str]
    condition: str = EXISTS


SUBJECTS = {
    "green": Reading("green-spaces", {"kind": "kind", "public_access": "public_access"}),
    "gardens": Reading("gardens", {"kind": "kind"}),
    "plots": Reading("garden-plots", {}),
    "corridors": Reading("green-corridors", {"kind": "kind"}),
    "streets": Reading("streets", {"kind": "kind", "foot": "foot", "source": "source"}),
    "crowns": Reading("trees", {"crown_m": "crown_m"}, f"{EXISTS} AND crown_m > 0"),
}
TREE_LAYER = "trees"
TREE_COLUMNS = ("edible", "access")
# What trees themselves do not say, by their species.
SPECIES = {"species": "botanical_name", "genus": "genus", "family": "family"}


@dataclass(frozen=True)
class Municipality:
    """A municipality as analysis needs it; `box` holds its quarters and MARGIN around them, in degrees."""

    ags: str
    name: str
    srid: int
    kind: str
    box: Box


def layer_name(subject: str) -> str:
    """The name of the layer that a subject of `City` is read from."""
    return TREE_LAYER if subject == "trees" else SUBJECTS[subject].layer


def layer_of(name: str) -> Layer:
    """A layer that this room reads. Raises LookupError where this installation has none of that name."""
    found = registry.get(name)
    if found is None:
        raise LookupError(f"analysis needs a layer {name!r}")
    return found


def municipality(ags: str) -> Municipality:
    """The municipality of this key. Raises QueryError where there is none, or it has no quarters."""
    layer = registry.by_role("municipality")
    found = _table(FeatureQuery(layer=layer, equals={"ags": ags}, limit=1))
    if not len(found):
        raise _unknown(ags)
    row = found.iloc[0]
    srid = int(row["metric_srid"])
    quarters = _quarters(ags, row["quarter_kind"], CRS84.srid, None)
    if not len(quarters):
        message = _("%(name)s has no quarters here: there is nothing to compare.")
        raise QueryError("municipality", message % {"name": row["name"]})
    west, south, east, north = quarters.total_bounds
    there = Transformer.from_crs(CRS84.srid, srid, always_xy=True)
    metres = there.transform_bounds(west, south, east, north, densify_pts=21)
    box = degrees_around(metres, srid, MARGIN)
    return Municipality(ags, row["name"], srid, row["quarter_kind"], box)


def _unknown(ags: str) -> QueryError:
    message = _("There is no municipality %(ags)s here. There are: %(names)s.")
    names = ", ".join(sorted(municipalities())) or "-"
    return QueryError("municipality", message % {"ags": ags[:80], "names": names})


def municipalities() -> dict[str, str]:
    """Names of all municipalities by their key (AGS)."""
    found = _table(FeatureQuery(layer=registry.by_role("municipality"), limit=None))
    return dict(zip(found["ags"], found["name"], strict=True))


def comparable() -> dict[str, str]:
    """Names of those municipalities that have quarters, by their key (AGS), in the order of the names."""
    query = FeatureQuery(
        layer=registry.by_role("quarter"), limit=None, selected=frozenset({"municipality"})
    )
    known = set(_table(query)["municipality"])
    named = sorted(municipalities().items(), key=lambda each: each[1])
    return {ags: name for ags, name in named if ags in known}


def read(town: Municipality, at: dt.datetime | None = None) -> City:
    """The city as it is, or as it was at an instant (by today's borders)."""
    quarters = _quarters(town.ags, town.kind, town.srid, at)
    around, known = _around(town, quarters, at)
    subjects = {name: subject(name, town, town.box, at) for name in SUBJECTS}
    return City(
        srid=town.srid,
        quarters=quarters,
        around=around,
        known=known,
        trees=trees(list(quarters.index), at),
        **subjects,
    )


def subject(
    name: str, town: Municipality, box: Box, at: dt.datetime | None = None
) -> gpd.GeoDataFrame:
    """The frame of a subject: features that touch the box (degrees), ordered by id, in the metric CRS."""
    reading = SUBJECTS[name]
    layer = layer_of(reading.layer)
    query = FeatureQuery(
        layer=layer,
        bbox=box,
        filter=parse_filter(reading.condition, layer=layer),
        at=at,
        limit=None,
        crs=metric(town.srid),
        selected=frozenset(reading.properties.values()),
    )
    found = _frame(query, town.srid)
    found = found.rename(columns={v: k for k, v in reading.properties.items()})
    if name == "streets":
        found["flat"] = found.pop("source").isin(settings.FLAT_STREETS).to_numpy()
    if name == "green":
        # A ring that crosses itself would stop a union; its area is what its outline holds.
        found = found.set_geometry(shapely.make_valid(found.geometry.to_numpy()), crs=town.srid)
    return found if len(found) else empty(name, town.srid)


def trees(
    quarters: Sequence[str], at: dt.datetime | None = None, *, ids: Sequence[str] | None = None
) -> pd.DataFrame:
    """How many trees there are of each sort in these quarters, counted by what the database keeps of each tree.

    `ids`: of these trees alone.

    Grouped by what the index `trees_by_quarter` holds; of species only their keys, so that names come once for each.
    """
    layer = layer_of(TREE_LAYER)
    statement = restricted(
        FeatureQuery(layer=layer, filter=parse_filter(EXISTS, layer=layer), at=at)
    )
    quarter = statement.own("quarter_id")
    statement.conditions.append(sql.SQL("{} = ANY (%s::uuid[])").format(quarter))
    statement.parameters.append(list(quarters))
    if ids is not None:
        statement.conditions.append(sql.SQL("{} = ANY (%s::uuid[])").format(statement.own("id")))
        statement.parameters.append(list(ids))
    keys = [quarter, *map(statement.own, ("species_id", *TREE_COLUMNS))]
    number = sql.SQL("sum({})").format(statement.own("number_of_plants"))
    tail = sql.SQL(" GROUP BY 1, 2, 3, 4")
    with raw_cursor() as cursor:
        rows = cursor.execute(
            statement.select([*keys, number], tail), statement.parameters
        ).fetchall()
    found = pd.DataFrame(rows, columns=["quarter", "id", *TREE_COLUMNS, "number"])
    for key in ("quarter", "id"):
        found[key] = found[key].map(str)
    found = found.merge(_species(), on="id", how="left")
    texts = ["species", "genus", "family", "access"]
    found[texts] = found[texts].fillna("")
    # What is named by its genus alone ("Tilia", "Tilia sp.") is of no known species.
    alone = ~found["species"].str.contains(r"^\S+ (?!spec\b|sp\b|spp\b)\S", regex=True)
    found.loc[alone, "species"] = ""
    found = found.groupby(list(TREES)[:-1], dropna=False, as_index=False)["number"].sum()
    return found[list(TREES)].astype(TREES)


def _species() -> pd.DataFrame:
    found = _table(
        FeatureQuery(
            layer=registry.by_role("species"), limit=None, selected=frozenset(SPECIES.values())
        )
    )
    return found[["id", *SPECIES.values()]].set_axis(["id", *SPECIES], axis=1)


def outlines(
    ags: str, per: Literal["quarter", "municipality"], at: dt.datetime | None = None
) -> gpd.GeoDataFrame:
    """The quarters of a municipality, or the municipality itself, by id: key, name, municipality (AGS), inhabitants.

    In its metric CRS. Raises QueryError where there is none of this key, or where it has no quarters.
    """
    if per == "quarter":
        town = municipality(ags)
        return _quarters(ags, town.kind, town.srid, at)
    layer = registry.by_role("municipality")
    query = FeatureQuery(layer=layer, equals={"ags": ags}, limit=1)
    found = _table(query)
    if not len(found):
        raise _unknown(ags)
    srid = int(found.iloc[0]["metric_srid"])
    frame = _frame(replace(query, at=at, crs=metric(srid)), srid)
    named = {"key": frame["ags"], "municipality": frame["ags"]}
    wanted = ["key", "name", "municipality", "inhabitants", "geometry"]
    return frame.assign(**named)[wanted].astype({"inhabitants": "float64"})


def municipalities_in(box: Box) -> list[str]:
    """Keys (AGS) of the municipalities that have quarters and whose outline meets a box (degrees), or a place."""
    # A box without any area meets nothing.
    query = FeatureQuery(layer=registry.by_role("municipality"), bbox=grown(box, 0.1), limit=None)
    found = _table(query)
    known = comparable()
    return sorted(ags for ags in found["ags"] if ags in known)


def municipality_at(longitude: float, latitude: float) -> str | None:
    """Key (AGS) of the municipality around a place, None where there is none."""
    layer = registry.by_role("municipality")
    here = box_around((longitude, latitude), 0.1)
    found = _table(FeatureQuery(layer=layer, bbox=here, limit=1))
    return str(found["ags"].iloc[0]) if len(found) else None


def shapes(query: FeatureQuery, srid: int) -> gpd.GeoSeries:
    """Geometries of the features that a query names, by id, in the metric CRS `srid`."""
    return _frame(replace(query, crs=metric(srid), selected=frozenset(), limit=None), srid).geometry


def named(query: FeatureQuery, srid: int) -> gpd.GeoDataFrame:
    """The features that a query names, by id, with their `name` (empty: none) and their shape in the CRS `srid`."""
    known = frozenset({"name"} & property_by_name(query.layer).keys())
    found = _frame(replace(query, crs=metric(srid), selected=known), srid)
    names = found["name"].fillna("") if known else ""
    return found.assign(name=names).set_geometry(
        shapely.make_valid(found.geometry.to_numpy()), crs=srid
    )


def _quarters(ags: str, kind: str, srid: int, at: dt.datetime | None) -> gpd.GeoDataFrame:
    layer = registry.by_role("quarter")
    wanted = frozenset({"key", "name", "inhabitants", "municipality"})
    query = FeatureQuery(
        layer=layer,
        equals={"municipality": ags, "kind": kind},
        filter=parse_filter(EXISTS, layer=layer),
        at=at,
        limit=None,
        crs=metric(srid) if srid != CRS84.srid else CRS84,
        selected=wanted,
    )
    found = _frame(query, srid)
    return found.astype({"inhabitants": "float64"}) if len(found) else empty("quarters", srid)


def _around(
    town: Municipality, own: gpd.GeoDataFrame, at: dt.datetime | None
) -> tuple[gpd.GeoDataFrame, shapely.Geometry]:
    """The quarters of other municipalities near the city, and the area of which this platform knows anything.

    Of a quarter that reaches farther the part within the box, with as many inhabitants as its share of the area.
    """
    layer = registry.by_role("municipality")
    query = FeatureQuery(layer=layer, bbox=town.box, limit=None, crs=metric(town.srid))
    near = _frame(query, town.srid)
    known = shapely.union_all([*near.geometry, *own.geometry])
    to_metric = Transformer.from_crs(CRS84.srid, town.srid, always_xy=True)
    box = shapely.box(*to_metric.transform_bounds(*town.box))
    found = []
    for _id, other in near.iterrows():
        if other["ags"] == town.ags:
            continue
        theirs = _quarters(other["ags"], other["quarter_kind"], town.srid, at)
        theirs = theirs[shapely.intersects(theirs.geometry.to_numpy(), box)]
        parts = shapely.intersection(theirs.geometry.to_numpy(), box)
        share = shapely.area(parts) / shapely.area(theirs.geometry.to_numpy())
        found.append(
            theirs.assign(inhabitants=theirs["inhabitants"] * share).set_geometry(
                parts, crs=town.srid
            )
        )
    if not any(map(len, found)):
        return empty("quarters", town.srid), known
    return pd.concat([each for each in found if len(each)]), known


def degrees_around(box: Box, srid: int, metres: float) -> Box:
    """A box of a metric CRS, grown by some metres, as a box of degrees that holds it."""
    west, south, east, north = box
    back = Transformer.from_crs(srid, CRS84.srid, always_xy=True)
    grown = (west - metres, south - metres, east + metres, north + metres)
    return back.transform_bounds(*grown, densify_pts=21)


def around(areas: gpd.GeoDataFrame, metres: float = 0) -> Box:
    """The box in degrees around areas (in degrees), and what is read around them: MARGIN at least."""
    west, south, east, north = (float(each) for each in areas.total_bounds)
    return grown((west, south, east, north), max(metres, MARGIN))


def grown(box: Box, metres: float = MARGIN) -> Box:
    """A box of degrees, grown by some metres."""
    return box_around(box[:2], metres)[:2] + box_around(box[2:], metres)[2:]


def _table(query: FeatureQuery) -> pd.DataFrame:
    """Id and properties of the features, by column; what is unknown is null in every type."""
    return _columns(pa.Table.from_batches(batches(query), schema=schema(query)))


def _columns(table: pa.Table) -> pd.DataFrame:
    flags = {each.name: "boolean" for each in table.schema if pa.types.is_boolean(each.type)}
    plain = [name for name in table.column_names if name != GEOMETRY]
    return table.select(plain).to_pandas().astype(flags)


def _frame(query: FeatureQuery, srid: int) -> gpd.GeoDataFrame:
    """The features by id, with their geometry in the CRS of the query, which is `srid`; in the order of their ids."""
    table = pa.Table.from_batches(batches(query), schema=schema(query))
    shapes = shapely.from_wkb(table[GEOMETRY].to_numpy())
    found = _columns(table)
    return gpd.GeoDataFrame(found, geometry=shapes, crs=srid).set_index("id").sort_index()

"""Features of one layer by where they stand to those of another, counted or summed for each of some areas.

One statement, whatever is asked. Topology is asked of the stored degrees, as filters ask it; distances, areas and
lengths are those of one metric CRS. The side with more dimensions leads: each of its shapes is made ready once, and the
other side is looked up in its index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import property_by_name
from geoplatform.query.compose import Statement, restricted
from geoplatform.query.cql2.spatial import RELATIONS
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import raw_cursor

Assigned = Literal["quarter_id", "municipality_id"]
Figure = Literal["count", "sum", "mean", "area", "length"]
CLIPPED = ("area", "length")
TOPOLOGY = ("intersects", "within", "contains", "overlaps", "crosses", "touches")
DISTANCE = "distance"
# Vertices of a piece: shapes of thousands would be measured anew for every point beside them.
PIECE = 128
# Metres that a degree of longitude has at least, up to 79 degrees north.
SHORTEST_DEGREE = 20_000.0


# To cut costs far more than to see that nothing is to be cut.
CLIP = "CASE WHEN ST_Covers(a.m, f.m) THEN f.m ELSE ST_Intersection(f.m, a.m) END"
FIGURES: dict[Figure, str] = {
    "count": "count(*)",
    "sum": "coalesce(sum(v), 0)",
    "mean": "avg(v)",
    "area": "ST_Area(ST_Union(part))",
    # A way that runs back over itself counts once, as it does where it is cut.
    "length": "sum(CASE WHEN ST_IsSimple(part) THEN ST_Length(part) ELSE ST_Length(ST_UnaryUnion(part)) END)",
}
PLAIN = (
    "WITH {with_} SELECT area, count(*), count(v), ({figure})::float8 FROM ({rows}) t GROUP BY area"
)
# What hangs together is united by itself: one union of a whole city costs ten times as much. OFFSET 0: what is cut is
# cut before it is sorted, or each part would carry its area's whole outline along.
UNITED = (
    "WITH {with_} SELECT area, sum(features)::bigint, sum(known)::bigint, sum(figure)::float8 FROM ("
    "SELECT area, count(*) AS features, count(v) AS known, {figure} AS figure FROM ("
    "SELECT area, v, part, ST_ClusterDBSCAN(part, 0, 1) OVER (PARTITION BY area) AS patch FROM ("
    "SELECT area, v, ST_CollectionExtract(part, 3) AS part FROM ({rows}) t OFFSET 0) t) t GROUP BY area, patch) t"
    " GROUP BY area"
)


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A feature counts where it stands so to at least one of `others` (itself aside), or with `none` to none of them.

    relation  one of TOPOLOGY, or DISTANCE: no farther apart than `metres`, that distance included
    """

    others: FeatureQuery
    relation: str
    metres: float = 0.0
    none: bool = False


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A feature counts where its id is one of these, or with `none` where it is not."""

    ids: Sequence[str]
    none: bool = False


@dataclass(frozen=True, kw_only=True)
class Areas:
    """Areas by id, with their outlines as WKB in the metric CRS `srid`, easting first.

    assigned  the column that says which area a feature belongs to; None: the areas that it meets
    """

    ids: Sequence[str]
    outlines: Sequence[bytes]
    srid: int
    assigned: Assigned | None = None


@dataclass(frozen=True)
class Total:
    """What was found in an area: how many features, how many of them have the number, and the figure (None: none)."""

    area: str
    features: int
    known: int
    figure: float | None


def totals(
    query: FeatureQuery,
    areas: Areas,
    figure: Figure = "count",
    number: str | None = None,
    beside: Beside | Chosen | None = None,
) -> list[Total]:
    """The figure of the features that `query` names, for each area in which there are any.

    figure  `count`; `sum` or `mean` of the public property `number`; `area` (m2, what overlaps counts once) or
            `length` (m) of the parts within each area
    """
    made = _Made(areas)
    with_ = [made.area()]
    if isinstance(beside, Beside):
        with_.append(made.near(query, figure, beside))
    clipped = figure in CLIPPED
    if clipped or areas.assigned is None:
        rows = sql.SQL(
            "SELECT a.id AS area, f.v, {part} AS part FROM area a CROSS JOIN LATERAL ("
            "SELECT f.id, f.v, {metric} AS m FROM ({features}) f WHERE f.g && a.b OFFSET 0) f"
            " WHERE ST_Intersects(f.m, a.m)"
        ).format(
            part=sql.SQL(CLIP if clipped else "NULL"),
            metric=made.metric(query.layer, sql.SQL("f.g")),
            features=made.subjects(query, figure, number),
        )
    else:
        rows = sql.SQL("SELECT f.area, f.v, NULL AS part FROM ({features}) f WHERE true").format(
            features=made.subjects(query, figure, number)
        )
    if beside:
        rows += made.counts(beside)
    text = sql.SQL(UNITED if figure == "area" else PLAIN).format(
        with_=sql.SQL(", ").join(with_), figure=sql.SQL(FIGURES[figure]), rows=rows
    )
    with raw_cursor() as cursor:
        return [Total(*row) for row in cursor.execute(text, made.parameters)]


class _Made:
    """The parts of one statement, made in the order in which it has them: `parameters` are in the order of making."""

    def __init__(self, areas: Areas) -> None:
        self.areas = areas
        self.srid = sql.Literal(areas.srid)
        self.parameters: list[Any] = []

    def area(self) -> sql.Composed:
        """`area`: id, outline in metres, and a box of degrees around it."""
        self.parameters += [list(self.areas.ids), list(self.areas.outlines)]
        return sql.SQL(
            "area AS MATERIALIZED (SELECT id, m, geoplatform.degrees_around(m) AS b FROM ("
            "SELECT id, ST_MakeValid(ST_GeomFromWKB(wkb, {})) AS m FROM unnest(%s::text[], %s::bytea[]) u(id, wkb)) u)"
        ).format(self.srid)

    def subjects(
        self, query: FeatureQuery, figure: Figure, number: str | None = None
    ) -> sql.Composed:
        """The features asked for that may lie in an area, with their number `v` and the `area` they belong to."""
        statement = restricted(query)
        value: sql.Composable = sql.SQL("NULL::float8")
        if number is not None:
            value = statement.column(property_by_name(query.layer)[number])
        chosen = {**_place(statement), "v": value}
        if self.areas.assigned and figure not in CLIPPED:
            belongs = statement.own(self.areas.assigned)
            chosen["area"] = sql.SQL("{}::text").format(belongs)
            statement.conditions.append(sql.SQL("{} = ANY (%s::uuid[])").format(belongs))
            statement.parameters.append(list(self.areas.ids))
        else:
            statement.conditions.append(
                sql.SQL("{} && (SELECT ST_SetSRID(ST_Extent(b), 4326) FROM area)").format(
                    chosen["g"]
                )
            )
        return self._select(statement, chosen)

    def others(self, query: FeatureQuery) -> sql.Composed:
        """The features that are looked at beside them."""
        statement = restricted(query)
        return self._select(statement, _place(statement))

    def _select(self, statement: Statement, chosen: dict[str, sql.Composable]) -> sql.Composed:
        self.parameters += statement.parameters
        return statement.select(
            sql.SQL("{} AS {}").format(each, sql.Identifier(name)) for name, each in chosen.items()
        )

    def metric(self, layer: Layer, geometry: sql.Composable) -> sql.Composed:
        """The geometry in metres. A ring that crosses itself would stop a union: its area is what its outline holds."""
        area = layer.dimension == 2
        form = "ST_MakeValid(ST_Transform({}, {}))" if area else "ST_Transform({}, {})"
        return sql.SQL(form).format(geometry, self.srid)

    def counts(self, beside: Beside | Chosen) -> sql.Composed:
        """What is asked of each feature `f`."""
        found = "SELECT id FROM near"
        if isinstance(beside, Chosen):
            self.parameters.append(list(beside.ids))
            found = "SELECT unnest(%s::uuid[])"
        # Not as a join, whose order would follow guesses at how many there are: as a list that is hashed once.
        return sql.SQL(" AND (f.id IN ({})) IS {}").format(
            sql.SQL(found), sql.SQL("FALSE" if beside.none else "TRUE")
        )

    def near(self, query: FeatureQuery, figure: Figure, beside: Beside) -> sql.Composed:
        """`near`: ids of the features that stand so to at least one other."""
        others_lead = beside.others.layer.dimension >= query.layer.dimension
        lead, led = ("other", "subject") if others_lead else ("subject", "other")
        shape: sql.Composable
        box: sql.Composable
        test: sql.Composable
        if beside.relation == DISTANCE:
            shape, box, test = self._apart(beside, beside.others if others_lead else query)
        else:
            shape, box = sql.SQL("g"), sql.SQL("m")
            sides = ("led.g", "lead.m") if others_lead else ("lead.m", "led.g")
            test = sql.SQL(RELATIONS[f"s_{beside.relation}"].format(*sides))
        return sql.SQL(
            "subject AS {kept} ({subjects}), other AS {other_kept} (SELECT * FROM ({others}) o"
            " WHERE g && (SELECT ST_Expand(ST_SetSRID(ST_Extent(g), 4326), {degrees}) FROM subject)),"
            " lead AS MATERIALIZED (SELECT id, m, {box} AS b FROM (SELECT id, {shape} AS m FROM {lead}) l),"
            " near AS MATERIALIZED (SELECT DISTINCT {which}.id FROM lead CROSS JOIN LATERAL ("
            "SELECT led.id FROM {led} led WHERE led.g && lead.b AND led.id <> lead.id AND {test} OFFSET 0) led)"
        ).format(
            # What is looked up keeps its index; what leads is measured against many, one after the other.
            kept=sql.SQL("NOT MATERIALIZED" if others_lead else "MATERIALIZED"),
            other_kept=sql.SQL("MATERIALIZED" if others_lead else "NOT MATERIALIZED"),
            subjects=self.subjects(query, figure),
            others=self.others(beside.others),
            degrees=sql.Literal(beside.metres / SHORTEST_DEGREE),
            box=box,
            shape=shape,
            lead=sql.Identifier(lead),
            led=sql.Identifier(led),
            which=sql.Identifier("led" if others_lead else "lead"),
            test=test,
        )

    def _apart(
        self, beside: Beside, lead: FeatureQuery
    ) -> tuple[sql.Composable, sql.Composable, sql.Composable]:
        """The shape that leads, in metres and in pieces; a box of degrees around it; and the test of a distance."""
        shape: sql.Composable = self.metric(lead.layer, sql.SQL("g"))
        if lead.layer.dimension:
            shape = sql.SQL("ST_Subdivide({}, {})").format(shape, sql.Literal(PIECE))
        metres = sql.Literal(float(beside.metres))
        box = sql.SQL("geoplatform.degrees_around(ST_Expand(m, {}))").format(metres)
        test = sql.SQL("ST_DWithin(ST_Transform(led.g, {}), lead.m, {})").format(self.srid, metres)
        return shape, box, test


def _place(statement: Statement) -> dict[str, sql.Composable]:
    """Id and geometry in degrees."""
    return {
        "id": statement.own("id"),
        "g": statement.own(str(statement.layer.geometry)),
    }

"""What a question of features is answered with: a figure for each area, and all that a citation of it needs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from django.utils import timezone
from django.utils.translation import gettext as _

from geoplatform.analysis import keeping, reading
from geoplatform.analysis.answer import version_at
from geoplatform.analysis.between import walks
from geoplatform.analysis.question import Others, Question
from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.query import as_of
from geoplatform.query.around import count_up_to
from geoplatform.query.crs import CRS84
from geoplatform.query.errors import QueryError
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.figures import credited
from geoplatform.query.tabular import unhurried
from geoplatform.query.together import Areas, Assigned, Beside, Chosen, totals

# The statement of a question may take so long: longer than a map's, for somebody waits for this one.
SECONDS = 20
# Features that walk, or are walked to: each finds its own way.
MOST_WALKING = 200_000
# Metres straight between a feature and a path that leads there.
TOLERANCE = 25.0
ASSIGNED: dict[str, Assigned] = {"quarter": "quarter_id", "municipality": "municipality_id"}


@dataclass(frozen=True, kw_only=True)
class Reply:
    """The answer to `question`.

    rows     by id of the area (text): `key`, `name`, `municipality` (AGS), `inhabitants`, then `features` (how many
             the figure is of), `known` (how many of them have the number) and `value`; NaN = null; geometry EPSG:4326,
             longitude first
    version  of the data: the number of the last changeset that they hold
    at       the instant that the data are of; asked again with it, the answer is the same
    """

    question: Question
    rows: gpd.GeoDataFrame
    version: int
    at: dt.datetime
    licences: tuple[str, ...]
    attributions: tuple[str, ...]


def reply(question: Question, *, at: dt.datetime | None = None) -> Reply:
    """Ask it of the features as they are, or as they were at an instant. Raises QueryError for what cannot be asked."""
    now = timezone.now()
    if at is not None and at > now:
        raise QueryError("at", _("The future is not known: at is an instant up to now."))
    instant = as_of.stable(at or now)
    version = version_at(instant)
    with unhurried(SECONDS):
        found = [_of(question, areas, at) for areas in _areas(question, at)]
    rows = pd.concat(found).sort_values(["municipality", "key"])
    reach = question.others.metres if question.others and question.others.metres else 0
    licences, names = credited(_layers(question), reading.around(rows, reach))
    return Reply(
        question=question,
        rows=rows,
        version=version,
        at=instant,
        licences=licences,
        attributions=names,
    )


def _layers(question: Question) -> list[Layer]:
    """Whose data the figures are made of."""
    found = [question.layer]
    if question.per != "area":
        found.append(registry.by_role(question.per))
    if question.others:
        found.append(question.others.layer)
        if question.others.is_walk:
            found.append(reading.layer_of(reading.layer_name("streets")))
    return found


def _areas(question: Question, at: dt.datetime | None) -> list[gpd.GeoDataFrame]:
    """The areas that are asked for, in one frame for each metric CRS; for walks, one for each network."""
    if question.area is not None:
        row = {"key": "", "name": _("Drawn area"), "municipality": "", "inhabitants": np.nan}
        drawn = question.area
        return [gpd.GeoDataFrame([row], index=["area"], geometry=[drawn.metric], crs=drawn.srid)]
    assert question.per != "area"
    each = [reading.outlines(ags, question.per, at) for ags in question.municipalities]
    if question.others and question.others.is_walk:
        return each
    by_srid: dict[int, list[gpd.GeoDataFrame]] = {}
    for frame in each:
        by_srid.setdefault(frame.crs.to_epsg(), []).append(frame)
    return [pd.concat(frames) for frames in by_srid.values()]


def _of(question: Question, frame: gpd.GeoDataFrame, at: dt.datetime | None) -> gpd.GeoDataFrame:
    srid = frame.crs.to_epsg()
    areas = Areas(
        ids=list(frame.index),
        outlines=list(shapely.to_wkb(frame.geometry.to_numpy())),
        srid=srid,
        assigned=ASSIGNED.get(question.per),
    )
    query = question.query(at)
    number = question.number.name if question.number else None
    beside = _beside(question, query, frame, at)
    found = totals(query, areas, question.figure, number, beside)
    told = pd.DataFrame(
        [(each.features, each.known, each.figure) for each in found],
        columns=["features", "known", "value"],
        index=[each.area for each in found],
    ).reindex(frame.index)
    # Nothing is none, but there is no mean of nothing.
    told[["features", "known"]] = told[["features", "known"]].fillna(0).astype("int64")
    value = told["value"].astype("float64")
    told["value"] = value if question.figure == "mean" else value.fillna(0.0)
    geometry = frame.geometry
    return frame.drop(columns="geometry").join(told).set_geometry(geometry).to_crs(CRS84.srid)


def _beside(
    question: Question, query: FeatureQuery, frame: gpd.GeoDataFrame, at: dt.datetime | None
) -> Beside | Chosen | None:
    others = question.others
    if others is None:
        return None
    if not others.is_walk:
        return Beside(
            others=others.query(at),
            relation=others.relation,
            metres=others.metres or 0.0,
            none=others.none,
        )
    return Chosen(ids=_reached(query, others, frame, at), none=others.none)


def _reached(
    query: FeatureQuery, others: Others, frame: gpd.GeoDataFrame, at: dt.datetime | None
) -> list[str]:
    """Ids of the features that have one of the others within the walk, by the network of the city around."""
    assert others.metres is not None
    city = keeping.current(_town(frame), at)
    box = reading.degrees_around(tuple(frame.total_bounds), city.town.srid, 0)
    west, south, east, north = city.town.box
    known = west <= box[0] and south <= box[1] and box[2] <= east and box[3] <= north
    if not (known or frame["municipality"].iloc[0]):
        raise QueryError(
            "area",
            _("The area reaches beyond the city that it lies in: paths are not known there."),
        )
    wanted = [replace(query, bbox=box), replace(others.query(at), bbox=city.town.box)]
    for each in wanted:
        if count_up_to(each, MOST_WALKING + 1) > MOST_WALKING:
            message = _("More than %(most)d of %(layer)s would walk: narrow them by a filter.")
            raise QueryError("filter", message % {"most": MOST_WALKING, "layer": each.layer.title})
    from_, to = (reading.shapes(each, city.town.srid) for each in wanted)
    metres = walks(city.city.network, from_.to_numpy(), to.to_numpy(), TOLERANCE)
    return list(from_.index[metres <= others.metres])


def _town(frame: gpd.GeoDataFrame) -> str:
    """Key (AGS) of the municipality that all areas are of, or that the drawn one has its middle in."""
    if frame["municipality"].iloc[0]:
        return str(frame["municipality"].iloc[0])
    middle = frame.to_crs(CRS84.srid).geometry.iloc[0].representative_point()
    found = reading.municipality_at(middle.x, middle.y)
    if found is None:
        raise QueryError(
            "area", _("No municipality of this platform lies there: no paths are known.")
        )
    return found

"""What a picture of a layer is drawn from: coordinates in EPSG:3857, and of the properties only what drawing needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoplatform.query.errors import QueryError
from geoplatform.query.facets import Choices
from geoplatform.query.feature_query import Box, FeatureQuery

RADIUS = 6378137.0  # of the sphere of EPSG:3857, metres


@dataclass(frozen=True)
class Points:
    """Markers, side by side.

    x, y     EPSG:3857, metres, float64: the point, or the mean of those that are drawn as one
    n        how many points each stands for
    kind     place in `classes`
    classes  value of the symbol's field (None where it goes by none) and status
    labels   of single points, where they were asked for; else None
    """

    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    n: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]
    classes: tuple[tuple[str | None, str], ...]
    labels: tuple[str | None, ...] | None = None


@dataclass(frozen=True)
class Shapes:
    """Lines or polygons, side by side, in the order of drawing.

    wkb      geometry as WKB, EPSG:3857, simplified to what the picture shows
    kind     place in `classes`
    classes  value of the symbol's field (None where it goes by none) and status
    labels   names, where they were asked for; else None
    """

    wkb: tuple[bytes, ...]
    kind: npt.NDArray[np.int64]
    classes: tuple[tuple[str | None, str], ...]
    labels: tuple[str | None, ...] | None = None


class TooMuch(QueryError):
    """More features than may be drawn one by one."""


def points(
    query: FeatureQuery, box: Box, *, choices: Choices = (), labels: bool = False, most: int
) -> Points:
    """The points of a layer that `query` names (filter, at) within `box` (EPSG:3857, metres), one by one.

    Raises TooMuch for more than `most`.
    """
    raise NotImplementedError


def shapes(
    query: FeatureQuery, box: Box, *, resolution: float, labels: bool = False, most: int
) -> Shapes:
    """The lines or polygons of a layer that `query` names (filter, at) and that meet `box` (EPSG:3857, metres).

    resolution  metres of EPSG:3857 in a pixel: what is finer may be left out
    Raises TooMuch for more than `most`.
    """
    raise NotImplementedError

"""Who has green near: shares of a quarter's inhabitants, straight or walking, each with the band around its limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from geoplatform.analysis.city import City
from geoplatform.analysis.indicator import Column, Parameter
from geoplatform.analysis.network import Floats
from geoplatform.analysis.origins import Origins, near

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

# A limit is a convention; so a share is shown with what it would be at a tenth less and more.
BAND = 0.1

GAP = Parameter(
    name="gap", title=_("gaps that do not part green"), unit="m", default=20, low=0, high=100
)
TOLERANCE = Parameter(
    name="tolerance", title=_("how near a path must pass to lead in"), unit="m", default=25, low=0, high=100
)  # fmt: skip
SHARE = Column(name="share", title=_("inhabitants with green near"), unit="%", better="more")
LOWER = Column(name="lower", title=_("with a limit 10 % shorter"), unit="%", better="more")
UPPER = Column(name="upper", title=_("with a limit 10 % longer"), unit="%", better="more")
NEAR_EDGE = Column(name="near_edge", title=_("inhabitants near the end of the data"), unit="%")

STREETS_CAVEAT = _(
    "Inhabitants are taken to live evenly along their quarter's residential streets, unless a population grid is given."
)
EDGE_CAVEAT = _(
    "Near the end of the data green beyond it may be missing; how many inhabitants live that near is given with"
    " each share."
)
WALK_CAVEAT = _(
    "Paths that are not recorded do not exist here. Ways without a record of foot access count, but for"
    " motorways and trunk roads."
)
DOOR_CAVEAT = _(
    "Green is entered wherever a path passes within the tolerance: fences are not known. This rule moves shares"
    " by several points."
)
PUBLIC_CAVEAT = _(
    "Green counts as public where its record says so, or says nothing and its kind usually is."
)


def limit(name: str, title: str | StrPromise, default: float, high: float = 1500) -> Parameter:
    """A distance within which green counts as near."""
    return Parameter(name=name, title=title, unit="m", default=default, low=50, high=high)


def smallest(name: str, default: float) -> Parameter:
    """The least area of contiguous green that counts."""
    return Parameter(
        name=name,
        title=_("smallest contiguous green"),
        unit="ha",
        default=default,
        low=0,
        high=1000,
    )


def band(limit: float) -> tuple[float, float, float]:
    """The limit, a tenth less, a tenth more."""
    return limit, limit * (1 - BAND), limit * (1 + BAND)


def share(city: City, what: NDArray[np.bool_] | Floats) -> pd.Series:
    """Percent of each quarter's inhabitants; null where nobody lives, or there is nowhere to set out from.

    Where the number of inhabitants is unknown they are still spread over the quarter.
    """
    found = city.origins.total(np.asarray(what, dtype="float64"), len(city.quarters)) * 100
    if what.dtype == bool:
        found = np.minimum(found, 100)  # sums of shares are true to the last digit but one
    nobody = city.quarters["inhabitants"].eq(0).to_numpy()
    return pd.Series(np.where(nobody, np.nan, found), index=city.quarters.index)


def straight(
    origins: Origins, areas: NDArray[np.object_], *limits: float
) -> list[NDArray[np.bool_]]:
    """For each limit (metres) which origins lie no farther from any area, as the crow flies."""
    masks = {}
    found = np.zeros(len(origins.points), dtype=bool)
    for limit in sorted(limits):
        # Who was near enough for a shorter limit need not be asked again.
        left = np.flatnonzero(~found)
        found = found.copy()
        found[left] = near(origins.points[left], areas, limit)
        masks[limit] = found
    return [masks[limit] for limit in limits]


def near_edge(city: City, limit: float) -> pd.Series:
    """Percent of inhabitants who live within `limit` metres of where the data end."""
    return share(city, city.near_edge(limit))


def with_band(city: City, found: dict[str, NDArray[np.bool_]], limit: float) -> pd.DataFrame:
    """A share, its band and how many live near the end of the data, as columns."""
    columns = {name: share(city, what) for name, what in found.items()}
    return pd.DataFrame({**columns, "near_edge": near_edge(city, limit)})

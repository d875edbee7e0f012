"""An answer: the figures of each quarter, with all that a citation of them needs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd

    from geoplatform.analysis.indicator import Indicator


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What `indicator` says of the quarters of some municipalities.

    rows       by quarter id (text): `key`, `name`, `municipality` (AGS), `inhabitants`, then the indicator's columns,
               NaN = null; geometry EPSG:4326, longitude first
    values     of the parameters
    version    of the data: the number of the last changeset that they hold
    at         the instant that the data are of
    weighting  how inhabitants were spread over each quarter: "streets", "grid" or None where it does not matter
    licences   of the data (values of `Licence`), and whom to name for them
    """

    indicator: Indicator
    municipalities: tuple[str, ...]
    values: dict[str, float]
    rows: gpd.GeoDataFrame
    version: int
    at: dt.datetime
    weighting: str | None
    licences: tuple[str, ...]
    attributions: tuple[str, ...]

    @property
    def definition_kind(self) -> str:
        """`official` or `platform`: whose definition it is."""
        return "official" if self.indicator.official else "platform"

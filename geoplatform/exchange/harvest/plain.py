"""GeoJSON at an address: one answer, which may be large."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from geoplatform.exchange.harvest import json_features
from geoplatform.exchange.harvest.client import Answer
from geoplatform.exchange.harvest.description import Described
from geoplatform.exchange.harvest.pages import Page
from geoplatform.exchange.harvest.walk import Told


class GeoJson:
    """A file of features. Its CRS is the one described, else the one that it names itself, else CRS84."""

    accept = "application/geo+json, application/json;q=0.9"
    media_types: Sequence[str] = ("application/geo+json", "application/json")

    def __init__(self, source: Described) -> None:
        self.source = source
        self.most = source.limits.megabytes * 1_000_000

    def first(self) -> str:
        return self.source.service.url

    def read(self, answer: Answer, path: Path) -> tuple[Told, Iterator[pa.Table]]:
        found = json_features.members(path)
        said = self.source.service.crs or json_features.old_crs(found)
        # RFC 7946, 3.1.1, and GeoJSON of 2008 alike: easting or longitude first, whatever the CRS.
        return Told(crs=said), json_features.tables(path, flip=False)

    def after(self, pages: Sequence[Page]) -> str | None:
        return None

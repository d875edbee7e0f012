"""The declaration of a layer: data, no hidden behaviour.

Nothing is said twice: labels are the fields' `verbose_name`, geometry type and SRID come from the geometry field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib.gis.db.models import GeometryField
from django.db.models import Q

from geoplatform.catalog.models import Feature
from geoplatform.catalog.symbols import Symbol
from geoplatform.catalog.themes import HighValue, Theme

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

# How many dimensions a geometry type has; what has more is drawn beneath.
DIMENSIONS = {
    "POINT": 0,
    "MULTIPOINT": 0,
    "LINESTRING": 1,
    "MULTILINESTRING": 1,
    "POLYGON": 2,
    "MULTIPOLYGON": 2,
}


@dataclass(frozen=True)
class Related:
    """A public property `name` read from a related table: `Related("species_de", "species__german_name")`."""

    name: str
    path: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """One layer, or one table without geometry, as every service sees it.

    name      in addresses, lower case with hyphens
    geometry  name of the geometry field, EPSG:4326; None for a collection without geometry
    public    what is shown and searchable, and nothing else is; what all features carry comes by itself
    editable  what the form, the proposal and its diff hold; empty: only staff changes it
    coupled   editable fields that only mean something together: a conflict about one is one about all of them
    reviewed  whether everything that people send waits for review
    within    an editable foreign key: the geometry of the feature that it names holds this one's, as a garden its plots
    alike     metres within which a second feature of the same kind may be the first one: people are asked
    label     the public property that names a feature on the map; where it is a text of its own, search knows it
    names     other public texts of its own that search finds a feature by
    questions what people ask first, by the public property that answers: "May I pick?"
    worth_a_stop  whether a suggested walk leads there: of a layer with seasons to what is ripe
    zooms     first and last Web-Mercator zoom level at which the layer is drawn
    where     the part of the model's rows that belongs to this layer
    role      "municipality", "quarter" or "species": the subject that other rooms look up by role
    visible   whether the map shows the layer when it opens
    facets    what a layer of points can be filtered by at every zoom: public properties, or a season's mask;
              the first, by which the pyramid is divided, should be the one with the most values
    theme     under which portals sort it
    high_value the category of high-value datasets it belongs to, where the law counts it among them
    """

    name: str
    title: str | StrPromise
    description: str | StrPromise = ""
    model: type[Feature]
    geometry: str | None
    public: tuple[str | Related, ...]
    editable: tuple[str, ...] = ()
    coupled: tuple[tuple[str, ...], ...] = ()
    reviewed: bool = False
    within: str | None = None
    alike: float = 10.0
    label: str | None = None
    names: tuple[str, ...] = ()
    symbol: Symbol | None = None
    questions: Mapping[str, str | StrPromise] = field(default_factory=dict)
    worth_a_stop: bool = False
    zooms: tuple[int, int] = (0, 22)
    where: Q | None = None
    role: str | None = None
    visible: bool = True
    facets: tuple[str, ...] = ()
    theme: Theme = Theme.ENVIRONMENT
    high_value: HighValue | None = None

    # A frozen dataclass still has a __dict__, so that what follows from the declaration is found out once.
    @cached_property
    def geometry_field(self) -> GeometryField | None:
        return self.model._meta.get_field(self.geometry) if self.geometry else None  # type: ignore[return-value]

    @property
    def geometry_type(self) -> str | None:
        """`POINT`, `MULTIPOLYGON` ... (OGC 06-103r4), or None."""
        return getattr(self.geometry_field, "geom_type", None)

    @property
    def dimension(self) -> int:
        """0 for points, 1 for lines, 2 for polygons; -1 without geometry."""
        return DIMENSIONS.get(self.geometry_type or "", -1)

    @property
    def open_to_all(self) -> bool:
        """Whether anybody may add a feature: an editable layer of points."""
        return bool(self.editable) and self.dimension == 0

    def rows(self) -> Any:
        """The queryset of this layer's rows."""
        rows = self.model._default_manager.all()
        return rows.filter(self.where) if self.where is not None else rows

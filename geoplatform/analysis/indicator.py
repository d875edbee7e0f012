"""The declaration of an indicator: what is measured of each quarter, how, from what, and by whose definition.

Data, no hidden behaviour. Texts are English here and German in the room's catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.utils.translation import gettext as _

from geoplatform.query.errors import QueryError

if TYPE_CHECKING:
    import pandas as pd
    from django.utils.functional import _StrPromise as StrPromise

    from geoplatform.analysis.city import City, Which

Values = Mapping[str, float]
# What is read of a city: names of attributes of `City`.
Subject = Literal["quarters", "green", "gardens", "plots", "trees", "crowns", "corridors", "streets"]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A number that may be asked for another way: within `low` and `high`, both included."""

    name: str
    title: str | StrPromise
    unit: str
    default: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Column:
    """One figure per quarter. `digits` are decimals when shown; `better`: which way is good, None where neither is."""

    name: str
    title: str | StrPromise
    unit: str
    digits: int = 1
    better: Literal["more", "less"] | None = None


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Where a definition comes from. `checked`: whether its authors read the text itself; `note` says what was not."""

    text: str
    year: int
    url: str = ""
    checked: bool = False
    note: str | StrPromise = ""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What `column` should reach (`at_least`) or not exceed."""

    column: str
    value: float
    at_least: bool = True
    text: str | StrPromise = ""


@dataclass(frozen=True, kw_only=True)
class Patches:
    """Contiguous green that an indicator tells apart: of which green, over which gaps (m), and the sizes (m2) that
    make a difference; without `sizes` any change of a patch's size does.
    """

    which: Which
    gap: float
    sizes: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One indicator.

    id         in addresses, lower case with hyphens
    columns    the figures; the first is the value of the map
    inputs     what it reads of a city
    official   whether the definition is that of `reference`; else this platform's own, which the answer says
    caveats    what a reader must know before using the figure
    target     what the figure is compared with, or None
    reach      metres beyond a quarter within which a change can alter its value, given the parameters;
               None: any change in the city can, so all quarters are computed again (from what is kept of the city)
    patches    the contiguous green that it looks at, given the parameters: where a patch changes, all of it does
    compute    pure: a city and the value of each parameter -> a frame by quarter id with these columns, NaN = null;
               None where no data of this platform can answer (`missing` says what would be needed)
    """

    id: str
    title: str | StrPromise
    definition: str | StrPromise
    formula: str
    columns: tuple[Column, ...]
    parameters: tuple[Parameter, ...] = ()
    inputs: tuple[Subject, ...]
    references: tuple[Reference, ...] = ()
    official: bool
    caveats: tuple[str | StrPromise, ...] = ()
    targets: tuple[Target, ...] = ()
    reach: Callable[[Values], float] | None
    compute: Callable[[City, Values], pd.DataFrame] | None
    patches: Callable[[Values], Patches] | None = None
    missing: str | StrPromise = ""

    @property
    def weighted(self) -> bool:
        """Whether it counts inhabitants by where they live, so that the answer names how they were spread."""
        return "streets" in self.inputs

    def column(self, name: str) -> Column:
        """Its column of this name; the value of the map for none. Raises QueryError, naming those there are."""
        known = {each.name: each for each in self.columns}
        found = known.get(name or self.columns[0].name)
        if found is None:
            message = _("column is one of: %s.")
            raise QueryError("column", message % ", ".join(known))
        return found

    def band(self, column: Column) -> tuple[str, str] | None:
        """Names of the columns with what a column would be at a limit a tenth shorter and a tenth longer, if any."""
        before = "" if column is self.columns[0] else f"{column.name}_"
        ends = f"{before}lower", f"{before}upper"
        return ends if set(ends) <= {each.name for each in self.columns} else None

    def values(self, given: Mapping[str, Any] | None = None) -> dict[str, float]:
        """The value of each parameter: as given (numbers or their text), else the default. Raises QueryError."""
        from geoplatform.analysis.values import checked

        return checked(self.id, self.parameters, given or {})

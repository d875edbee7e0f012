"""Which of a position's two numbers comes first, by the definition of its CRS."""

from __future__ import annotations

from geoplatform.exchange.geometry import parse_crs


def north_first(code: str) -> bool:
    """Whether coordinates in this CRS, as its authority defines it, begin with the north. Raises WrongCrs."""
    axes = parse_crs(code).axis_info
    return bool(axes) and axes[0].direction.lower() in ("north", "south")

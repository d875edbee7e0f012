"""Each indicator on a city small enough to reckon by hand."""

import pytest

from geoplatform.analysis import registry
from tests.analysis import make


def values(id: str, city, **given):
    """The rows of an indicator for a city, as dictionaries by quarter."""
    indicator = registry.get(id)
    assert indicator.compute is not None
    found = indicator.compute(city, indicator.values(given))
    assert list(found.columns) == [each.name for each in indicator.columns]
    return found.to_dict("index")


def test_green_per_inhabitant():
    # Two parks of 1 ha overlap by half; a third of what they cover lies outside of the quarter.
    quarter = make.quarters(make.square(0, 0, 1000), inhabitants=[2000])
    green = make.green(make.square(900, 0, 100), make.square(950, 0, 100))
    found = values("green-per-inhabitant", make.city(quarters=quarter, green=green))
    assert found["q0"] == pytest.approx({"green": 5.0, "iso37120": 50.0})

"""Columns of points are read and written as one block: the same as the library does one by one."""

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplatform.exchange.geometry import Shapes, from_wkb, to_hex

numbers = st.floats(allow_nan=True, allow_infinity=True)
points = st.builds(shapely.Point, numbers, numbers)
anything = st.one_of(
    points,
    st.none(),
    st.just(shapely.Point()),
    st.just(shapely.Point(1, 2, 3)),
    st.just(shapely.LineString([(0, 0), (1, 1)])),
)


@pytest.mark.parametrize("byte_order", [0, 1])
@settings(deadline=None)
@given(st.one_of(st.lists(points), st.lists(anything)), st.integers(0, 3))
def test_read_as_the_library_does(byte_order, geometries, start):
    wkb = pa.array(shapely.to_wkb(geometries, byte_order=byte_order), pa.binary()).slice(start)
    expected = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False))
    assert shapely.to_wkb(from_wkb(wkb).geometries).tolist() == shapely.to_wkb(expected).tolist()


@settings(deadline=None)
@given(
    st.lists(
        anything.filter(
            lambda each: each is None or np.isfinite(each.bounds).all() or each.is_empty
        )
    )
)
def test_written_as_the_library_does(geometries):
    found = np.array(geometries, object)
    hexes = to_hex(Shapes(found)).to_pylist()
    back = shapely.from_wkb(np.array(hexes, object))
    assert shapely.to_wkb(back).tolist() == shapely.to_wkb(found).tolist()


def test_a_column_that_lacks_some():
    found = np.array([None, shapely.Point(1, 2), None, shapely.Point(3, 4), None], object)
    hexes = to_hex(Shapes(found)).to_pylist()
    assert [each is None for each in hexes] == [True, False, True, False, True]
    assert shapely.from_wkb(hexes[3]) == shapely.Point(3, 4)

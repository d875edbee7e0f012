"""The box of degrees by which a tile finds its features is the tile, as PostGIS draws it."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplatform.query.mvt import BUFFER, EXTENT, degrees

pytestmark = pytest.mark.django_db


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_box_is_the_tile(data):
    z = data.draw(st.integers(2, 22))
    # Away from the edge of the world, where PostGIS cuts its margin off.
    inner = st.integers(1, 2**z - 2)
    x, y = data.draw(inner), data.draw(inner)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) FROM"
            " (SELECT ST_Transform(ST_TileEnvelope(%s, %s, %s, margin => %s), 4326) AS b) t",
            [z, x, y, BUFFER / EXTENT],
        )
        assert degrees(z, x, y) == pytest.approx(cursor.fetchone(), abs=1e-9)


def test_at_the_antimeridian_the_box_ends():
    assert degrees(3, 0, 3)[0] == -180.0
    assert degrees(3, 7, 3)[2] == 180.0
    assert degrees(0, 0, 0)[::2] == (-180.0, 180.0)

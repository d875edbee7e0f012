"""A coordinate next to zero, smaller than any that can be divided: it is stored as it is and drawn at zero."""

import pytest
from django.db import connection

from tests import make

SMALLEST = 5e-324


@pytest.mark.django_db
@pytest.mark.parametrize("place", [(SMALLEST, 1.0), (1.0, -SMALLEST), (1e-210, 1e-199), (0.0, 0.0)])
def test_a_point_next_to_zero(place):
    made = make.plant(*place)
    assert made.location.coords == place
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_X(d), ST_Y(d) FROM (SELECT location_3857 d FROM layers_plant WHERE id = %s) p",
            [made.id],
        )
        x, y = cursor.fetchone()
    assert x == pytest.approx(place[0] * 111319.49, abs=0.1)
    assert y == pytest.approx(place[1] * 111325.14, abs=0.1)

"""A server with the fixtures' Schwerin and an invented town beside it, for notebooks to call."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.gis.geos import LineString, MultiPolygon
from pytest_django import DjangoDbBlocker

from layers.green_spaces import GreenSpace
from layers.streets import Street
from tests import make
from tests.browser.conftest import filled_server
from tests.conftest import addresses

# Its south-western corner, and the side of a quarter, in degrees.
WEST, SOUTH, SIDE = 11.60, 53.60, 0.02


def _neighbour() -> None:
    """Neustadt: another municipality with another metric CRS, four quarters, two parks, and streets between them."""
    town = make.municipality("03355999", name="Neustadt", metric_srid=25832)
    source = make.source()
    for number in range(4):
        west, south = WEST + SIDE * (number % 2), SOUTH + SIDE * (number // 2)
        box = (west, south, west + SIDE, south + SIDE)
        make.quarter(town, str(number), box, inhabitants=1000 + 500 * number)
        if number % 3 == 0:
            area = make.area(west + 0.004, south + 0.004, west + 0.008, south + 0.008)
            assert isinstance(area, MultiPolygon)
            GreenSpace.objects.create(kind="park", name="Park", area=area, source=source)
        for step in range(1, 8):
            y = south + SIDE * step / 8
            _street(source, (west, y), (west + SIDE, y))
        _street(source, (west + SIDE / 2, south), (west + SIDE / 2, south + SIDE))


def _street(source: Any, *points: tuple[float, float]) -> None:
    Street.objects.create(kind="residential", source=source, course=LineString(*points, srid=4326))


def _fill() -> None:
    _neighbour()


@dataclass(frozen=True)
class Platform:
    """Where a notebook finds the server, and the environment by which it finds the server's database."""

    address: str
    environment: dict[str, str]


@pytest.fixture(scope="session")
def platform(
    demo_template: str, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Platform]:
    name = f"gptest_run_{os.getpid()}_notebooks"
    with filled_server(name, demo_template, django_db_blocker, _fill) as address:
        yield Platform(address, {**os.environ, **addresses(name), "PLATFORM": address})

"""A served town with enough trees for several pages, for the programs that people use."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from django.db import connection, connections

from geoplatform.catalog.layer import Layer
from tests import make
from tests.conftest import _admin, _create, _drop, _point_at, addresses, audit_now
from tests.contracts import samples
from tests.serving import serve

TREES = 250
MANY = """
INSERT INTO layers_plant (id, source_id, licence, status, cultivar, access, number_of_plants, note, height_m,
    species_id, location)
SELECT gen_random_uuid(), s.source_id, 'cc-zero', 'confirmed', '', 'public', 1, '', n / 10.0, s.id,
    ST_SetSRID(ST_MakePoint(11.0 + 0.2 * n / %s, 53.0 + 0.1 * n / %s), 4326)
FROM generate_series(1, %s) n, (SELECT * FROM layers_species ORDER BY botanical_name LIMIT 1) s
"""


@contextmanager
def served_samples(
    template: str, blocker: pytest.FixtureRequest, kind: str, layers: Sequence[Layer]
) -> Iterator[str]:
    """Address of a served town with one feature in each of these layers."""
    name = f"gptest_run_{os.getpid()}_{kind}"
    before = connections["default"].settings_dict["NAME"]
    with _admin() as admin:
        _drop(admin, name)
        _create(admin, name, template)
        _point_at(name)
        with blocker.unblock():  # type: ignore[attr-defined]
            make.town()
            for layer in layers:
                samples.feature(layer, source_key=layer.name)
        _point_at(before)
        try:
            yield from serve({**os.environ, **addresses(name)})
        finally:
            _drop(admin, name)


@contextmanager
def _served(template: str, blocker: pytest.FixtureRequest, kind: str) -> Iterator[str]:
    name = f"gptest_run_{os.getpid()}_{kind}"
    before = connections["default"].settings_dict["NAME"]
    with _admin() as admin:
        _drop(admin, name)
        _create(admin, name, template)
        _point_at(name)
        with blocker.unblock():  # type: ignore[attr-defined]
            make.town()
            make.species()
            with connection.cursor() as cursor:
                cursor.execute(MANY, [TREES, TREES, TREES])
        _point_at(before)
        try:
            yield from serve({**os.environ, **addresses(name)})
            _point_at(name)
            with blocker.unblock():  # type: ignore[attr-defined]
                audit_now()
        finally:
            _point_at(before)
            _drop(admin, name)


@pytest.fixture(scope="session")
def server(
    migrated_template: str, django_db_setup: None, django_db_blocker: pytest.FixtureRequest
) -> Iterator[str]:
    """Address of a server with 250 apple trees on a line from (11, 53) to (11.2, 53.1), heights 0.1 to 25 m.

    All clients share it, so they only read.
    """
    with _served(migrated_template, django_db_blocker, "read") as address:
        yield address


@pytest.fixture(scope="session")
def server_to_write_to(
    migrated_template: str, django_db_setup: None, django_db_blocker: pytest.FixtureRequest
) -> Iterator[str]:
    """Another one with the same trees at first."""
    with _served(migrated_template, django_db_blocker, "write") as address:
        yield address

"""A synthetic city to measure on: trees around Schwerin in a database of their own, made by SQL from a fixed seed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from geoplatform.database.cluster import Cluster

SPECIES = """
INSERT INTO layers_species (id, source_id, licence, status, botanical_name, german_name, english_name, genus, family,
    growth_form, edible, category, fruit_from, fruit_to, season_source)
SELECT gen_random_uuid(), (SELECT id FROM catalog_source LIMIT 1), 'cc-zero', 'confirmed', 'Species ' || n,
    'Baumart ' || n, 'Kind of tree ' || n, 'Species', 'Rosaceae', 'tree', true, 'fruit', 6 + n % 5, 8 + n % 4,
    'synthetic'
FROM generate_series(1, 20) n
"""
QUARTERS = """
WITH town AS (
    INSERT INTO layers_municipality (id, source_id, licence, status, ags, name, metric_srid, quarter_kind,
        outline_from_quarters)
    SELECT gen_random_uuid(), id, 'cc-zero', 'confirmed', '13004000', 'Schwerin', 25833, 'Stadtteil', true
    FROM catalog_source LIMIT 1 RETURNING id, source_id)
INSERT INTO layers_quarter (id, source_id, licence, status, municipality_id, key, name, kind, outline)
SELECT gen_random_uuid(), source_id, 'cc-zero', 'confirmed', town.id, x || '-' || y,
    'Quarter ' || x || '-' || y, 'Stadtteil',
    ST_Multi(ST_Segmentize(ST_MakeEnvelope(11.30 + 0.044 * x, 53.55 + 0.028 * y, 11.344 + 0.044 * x, 53.578 + 0.028 * y,
        4326), 0.001))
FROM town, generate_series(0, 4) x, generate_series(0, 4) y
"""
# Staged as an import stages its rows: for a million, the row trigger would take minutes.
TREES = """
INSERT INTO pg_temp.staged ("row", location, source_id, licence, status, species_id, cultivar, access,
    number_of_plants, height_m, crown_m, trunk_girth_cm, planted_year, note)
SELECT n, ST_SetSRID(
        ST_MakePoint({west} + ({east} - {west}) * random(), {south} + ({north} - {south}) * random()), 4326),
    (SELECT id FROM catalog_source LIMIT 1), 'cc-zero', 'confirmed', kinds.ids[1 + n % 20],
    '', 'public', 1, round((3 + 20 * random())::numeric, 1), round((1 + 12 * random())::numeric, 1),
    round((20 + 200 * random())::numeric), 1900 + (120 * random())::int, ''
FROM generate_series(1, {count}) n,
    (SELECT array_agg(id ORDER BY botanical_name) AS ids FROM layers_species) kinds
"""


@dataclass(frozen=True)
class City:
    """A database with `trees` plants, all of them in both layers of plants."""

    name: str
    trees: int
    environment: dict[str, str]
    web_url: str
    owner_url: str
    postmaster: int


WHOLE = (11.30, 53.55, 11.52, 53.69)


@contextmanager
def city(trees: int, box: tuple[float, float, float, float] = WHOLE) -> Iterator[City]:
    """Make the city, and drop it afterwards. `box` is where the trees stand: west, south, east, north in degrees."""
    import subprocess
    import sys

    cluster = Cluster.default()
    cluster.hold()
    name = f"geoplatform_bench_{os.getpid()}"
    with psycopg.connect(_plain(cluster.url("postgres", "postgres")), autocommit=True) as admin:
        admin.execute(
            sql.SQL(
                "CREATE DATABASE {} TEMPLATE geoplatform_template_postgis OWNER geoplatform_owner"
            ).format(sql.Identifier(name))
        )
        environment = {
            **os.environ,
            "DATABASE_URL": cluster.url("geoplatform_web", name),
            "DATABASE_OWNER_URL": cluster.url("geoplatform_owner", name),
        }
        try:
            subprocess.run(
                [sys.executable, "manage.py", "migrate", "-v0"], env=environment, check=True
            )
            with psycopg.connect(
                _plain(cluster.url("postgres", name)), autocommit=True
            ) as connection:
                connection.execute(
                    "INSERT INTO catalog_source (name, title, publisher, url, licence, attribution)"
                    " VALUES ('synthetic', 'Synthetic trees for measuring', '', '', 'cc-zero', '')"
                )
                connection.execute(SPECIES)
                connection.execute(QUARTERS)
                _plant(_plain(environment["DATABASE_OWNER_URL"]), trees, box)
                connection.execute("VACUUM ANALYZE")
                row = connection.execute("SELECT pg_backend_pid()").fetchone()
                assert row is not None
                postmaster = _parent(row[0])
            yield City(
                name,
                trees,
                environment,
                _plain(cluster.url("geoplatform_web", name)),
                _plain(cluster.url("geoplatform_owner", name)),
                postmaster,
            )
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _plant(owner_url: str, trees: int, box: tuple[float, float, float, float]) -> None:
    """The trees, in sets, as an import inserts them."""
    with psycopg.connect(owner_url) as connection:
        connection.execute("SELECT setseed(0.42), geoplatform.stage_layers_plant('{}')")
        names = ("west", "south", "east", "north")
        edges = dict(zip(names, map(sql.Literal, box), strict=True))
        connection.execute(sql.SQL(TREES).format(count=sql.Literal(trees), **edges))
        connection.execute("SELECT geoplatform.analyze_staged()")
        connection.execute("SELECT geoplatform.insert_layers_plant()")
        connection.execute("SELECT geoplatform.build_layers_plant()")


def _parent(process: int) -> int:
    from pathlib import Path

    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def _plain(url: str) -> str:
    """An address as libpq reads it; Django's has a scheme of its own."""
    return url.replace("postgis://", "postgresql://")

"""Files that are sent while they are made: one moment of the data, and never a part that looks like the whole."""

from __future__ import annotations

import io
import json
import zipfile

import pandas
import psycopg
import pyogrio
import pytest
from django.db import connection
from psycopg import sql

from geoplatform.catalog import registry
from geoplatform.formats.writers import WRITERS, write
from geoplatform.query.feature_query import FeatureQuery
from tests import make
from tests.formats.reading import read

FORMS = list(WRITERS)
STREAMS = [name for name, form in WRITERS.items() if form.streams]
FILES = [name for name, form in WRITERS.items() if not form.streams]
MANY = 10_000


def everything(name: str) -> FeatureQuery:
    return FeatureQuery(layer=registry.get(name), limit=None)


@pytest.fixture
def many(fresh_database):
    """More rows than fit between the server and us, so that a stream is under way for a while."""
    source = make.source()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO layers_plant (id, location, source_id, licence, status, cultivar, access, number_of_plants,"
            " note, own_growth_form) SELECT gen_random_uuid(), ST_SetSRID(ST_MakePoint(11 + n * 1e-6, 53), 4326), %s,"
            " 'cc-zero', 'confirmed', '', '', 1, repeat('n', 50), 'tree' FROM generate_series(1, %s) n",
            [source.id, MANY],
        )
    return everything("trees")


@pytest.fixture
def other(many):
    """Another session of the web role."""
    known = connection.get_connection_params()
    names = {name: known[name] for name in ("dbname", "user", "host", "port") if known.get(name)}
    with psycopg.connect(**names, password=known.get("password"), autocommit=True) as session:
        yield session


@pytest.mark.parametrize("form", STREAMS)
def test_stream_is_one_moment_whatever_is_written_meanwhile(many, other, form, tmp_path):
    pieces = write(form, many)[2]
    first = next(pieces)
    other.execute("UPDATE layers_plant SET note = 'later'")
    other.execute("DELETE FROM layers_plant WHERE id IN (SELECT id FROM layers_plant LIMIT 1000)")
    found = read(form, first + b"".join(pieces), tmp_path)
    assert len(found) == MANY
    assert {each["properties"]["note"] for each in found} == {"n" * 50}


@pytest.mark.parametrize("form", STREAMS)
def test_stream_that_breaks_off_is_no_file(many, other, form, tmp_path):
    pieces = write(form, many)[2]
    torn = next(pieces)
    backend = connection.connection.info.backend_pid
    other.execute(sql.SQL("SELECT pg_cancel_backend({})").format(backend))

    taken = [torn]
    with pytest.raises(psycopg.errors.QueryCanceled):
        taken.extend(pieces)
    torn = b"".join(taken)
    path = tmp_path / f"torn.{form}"
    path.write_bytes(torn)
    with pytest.raises((ValueError, RuntimeError, pyogrio.errors.DataSourceError)):
        {
            "geojson": lambda: json.loads(torn),
            "csv": lambda: pandas.read_csv(path),
            "fgb": lambda: pyogrio.read_dataframe(path),
        }[form]()


def test_an_archive_whose_file_breaks_off_is_no_archive(many, other):
    pieces = write("csv", many, archived=True)[2]
    taken = [next(pieces)]
    backend = connection.connection.info.backend_pid
    other.execute(sql.SQL("SELECT pg_cancel_backend({})").format(backend))
    with pytest.raises(psycopg.errors.QueryCanceled):
        taken.extend(pieces)
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(b"".join(taken)))


def test_reader_who_leaves_frees_the_connection(many):
    for form in STREAMS:
        pieces = write(form, many)[2]
        next(pieces)
        pieces.close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            assert cursor.fetchone() == ("1min",), "the long timeout ended with the download"

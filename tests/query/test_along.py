"""One row asked along with the first statement of several: of the same snapshot, and of no cost of its own."""

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from geoplatform.query.along import asked_along, fetched, fetched_many

MOMENT = "SELECT pg_current_snapshot()::text, 7"
pytestmark = pytest.mark.django_db


def test_it_comes_with_the_first_statement_alone():
    with asked_along(MOMENT, 2) as along:
        assert fetched(b"SELECT n, n::text FROM generate_series(1, %s) n", [3]) == [
            (1, "1"),
            (2, "2"),
            (3, "3"),
        ]
        first = along.row
        assert fetched(b"SELECT 4", []) == [(4,)]
    assert first == along.row
    assert along.row is not None
    assert along.row[1] == 7
    assert fetched(b"SELECT 5", []) == [(5,)]


def test_where_the_statement_finds_nothing():
    with asked_along(MOMENT, 2) as along:
        assert fetched(b"SELECT 1 WHERE %(no)s", {"no": False}) == []
        assert along.row is not None


def test_nulls_are_rows_too():
    with asked_along(MOMENT, 2):
        assert fetched(b"SELECT NULL::text, NULL::int", []) == [(None, None)]


def test_where_nothing_is_read_it_cannot_be_of_its_moment():
    with pytest.raises(LookupError), asked_along(MOMENT, 2):
        pass


@pytest.fixture
def statements(monkeypatch):
    """Texts of all statements that go through psycopg's own cursors."""
    texts = []
    execute = psycopg.Cursor.execute

    def told(self, query, *args, **options):
        texts.append(query)
        return execute(self, query, *args, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", told)
    return texts


def test_few_rows_cost_no_statement_more_and_many_come_after_it(statements):
    with asked_along(MOMENT, 2) as along:
        fetched(b"SELECT n FROM generate_series(1, 3) n", [])
    assert len(statements) == 1
    statements.clear()
    with asked_along(MOMENT, 2) as along:
        rows = fetched_many(b"SELECT n FROM generate_series(1, %s) n", [3])
        fetched_many(b"SELECT 1", [])
    assert rows == [(1,), (2,), (3,)]
    assert statements == [MOMENT, b"SELECT n FROM generate_series(1, %s) n", b"SELECT 1"]
    assert along.row[1] == 7


def test_a_statement_that_begins_with_a_word_of_its_own_and_its_order():
    text = b"WITH few AS (SELECT n FROM generate_series(1, 9) n) SELECT n FROM few ORDER BY -n"
    with asked_along(MOMENT, 2):
        assert fetched(text, []) == [(n,) for n in range(9, 0, -1)]


def test_an_error_passes_through_and_nothing_more_is_asked():
    with (
        CaptureQueriesContext(connection) as queries,
        pytest.raises(ZeroDivisionError),
        asked_along("SELECT no_such_function()", 1),
    ):
        raise ZeroDivisionError
    assert not queries.captured_queries


def test_the_row_is_of_the_snapshot_that_the_data_are_read_in():
    with asked_along("SELECT pg_current_snapshot()::text", 1) as along:
        [(data,)] = fetched(b"SELECT pg_current_snapshot()::text", [])
    assert along.row == (data,)

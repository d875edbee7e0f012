"""What the roles of the database may do, so that nobody gets round the capture of versions."""

import pytest
from django.db import connection, transaction

from geoplatform.catalog import registry
from tests import make


@pytest.mark.django_db
@pytest.mark.parametrize(
    "model", [model for model, _layer in registry.models()], ids=lambda m: m.__name__
)
def test_all_triggers_are_enabled_always(model):
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal"
            " AND tgrelid IN (to_regclass(%s), to_regclass(%s))",
            [f"public.{table}", f"history.{table}"],
        )
        found = dict(cursor.fetchall())
    due = {"keep_insert", "keep_update", "archive_update", "archive_delete", "no_fork", "refuse_truncate",
           "refuse_change", "redact_only"}  # fmt: skip
    assert due <= set(found)
    assert set(found.values()) == {"A"}


@pytest.mark.django_db
def test_nothing_of_a_session_runs_with_the_owners_rights():
    """A type or table that a session makes in pg_temp is never meant by a function of the owner's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND pronamespace = 'geoplatform'::regnamespace"
        )
        functions = cursor.fetchall()
    assert len(functions) > 20
    for name, settings in functions:
        paths = [each for each in settings or [] if each.startswith("search_path=")]
        assert paths == ["search_path=pg_catalog, public, pg_temp"], name


def test_a_type_of_ones_own_is_not_believed(fresh_database):
    tree = make.plant()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.spy(pg_catalog.text) RETURNS boolean LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM set_config('spy.saw', current_user, true); RETURN true; END $$"
        )
        cursor.execute("CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (pg_temp.spy(VALUE))")
        cursor.execute("UPDATE public.layers_plant SET note = 'new' WHERE id = %s", [tree.id])
        cursor.execute("SELECT current_setting('spy.saw', true)")
        assert cursor.fetchone() in [(None,), ("",)]


@pytest.mark.django_db
def test_trigger_functions_are_nobodys_to_call():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'geoplatform'::regnamespace"
            " AND prorettype = 'trigger'::regtype AND has_function_privilege(oid, 'EXECUTE')"
        )
        assert cursor.fetchall() == []

"""What the web role may do: read everything, write features and accounts, and never touch what was."""

from typing import Any

from psycopg import sql

# Written by triggers and migrations alone.
READ_ONLY = ("history_changeset", "history_redaction", "django_migrations", "spatial_ref_sys")
# Only ever added; a proposal's state changes besides, its content does not (sql/proposals.sql).
APPEND_ONLY = (
    "contributions_decision",
    "contributions_block",
    "contributions_pepper",
    "pages_lawtext",
)
NEVER_DELETED = ("contributions_proposal",)
# Replace old text by a marker and write that down; what else they could do, triggers refuse (sql/redaction.sql).
REDACTING = ("geoplatform.redact", "geoplatform.redact_reason")


def grant(cursor: Any, web: str) -> None:
    """Give the role `web` its rights on all tables there are. Repeatable; run by the owner after each migration."""
    role = sql.Identifier(web)
    cursor.execute("SELECT current_user")
    if cursor.fetchone()[0] == web:
        return  # one role for both: the city chose so (a warning of `manage.py check` says what it gives up)
    statements = [
        "GRANT USAGE ON SCHEMA public, geoplatform, history TO {role}",
        "GRANT SELECT ON ALL TABLES IN SCHEMA history, geoplatform TO {role}",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    ]
    for statement in statements:
        cursor.execute(sql.SQL(statement).format(role=role))
    cursor.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user"
    )
    for (table,) in cursor.fetchall():
        rights = _rights(table)
        cursor.execute(
            sql.SQL("GRANT " + rights + " ON public.{table} TO {role}").format(
                table=sql.Identifier(table), role=role
            )
        )
    cursor.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'geoplatform' AND tablename LIKE 'text\\_%'"
    )
    for (table,) in cursor.fetchall():
        # Stored texts: whoever reads a feature may keep what it composed.
        cursor.execute(
            sql.SQL("GRANT INSERT, UPDATE ON geoplatform.{table} TO {role}").format(
                table=sql.Identifier(table), role=role
            )
        )
    cursor.execute(
        "SELECT oid::regprocedure::text FROM pg_proc"
        " WHERE pronamespace = 'geoplatform'::regnamespace AND prorettype = 'trigger'::regtype"
    )
    for (function,) in cursor.fetchall():
        # As the trigger of a table of one's own, a function with the owner's rights would write anything into history.
        # Triggers that are there need no right to run theirs.
        cursor.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    for function in REDACTING:
        cursor.execute("SELECT to_regproc(%s) IS NOT NULL", [function])
        if cursor.fetchone()[0]:
            cursor.execute(
                sql.SQL("GRANT EXECUTE ON FUNCTION {function} TO {role}").format(
                    function=sql.SQL(function), role=role
                )
            )


def _rights(table: str) -> str:
    if table in READ_ONLY:
        return "SELECT"
    if table in APPEND_ONLY:
        return "SELECT, INSERT"
    return "SELECT, INSERT, UPDATE" + ("" if table in NEVER_DELETED else ", DELETE")

"""Migration operations: install a file of `sql/`. A later version of a file is installed by a new migration."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


def install(name: str, *, reverse: str) -> migrations.RunSQL:
    """Run `sql/<name>.sql` forwards and the statements `reverse` backwards."""
    # A list, so that the file goes to the database whole: splitting it would cut functions at their semicolons.
    return migrations.RunSQL(sql=[(SQL / f"{name}.sql").read_text()], reverse_sql=[reverse])

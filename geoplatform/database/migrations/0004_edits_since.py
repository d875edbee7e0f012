from django.db import migrations

from geoplatform.database.operations import install


class Migration(migrations.Migration):
    """What was changed since a snapshot, for maps that are open."""

    dependencies = [("database", "0003_search_path")]

    operations = [
        install(
            "edits",
            reverse="DROP FUNCTION IF EXISTS geoplatform.edits_since(bigint, pg_snapshot, text[], integer)",
        )
    ]

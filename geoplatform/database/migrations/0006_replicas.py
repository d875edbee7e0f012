from django.db import migrations

from geoplatform.database.operations import install


class Migration(migrations.Migration):
    """Whether something has changed, asked of a replica."""

    dependencies = [("database", "0005_search")]

    operations = [
        install(
            "edits",
            reverse="DROP FUNCTION IF EXISTS geoplatform.edit_server(), geoplatform.seen_now()",
        )
    ]

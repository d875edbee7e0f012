from django.db import migrations

from geoplatform.database.operations import install


class Migration(migrations.Migration):
    """Who writes can be said within the statement that writes."""

    dependencies = [("database", "0008_moment")]

    operations = [
        install(
            "changeset",
            reverse="DROP FUNCTION IF EXISTS geoplatform.begin_changeset(text, text, text)",
        )
    ]

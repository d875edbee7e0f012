from django.db import migrations

from geoplatform.database.operations import install


class Migration(migrations.Migration):
    """Functions with the owner's rights look in `pg_temp` last, where a session could put a type of its own."""

    dependencies = [("database", "0002_query_and_pyramid")]

    operations = [
        install(name, reverse="SELECT 1")
        for name in ("changeset", "related", "references", "edits", "tiles")
    ]

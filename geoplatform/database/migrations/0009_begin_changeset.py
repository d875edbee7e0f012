from django.db import migrations

from geoplatform.database.operations import install


class Migration(migrations.Migration):
    """A write can be a transaction of its own: it says who writes, and waits for nobody who changes what it derives from."""

    dependencies = [("database", "0008_moment")]

    operations = [
        install("guard", reverse="DROP FUNCTION IF EXISTS geoplatform.derives_at_once()"),
        install(
            "changeset",
            reverse="DROP FUNCTION IF EXISTS geoplatform.begin_changeset(text, text, text)",
        ),
    ]

from django.db import migrations

from geoplatform.database.operations import install


class Migration(migrations.Migration):
    """What a map's ETag is made of, asked along with its data: a function, whose plan is kept."""

    dependencies = [("database", "0007_names_at_less_cost")]

    operations = [install("edits", reverse="DROP FUNCTION IF EXISTS geoplatform.moment()")]

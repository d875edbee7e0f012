from django.db import migrations

from geoplatform.database.operations import install


class Migration(migrations.Migration):
    """The same names from functions that cost an index less; what it holds stays as it is."""

    dependencies = [("database", "0006_replicas")]

    operations = [install("search", reverse="SELECT 1")]

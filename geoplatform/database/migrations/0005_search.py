from django.db import migrations

from geoplatform.database.operations import install


class Migration(migrations.Migration):
    dependencies = [("database", "0004_edits_since")]

    # Indexes of the layers' tables are made by these.
    run_before = [("layers", "0004_search")]

    operations = [
        install(
            "search",
            reverse="DROP FUNCTION geoplatform.name_words CASCADE; DROP FUNCTION geoplatform.folded CASCADE",
        ),
    ]

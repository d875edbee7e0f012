from django.db import migrations

from geoplatform.database.operations import install


class Migration(migrations.Migration):
    dependencies = [("database", "0001_foundation")]

    # The triggers of the layers' tables call these.
    run_before = [("layers", "0002_query_and_pyramid")]

    operations = [
        install(
            "instant",
            reverse="DROP FUNCTION geoplatform.stable_instant, geoplatform.degrees_around",
        ),
        install(
            "related",
            reverse="DROP FUNCTION geoplatform.related_changed CASCADE; DROP FUNCTION geoplatform.sweep_texts;"
            " DROP TABLE geoplatform.related_changes, geoplatform.texts",
        ),
        install(
            "references",
            reverse="DROP FUNCTION geoplatform.hold; DROP FUNCTION geoplatform.still_referenced CASCADE;"
            " DROP TABLE geoplatform.referring",
        ),
        # Every writer now says since when it writes; going back, it may go on saying so.
        install("changeset", reverse="SELECT 1"),
    ]

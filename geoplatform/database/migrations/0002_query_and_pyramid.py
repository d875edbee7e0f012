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
        install(
            "edits",
            reverse="DROP FUNCTION geoplatform.generation, geoplatform.unchanged, geoplatform.prune_edits; "
            "DROP FUNCTION geoplatform.log_anywhere CASCADE; DROP TABLE geoplatform.edit, geoplatform.edit_mark",
        ),
        install(
            "tiles",
            reverse="DROP FUNCTION geoplatform.stored_tile, geoplatform.store_tile, geoplatform.touch_tile, "
            "geoplatform.prune_tiles; DROP TABLE geoplatform.tile",
        ),
        # What a pyramid is made from is looked up under the lock too.
        install("guard", reverse="DROP FUNCTION geoplatform.looks_up CASCADE"),
        install("staged", reverse="SELECT 1"),
        # Every writer now says since when it writes; going back, it may go on saying so.
        install("changeset", reverse="SELECT 1"),
    ]

from django.db import migrations

from geoplatform.database.operations import install


class Migration(migrations.Migration):
    initial = True
    # The sequence is the default of every feature's number.
    run_before = [("catalog", "0001_initial")]

    operations = [
        install(
            "foundation",
            # Extensions stay: others may use them.
            reverse="DROP SEQUENCE public.geoplatform_fid; DROP SCHEMA history CASCADE; DROP SCHEMA geoplatform CASCADE",
        ),
        install(
            "guard",
            reverse="DROP FUNCTION geoplatform.guard, geoplatform.derives, geoplatform.changes_what_is_derived_from",
        ),
        install(
            "staged",
            reverse="DROP FUNCTION geoplatform.check_staged, geoplatform.analyze_staged",
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
        install(
            "changeset",
            # The history of tables that are gone still refuses changes, until it goes with its schema.
            reverse="DROP FUNCTION geoplatform.changeset, geoplatform.make_history; "
            "DROP FUNCTION geoplatform.refuse CASCADE",
        ),
    ]

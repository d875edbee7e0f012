from django.db import migrations

from geoplatform.database.texts import count_changes


class Migration(migrations.Migration):
    """A source's title is shown by every feature that comes from it."""

    dependencies = [
        ("history", "0001_initial"),
        ("catalog", "0002_initial"),
        ("database", "0002_query_and_pyramid"),
    ]

    operations = [
        migrations.RunSQL(
            sql=[count_changes("catalog_source")],
            reverse_sql=[
                "DROP TRIGGER related_updated ON public.catalog_source;"
                "DROP TRIGGER related_deleted ON public.catalog_source"
            ],
        )
    ]

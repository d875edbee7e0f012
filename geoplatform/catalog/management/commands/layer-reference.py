"""`manage.py layer-reference > docs/reference/layers.md`."""

from typing import Any

from django.core.management.base import BaseCommand

from geoplatform.catalog.reference import reference


class Command(BaseCommand):
    help = "Prints the reference of all layers as Markdown."
    requires_system_checks = []

    def handle(self, **options: Any) -> None:
        self.stdout.write(reference(), ending="")

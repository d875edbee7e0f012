"""`manage.py export-parquet DIR`: municipalities as GeoParquet, for a cluster that has no database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from geoplatform.catalog.terminal import TerminalCommand
from geoplatform.query.errors import QueryError


class Command(TerminalCommand):
    help = (
        "Writes all that indicators read of municipalities into a new folder of GeoParquet files."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR", help="a folder that is new")
        parser.add_argument(
            "--municipality",
            action="append",
            default=[],
            metavar="AGS",
            help="a municipality's key; again for several; without it, all that have quarters",
        )

    def handle(self, *, directory: Path, municipality: list[str], **options: Any) -> None:
        from geoplatform.analysis.export import export
        from geoplatform.analysis.terminal import bar

        try:
            with bar() as progress:
                told = export(directory, municipality, progress)
        except (QueryError, OSError) as error:
            raise CommandError(str(error)) from error
        number = len(told["municipalities"])
        written = _("%(number)d municipalities of %(at)s in %(folder)s")
        self.stdout.write(written % {"number": number, "at": told["at"], "folder": directory})

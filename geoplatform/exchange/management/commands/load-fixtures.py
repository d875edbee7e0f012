"""`manage.py load-fixtures`: the small Schwerin and the list of species, as the ordinary importer reads them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from geoplatform.catalog.terminal import TerminalCommand


class Command(TerminalCommand):
    """Loads what is not there yet, in one transaction."""

    help = "Loads the small Schwerin that an empty installation starts with."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="do nothing where the fixtures were loaded before",
        )

    def handle(self, *, if_empty: bool, **options: Any) -> None:
        from geoplatform.exchange import fixtures
        from geoplatform.exchange.errors import LoadError

        if if_empty and fixtures.are_there():
            return
        try:
            with transaction.atomic():
                for name, summary in fixtures.load_fixtures():
                    self.stdout.write(f"{name:<18} {summary.loaded:>6,} " + _("features"))
                    for problem in summary.problems.values():
                        self.stdout.write(
                            f"  {problem.text}: {', '.join(map(str, problem.rows[:5]))}"
                        )
        except LoadError as error:
            raise CommandError(str(error), returncode=2) from error

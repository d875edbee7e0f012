"""What all commands have in common that bring features in."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from geoplatform.catalog.terminal import TerminalCommand
from geoplatform.formats.startup import without_pandas

NOTHING, SOME = 2, 3


class LoadingCommand(TerminalCommand):
    """Exit status: 0 all rows loaded, 3 some are in the report, 2 nothing loaded; of several the worst."""

    requires_system_checks = ()
    may_add_species = True
    may_be_complete = False

    def run_from_argv(self, argv: list[str]) -> None:
        without_pandas()
        super().run_from_argv(argv)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="tell what would happen and change nothing"
        )
        parser.add_argument("--report", type=Path, help="where the rows that need a look go (CSV)")
        if self.may_add_species:
            parser.add_argument(
                "--strict",
                action="store_true",
                help="report unknown species instead of adding them",
            )
        if self.may_be_complete:
            parser.add_argument(
                "--most-gone",
                type=int,
                default=10,
                metavar="PERCENT",
                help="how much of its source a complete file may lack (default: 10)",
            )

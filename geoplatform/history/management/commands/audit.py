"""`manage.py audit [LAYER ...]`: is the history of all features whole?"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import connection, transaction
from django.utils.translation import gettext as _
from rich.table import Table

from geoplatform.catalog import registry
from geoplatform.catalog.terminal import TerminalCommand
from geoplatform.history.audit import FAULTS, Finding, audit, counted


class Command(TerminalCommand):
    """Exit status: 0 all is whole, 1 there are faults."""

    help = "Audits the history of features. Exit status: 0 it is whole, 1 there are faults."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("layers", nargs="*", help="names of layers, such as trees (none: all)")

    def handle(self, *, layers: list[str], **options: Any) -> None:
        table = Table(_("table"), _("layers"), _("features"), _("closed versions"), "")
        for column in table.columns[2:4]:
            column.justify = "right"
        faults: list[Finding] = []
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            for name, shown in _tables(layers).items():
                found = list(audit([name]))
                faults += found
                features, versions = counted(name)
                verdict = _("whole") if not found else f"[red]{_('%d faults') % len(found)}[/red]"
                table.add_row(name, ", ".join(shown), f"{features:,}", f"{versions:,}", verdict)
        console = self.console
        console.print(table)
        for each in faults:
            console.print(f"[red]{each.table}[/red] {each.fault}: {FAULTS[each.fault]}")
            some = ", ".join(f"{id} v{version}" for id, version in each.examples)
            console.print(f"  {each.features:,}: {some}", soft_wrap=True)
        if faults:
            sys.exit(1)


def _tables(names: list[str]) -> dict[str, list[str]]:
    """Table -> the layers that show it."""
    known = {layer.name: layer for layer in registry.layers()}
    if unknown := set(names) - set(known):
        raise CommandError(
            _("There is no layer %(name)s. There are: %(known)s.")
            % {"name": ", ".join(sorted(unknown)), "known": ", ".join(sorted(known))}
        )
    found: dict[str, list[str]] = {}
    for layer in known.values():
        found.setdefault(layer.model._meta.db_table, []).append(layer.name)
    return {table: shown for table, shown in found.items() if not names or set(shown) & set(names)}

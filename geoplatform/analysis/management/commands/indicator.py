"""`manage.py indicator [ID]`: the indicators there are, or one of them for the quarters of municipalities."""

import csv
import math
from argparse import ArgumentParser
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from rich.table import Table

from geoplatform.catalog.terminal import TerminalCommand
from geoplatform.query.errors import QueryError

if TYPE_CHECKING:
    from geoplatform.analysis.answer import Answer


class Command(TerminalCommand):
    """Reads geopandas and scipy only when something is asked."""

    help = "Computes an indicator for each quarter; without ID, lists the indicators."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", nargs="?", help="such as green-within-a-walk")
        parser.add_argument(
            "--municipality",
            action="append",
            metavar="AGS",
            help="a municipality's key; again for several; without it, all",
        )
        parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter")  # fmt: skip
        parser.add_argument("--at", help="as it was: an instant such as 2026-05-01T00:00:00Z")
        parser.add_argument("--csv", action="store_true", help="CSV instead of a table")

    def handle(self, *, id: str | None, **options: Any) -> None:
        from geoplatform.analysis import reading, registry
        from geoplatform.analysis.answer import answer
        from geoplatform.analysis.terminal import bar, typed

        if id is None:
            return self._list()
        try:
            indicator = registry.get(id)
            at = parse_datetime(options["at"]) if options["at"] else None
            if options["at"] and (at is None or at.tzinfo is None):
                example = "2026-05-01T00:00:00Z"
                raise QueryError("at", _("--at is an instant with its time zone: %s") % example)
            towns = options["municipality"] or sorted(reading.municipalities())
            with bar() as progress:
                found = answer(indicator, towns, typed(options["set"]), at=at, progress=progress)
        except (QueryError, ValueError) as error:
            raise CommandError(str(error)) from error
        if options["csv"]:
            self._csv(found)
        else:
            self._table(found)

    def _list(self) -> None:
        from geoplatform.analysis import registry

        table = Table("id", _("indicator"), _("parameters"))
        for each in registry.indicators():
            given = ", ".join(f"{p.name}={p.default:g} {p.unit}".rstrip() for p in each.parameters)
            table.add_row(each.id, str(each.title), given)
        self.console.print(table)

    def _table(self, found: "Answer") -> None:
        columns = found.indicator.columns
        heads = [f"{each.title} ({each.unit})" if each.unit else str(each.title) for each in columns]  # fmt: skip
        table = Table(_("key"), _("quarter"), *heads, title=str(found.indicator.title))
        for _id, row in found.rows.iterrows():
            cells = ["–" if math.isnan(row[c.name]) else f"{row[c.name]:.{c.digits}f}" for c in columns]  # fmt: skip
            table.add_row(row["key"], row["name"], *cells)
        self.console.print(table)
        for line in _about(found):
            self.console.print(line, highlight=False, markup=False)

    def _csv(self, found: "Answer") -> None:
        out: Any = self.stdout
        for line in _about(found):
            out.write(f"# {line}\n")
        names = ["municipality", "key", "name", "inhabitants"]
        names += [each.name for each in found.indicator.columns]
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(names)
        for _id, row in found.rows.iterrows():
            writer.writerow([_plain(row[name]) for name in names])


def _plain(value: Any) -> Any:
    return "" if isinstance(value, float) and math.isnan(value) else value


def _about(found: "Answer") -> list[str]:
    """What a citation of the figures needs."""
    own, official = _("defined by this platform"), _("official definition")
    kind = official if found.definition_kind == "official" else own
    at = found.at.isoformat(timespec="seconds")
    lines = [
        f"{found.indicator.id}: {found.indicator.definition} ({kind})",
        _("data of %(at)s, version %(version)d") % {"at": at, "version": found.version},
    ]
    if found.values:
        lines.append(", ".join(f"{name}={value:g}" for name, value in found.values.items()))
    if found.weighting:
        lines.append(_("inhabitants spread along: %s") % found.weighting)
    if not math.isnan(found.gini):
        lines.append(_("Gini coefficient of the quarters: %.3f") % found.gini)
    lines.append(", ".join([*found.licences, *found.attributions]))
    return lines

"""`manage.py undo`: take back a changeset, an author's work or a time span, and tell what was left alone."""

from __future__ import annotations

import datetime as dt
import getpass
import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from rich.table import Table

from geoplatform.catalog import registry
from geoplatform.catalog.terminal import TerminalCommand
from geoplatform.contributions import undo
from geoplatform.history.models import Changeset

SOME = 3
SHOWN = 50


class Command(TerminalCommand):
    """Exit status: 0 all was undone, 3 something was left as it is."""

    help = "Takes back what was done. Exit status: 0 all was undone, 3 something was left as it is."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument(
            "--changeset", type=int, action="append", help="number of a changeset; may be repeated"
        )
        which.add_argument(
            "--actor", help="an author as changesets name them: key:…, user:…, import:…"
        )
        which.add_argument(
            "--between",
            nargs=2,
            metavar=("START", "END"),
            help="two instants, 2026-05-01T00:00:00Z",
        )
        parser.add_argument("--since", help="with --actor: from this instant on")
        parser.add_argument(
            "--feature", metavar="LAYER/ID", help="with --changeset: what it did to one feature"
        )
        parser.add_argument("--reason", default="", help="why; stands in the history")
        parser.add_argument("--dry-run", action="store_true", help="change nothing")

    def handle(self, **options: Any) -> None:
        common = {
            "actor": f"operator:{getpass.getuser()}",
            "channel": "command",
            "reason": options["reason"],
            "dry_run": options["dry_run"],
        }
        if options["since"] and not options["actor"]:
            raise CommandError(_("--since goes with --actor."))
        if options["feature"] and len(options["changeset"] or ()) != 1:
            raise CommandError(_("--feature goes with one --changeset."))
        try:
            found = self._undo(options, common)
        except undo.UndoError as error:
            raise CommandError(str(error)) from error
        self._print(found, options["dry_run"])
        if found.conflict_count:
            sys.exit(SOME)

    def _undo(self, options: dict[str, Any], common: dict[str, Any]) -> undo.Undone:
        if options["actor"]:
            since = _instant(options["since"]) if options["since"] else None
            return undo.undo_actor(who=options["actor"], since=since, **common)
        if options["between"]:
            start, end = map(_instant, options["between"])
            return undo.undo_between(start=start, end=end, **common)
        ids = options["changeset"]
        known = set(Changeset.objects.filter(id__in=ids).values_list("id", flat=True))
        if missing := sorted(set(ids) - known):
            raise CommandError(_("There is no changeset %s.") % ", ".join(map(str, missing)))
        if options["feature"]:
            name, _slash, id = options["feature"].partition("/")
            layer = registry.get(name)
            try:
                feature = UUID(id)
            except ValueError:
                layer = None
            if layer is None:
                raise CommandError(_("--feature is the name of a layer and an id: trees/…"))
            return undo.undo_change(layer=layer, id=feature, changeset_id=ids[0], **common)
        return undo.undo_changesets(ids=ids, **common)

    def _print(self, found: undo.Undone, dry_run: bool) -> None:
        console = self.console
        if dry_run:
            console.print(_("dry run: nothing was changed"))
        counts = Table(_("layer"), _("brought back"), _("changed"), _("removed"))
        for name in sorted({*found.restored, *found.changed, *found.removed}):
            each = (found.restored, found.changed, found.removed)
            counts.add_row(name, *(f"{numbers.get(name, 0):,}" for numbers in each))
        console.print(_("changesets: %d") % found.changesets)
        if counts.row_count:
            console.print(counts)
        for conflict in found.conflicts[:SHOWN]:
            what = f"{conflict.layer.name}/{conflict.id}"
            fields = f" ({', '.join(conflict.labels)})" if conflict.fields else ""
            console.print(f"{what}{fields}: {undo.WHY[conflict.why]}", soft_wrap=True)
        if found.conflict_count > SHOWN:
            console.print(_("… and %d others") % (found.conflict_count - SHOWN))
        if found.conflict_count:
            console.print(_("left as it is: %d") % found.conflict_count)


def _instant(text: str) -> dt.datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise CommandError(_("%s is no instant: 2026-05-01T00:00:00Z.") % text)
    return found

"""`manage.py redact`: take personal data out of old texts; the versions stay."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.terminal import TerminalCommand
from geoplatform.contributions import redaction


class Command(TerminalCommand):
    help = "Replaces texts in old versions of a feature, or the reason of a changeset, by a marker."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("feature", nargs="?", metavar="LAYER/ID", help="such as trees/0190…")
        parser.add_argument(
            "--field", action="append", default=[], help="a field of free text; may be repeated"
        )
        parser.add_argument(
            "--of-version",
            type=int,
            action="append",
            dest="versions",
            help="only in this one",
        )
        parser.add_argument("--changeset", type=int, help="redact the reason of this changeset")
        parser.add_argument("--reason", required=True, help="why, without repeating what is to go")  # fmt: skip

    def handle(self, **options: Any) -> None:
        common = {
            "actor": f"operator:{getpass.getuser()}",
            "channel": "command",
            "reason": options["reason"],
        }
        if bool(options["feature"]) == bool(options["changeset"]):
            raise CommandError(_("Name a feature or a changeset."))
        try:
            if options["changeset"]:
                done = redaction.redact_reason(changeset_id=options["changeset"], **common)
                self.stdout.write(_("redacted") if done else _("there was no text"))
                return
            name, _slash, id = options["feature"].partition("/")
            layer = registry.get(name)
            if layer is None:
                raise CommandError(_("There is no layer %s.") % name)
            found = redaction.redact(
                layer=layer, id=_uuid(id), fields=options["field"], versions=options["versions"], **common
            )  # fmt: skip
        except redaction.RedactionError as error:
            raise CommandError(str(error)) from error
        versions = ", ".join(map(str, found.versions)) or "–"
        self.stdout.write(_("redacted in versions: %s") % versions)
        if found.current:
            self.stdout.write(_("The feature as it stands lost the text by a new version."))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise CommandError(_("%s is no id.") % text) from None

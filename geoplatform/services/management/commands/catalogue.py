"""`manage.py catalogue`: the catalogue as a file, or held against shapes (SHACL) that somebody published."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from geoplatform.catalog.terminal import TerminalCommand


class Command(TerminalCommand):
    """Exit status: 0 all is well, 1 the shapes find a violation, 2 they could not be asked."""

    help = (
        "Writes the catalogue as Turtle. With --shapes: tells what those shapes find wrong with it instead; "
        "exit status 1 for a violation, warnings alone are 0."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--base",
            default=os.environ.get("PUBLIC_URL") or "http://localhost:8000",
            help="where the platform's addresses begin",
        )
        parser.add_argument(
            "--shapes",
            action="append",
            type=Path,
            default=[],
            metavar="FILE",
            help="a file of SHACL shapes, as fetched from DCAT-AP.de; may be given again",
        )

    def handle(self, *, base: str, shapes: list[Path], **options: Any) -> None:
        from geoplatform.services.catalogue.graph import catalogue_graph

        graph = catalogue_graph(base.rstrip("/"))
        if not shapes:
            self.stdout.write(graph.serialize(format="turtle"))
            return
        try:
            from geoplatform.services.catalogue.shapes import ShapesError, findings
        except ImportError:
            text = _("pySHACL is missing: it comes with the packages for development.")
            raise CommandError(text, returncode=2) from None
        try:
            found = findings(graph, shapes)
        except ShapesError as error:
            raise CommandError(str(error), returncode=2) from error
        for each in found:
            self.stdout.write(f"{each.severity}: {each.node} {each.path}: {each.message}")
        violations = sum(each.severity == "Violation" for each in found)
        told = {"violations": violations, "others": len(found) - violations}
        self.stdout.write(_("%(violations)d violations, %(others)d warnings and notes") % told)
        if violations:
            sys.exit(1)

"""`manage.py take-over FILE ...`: what another platform of this kind gave away becomes features of this one."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from geoplatform.exchange.command import NOTHING, SOME, LoadingCommand
from geoplatform.exchange.printing import print_summary


class Command(LoadingCommand):
    """Exit status as that of `load`."""

    help = (
        "Loads files of /downloads/ of another platform, each called as its layer (trees.gpkg), without any mapping. "
        "Exit status: 0 all rows loaded, 3 some are in the report, 2 nothing loaded."
    )
    may_add_species = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "files", type=Path, nargs="+", metavar="FILE", help="or a folder of them"
        )
        parser.add_argument(
            "--source", required=True, metavar="NAME", help="short name of the source, as rostock"
        )
        parser.add_argument("--title", required=True, help="of the source, for people")
        parser.add_argument("--url", default="", help="where it was taken from")
        parser.add_argument(
            "--attribution", help="whom to name; without it as the files say, where they can"
        )
        super().add_arguments(parser)

    def handle(self, *, files: list[Path], report: Path | None, **options: Any) -> None:
        from geoplatform.exchange.errors import LoadError
        from geoplatform.exchange.own import Giver, take_over

        giver = Giver(
            name=options["source"],
            title=options["title"],
            url=options["url"],
            attribution=options["attribution"],
        )
        try:
            taken = take_over(_listed(files), giver, dry_run=options["dry_run"])
        except LoadError as error:
            raise CommandError(str(error), returncode=NOTHING) from error
        folder = report or settings.BASE_DIR / "build" / "reports"
        for each in taken:
            target = None
            if each.summary.problems:
                target = folder / f"{each.layer.name}-{each.path.name.split('.')[0]}.csv"
                each.summary.write(target)
            print_summary(
                each.summary,
                title=f"{each.path.name} → {each.layer.name}",
                report=target,
                dry_run=options["dry_run"],
                out=self.stdout,
            )
        if not any(each.summary.loaded for each in taken):
            sys.exit(NOTHING)
        if any(each.summary.problems for each in taken):
            sys.exit(SOME)


def _listed(files: list[Path]) -> list[Path]:
    """The files, and those of folders by name. Raises CommandError for a folder without any."""
    found: list[Path] = []
    for each in files:
        inside = sorted(one for one in each.iterdir() if one.is_file()) if each.is_dir() else [each]
        if not inside:
            text = _("%(path)s: there is no file in this folder.") % {"path": each}
            raise CommandError(text, returncode=NOTHING)
        found += inside
    return found

"""`manage.py load-osm FILE`: an extract of OpenStreetMap becomes features of all layers, never doubled."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from geoplatform.exchange.command import NOTHING, SOME, LoadingCommand
from geoplatform.exchange.printing import print_summary


def box(text: str) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = (float(each) for each in text.split(","))
    except ValueError:
        raise ArgumentTypeError("west,south,east,north in degrees") from None
    return west, south, east, north


class Command(LoadingCommand):
    """Exit status as that of `load`."""

    help = (
        "Loads an extract of OpenStreetMap into all layers that fixtures/mappings/osm/ has a mapping for. "
        "Exit status: 0 all objects loaded, 3 some are in the report, 2 nothing loaded."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help=".osm.pbf, .osm, .osm.gz or .osm.bz2")
        parser.add_argument("--municipality", metavar="KEY", help="its key, as 13004000")
        parser.add_argument("--bbox", type=box, help="west,south,east,north in degrees")
        parser.add_argument(
            "--only", action="append", default=[], metavar="LAYER", help="may be given again"
        )
        parser.add_argument(
            "--no-tags",
            dest="tags",
            action="store_false",
            help="keep nothing of an object but its fields",
        )
        super().add_arguments(parser)

    def handle(self, *, file: Path, report: Path | None, **options: Any) -> None:
        from geoplatform.exchange.errors import LoadError
        from geoplatform.exchange.osm import OsmRequest, load_osm

        try:
            loaded = load_osm(
                OsmRequest(
                    path=file,
                    bbox=options["bbox"],
                    municipality=options["municipality"],
                    only=tuple(options["only"]),
                    dry_run=options["dry_run"],
                    strict=options["strict"],
                    tags=options["tags"],
                )
            )
        except LoadError as error:
            raise CommandError(str(error), returncode=NOTHING) from error
        folder = report or settings.BASE_DIR / "build" / "reports"
        for each in loaded:
            target = None
            if each.summary.problems:
                target = folder / f"{each.layer}-{file.name.split('.')[0]}.csv"
                each.summary.write(target)
            print_summary(
                each.summary,
                title=f"{file.name} → {each.layer}",
                report=target,
                dry_run=options["dry_run"],
                out=self.stdout,
            )
            if each.elsewhere:
                self.stdout.write(f"  {_('outside, left out'):<28} {each.elsewhere:>12,}")
        if not any(each.summary.loaded for each in loaded):
            sys.exit(NOTHING)
        if any(each.summary.problems for each in loaded):
            sys.exit(SOME)

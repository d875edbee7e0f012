"""`manage.py load LAYER FILE`: a file's rows become a layer's features, again and again, never doubled."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.exchange.command import NOTHING, SOME, LoadingCommand
from geoplatform.exchange.printing import print_summary, progress_bar


class Command(LoadingCommand):
    """Exit status: 0 all rows loaded, 3 some are in the report, 2 nothing loaded."""

    help = "Loads a file into a layer. Exit status: 0 all rows loaded, 3 some rows are in the report, 2 nothing loaded."
    may_be_complete = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("layer", help="name of the layer, such as trees")
        parser.add_argument(
            "file",
            type=Path,
            help="GeoJSON, Shapefile, GeoPackage, FlatGeobuf, CSV, TSV or GeoParquet; also .gz, .zip",
        )
        parser.add_argument("--mapping", type=Path, help="TOML file that maps columns to fields")
        parser.add_argument(
            "--update", action="store_true", help="join values to features that exist; add none"
        )
        super().add_arguments(parser)

    def handle(
        self, *, layer: str, file: Path, mapping: Path | None, report: Path | None, **options: Any
    ) -> None:
        from geoplatform.exchange.fixtures import load_with_species
        from geoplatform.exchange.load import LoadError, Request
        from geoplatform.exchange.mapping import MappingError, read_mapping

        try:
            with progress_bar(file.name) as progress:
                request = Request(
                    layer=_layer(layer),
                    path=file,
                    mapping=read_mapping(mapping) if mapping else None,
                    update=options["update"],
                    dry_run=options["dry_run"],
                    strict=options["strict"],
                    most_gone=options["most_gone"],
                    progress=progress,
                )
                summary = load_with_species(request)
        except (LoadError, MappingError) as error:
            raise CommandError(str(error), returncode=NOTHING) from error
        if summary.problems:
            target = (
                report
                or settings.BASE_DIR
                / "build"
                / "reports"
                / f"{layer}-{file.name.split('.')[0]}.csv"
            )
            summary.write(target)
        else:
            target = None
        print_summary(
            summary,
            title=f"{file.name} → {layer}",
            report=target,
            dry_run=options["dry_run"],
            out=self.stdout,
        )
        if not summary.loaded:
            sys.exit(NOTHING)
        if summary.problems:
            sys.exit(SOME)


def _layer(name: str) -> Layer:
    found = registry.get(name)
    if found is None:
        known = ", ".join(sorted(each.name for each in registry.layers()))
        raise CommandError(
            _("There is no layer %(name)s. There are: %(known)s.") % {"name": name, "known": known},
            returncode=NOTHING,
        )
    return found

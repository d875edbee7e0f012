"""`manage.py harvest SOURCE`: a neighbour's service becomes features of a layer, again and again, never doubled."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from geoplatform.exchange.command import NOTHING, SOME, LoadingCommand
from geoplatform.exchange.printing import print_summary, progress_bar


class Command(LoadingCommand):
    """Exit status as that of `load`; of several sources the worst."""

    help = (
        "Fetches features from a WFS, an OGC API or a GeoJSON address as a description (TOML) says, and loads them. "
        "Exit status: 0 all features loaded, 3 some are in the report, 2 nothing loaded."
    )
    may_be_complete = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "sources", nargs="*", metavar="SOURCE", help="name of a description, or its .toml file"
        )
        parser.add_argument(
            "--due",
            action="store_true",
            help="all of HARVEST_SOURCES whose interval has passed (for a timer)",
        )
        parser.add_argument(
            "--anew", action="store_true", help="ask for every page, whatever is kept of it"
        )
        super().add_arguments(parser)

    def handle(self, *, sources: list[str], due: bool, report: Path | None, **options: Any) -> None:
        from geoplatform.exchange.errors import LoadError
        from geoplatform.exchange.harvest.run import due_sources, find_source

        if bool(sources) == due:
            raise CommandError(_("Name sources, or say --due."), returncode=NOTHING)
        try:
            found = due_sources() if due else [find_source(each) for each in sources]
        except LoadError as error:
            raise CommandError(str(error), returncode=NOTHING) from error
        # One neighbour's trouble is not another's.
        status = [self._one(each, report, options) for each in found]
        worst = NOTHING if NOTHING in status else max(status, default=0)
        if worst:
            sys.exit(worst)

    def _one(self, source: Any, report: Path | None, options: dict[str, Any]) -> int:
        from geoplatform.exchange.errors import LoadError
        from geoplatform.exchange.harvest.run import harvest

        try:
            with progress_bar(source.name) as progress:
                done = harvest(
                    source,
                    dry_run=options["dry_run"],
                    strict=options["strict"],
                    anew=options["anew"],
                    most_gone=options["most_gone"],
                    progress=progress,
                )
        except LoadError as error:
            self.stderr.write(f"{source.name}: {error}")
            return NOTHING
        if done.background is not None:
            self.stdout.write(_("The map may stand on it with these settings:"))
            self.stdout.write(f"BASEMAP_URL='{done.background.url}'")
            self.stdout.write(f"BASEMAP_ATTRIBUTION='{done.background.attribution}'")
            return 0
        summary = done.summary
        assert summary is not None
        target = None
        if summary.problems:
            target = (report or settings.BASE_DIR / "build" / "reports") / f"{source.name}.csv"
            summary.write(target)
        print_summary(
            summary,
            title=f"{source.name} → {source.layer.name}",
            report=target,
            dry_run=options["dry_run"],
            out=self.stdout,
        )
        self.stdout.write(
            _("%(pages)d pages, %(requests)d requests")
            % {"pages": done.pages, "requests": done.requests}
        )
        if not summary.loaded:
            return NOTHING
        return SOME if summary.problems else 0

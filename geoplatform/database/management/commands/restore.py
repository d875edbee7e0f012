"""`manage.py restore FOLDER --to "2026-11-23 17:05" --into NEW`: the private cluster as it was at that moment."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from geoplatform.database.archive import Archive
from geoplatform.database.cluster import ClusterError
from geoplatform.database.restore import restore

LATEST = "latest"


class Command(BaseCommand):
    """Exit status: 0 it is there, 2 it could not be had."""

    help = "Restores a backup of the private cluster, as it was at a moment, into a folder that is new."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="what `manage.py backup` has written to")
        parser.add_argument(
            "--to",
            required=True,
            help='as "2026-11-23 17:05", in the time zone of the platform unless it says another; or `latest`',
        )
        parser.add_argument("--into", required=True, type=Path, metavar="NEW", help="a new folder")

    def handle(self, *, folder: Path, to: str, into: Path, **options: Any) -> None:
        moment = None if to == LATEST else _moment(to)
        try:
            cluster = restore(
                Archive(folder.absolute()), moment, into.absolute(), self.stdout.write
            )
        except (ClusterError, OSError) as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(
            f"It is in {cluster.home}. Look at it:  GEOPLATFORM_CLUSTER={cluster.home} manage.py audit"
        )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(
            f'--to {text} is no moment. Write it as "2026-11-23 17:05", or `latest`.', returncode=2
        ) from None
    moment = timezone.make_aware(moment) if timezone.is_naive(moment) else moment
    if moment > timezone.now():
        raise CommandError(f"{moment} lies ahead.", returncode=2)
    return moment

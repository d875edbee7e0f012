"""`manage.py backup [FOLDER]`: keep the private cluster's data, for a timer to call."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from geoplatform.database.archive import Archive, size
from geoplatform.database.backup import back_up, end_archiving, failure, is_archiving, push
from geoplatform.database.cluster import Cluster, ClusterError


class Command(BaseCommand):
    """Exit status: 0 all is well, 2 something could not be kept."""

    help = (
        "Keeps a whole copy of the private cluster in a folder (BACKUP_FOLDER), archives its WAL there from then on, "
        "and drops the oldest copies beyond BACKUP_KEEP."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, default=settings.BACKUP_FOLDER or None)
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--wal", action="store_true", help="only what was written until now")
        what.add_argument(
            "--status", action="store_true", help="what there is, and whether it goes on"
        )
        what.add_argument("--off", action="store_true", help="archive no more; the backups stay")

    def handle(
        self, *, folder: Path | None, wal: bool, status: bool, off: bool, **options: Any
    ) -> None:
        if os.environ.get("DATABASE_URL"):
            raise CommandError(
                "DATABASE_URL is set: that database is kept by whoever runs it; see "
                "docs/how-to/use-your-own-database.md.",
                returncode=2,
            )
        if folder is None:
            raise CommandError("Name a folder, or set BACKUP_FOLDER.", returncode=2)
        if settings.BACKUP_KEEP < 1:
            raise CommandError("BACKUP_KEEP must be 1 or more.", returncode=2)
        cluster, archive = Cluster.default(), Archive(folder.absolute())
        try:
            if off:
                end_archiving(cluster)
                self.stdout.write("Nothing is archived any more.")
            elif status:
                self._status(cluster, archive)
            elif wal:
                push(cluster, archive)
                self.stdout.write("Every moment until now can be restored.")
            else:
                back_up(cluster, archive, settings.BACKUP_KEEP, self.stdout.write)
        except (ClusterError, OSError) as error:
            raise CommandError(str(error), returncode=2) from error

    def _status(self, cluster: Cluster, archive: Archive) -> None:
        for base in archive.bases():
            self.stdout.write(f"{base.folder.name}  PostgreSQL {base.major}  {base.bytes:,} bytes")
        segments = archive.segments()
        self.stdout.write(f"{len(segments)} segments of WAL, {size(archive.wal):,} bytes")
        if not is_archiving(cluster, archive):
            raise CommandError(f"Nothing is archived to {archive.folder}.", returncode=2)
        cluster.hold()
        if name := failure(cluster):
            raise CommandError(
                f"The segment {name} could not be archived; PostgreSQL keeps it and goes on trying.",
                returncode=2,
            )
        bases = archive.bases()
        if bases and (missing := archive.gap(bases[-1].first_segment)):
            raise CommandError(f"The segment {missing} is missing.", returncode=2)
        self.stdout.write("Archiving.")

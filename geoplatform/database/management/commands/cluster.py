"""`manage.py cluster`: look after the private PostGIS cluster by hand."""

import os
import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from geoplatform.database.cluster import OWNER, Cluster, ClusterError


class Command(BaseCommand):
    """Every other command starts the cluster when it needs it and stops it after the last one."""

    help = "Starts, stops or shows the private PostGIS cluster, or opens psql on it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "action",
            choices=("start", "stop", "status", "url", "psql"),
            help="start: keep it running until `stop`; url: where a database tool finds it",
        )
        parser.add_argument("--force", action="store_true", help="stop: even when others use it")
        parser.add_argument("--role", default=OWNER, help="url, psql: as which role")

    def handle(self, *, action: str, force: bool, role: str, **options: Any) -> None:
        if os.environ.get("DATABASE_URL"):
            raise CommandError(
                "DATABASE_URL is set: that database is used, and there is no cluster."
            )
        cluster = Cluster.default()
        try:
            if action == "start":
                cluster.hold()
                cluster.keep()
                self.stdout.write(f"Running until `manage.py cluster stop`: {cluster.home}")
            elif action == "stop":
                cluster.keep(False)
                cluster.stop(force=force)
                self.stdout.write("Stopped.")
            elif action == "status":
                # Our own use says nothing: what is left when we have gone?
                cluster.release()
                state = "running" if cluster.running else "not running"
                self.stdout.write(f"{state}: {cluster.home}")
            elif action == "url":
                address = cluster.url(role, "geoplatform")
                self.stdout.write(address.replace("postgis://", "postgresql://"))
            else:
                cluster.hold()
                # A child, not an exec: we must outlive psql to keep the cluster for it.
                sys.exit(subprocess.run(cluster.psql(role), check=False).returncode)
        except ClusterError as error:
            raise CommandError(str(error)) from error

"""`manage.py snapshot`: dated files of the layers, for a timer to call."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.terminal import TerminalCommand

ALL = "all"


class Command(TerminalCommand):
    """Exit status: 0 all is well, 2 a snapshot could not be made."""

    help = (
        "Keeps a dated file, with its checksum, of each layer and municipality that SNAPSHOT_LAYERS names, in "
        "SNAPSHOT_FOLDER, and drops the oldest beyond SNAPSHOT_KEEP and SNAPSHOT_DAYS."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("layers", nargs="*", metavar="LAYER", help="instead of SNAPSHOT_LAYERS")

    def handle(self, *, layers: list[str], **options: Any) -> None:
        from geoplatform.formats.snapshots import Snapshot, SnapshotError, keep

        def told(snapshot: Snapshot, made: bool) -> None:
            words = _("made") if made else _("dropped")
            self.stdout.write(f"{words:<10} {snapshot.file}  {snapshot.bytes:,}")

        try:
            keep(_chosen(layers or settings.SNAPSHOT_LAYERS), told)
        except SnapshotError as error:
            raise CommandError(str(error), returncode=2) from error


def _chosen(names: list[str]) -> list[Layer]:
    if names == [ALL]:
        return registry.layers()
    found = [registry.get(name) for name in names]
    if None in found:
        known = ", ".join(sorted(each.name for each in registry.layers()))
        unknown = ", ".join(name for name in names if registry.get(name) is None)
        raise CommandError(
            _("There is no layer %(name)s. There are: %(known)s.")
            % {"name": unknown, "known": known},
            returncode=2,
        )
    return [each for each in found if each is not None]

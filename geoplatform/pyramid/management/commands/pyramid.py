"""`manage.py pyramid build|fold|check LAYER`: make a pyramid anew, merge deltas, hold it against the rows."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.facets import has_pyramid
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.terminal import TerminalCommand
from geoplatform.pyramid import check, services


class Command(TerminalCommand):
    """Exit status of `check`: 0 all is right, 1 there are differences."""

    help = "Builds, folds or checks the pyramid of a point layer. `check` exits with 1 where it finds a difference."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=("build", "fold", "check"))
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("layer", nargs="?", help="name of a layer of points, such as trees")
        which.add_argument("--all", action="store_true", help="all layers of points")

    def handle(self, *, what: str, layer: str | None, **options: Any) -> None:
        chosen = [_layer(layer)] if layer else services.point_layers()
        if what == "check":
            self._check(chosen)
            return
        # Layers of one table are built and folded together.
        for each in {services.table_of(each): each for each in chosen}.values():
            if what == "build":
                with _bar(each.name, services.steps(each)) as progress:
                    found = services.build(each, progress)
                self.stdout.write(_("%(layer)s: %(n)s points") % {"layer": each.name, "n": found})
            else:
                with _bar(each.name, services.waiting(each)) as progress:
                    merged = services.fold(each, progress)
                self.stdout.write(
                    _("%(layer)s: %(n)s deltas merged") % {"layer": each.name, "n": merged}
                )

    def _check(self, layers: list[Layer]) -> None:
        wrong = 0
        for layer in layers:
            found: list[str] = []
            with _bar(layer.name, len(check.levels(layer))) as progress:
                for number, level in enumerate(check.levels(layer), start=1):
                    found += check.differences(layer, level)
                    progress(number)
            for line in found:
                self.stdout.write(f"{layer.name}: {line}")
            if not found:
                self.stdout.write(_("%(layer)s: no difference") % {"layer": layer.name})
            wrong += len(found)
        if wrong:
            sys.exit(1)


def _layer(name: str) -> Layer:
    found = registry.get(name)
    if found is None or not has_pyramid(found):
        known = ", ".join(each.name for each in services.point_layers())
        raise CommandError(
            _("There is no layer of points %(name)s. There are: %(known)s.")
            % {"name": name, "known": known}
        )
    return found


@contextmanager
def _bar(title: str, total: int) -> Iterator[services.Progress]:
    """A bar on the terminal; none where nobody watches."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)

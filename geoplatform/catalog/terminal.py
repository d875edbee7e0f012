"""Commands speak the language of the terminal they run in; the platform's own is for its pages."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import translation
from rich.console import Console

FILE_WIDTH = 120  # columns
VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that says something (POSIX, 8.2)


def language() -> str:
    """`de` in a German terminal, else `en`."""
    said = next((value for name in VARIABLES if (value := os.environ.get(name))), "")
    return "de" if said.lower().startswith("de") else "en"


class TerminalCommand(BaseCommand):
    """A command whose texts are for the person at the terminal."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        with translation.override(language()):
            return super().execute(*args, **options)

    @property
    def console(self) -> Console:
        """For tables: as wide as the terminal, or as they need it where the output goes to a file."""
        out: Any = self.stdout
        return Console(file=out, width=None if sys.stdout.isatty() else FILE_WIDTH)

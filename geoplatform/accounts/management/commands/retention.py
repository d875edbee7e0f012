"""`manage.py retention`: forget what need not be known any longer. Run it once a day (docs/how-to/accounts.md)."""

from __future__ import annotations

from typing import Any

from geoplatform.accounts.retention import forget
from geoplatform.catalog.terminal import TerminalCommand


class Command(TerminalCommand):
    help = "Forget keys without use for 12 months, ended tokens and ended sessions."

    def handle(self, *args: Any, **options: Any) -> None:
        for what, number in forget().items():
            self.stdout.write(f"{what}: {number}")

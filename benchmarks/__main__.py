"""`make bench`: run all benchmarks, or those named, print a table and write build/bench.json."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.outcome import AT_LEAST, holds, not_run

ALL = (
    "collection",
    "rate",
    "peers",
    "tiles",
    "pyramid",
    "edits",
    "edit_rate",
    "history",
    "undo",
    "stream",
    "load",
    "load_osm",
    "reimport",
    "wms",
    "weight",
    "analysis",
    "cluster",
    "replicas",
    "scenarios",
    "sites",
)


def main(names: list[str]) -> int:
    """0 when all bounds hold, 1 when one is broken or could not be looked at, 2 for an unknown name."""
    if unknown := set(names) - set(ALL):
        print(
            f"No benchmark {', '.join(sorted(unknown))}. There are: {', '.join(ALL)}.",
            file=sys.stderr,
        )
        return 2
    # Some compare with what the platform's own rooms give, in this process.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geoplatform.settings")
    django.setup()
    console = Console()
    rows = []
    for name in names or ALL:
        console.print(f"[bold]{name}[/bold] …")
        try:
            rows += import_module(f"benchmarks.{name}").run()
        except Exception as error:  # the others are still worth a table
            console.print_exception()
            rows.append(not_run(name, repr(error)))
    table = Table("what", "ours", "peer", "", "ratio", "bound", "")
    for row in rows:
        table.add_row(*_figures(row))
    console.print(table)
    target = Path("build/bench.json")
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(rows, indent=2))
    return 0 if all(map(holds, rows)) else 1


def _figures(row: dict[str, Any]) -> list[str]:
    """A row as it is shown."""
    if "problem" in row:
        return [
            row["what"],
            "",
            "",
            "",
            "",
            "",
            f"[red]did not run[/red]: {escape(row['problem'])}",
        ]
    unit = row.get("unit", "CPU ms")
    kind = "per_second" if unit == "a second" else "ms"
    sign = "≥" if row.get("direction") == AT_LEAST else "≤"
    return [
        row["what"],
        f"{row[f'ours_{kind}']:.1f}",
        f"{row[f'peer_{kind}']:.1f}",
        unit,
        f"{row['ratio']:.2f}",
        f"{sign} {row['bound']:g}",
        "holds" if holds(row) else "[red]broken[/red]",
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

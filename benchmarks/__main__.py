"""`make bench`: run all benchmarks, or those named, print a table and write build/bench.json."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

ALL = ("collection", "tiles", "pyramid", "edits", "stream", "load")


def main(names: list[str]) -> int:
    """0 when all bounds hold, 1 when one is broken, 2 for an unknown name."""
    if unknown := set(names) - set(ALL):
        print(
            f"No benchmark {', '.join(sorted(unknown))}. There are: {', '.join(ALL)}.",
            file=sys.stderr,
        )
        return 2
    console = Console()
    rows = []
    for name in names or ALL:
        console.print(f"[bold]{name}[/bold] …")
        rows += import_module(f"benchmarks.{name}").run()
    table = Table("what", "ours, CPU ms", "peer, CPU ms", "ratio", "bound", "")
    for row in rows:
        fine = row["ratio"] <= row["bound"]
        figures = [
            f"{row['ours_ms']:.1f}",
            f"{row['peer_ms']:.1f}",
            f"{row['ratio']:.2f}",
            f"{row['bound']:g}",
        ]
        table.add_row(row["what"], *figures, "holds" if fine else "[red]broken[/red]")
    console.print(table)
    target = Path("build/bench.json")
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(rows, indent=2))
    return 0 if all(row["ratio"] <= row["bound"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

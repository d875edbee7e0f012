"""The summary of a load, for people, and how far it is."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from geoplatform.exchange.report import DISAGREES, REMOVED, REPAIRED, REPORTED, Summary

MOST_PROBLEMS, MOST_ROWS = 20, 5


def print_summary(
    summary: Summary, *, title: str, report: Path | None, dry_run: bool, out: Any
) -> None:
    """Write counts, and each problem with its first rows."""
    out.write(title + (f" ({_('dry run: nothing was changed')})" if dry_run else ""))
    counts: list[tuple[str, int]] = [
        (_("rows read"), summary.read),
        (_("added"), summary.inserted),
        (_("there before, updated"), summary.updated),
        (_("there before, unchanged"), summary.unchanged),
        (_("removed by people, left out"), summary.removed),
        (_("reported, not loaded"), summary.reported),
        (_("not of this layer"), summary.filtered),
    ]
    counts = [each for number, each in enumerate(counts) if number == 0 or each[1]]
    if summary.repaired:
        counts.append((_("of the loaded: repaired"), summary.repaired))
    if summary.conflicts:
        counts.append((_("in disagreement with people"), summary.conflicts))
        counts.append((_("of these now in the queue"), summary.proposals))
    for label, count in counts:
        out.write(f"  {label:<28} {_grouped(count):>12}")
    others = [
        (_("not in the file: now gone"), summary.gone),
        (_("not in the file, seen since"), summary.asked),
        (_("in the file again"), summary.back),
        (_("perhaps there twice"), summary.duplicates),
    ]
    for label, count in others:
        if count:
            out.write(f"  {label:<28} {_grouped(count):>12}")
    if summary.not_judged:
        out.write(summary.not_judged)
    if summary.in_layers:
        out.write(_("This source now has"))
        for name, count in summary.in_layers.items():
            out.write(f"  {name:<28} {_grouped(count):>12}")
        if summary.outside is not None:
            out.write(f"  {_('outside any quarter'):<28} {_grouped(summary.outside):>12}")
    if summary.problems:
        _print_problems(summary, out)
        out.write(_("All of them: %(path)s") % {"path": report})


def _print_problems(summary: Summary, out: Any) -> None:
    out.write("")
    kinds = {
        REPORTED: _("not loaded"),
        REPAIRED: _("repaired"),
        REMOVED: _("left out"),
        DISAGREES: _("kept"),
    }
    problems = sorted(summary.problems.values(), key=lambda each: -len(each.rows))
    for problem in problems[:MOST_PROBLEMS]:
        kind = kinds[problem.kind]
        rows = ", ".join(str(row) for row in sorted(problem.rows)[:MOST_ROWS])
        more = " …" if len(problem.rows) > MOST_ROWS else ""
        out.write(
            f"{_grouped(len(problem.rows)):>8} × {kind}: {problem.text} ({_('rows')} {rows}{more})"
        )
    if len(problems) > MOST_PROBLEMS:
        out.write(_("… and %(count)d other problems") % {"count": len(problems) - MOST_PROBLEMS})


def _grouped(count: int) -> str:
    return f"{count:,}"


@contextmanager
def progress_bar(title: str) -> Iterator[Any]:
    """A bar on the terminal; none where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def show(done: int, total: int | None) -> None:
            text = (
                title
                if total is None or done < total
                else _("%(title)s: storing") % {"title": title}
            )
            bar.update(task, completed=done, total=total, description=text)

        yield show

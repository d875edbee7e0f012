"""CPU time of processes, read from /proc (Linux). Wall time says little on a busy machine."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def cpu(process: int, *, reaped: bool = True) -> float:
    """CPU seconds of a process, user and system, with those of children it has waited for."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    # Fields 14 to 17 of proc(5); the name in brackets may hold spaces.
    fields = text.rpartition(")")[2].split()
    return sum(int(n) for n in fields[11 : 15 if reaped else 13]) / TICK


def children(process: int) -> list[int]:
    """All descendants of a process that run now."""
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended since
            for child in task.read_text().split():
                found += [int(child), *children(int(child))]
    return found


def tree_cpu(process: int) -> float:
    """CPU seconds of a process and all its descendants, those that ended included."""
    while True:
        running = children(process)
        found = cpu(process) + sum(cpu(each) for each in running)
        # Who ended in between is counted with its parent, or not at all.
        if children(process) == running:
            return found


def tree_nanoseconds(process: int) -> int:
    """CPU time of all threads that now run of a process and its descendants, by the scheduler's own count: exact where
    ticks of a hundredth of a second are not."""
    found = 0
    for each in (process, *children(process)):
        for task in Path(f"/proc/{each}/task").glob("*/schedstat"):
            with suppress(FileNotFoundError, ProcessLookupError):
                found += int(task.read_text().split()[0])
    return found


def ended_children() -> float:
    """CPU seconds of all that this process has started and waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

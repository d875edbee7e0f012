"""What a benchmark hands back: rows for the table and build/bench.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

AT_MOST, AT_LEAST = "at most", "at least"


def costs(
    what: str, ours: Sequence[float], peer: Sequence[float], bound: float, *, times: int = 1
) -> dict[str, Any]:
    """Ours against the floor: the ratio of CPU seconds, which the bound holds down.

    ours, peer  CPU seconds of each round
    times       requests of a round
    """
    return {
        "what": what,
        "ours_ms": 1000 * sum(ours) / (len(ours) * times),
        "peer_ms": 1000 * sum(peer) / (len(peer) * times),
        "ratio": sum(ours) / sum(peer),
        "bound": bound,
        "direction": AT_MOST,
        "rounds": [round(a / b, 3) for a, b in zip(ours, peer, strict=True)],
    }


def cheaper(
    what: str, ours: Sequence[float], peer: Sequence[float], bound: float
) -> dict[str, Any]:
    """Ours against another server: how many times the other one's CPU seconds for each request are ours."""
    row = costs(what, ours, peer, bound)
    return {
        **row,
        "ratio": 1 / row["ratio"],
        "direction": AT_LEAST,
        "rounds": [round(b / a, 2) for a, b in zip(ours, peer, strict=True)],
    }


def not_run(what: str, why: str) -> dict[str, Any]:
    """A comparison that could not be made; it counts as not shown."""
    return {"what": what, "problem": why}


def holds(row: dict[str, Any]) -> bool:
    if "problem" in row:
        return False
    if row.get("direction", AT_MOST) == AT_LEAST:
        return bool(row["ratio"] >= row["bound"])
    return bool(row["ratio"] <= row["bound"])

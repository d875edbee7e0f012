"""What of the edit log (database/sql/edits.sql) concerns a layer, and how snapshots are written."""

import re
from functools import cache

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import properties


@cache
def shown_tables(layer: Layer) -> tuple[str, ...]:
    """Tables whose rows the layer's features show beside their own: names of species, quarters, sources."""
    related = {
        each.foreign_key.related_model._meta.db_table
        for each in properties(layer)
        if each.foreign_key is not None
    }
    return tuple(sorted(related))


LARGEST = 2**63
SNAPSHOT = re.compile(r"([0-9]+):([0-9]+):([0-9]+(?:,[0-9]+)*)?", re.ASCII)


def is_snapshot(text: str) -> bool:
    """Whether PostgreSQL reads it as pg_snapshot: xmin:xmax:running ones between them in order."""
    found = SNAPSHOT.fullmatch(text)
    if not found:
        return False
    low, high = int(found[1]), int(found[2])
    running = [int(each) for each in found[3].split(",")] if found[3] else []
    ordered = all(a < b for a, b in zip([low - 1, *running], [*running, high], strict=True))
    # The lower half of a number is the transaction's own, which is never 0.
    named = all(each % 2**32 for each in (low, high, *running))
    return 0 < low <= high < LARGEST and named and (ordered or not running)

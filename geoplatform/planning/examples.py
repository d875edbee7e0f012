"""Questions to begin with, as addresses hold them. Those whose layers an installation has not are left out."""

from __future__ import annotations

from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from geoplatform.analysis import question
from geoplatform.query.errors import QueryError

EXAMPLES = (
    (
        _("Fruit trees within 300 m on foot of a garden"),
        {"layer": "fruit-trees", "relation": "walk", "metres": "300", "other": "gardens"},
    ),
    (
        _("Playgrounds with no tree within 20 m"),
        {
            "layer": "green-spaces",
            "filter": "kind = 'playground'",
            "relation": "distance",
            "match": "none",
            "metres": "20",
            "other": "trees",
        },
    ),
    (
        _("Area of parks in each quarter"),
        {"layer": "green-spaces", "filter": "kind = 'park'", "figure": "area"},
    ),
    (
        _("Paths through green, in metres"),
        {
            "layer": "streets",
            "filter": "kind IN ('footway', 'path', 'track', 'cycleway')",
            "relation": "intersects",
            "other": "green-spaces",
            "figure": "length",
        },
    ),
)


def examples() -> list[tuple[str, str]]:
    """Title and query of each that can be asked here."""
    found = []
    for title, asked in EXAMPLES:
        try:
            question.parse(asked, ["00000000"])
        except QueryError:
            continue
        found.append((str(title), urlencode(asked)))
    return found

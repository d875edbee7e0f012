"""What of the edit log (database/sql/edits.sql) concerns a layer."""

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

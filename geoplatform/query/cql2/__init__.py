"""Filters in CQL2 (OGC 21-065r2), text and JSON: read, checked against a layer, turned into bound SQL.

Both encodings become one tree, that of CQL2 JSON, and from there on there is one way only.
"""

from geoplatform.query.cql2.filter import LANGUAGES, MAX_BYTES, Filter, FilterError, parse_filter

__all__ = ["LANGUAGES", "MAX_BYTES", "Filter", "FilterError", "parse_filter"]

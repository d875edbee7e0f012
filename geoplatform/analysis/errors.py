"""What a question can be refused for."""

from geoplatform.query.errors import QueryError


class Unanswerable(QueryError):
    """A question that this platform's data, or any data it knows, cannot answer; the message says why."""

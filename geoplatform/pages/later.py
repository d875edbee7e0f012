"""Views whose room is imported with their first request.

The planner's libraries (pandas, SciPy) take 90 MB and a second of CPU in each process of the server, also of a city
that nobody plans for that day.
"""

from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string


class Later:
    """The view of a dotted name."""

    def __init__(self, name: str) -> None:
        self.name = name

    @cached_property
    def view(self) -> Any:
        """The view itself. Raises ImportError."""
        return import_string(self.name)

    @property
    def csrf_exempt(self) -> bool:
        """As the view itself says; Django asks before it calls."""
        return getattr(self.view, "csrf_exempt", False)

    def __call__(self, request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        response: HttpResponseBase = self.view(request, **arguments)
        return response

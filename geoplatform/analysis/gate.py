"""How many questions are reckoned at once in a process, so that planners leave threads and time to the map.

Nobody waits in a queue here: who comes too many is told so at once, and when to come again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.conf import settings

RETRY_SECONDS = 10
free = BoundedSemaphore(settings.ANALYSES_AT_ONCE)


class Busy(Exception):
    """As many questions as may be are being reckoned already."""


@contextmanager
def admitted() -> Iterator[None]:
    """A place among those who may ask. Raises Busy where all are taken."""
    if not free.acquire(blocking=False):
        raise Busy
    try:
        yield
    finally:
        free.release()

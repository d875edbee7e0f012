"""Stop a contributor for a while, and let them start again."""

from __future__ import annotations

import datetime as dt

from geoplatform.contributions.models import Contributor
from geoplatform.contributions.who import Author


def block(*, contributor: int, until: dt.datetime, reviewer: Author, reason: str) -> Contributor:
    """Nothing is taken from this contributor before `until`; trust is counted anew from then on.

    What they have waiting goes on waiting: it is decided like any other. Raises NotThere, NotAllowed, ValidationError.
    """
    raise NotImplementedError


def unblock(*, contributor: int, reviewer: Author, reason: str) -> Contributor:
    """Take them back at once; trust is counted anew. Raises NotThere, NotAllowed."""
    raise NotImplementedError

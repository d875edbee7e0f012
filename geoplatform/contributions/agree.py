"""Others agree with a proposal, or its author takes it back."""

from __future__ import annotations

import uuid

from geoplatform.contributions.outcome import Outcome
from geoplatform.contributions.who import Author


def confirm(*, proposal: uuid.UUID, author: Author, reason: str = "") -> Outcome:
    """Agree with somebody else's `open` proposal. The last confirmation that is needed applies it.

    Counts only from contributors who are known (trust.py), and never from the proposal's own author. Sending it twice
    changes nothing. A proposal that meets a conflict then waits as `conflict`: the outcome says so, nothing is raised.
    Raises NotThere, NotAllowed, Blocked, WrongState.
    """
    raise NotImplementedError


def withdraw(*, proposal: uuid.UUID, author: Author, reason: str = "") -> Outcome:
    """Take back one's own proposal while it waits. Raises NotThere, NotAllowed, WrongState."""
    raise NotImplementedError

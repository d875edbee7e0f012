"""Why the services refuse. Wrong values are Django's ValidationError, with messages by field."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from geoplatform.contributions.merge import Merge

if TYPE_CHECKING:
    from geoplatform.contributions.models import Proposal


class Refused(Exception):
    """Base of all below; `str()` is a sentence for the person who asked."""


class AlreadyThere(Refused):
    """A feature with this id exists or has existed (409)."""


class OtherBody(Refused):
    """The id of an earlier submission came with another content (422)."""


class NotThere(Refused):
    """No such feature or proposal (404)."""


class NotAllowed(Refused):
    """This person may not do this (403)."""


class Blocked(NotAllowed):
    """This contributor is blocked until `until` (403)."""

    def __init__(self, message: str, until: dt.datetime) -> None:
        super().__init__(message)
        self.until = until


class TooMany(Refused):
    """Too many submissions; `retry_after` in seconds (429)."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class WrongState(Refused):
    """What has come to its end is not decided again; `proposal` says how it ended (409)."""

    def __init__(self, message: str, proposal: Proposal) -> None:
        super().__init__(message)
        self.proposal = proposal


class InConflict(Refused):
    """Somebody changed the same since (409): `merge.conflicts` holds base, theirs and ours; the proposal waits so."""

    def __init__(self, message: str, proposal: Proposal, merge: Merge) -> None:
        super().__init__(message)
        self.proposal, self.merge = proposal, merge

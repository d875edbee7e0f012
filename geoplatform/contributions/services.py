"""The one road by which people's contributions come in and are decided: map, API, QGIS, review and staff alike.

Each function is one transaction, takes keywords alone and raises `errors.Refused` or Django's ValidationError, and then
has written nothing (but see `InConflict`). Nothing here knows HTTP. Whoever locks both takes the feature first, then
the proposal, several of each by id, so that no two wait for each other.

    submit              submit.py    send a proposal; applied at once, or waiting
    confirm, withdraw   agree.py     others agree; the author takes back
    take_back           taking.py    the author takes back, also what was applied at once
    accept, reject,
    supersede,
    merge_duplicates    review.py    decide
    block, unblock      people.py    stop somebody for a while
    disagree, missing,
    twins               sources.py   what a source says otherwise than people, or may have twice
"""

from geoplatform.contributions.agree import confirm, withdraw
from geoplatform.contributions.errors import (
    AlreadyThere,
    Blocked,
    InConflict,
    NotAllowed,
    NotThere,
    OtherBody,
    Refused,
    TooMany,
    WrongState,
)
from geoplatform.contributions.outcome import Outcome
from geoplatform.contributions.people import block, unblock
from geoplatform.contributions.review import accept, merge_duplicates, reject, supersede
from geoplatform.contributions.sources import (
    Disagreement,
    Missing,
    Twin,
    disagree,
    missing,
    twins,
)
from geoplatform.contributions.submit import submit
from geoplatform.contributions.taking import take_back
from geoplatform.contributions.who import ANYBODY, Author, everywhere, nowhere

__all__ = [
    "ANYBODY",
    "AlreadyThere",
    "Author",
    "Blocked",
    "Disagreement",
    "InConflict",
    "Missing",
    "NotAllowed",
    "NotThere",
    "OtherBody",
    "Outcome",
    "Refused",
    "TooMany",
    "Twin",
    "WrongState",
    "accept",
    "block",
    "confirm",
    "disagree",
    "everywhere",
    "merge_duplicates",
    "missing",
    "nowhere",
    "reject",
    "submit",
    "supersede",
    "take_back",
    "twins",
    "unblock",
    "withdraw",
]

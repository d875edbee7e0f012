"""Which database a request reads from: a replica where there is a fit one, else the primary (docs/decisions/0069).

The choice is made once for each request, when it first reads. Whoever writes, or says who they are, is served by the
primary in everything. Whoever wrote a moment ago says up to where: the answer to a write carries the position of the
primary's log (WAL) after it, and a replica serves a request with a position only if it has replayed it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.core.signals import request_finished
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from geoplatform.database.replicas import REPLAYED, WRITTEN, names, watch
from geoplatform.database.unavailable import UNAVAILABLE

READING = ("GET", "HEAD", "OPTIONS")
# The position goes to programs and to our scripts as a header, to browsers as a cookie too: nothing but a number, and
# only after a write. It is the client's to make up; a lie harms nobody.
HEADER = "Database-Position"
COOKIE = "database-position"
# Where a write answers 303, a script that sends no cookies follows on its own: then the address says it.
PARAMETER = "written"
COOKIE_SECONDS = 600  # more than any replica lags that serves
POSITION = re.compile(r"[0-9]{1,19}", re.ASCII)
NEWEST = 2**63 - 1  # no replica gets there
WHO = ("Authorization", "Contributor-Key")


@dataclass
class _Reading:
    """What a request asks of the replica that it reads from."""

    position: int
    alias: str | None = None  # none chosen yet


_reading: ContextVar[_Reading | None] = ContextVar("reading", default=None)
_wrote: ContextVar[bool] = ContextVar("wrote", default=False)
Answer = Callable[[HttpRequest], HttpResponseBase]


def alias() -> str:
    """The database to read from: "default" is the primary. Outside of a reading request always that."""
    reading = _reading.get()
    if reading is None:
        return DEFAULT_DB_ALIAS
    if reading.alias is None:
        reading.alias = _chosen(reading.position)
    return reading.alias


def connection() -> BaseDatabaseWrapper:
    """The connection to read from; writes go through Django's own `connection`, always to the primary."""
    return connections[alias()]


def is_replica() -> bool:
    """Whether what is read now comes from a replica, which has no unlogged tables and tells no running transactions."""
    return alias() != DEFAULT_DB_ALIAS


def catch_up() -> None:
    """From here on read nothing older than what the primary has now.

    For whoever asks the primary whether something has changed, and then reads.
    """
    reading = _reading.get()
    if reading is not None:
        reading.position = max(reading.position, _now())
        reading.alias = None


def wrote() -> None:
    """Something is written: the answer will say up to where. A question that comes by POST writes nothing."""
    _wrote.set(True)


def middleware(get_response: Answer) -> Answer:
    """Outermost but for what asks no database; without replicas it is not there."""
    if not names():
        raise MiddlewareNotUsed

    def answer(request: HttpRequest) -> HttpResponseBase:
        writes = request.method not in READING
        known = _says_who(request)
        _reading.set(None if writes or known else _Reading(_asked_for(request)))
        _wrote.set(False)
        response = get_response(request)
        if writes and _wrote.get():
            _tell(response, in_address=not known)
        elif POSITION.fullmatch(request.GET.get(PARAMETER, "")):
            response.headers[HEADER] = request.GET[PARAMETER]
        return response

    return answer


def _forget(**_kwargs: Any) -> None:
    _reading.set(None)


# Not when the view returns: a stream reads while it is sent.
request_finished.connect(_forget, dispatch_uid="geoplatform.reading")


def _chosen(position: int) -> str:
    for name in watch().fit():
        try:
            replica = connections[name]
            replica.ensure_connection()
            if not position or _replayed(replica) >= position:
                return name
        except UNAVAILABLE:
            watch().leave_out(name)
    return DEFAULT_DB_ALIAS


def _replayed(replica: BaseDatabaseWrapper) -> int:
    with replica.cursor() as cursor:
        cursor.execute(REPLAYED)
        return int(cursor.fetchone()[0])


def _now() -> int:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(WRITTEN)
        return int(cursor.fetchone()[0])


def _says_who(request: HttpRequest) -> bool:
    """Few, and all of them may just have written."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES or any(
        name in request.headers for name in WHO
    )


def _asked_for(request: HttpRequest) -> int:
    """The later of both; what cannot be read asks for the primary."""
    given = [
        request.headers.get(HEADER),
        request.COOKIES.get(COOKIE),
        request.GET.get(PARAMETER),
    ]
    return max(
        (int(each) if POSITION.fullmatch(each) else NEWEST for each in given if each), default=0
    )


def _tell(response: HttpResponseBase, *, in_address: bool) -> None:
    """After the write, also one that was refused: part of it may stand."""
    try:
        position = _now()
    except UNAVAILABLE:
        position = NEWEST  # whoever's write was the last thing that it did reads from no replica
    response.headers[HEADER] = str(position)
    if in_address and response.status_code == 303:
        there = response.headers["Location"]
        joint = "&" if "?" in there else "?"
        response.headers["Location"] = f"{there}{joint}{PARAMETER}={position}"
    response.set_cookie(
        COOKIE,
        str(position),
        max_age=COOKIE_SECONDS,
        secure=bool(settings.SESSION_COOKIE_SECURE),
        samesite="Lax",
    )

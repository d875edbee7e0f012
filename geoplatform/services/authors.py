"""Who sends a request: an access token, a contributor's key, or nobody in particular. No cookie tells it here."""

from __future__ import annotations

import base64
import binascii
import uuid
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.contributions import access, keys
from geoplatform.contributions.looking import Situation
from geoplatform.contributions.values import hex_of
from geoplatform.contributions.who import Author
from geoplatform.pages.sender import address as address_of
from geoplatform.services.problems import Problem

# A secret that lives in the browser or client (contributions/keys.py).
KEY_HEADER = "Contributor-Key"
CHALLENGE = {"WWW-Authenticate": 'Basic realm="geoplatform", charset="UTF-8", Bearer'}


def author_of(request: HttpRequest) -> Author:
    """The author of a submission; a key that is new becomes a contributor here. Raises Problem 401, 400."""
    address = address_of(request)
    if "Authorization" in request.headers:
        return _by_token(request.headers["Authorization"], address)
    secret = request.headers.get(KEY_HEADER)
    if not secret:
        return Author(address=address)
    try:
        return Author(contributor=keys.of_key(secret), address=address)
    except ValueError:
        raise Problem(400, _wrong_key()) from None


def reader_of(request: HttpRequest) -> Author:
    """The same for reading, which makes no contributor."""
    if "Authorization" in request.headers:
        return _by_token(request.headers["Authorization"])
    secret = request.headers.get(KEY_HEADER, "")
    if secret and not keys.SECRET.fullmatch(secret):
        raise Problem(400, _wrong_key())
    return Author(contributor=keys.known(secret) if secret else None)


def says_who(request: HttpRequest) -> bool:
    return "Authorization" in request.headers or KEY_HEADER in request.headers


def unauthorized(message: str) -> Problem:
    return Problem(401, message, headers=CHALLENGE)


def author_and_feature(
    request: HttpRequest, layer: Layer, *, feature: uuid.UUID, id: uuid.UUID | None, geometry: Any
) -> tuple[Author, Situation | None]:
    """`author_of`, and where one question to the database answers both, how the feature is that the request is about
    (contributions/looking.py). `geometry` is where it is to be moved to, or None."""
    if "Authorization" not in request.headers:
        return author_of(request), None
    found = access.author_and_feature(
        _token_in(request.headers["Authorization"]),
        layer,
        feature=feature,
        id=id,
        geometry=hex_of(geometry) if geometry is not None else None,
        address=address_of(request),
    )
    if found is None:
        raise _unknown()
    return found


def _by_token(header: str, address: str = "") -> Author:
    found = access.author_of_token(_token_in(header), address=address)
    if found is None:
        raise _unknown()
    return found


def _token_in(header: str) -> str:
    """The token by RFC 6750 or RFC 7617; of Basic it is the password, the name may be anything. Empty where none is."""
    scheme, _space, given = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(given.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _unknown() -> Problem:
    return unauthorized(_("This token is not known, or not valid any more."))


def _wrong_key() -> str:
    return _("%s holds 43 to 128 letters, digits, - and _.") % KEY_HEADER

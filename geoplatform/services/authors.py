"""Who sends a request: an access token, a contributor's key, or nobody in particular. No cookie tells it here."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace

from django.http import HttpRequest
from django.utils.translation import gettext as _

from geoplatform.contributions import access, keys
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
        return replace(_by_token(request.headers["Authorization"]), address=address)
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


def _by_token(header: str) -> Author:
    """RFC 6750 and RFC 7617: of Basic the password is the token, the name may be anything."""
    scheme, _space, given = header.strip().partition(" ")
    token = ""
    if scheme.lower() == "bearer":
        token = given.strip()
    elif scheme.lower() == "basic":
        try:
            token = base64.b64decode(given.strip(), validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            token = ""
    found = access.author_of_token(token) if token else None
    if found is None:
        raise unauthorized(_("This token is not known, or not valid any more."))
    return found


def _wrong_key() -> str:
    return _("%s holds 43 to 128 letters, digits, - and _.") % KEY_HEADER

"""Whether a form came from one of our own pages. No cookie is needed, so readers get none.

There is no session that a foreign site could misuse; what is kept out are forms that other sites or simple robots send.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest

SALT = "geoplatform.webmap.form"
MAX_AGE = 12 * 3600  # seconds that a page may stay open before its form has to be sent twice
TOKEN = "token"  # noqa: S105  the field's name
HONEYPOT = "website"


def token(purpose: str) -> str:
    return TimestampSigner(salt=SALT).sign(purpose)


def is_ours(request: HttpRequest) -> bool:
    """Whether the browser says that this request was started by a page of this host (W3C Fetch Metadata; RFC 6454)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    if origin is None:
        origin = request.headers.get("Referer", "")
    try:
        sent = urlsplit(origin)
    except ValueError:  # no address at all, such as half of an IPv6 one
        return False
    return (sent.scheme, sent.netloc) == (request.scheme, request.get_host())


def is_fresh(request: HttpRequest, purpose: str) -> bool:
    """Whether the form carries a token that we signed for this purpose not long ago."""
    try:
        return (
            TimestampSigner(salt=SALT).unsign(request.POST.get(TOKEN, ""), max_age=MAX_AGE)
            == purpose
        )
    except BadSignature:
        return False


def is_robot(request: HttpRequest) -> bool:
    """Whether the field that no person sees is filled in."""
    return bool(request.POST.get(HONEYPOT))

"""Contributor keys: a secret that lives in a browser or client, of which we keep an HMAC alone.

A key is made with the first submission, never for reading. Whoever holds it is its owner; we know nothing else of them.

The pepper of the HMAC must outlive restarts, or everybody would become a stranger. It is `KEY_PEPPER` of the
environment, else `SECRET_KEY` of the environment; where both are missing, Django's key is made anew at each start, so
the pepper is then a random one that the database keeps. Secrets are of 256 random bits: even beside its pepper no hash
can be turned back. All peppers there are recognise a key, the first one makes new hashes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from geoplatform.contributions.models import Contributor, Pepper

# 43 characters of base64url hold 256 bits; a client may make its own, of the same strength.
SECRET = re.compile(r"[A-Za-z0-9_-]{43,128}")
CONTEXT = b"geoplatform contributor key"


def new_secret() -> str:
    """A secret for a browser that has none yet."""
    return secrets.token_urlsafe(32)


def known(secret: str) -> Contributor | None:
    """The contributor whose key this is, or None; makes nothing."""
    if not SECRET.fullmatch(secret):
        return None
    found: Contributor | None = (
        Contributor.objects.filter(key_hash__in=_hashes(secret)).select_related("user").first()
    )
    return found


def of_key(secret: str) -> Contributor:
    """The contributor whose key this is, made if new: call it for a submission only.

    Raises ValueError for what cannot be a key: 43 to 128 characters of base64url.
    """
    if not SECRET.fullmatch(secret):
        raise ValueError("not a contributor key")
    first, *_others = hashes = _hashes(secret)
    found = Contributor.objects.filter(key_hash__in=hashes).select_related("user").first()
    if found is None:
        return Contributor.objects.get_or_create(key_hash=first)[0]
    if found.key_hash != first:
        Contributor.objects.filter(pk=found.pk).update(key_hash=first)
    return found


def of_user(user: User) -> Contributor:
    """The contributor of an account, made at its first use."""
    return Contributor.objects.get_or_create(user=user)[0]


def fade(before: dt.date) -> int:
    """Forget to whom the keys belong that were last seen before this day; how many. What they gave stays.

    An account's link ends with the account.
    """
    return Contributor.objects.filter(last_seen__lt=before, key_hash__isnull=False).update(
        key_hash=None
    )


def forget(contributor: Contributor) -> None:
    """Erase the link between a person and what they gave, at their wish."""
    Contributor.objects.filter(pk=contributor.pk).update(key_hash=None, user=None)


def _hashes(secret: str) -> list[str]:
    return [
        hmac.new(pepper, CONTEXT + secret.encode("ascii"), hashlib.sha256).hexdigest()
        for pepper in _peppers()
    ]


def _peppers() -> list[bytes]:
    given = [each.encode() for each in settings.KEY_PEPPERS if each]
    return given + ([kept] if (kept := _kept(make=not given)) else [])


def _kept(*, make: bool) -> bytes | None:
    """The database's own pepper: made where it is needed; still known later, when the settings give another."""
    row = Pepper.objects.order_by("pk").first()
    if row is None and make:
        try:
            with transaction.atomic():
                row = Pepper.objects.create(pk=1, value=secrets.token_hex(32))
        except IntegrityError:  # another process made it meanwhile
            row = Pepper.objects.get(pk=1)
    return row.value.encode() if row else None

"""A receipt for what somebody sent: with it they take it back at once, also without a key in their browser.

It stands in the address that the form leads to, so it is good for a short while only; afterwards a key or account is
needed, or a report.
"""

from __future__ import annotations

import uuid

from django.core.signing import BadSignature, TimestampSigner

SALT = "geoplatform.webmap.receipt"
MAX_AGE = 20 * 60  # seconds


def receipt(proposal: uuid.UUID) -> str:
    return TimestampSigner(salt=SALT).sign(str(proposal))


def read(text: str) -> uuid.UUID | None:
    """The proposal that a receipt is for; None for what we did not sign, or too long ago."""
    try:
        return uuid.UUID(TimestampSigner(salt=SALT).unsign(text[:200], max_age=MAX_AGE))
    except (BadSignature, ValueError):
        return None

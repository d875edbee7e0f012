"""What is forgotten after a while, and after which. What people gave stays; what tells who they are does not."""

from __future__ import annotations

import datetime as dt
from importlib import import_module

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q
from django.utils import timezone

from geoplatform.contributions import keys
from geoplatform.contributions.roles import AccessToken

KEYS = dt.timedelta(days=365)  # without use
TOKENS = dt.timedelta(days=30)  # after they ended, so that their owner still sees that and when


def forget(now: dt.datetime | None = None) -> dict[str, int]:
    """How many of each were forgotten. Repeatable, at any time."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    ended = Q(expires__lt=today - TOKENS) | Q(revoked__lt=now - TOKENS)
    sessions = Session.objects.filter(expire_date__lt=now).count()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return {
        "keys": keys.fade(today - KEYS),
        "tokens": AccessToken.objects.filter(ended).delete()[0],
        "sessions": sessions,
    }

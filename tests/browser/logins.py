"""Somebody who is logged in already: the session is made in the database, the browser gets its cookie."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import BrowserContext


def make_session(user: User, key: str) -> None:
    """A session of one hour under this key; the server has to know the SECRET_KEY of the tests."""
    known = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    Session.objects.create(
        session_key=key,
        session_data=SessionStore().encode(known),
        expire_date=timezone.now() + dt.timedelta(hours=1),
    )


def log_in(context: BrowserContext, server: str, key: str) -> None:
    """The browser carries that session to the server."""
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": server}])

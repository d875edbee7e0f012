"""What the platform asks of django-allauth: who may sign up, what it is called, and that no address is kept."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from geoplatform.contributions.limiter import limiter
from geoplatform.pages import sender
from geoplatform.pages.place import platform_name


class AccountAdapter(DefaultAccountAdapter):
    """Accounts with a password or passkey."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.ACCOUNT_SIGNUP_OPEN)

    def get_client_ip(self, request: HttpRequest) -> str:
        """What rate limits count by: the hash of today, with a salt that is never written down, not the address."""
        return limiter.name_of(sender.address(request)) or "nowhere"

    def get_http_user_agent(self, request: HttpRequest) -> str:
        return ""


class CityAdapter(DefaultSocialAccountAdapter):
    """Accounts that a city's own login vouches for. They come without any role."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return True  # who may log in there is decided there


class FactorAdapter(DefaultMFAAdapter):
    """Second factors and passkeys name the platform, not its host."""

    def _get_site_name(self) -> str:
        return platform_name()

"""Accounts in a browser: passkeys and second factors work under our policy, and every page is for everyone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
import urllib.parse

import pytest
from django.contrib.auth.models import User
from django.db import connections
from playwright.sync_api import Page, expect
from pytest_django import DjangoDbBlocker

from tests.browser.accessible import faults, violations, wide
from tests.browser.conftest import Visit, Visitor

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"
# With a device that holds keys and says yes: WebAuthn's own means for tests.
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def person(server: str, django_db_blocker: DjangoDbBlocker, request: pytest.FixtureRequest):
    """Makes an account in the server's database, and gives its name."""

    def make_person(name: str) -> str:
        before = connections["default"].settings_dict["NAME"]
        connections["default"].close()
        connections["default"].settings_dict["NAME"] = request.getfixturevalue("server_database")
        with django_db_blocker.unblock():
            User.objects.create_user(name, password=PASSWORD)
            connections["default"].close()
        connections["default"].settings_dict["NAME"] = before
        return name

    return make_person


def with_device(visit: Visit) -> Page:
    """A page of a host by name, which passkeys ask for, in a browser with a device."""
    visit.address = visit.address.replace("127.0.0.1", "localhost")
    session = visit.context.new_cdp_session(visit.page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return visit.page


def log_in(visit: Visit, name: str, prefix: str = "") -> None:
    page = visit.open(f"{prefix}/accounts/login/")
    page.fill("[name=login]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("form:has([name=login]) [type=submit]")
    page.wait_for_url("**/accounts/**")


def confirm(page: Page) -> None:
    """Before a factor is added, the password is asked for once more."""
    if page.locator("[name=password]").count():
        page.fill("[name=password]", PASSWORD)
        page.click("main form [type=submit]")


def log_out(visit: Visit) -> None:
    visit.open("/accounts/logout/").click("main form [type=submit]")
    visit.page.wait_for_url(lambda address: "/accounts/logout/" not in address)


def test_a_passkey_is_added_and_logs_in(visitor: Visitor, person) -> None:
    visit = visitor()
    page = with_device(visit)
    log_in(visit, person("passkey"))
    visit.open("/accounts/2fa/webauthn/add/")
    confirm(page)
    page.check("[name=passwordless]")
    page.click("#mfa_webauthn_add")
    page.wait_for_url(lambda address: "/add/" not in address)
    log_out(visit)
    visit.open("/accounts/login/")
    page.click("#passkey_login")
    page.wait_for_url("**/accounts/")
    expect(page.locator("main")).to_contain_text("passkey")
    assert visit.complaints == []
    assert visit.foreign_requests() == []


def code_of(secret: str) -> str:
    """What an app would show now (RFC 6238, SHA-1, 30 s, 6 digits)."""
    key = base64.b32decode(secret)
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06d}"


def test_a_code_of_an_app_is_asked_for_after_the_password(visitor: Visitor, person) -> None:
    visit = visitor(width=320)
    page = visit.page
    log_in(visit, person("factor"))
    visit.open("/accounts/2fa/totp/activate/")
    confirm(page)
    secret = page.locator("#authenticator_secret").input_value()
    picture = page.locator("main img").get_attribute("src") or ""
    assert urllib.parse.unquote(picture).startswith("data:image/svg+xml")
    assert page.locator("main img").evaluate("img => img.naturalWidth") > 100
    assert violations(page) == []
    page.fill("[name=code]", "000000")
    page.click("main form [type=submit]")
    expect(page.locator(".errorlist")).to_be_visible()
    page.fill("[name=code]", code_of(secret))
    page.click("main form [type=submit]")
    page.wait_for_url(lambda address: "/activate/" not in address)
    assert (violations(page), wide(page)) == ([], 320)
    log_out(visit)
    log_in(visit, "factor")
    expect(page.locator("[name=code]")).to_be_visible()
    # Half a login opens nothing.
    assert "/accounts/2fa/authenticate/" in visit.open("/accounts/tokens/").url


@pytest.mark.parametrize(
    "prefix", [pytest.param("", marks=pytest.mark.prove), "/en"], ids=["de", "en"]
)
def test_a_token_is_shown_once_and_to_everyone(visitor: Visitor, person, prefix: str) -> None:
    """What only somebody who has logged in themselves sees; each route has test_every_route.py."""
    visit = visitor()
    log_in(visit, person(f"ada{prefix[1:]}"), prefix)
    page = visit.open(f"{prefix}/accounts/2fa/webauthn/add/")
    assert page.locator("[name=password]").count() == 1
    assert list(faults(page)) == []
    confirm(page)
    page.wait_for_selector("#mfa_webauthn_add")
    assert list(faults(page)) == []
    page = visit.open(f"{prefix}/accounts/tokens/")
    page.fill("[name=name]", "QGIS")
    page.click("form:has([name=name]) [type=submit]")
    expect(page.locator(".secret")).to_be_visible()
    assert list(faults(page)) == []
    visit.open(f"{prefix}/accounts/tokens/")
    expect(page.locator("main")).to_contain_text("QGIS")
    expect(page.locator(".secret")).to_have_count(0)
    assert visit.complaints == []
    assert visit.foreign_requests() == []

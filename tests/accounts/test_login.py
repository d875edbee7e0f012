"""Logging in: by password, with limits on tries that know no address, and by a city's own login (OpenID Connect)."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client, override_settings

from tests import make

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
ADDRESS = "203.0.113.77"


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", password=PASSWORD)


def log_in(password: str = PASSWORD, client: Client | None = None):
    return (client or Client(REMOTE_ADDR=ADDRESS)).post(
        "/accounts/login/", {"login": "ada", "password": password}
    )


def test_by_password_to_the_overview_in_both_languages(ada):
    assert log_in().headers["Location"] == "/accounts/"
    for prefix, words in (("", "Sie haben noch keine Rolle"), ("/en", "You have no role yet")):
        client = Client()
        client.post(f"{prefix}/accounts/login/", {"login": "ada", "password": PASSWORD})
        assert words in client.get(f"{prefix}/accounts/").content.decode()


def test_tries_are_limited_and_the_limit_knows_no_address(ada):
    for _each in range(5):
        assert "falsch" in log_in("wrong").content.decode()
    assert "Zu viele" in log_in("wrong").content.decode()
    assert any("login_failed" in each for each in cache._cache)
    assert ADDRESS not in repr(list(cache._cache))


def test_a_session_holds_no_address_and_no_browser(ada):
    client = Client(REMOTE_ADDR=ADDRESS, HTTP_USER_AGENT="Nosy/1.0")
    log_in(client=client)
    said = json.dumps([each.get_decoded() for each in Session.objects.all()])
    assert "ada" in said or str(ada.pk) in said
    assert ADDRESS not in said
    assert "Nosy" not in said


def test_nobody_signs_up_unless_the_city_says_so():
    fields = {"username": "eve", "password1": PASSWORD, "password2": PASSWORD}
    assert Client().post("/accounts/signup/", fields).status_code == 200
    assert not User.objects.exists()
    with override_settings(ACCOUNT_SIGNUP_OPEN=True):
        assert Client().post("/accounts/signup/", fields).status_code == 302
    eve = User.objects.get()
    assert (eve.is_staff, eve.email) == (False, "")


def test_the_administration_has_the_same_login(ada):
    answer = Client().get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/?next=")
    client = Client()
    client.force_login(ada)
    assert client.get("/admin/login/").status_code == 403


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/en/accounts/login/", "/accounts/password/reset/"]
)
def test_no_page_asks_another_host(path):
    answer = Client().get(path)
    assert answer.status_code == 200
    assert "https://" not in answer.content.decode()
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/", "/fruit-trees/", "/my/", "/privacy/", "/terms/", "/api/"])
def test_readers_get_no_cookie(path):
    make.town()
    answer = Client().get(path)
    assert answer.status_code == 200
    assert not answer.cookies


class City(BaseHTTPRequestHandler):
    """A login of a city, as small as OpenID Connect allows (Core 1.0; Discovery 1.0)."""

    def do_GET(self) -> None:
        if self.path.startswith("/realm/.well-known"):
            self._send(
                {
                    "issuer": f"{self._me}/realm",
                    "authorization_endpoint": f"{self._me}/realm/auth",
                    "token_endpoint": f"{self._me}/realm/token",
                    "userinfo_endpoint": f"{self._me}/realm/userinfo",
                    "jwks_uri": f"{self._me}/realm/certs",
                    "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                }
            )
        else:
            self._send({"sub": "4711", "preferred_username": "berta", "email": "berta@city.test"})

    def do_POST(self) -> None:
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        given = base64.b64decode(self.headers["Authorization"].split()[1]).decode()
        assert given == "map:secret"
        assert body["code"] == ["a-code"]
        assert body["code_verifier"]
        now = int(time.time())
        claims = {"iss": f"{self._me}/realm", "aud": "map", "sub": "4711", "iat": now}
        token = jwt.encode({**claims, "exp": now + 60}, "x" * 32, algorithm="HS256")
        self._send({"access_token": "t", "token_type": "Bearer", "id_token": token})

    @property
    def _me(self) -> str:
        return f"http://{self.headers['Host']}"

    def _send(self, document: object) -> None:
        data = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def city() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), City)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/realm"
    app = {
        "provider_id": "city",
        "name": "Stadt",
        "client_id": "map",
        "secret": "secret",
        "settings": {"server_url": address, "oauth_pkce_enabled": True},
    }
    with override_settings(
        SOCIALACCOUNT_PROVIDERS={"openid_connect": {"APPS": [app]}}, OIDC_SERVER=address
    ):
        yield address
    server.shutdown()
    server.server_close()


def test_by_the_citys_own_login(city):
    client = Client()
    assert "/accounts/oidc/city/login/" in client.get("/accounts/login/").content.decode()
    answer = client.get("/accounts/oidc/city/login/", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 302
    to = urlsplit(answer.headers["Location"])
    asked = parse_qs(to.query)
    assert f"{to.scheme}://{to.netloc}{to.path}" == f"{city}/auth"
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://testserver/accounts/oidc/city/login/callback/"]
    back = client.get(
        "/accounts/oidc/city/login/callback/", {"code": "a-code", "state": asked["state"][0]}
    )
    assert back.headers["Location"] == "/accounts/"
    user = User.objects.get()
    assert (user.username, user.is_staff, user.has_usable_password()) == ("berta", False, False)


def test_another_site_starts_no_login(city):
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {}):
        answer = Client().get("/accounts/oidc/city/login/?process=connect", headers=headers)
        assert answer.status_code == 200
        assert "Sie kommen von einer anderen Seite" in answer.content.decode()


def test_a_state_that_is_not_ours_logs_nobody_in(city):
    answer = Client().get("/accounts/oidc/city/login/callback/", {"code": "a-code", "state": "x"})
    assert answer.status_code == 401
    assert not User.objects.exists()

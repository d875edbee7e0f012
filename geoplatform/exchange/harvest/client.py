"""Fetches one address after the other: politely, with patience, and never more than was agreed.

Every failure ends in one sentence with the address and the reason. What may pass (a cut connection, a busy server) is
tried again after a while; what will not (a wrong content type, a forbidden address) is told at once.
"""

from __future__ import annotations

import http.client
import random
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

from django.conf import settings
from django.utils.translation import gettext as _

from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.harvest.network import Forbidden, connection_to

PIECE = 1 << 16
REDIRECTS = 5
LONGEST_WAIT = 300  # seconds that a server may ask us to stay away
REDIRECTED = {301, 302, 303, 307, 308}
PASSING = {408, 425, 429, 500, 502, 503, 504}
PORTS = {"http": 80, "https": 443}


class HarvestError(LoadError):
    """Nothing was loaded; the message begins with the address."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(_plain(f"{url}: {reason}"))


class Untrue(HarvestError):
    """What came contradicts itself: to go on from there would come to the same end."""


class _Passing(Exception):
    """It may go better after a while (`wait` seconds, where the server says so)."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a harvest may take.

    timeout   seconds without a byte from the server
    longest   seconds for one whole answer
    pause     seconds of rest between two requests
    retries   how often a request is tried again
    megabytes of all answers together, unpacked
    features  of all pages together
    """

    timeout: float = 30
    longest: float = 600
    pause: float = 1
    retries: int = 4
    megabytes: int = 500
    features: int = 2_000_000


@dataclass(frozen=True)
class Answer:
    """What came: the address after redirects, 200 or 304, headers of use, and how many bytes are in the file."""

    url: str
    status: int
    content_type: str
    etag: str
    modified: str
    content_crs: str
    size: int


class Client:
    """Requests to the hosts that a source names, and to no other."""

    def __init__(
        self,
        limits: Limits,
        hosts: Sequence[str],
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.limits, self.hosts, self.sleep = limits, hosts, sleep
        self.left = limits.megabytes * 1_000_000
        self.requests = 0

    def get(
        self, url: str, target: Path, *, accept: str, most: int, etag: str = "", modified: str = ""
    ) -> Answer:
        """Fetch into a file of at most `most` bytes. With validators the answer may be 304, without a file.

        Raises HarvestError.
        """
        headers = {"Accept": accept, "Accept-Encoding": "gzip", "User-Agent": _who()}
        if etag:
            headers["If-None-Match"] = etag
        if modified:
            headers["If-Modified-Since"] = modified
        for attempt in range(self.limits.retries + 1):
            try:
                return self._follow(url, target, headers, min(most, self.left))
            except _Passing as error:
                if attempt == self.limits.retries:
                    raise HarvestError(
                        url,
                        _("%(reason)s (tried %(times)d times)")
                        % {"reason": error, "times": attempt + 1},
                    ) from None
                wait = error.wait
                if wait is None:
                    wait = min(60.0, max(self.limits.pause, 0.5) * 2**attempt)
                    wait *= random.uniform(0.8, 1.2)  # noqa: S311  not all neighbours at once
                elif wait > LONGEST_WAIT:
                    raise HarvestError(
                        url,
                        _("%(reason)s; come back in %(wait)d s") % {"reason": error, "wait": wait},
                    ) from None
                self.sleep(wait)
        raise AssertionError("unreachable")

    def _follow(self, url: str, target: Path, headers: dict[str, str], most: int) -> Answer:
        asked = url
        for _redirect in range(REDIRECTS + 1):
            if self.requests:
                self.sleep(self.limits.pause)
            self.requests += 1
            parts = self.checked(asked)
            location, answer = self._once(parts, target, headers, most)
            if answer is not None:
                return answer
            asked = joined(parts, asked, location)
        raise HarvestError(url, _("redirects without end"))

    def checked(self, url: str) -> SplitResult:
        """The parts of an address that may be asked. Raises HarvestError."""
        try:
            parts = urlsplit(url)
            host = place(parts)
        except ValueError as error:
            raise HarvestError(url, str(error)) from None
        if parts.scheme not in PORTS or not parts.hostname:
            raise HarvestError(url, _("no address of http or https"))
        if parts.username is not None or parts.password is not None:
            raise HarvestError(url, _("an address holds no password"))
        if host not in self.hosts:
            raise HarvestError(
                url,
                _("the service leads to another host than its description names (%(known)s)")
                % {"known": ", ".join(self.hosts)},
            )
        return parts

    def _once(
        self, parts: SplitResult, target: Path, headers: dict[str, str], most: int
    ) -> tuple[str, Answer | None]:
        """Where a redirect leads to, or the answer."""
        url = urlunsplit(parts)
        connection = connection_to(
            parts.scheme, parts.hostname or "", parts.port, self.limits.timeout
        )
        over = threading.Event()

        def end() -> None:
            over.set()
            connection.break_off()

        timer = threading.Timer(self.limits.longest, end)
        timer.daemon = True
        timer.start()
        try:
            path = quote(urlunsplit(("", "", parts.path or "/", parts.query, "")), safe=SAFE)
            connection.request("GET", path, headers={**headers, "Connection": "close"})
            response = connection.getresponse()
            if response.status in REDIRECTED and response.headers.get("Location"):
                return str(response.headers["Location"]), None
            answer = self._answer(url, response, target, most)
        except (Forbidden, ssl.SSLCertVerificationError) as error:
            raise HarvestError(url, str(error)) from None
        except (http.client.InvalidURL, UnicodeError):
            raise HarvestError(url, _("no address of http or https")) from None
        except (http.client.HTTPException, OSError, _Passing) as error:
            if over.is_set():
                raise self._too_long(url) from None
            raise error if isinstance(error, _Passing) else _Passing(_reason(error)) from None
        finally:
            timer.cancel()
            connection.close()
        if over.is_set():
            raise self._too_long(url)
        return "", answer

    def _too_long(self, url: str) -> HarvestError:
        return HarvestError(
            url, _("the answer took longer than %(seconds)g s") % {"seconds": self.limits.longest}
        )

    def _answer(
        self, url: str, response: http.client.HTTPResponse, target: Path, most: int
    ) -> Answer:
        headers = response.headers
        if response.status in PASSING:
            said = f"{response.status} {response.reason}"
            raise _Passing(said, _retry_after(headers.get("Retry-After")))
        size = 0
        if response.status == 200:
            size = self._save(url, response, target, most)
        elif response.status != 304:
            raise HarvestError(url, f"{response.status} {response.reason}")
        return Answer(
            url,
            response.status,
            headers.get_content_type() if "Content-Type" in headers else "",
            headers.get("ETag", ""),
            headers.get("Last-Modified", ""),
            headers.get("Content-Crs", "").strip("<> "),
            size,
        )

    def _save(self, url: str, response: http.client.HTTPResponse, target: Path, most: int) -> int:
        """The body into the file, unpacked; its size. More than `most` is refused as soon as it is known."""
        packed = response.headers.get("Content-Encoding", "identity").strip().lower()
        if packed not in ("", "identity", "gzip", "x-gzip"):
            raise HarvestError(
                url, _("packed as %(how)s, which nobody asked for") % {"how": packed}
            )
        unpack = zlib.decompressobj(16 + zlib.MAX_WBITS) if "gzip" in packed else None
        size = 0
        with target.open("wb") as file:
            while piece := response.read(PIECE):
                while piece:
                    try:
                        plain = unpack.decompress(piece, PIECE) if unpack else piece
                    except zlib.error as error:
                        raise _Passing(_("broken gzip (%(reason)s)") % {"reason": error}) from None
                    piece = unpack.unconsumed_tail if unpack else b""
                    size += len(plain)
                    if size > most:
                        raise HarvestError(
                            url,
                            _("the answer is larger than %(most)d MB")
                            % {"most": -(-most // 1_000_000)},
                        )
                    file.write(plain)
        if response.length or (unpack and (not unpack.eof or unpack.unused_data)):
            raise _Passing(_("the answer is cut short"))
        self.left -= size
        return size


LONGEST_MESSAGE = 1000


def _plain(text: str) -> str:
    """One line of signs that can be shown: parts of it are a stranger's words, for somebody's terminal."""
    return "".join(each if each.isprintable() else " " for each in text)[:LONGEST_MESSAGE]


# All that has a meaning in a path or query, and what is quoted already.
SAFE = "/?&=:,;@!$'()*+~%[]"


def place(parts: SplitResult) -> str:
    """Host, and the port where it is not the scheme's own: what a description names as a host."""
    port = parts.port
    named = port is not None and port not in PORTS.values()
    return f"{(parts.hostname or '').lower()}" + (f":{port}" if named else "")


def joined(named: SplitResult, base: str, link: str) -> str:
    """Where a link in an answer leads to. Raises HarvestError."""
    try:
        return same_safety(named, urljoin(base, link))
    except ValueError as error:
        raise HarvestError(base, f"{link[:200]}: {error}") from None


def same_safety(named: SplitResult, url: str) -> str:
    """An address of a host that was asked under TLS is asked under TLS: servers behind a proxy often do not know."""
    parts = urlsplit(url)
    if named.scheme == "https" and parts.scheme == "http" and place(parts) == place(named):
        return urlunsplit(("https", place(parts), *parts[2:]))
    return url


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return _("no answer in time")
    if isinstance(error, socket.gaierror):
        return _("no such host (%(reason)s)") % {"reason": error.strerror}
    if isinstance(error, http.client.HTTPException) and not isinstance(error, OSError):
        said = " ".join(str(error).split())[:100] or type(error).__name__
        return _("the connection was cut (%(reason)s)") % {"reason": said}
    return str(error) or type(error).__name__


def _retry_after(text: str | None) -> float | None:
    """Seconds, of a number or a date (RFC 9110, 10.2.3)."""
    if not text:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _who() -> str:
    contact = f" ({settings.CONTACT_EMAIL})" if settings.CONTACT_EMAIL else ""
    return f"geoplatform-harvest{contact}"

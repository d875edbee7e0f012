"""Where a harvest may connect to: looked at when a connection is made, at the address that it is made to.

A name is resolved once, and the connection goes to what was looked at; a name server that answers differently a moment
later changes nothing. Addresses that are not of the public internet are refused, unless the setting HARVEST_NETWORKS
names them.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from contextlib import suppress

from django.conf import settings
from django.utils.translation import gettext as _

from geoplatform.exchange.errors import LoadError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# IPv4 inside of IPv6 by translators (RFC 6052, 2.1).
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


class Forbidden(LoadError):
    """The name leads to where a harvest must not go."""


def may_connect(text: str) -> bool:
    """Whether a harvest may connect to this IP address."""
    address = _inner(ipaddress.ip_address(text.partition("%")[0]))
    if any(address in network for network in _networks()):
        return True
    return address.is_global and not address.is_multicast


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one only wraps."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    try:
        return [ipaddress.ip_network(each) for each in settings.HARVEST_NETWORKS]
    except ValueError as error:
        raise LoadError(f"HARVEST_NETWORKS: {error}") from None


def open_socket(host: str, port: int, timeout: float) -> socket.socket:
    """A connection to the first permitted address of a host. Raises Forbidden, OSError."""
    refused: list[str] = []
    failed: OSError | None = None
    for family, kind, protocol, _name, where in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        address = str(where[0])
        if not may_connect(address):
            refused.append(address)
            continue
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(timeout)
            connection.connect(where)
        except OSError as error:
            connection.close()
            failed = error
        else:
            return connection
    if failed is not None:
        raise failed
    raise Forbidden(
        _("%(host)s is %(addresses)s, no address of the public internet (HARVEST_NETWORKS allows)")
        % {"host": host, "addresses": ", ".join(dict.fromkeys(refused))}
    )


class _Watched(http.client.HTTPConnection):
    """A connection to a permitted address that another thread can break off, whatever it is doing."""

    watch: socket.socket | None = None
    broken_off = False

    def connect(self) -> None:
        self.sock = open_socket(self.host, self.port, float(self.timeout or 0) or 30.0)
        self.watch = self.sock.dup()
        if self.broken_off:  # while it was being made
            self.break_off()

    def break_off(self) -> None:
        """End all waiting for the other side."""
        self.broken_off = True
        watch = self.watch
        if watch is not None:
            with suppress(OSError):  # it has ended by itself
                watch.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        super().close()
        if self.watch is not None:
            self.watch.close()
            self.watch = None


class _WatchedTls(_Watched):
    """The same under TLS; the certificate must be the host's."""

    default_port = http.client.HTTPS_PORT

    def connect(self) -> None:
        super().connect()
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(self.sock, server_hostname=self.host)


def connection_to(scheme: str, host: str, port: int | None, timeout: float) -> _Watched:
    """A connection, not opened yet."""
    kind = _WatchedTls if scheme == "https" else _Watched
    return kind(host, port, timeout=timeout)

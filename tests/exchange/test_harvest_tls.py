"""Under TLS the certificate must be the host's and made by somebody trusted; nothing is sent before that is seen."""

import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from geoplatform.exchange.errors import LoadError
from tests.exchange.neighbour import Neighbour, Request, Server, offer_api

pytestmark = pytest.mark.django_db


def certificate(folder, host):
    """A certificate of its own for an address; path of a file with its key, and of one without."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    trusted, both = folder / f"{host}.crt", folder / f"{host}.pem"
    trusted.write_bytes(pem)
    both.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + pem
    )
    return both, trusted


@pytest.fixture
def secure(tmp_path, there):
    """A server under TLS; gives it and the certificate to trust, for a certificate of the host named."""
    servers: list[ThreadingHTTPServer] = []

    def start(host):
        both, trusted = certificate(tmp_path, host)
        server = Server(("127.0.0.1", 0), Request)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(both)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.neighbour = Neighbour(server.server_address[1])
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        # Its links say http, as those of servers behind a proxy often do.
        offer_api(server.neighbour, 25)
        return server.neighbour, trusted

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def asked(described, server):
    return described(url=f"https://{server.host}/api/", limits="timeout = 5\nretries = 1")


def test_a_trusted_certificate(secure, described, run, monkeypatch):
    server, trusted = secure("127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    assert run(asked(described, server)).summary.inserted == 25


@pytest.mark.parametrize(
    ("host", "told"), [("127.0.0.1", "self.signed"), ("127.0.0.2", "mismatch")]
)
def test_certificates_that_are_not_to_be_trusted(secure, described, run, monkeypatch, host, told):
    server, trusted = secure(host)
    if told == "mismatch":
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with pytest.raises(LoadError, match=f"https://127.*{told}"):
        run(asked(described, server))
    assert server.asked == []


def test_nobody_is_led_from_tls_to_plain(secure, there, described, run, monkeypatch):
    server, trusted = secure("127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    offer_api(there, 25)
    server.answers["/api/"] = lambda request: request.say(
        b"", "text/plain", status=302, Location=f"{there.url}/api/"
    )
    with pytest.raises(LoadError, match="another host"):
        run(asked(described, server))
    assert there.asked == []

"""A harvest goes to the public internet and nowhere else, however a name is written and whoever leads there."""

import socket

import pytest

from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.harvest.network import may_connect
from layers.plants import Plant
from tests.exchange.neighbour import offer_api


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.9.10",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",  # where clouds tell secrets
        "100.64.0.1",
        "192.0.0.1",
        "198.18.0.1",
        "224.0.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%lo",
        "fc00::1",
        "fd12:3456::1",
        "ff0e::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",  # 127.0.0.1 by 6to4
        "64:ff9b::7f00:1",  # 127.0.0.1 by a translator
        "64:ff9b::a9fe:a9fe",
    ],
)
def test_addresses_that_are_not_of_the_public_internet(settings, address):
    settings.HARVEST_NETWORKS = []
    assert not may_connect(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07::1", "64:ff9b::5db8:d70e"]
)
def test_addresses_of_the_public_internet(settings, address):
    settings.HARVEST_NETWORKS = []
    assert may_connect(address)


def test_only_the_networks_of_the_setting_are_allowed(settings):
    settings.HARVEST_NETWORKS = ["10.20.0.0/16", "fd00::/8"]
    allowed = {
        each: may_connect(each) for each in ("10.20.3.4", "10.21.0.1", "fd12::1", "127.0.0.1")
    }
    assert allowed == {"10.20.3.4": True, "10.21.0.1": False, "fd12::1": True, "127.0.0.1": False}


def test_a_network_that_is_none(settings):
    settings.HARVEST_NETWORKS = ["10.20.0.0/99"]
    with pytest.raises(LoadError, match="HARVEST_NETWORKS"):
        may_connect("10.20.3.4")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0", "[::ffff:127.0.0.1]"]
)
def test_loopback_is_refused_however_it_is_written(settings, there, described, run, host):
    offer_api(there, 25)
    settings.HARVEST_NETWORKS = []
    with pytest.raises(LoadError, match="no address of the public internet"):
        run(described(url=f"http://{host}:{there.port}/api/"))
    assert there.asked == []
    assert Plant.objects.count() == 0


@pytest.mark.django_db
def test_a_name_server_that_changes_its_mind(settings, there, described, run, monkeypatch):
    """A name that is public at first and private a moment later: what was looked at is what is connected to."""
    offer_api(there, 25)
    settings.HARVEST_NETWORKS = []
    asked = []

    def resolve(host, port, **_kind):
        asked.append(host)
        # 192.0.2.1 is nobody's; what it stands for here is any address that may be asked.
        address = "192.0.2.1" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    settings.HARVEST_NETWORKS = ["192.0.2.1/32"]
    limits = "timeout = 0.2\nretries = 3"
    with pytest.raises(LoadError, match=r"rebind\.example is 127\.0\.0\.1"):
        run(described(url=f"http://rebind.example:{there.port}/api/", limits=limits))
    assert len(asked) == 2
    assert there.asked == []


@pytest.mark.django_db
def test_the_allowed_one_of_several_addresses_is_taken(there, described, run, monkeypatch):
    offer_api(there, 25)

    def resolve(_host, port, **_kind):
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in ("169.254.169.254", "127.0.0.1")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    source = described(
        url=f"http://town.example:{there.port}/api/",
        service=f"""
layer = "trees"
hosts = ["{there.host}"]
""",
    )
    assert run(source).summary.inserted == 25


@pytest.mark.django_db
def test_a_redirect_to_a_private_address_that_is_even_a_named_host(settings, there, described, run):
    offer_api(there, 25)
    there.answers["/api/"] = lambda request: request.say(
        b"", "text/plain", status=307, Location="http://10.255.255.1/latest/meta-data/"
    )
    source = described(service='layer = "trees"\nhosts = ["10.255.255.1"]')
    with pytest.raises(LoadError, match=r"10.255.255.1 is 10.255.255.1, no address"):
        run(source)


@pytest.mark.django_db
def test_a_certificate_that_is_not_the_hosts(there, described, run):
    """A server that speaks no TLS has none at all."""
    offer_api(there, 25)
    with pytest.raises(LoadError, match="https://127"):
        run(described(url=f"https://{there.host}/api/", limits="timeout = 2\nretries = 0"))
    assert there.asked == []

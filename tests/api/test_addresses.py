"""Whose address a request has behind proxies that are trusted, and behind others."""

import pytest

from bursar.api.addresses import Proxies
from bursar.kernel.ip_networks import by_name, read_network, subscriber

TRUSTED = ("10.0.0.0/8", "2001:db8:1::/48")

CASES = {
    "nobody is named": ("10.0.0.1", [], "10.0.0.1"),
    "one proxy": ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
    "a client's own words stand further left": ("10.0.0.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
    "two proxies": ("10.0.0.1", ["203.0.113.9, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),
    "in two headers": ("10.0.0.1", ["203.0.113.9", "198.51.100.7", "10.0.0.2"], "198.51.100.7"),
    "only proxies": ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
    "a peer that is not trusted": ("198.51.100.7", ["203.0.113.9"], "198.51.100.7"),
    "no address": ("10.0.0.1", ["203.0.113.9, unknown, 10.0.0.2"], "10.0.0.2"),
    "no address at all": ("10.0.0.1", ["unknown"], "10.0.0.1"),
    "with a port": ("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
    "IPv6": ("2001:db8:1::5", ["2001:db8:2::1"], "2001:db8:2::1"),
    "IPv6 with a port": ("2001:db8:1::5", ["[2001:db8:2::1]:4711"], "2001:db8:2::1"),
    "IPv4 written as IPv6": ("::ffff:10.0.0.1", ["198.51.100.7, ::ffff:10.0.0.2"], "198.51.100.7"),
    "blanks": ("10.0.0.1", [" , ,198.51.100.7 ,, "], "198.51.100.7"),
    "not in ASCII": ("10.0.0.1", ["198.51.100.7, \xff"], "10.0.0.1"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_right_most_address_that_is_not_trusted_counts(case: str) -> None:
    peer, named, expected = CASES[case]
    headers = [(b"host", b"x"), *((b"x-forwarded-for", value.encode("latin-1")) for value in named)]
    assert Proxies([read_network(text) for text in TRUSTED]).client(peer, headers) == expected


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert Proxies().client("10.0.0.1", [(b"x-forwarded-for", b"198.51.100.7")]) == "10.0.0.1"


def test_limits_are_counted_by_subscriber() -> None:
    assert subscriber("2001:db8:0:1:aaaa::1") == subscriber("2001:db8:0:1:bbbb::2") == "2001:db8:0:1::/64"
    assert subscriber("2001:db8:0:2::1") != subscriber("2001:db8:0:1::1")
    assert subscriber("::ffff:198.51.100.7") == subscriber("198.51.100.7") == "198.51.100.7"
    assert subscriber("nowhere") == "nowhere"


def test_a_loopback_address_of_a_url_has_a_name() -> None:
    assert by_name("http://127.0.0.1:8080/console") == "http://localhost:8080/console"
    assert by_name("http://[::1]") == "http://localhost"
    for url in ("https://bursar.example:8443/x", "http://127.0.0.2:80", "http://10.0.0.1"):
        assert by_name(url) == url

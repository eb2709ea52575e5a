"""Which URLs and addresses a webhook may go to."""

import ipaddress

import pytest

from bursar.webhooks.errors import UrlFault, UrlRefused
from bursar.webhooks.urls import URL_LENGTH_MAX, is_public, read_url


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("ftp://example.com/", UrlFault.SCHEME),
        ("file:///etc/passwd", UrlFault.SCHEME),
        ("javascript:alert(1)", UrlFault.SCHEME),
        ("example.com/hook", UrlFault.SCHEME),
        ("//example.com/hook", UrlFault.SCHEME),
        ("", UrlFault.SCHEME),
        ("http:///hook", UrlFault.MALFORMED),
        ("http://", UrlFault.MALFORMED),
        ("http://example.com:99999/", UrlFault.MALFORMED),
        ("http://example.com:0/", UrlFault.MALFORMED),
        ("http://[::1/", UrlFault.MALFORMED),
        ("http://exa mple.com/", UrlFault.MALFORMED),
        ("http://example.com/\r\nX-Injected: 1", UrlFault.MALFORMED),
        ("http://example.com/#fragment", UrlFault.MALFORMED),
        ("http://user:password@example.com/", UrlFault.CREDENTIALS),
        ("http://user@example.com/", UrlFault.CREDENTIALS),
        ("http://example.com/" + "a" * URL_LENGTH_MAX, UrlFault.TOO_LONG),
    ],
)
def test_a_url_of_the_wrong_form_is_refused(url: str, fault: UrlFault) -> None:
    with pytest.raises(UrlRefused) as refusal:
        read_url(url)
    assert refusal.value.fault is fault


@pytest.mark.parametrize("url", ["https://example.com/hook?a=1", "HTTP://EXAMPLE.COM:8080", "http://[2606:4700::1]/"])
def test_an_ordinary_url_is_read(url: str) -> None:
    assert read_url(url).scheme in {"http", "https"}


def test_the_longest_url_is_read() -> None:
    url = "http://example.com/".ljust(URL_LENGTH_MAX, "a")
    assert str(read_url(url)) == url


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::a00:1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "fc00::1",
        "fd00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
        "100::1",
    ],
)
def test_an_address_that_may_lead_inside_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::1"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))

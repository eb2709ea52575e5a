"""The URLs and addresses that a webhook may go to. Pure, and the same parser that sends.

Those that could reach into the network around Bursar are refused: a merchant names the URL, so nothing about it can be
trusted.
"""

import ipaddress
from ipaddress import IPv4Address, IPv6Address
from typing import Final

import httpx2

from bursar.webhooks.errors import UrlFault, UrlRefused

URL_LENGTH_MAX: Final = 512
"""Characters of a URL."""

Address = IPv4Address | IPv6Address

_SCHEMES: Final = frozenset({"http", "https"})
_PORT_MAX: Final = 65_535
_CARRIES_IPV4: Final = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "::/96",  # IPv4-compatible, and the unspecified and loopback addresses
        "::ffff:0:0/96",  # IPv4-mapped (RFC 4291)
        "64:ff9b::/96",  # NAT64 (RFC 6052)
        "64:ff9b:1::/48",  # NAT64 of one's own network (RFC 8215)
        "2001::/32",  # Teredo (RFC 4380)
        "2002::/16",  # 6to4 (RFC 3056)
    )
)
"""IPv6 addresses that stand for an IPv4 one, which may be anything."""


def read_url(text: str) -> httpx2.URL:
    """The URL, if its form is right; raises UrlRefused."""
    if len(text) > URL_LENGTH_MAX:
        raise UrlRefused(UrlFault.TOO_LONG)
    if not text.isprintable() or " " in text:
        raise UrlRefused(UrlFault.MALFORMED)
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        raise UrlRefused(UrlFault.MALFORMED) from None
    if url.scheme not in _SCHEMES:
        raise UrlRefused(UrlFault.SCHEME)
    if url.userinfo:
        raise UrlRefused(UrlFault.CREDENTIALS)
    if not url.host or url.fragment or (url.port is not None and not 0 < url.port <= _PORT_MAX):
        raise UrlRefused(UrlFault.MALFORMED)
    return url


def is_public(address: Address) -> bool:
    """True if it is an address of one host on the public internet, and no form of another address."""
    if isinstance(address, IPv6Address) and (
        address.is_site_local or any(address in network for network in _CARRIES_IPV4)
    ):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)

"""Addresses and networks of IP, read from text. IPv4 written as IPv6 (`::ffff:198.51.100.1`) is IPv4 everywhere."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

SUBSCRIBER_BITS: Final = 64
"""The part of an IPv6 address that names a subscriber, who chooses the rest at will (RFC 6177)."""
LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
"""The addresses that `localhost` stands for."""
_MAPPED_BITS: Final = 96
"""The prefix of an IPv6 address that maps an IPv4 one."""


def read_network(text: str) -> Network:
    """An address or a CIDR range; raises ValueError."""
    network = ipaddress.ip_network(text, strict=False)
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is None or network.prefixlen < _MAPPED_BITS:
        return network
    return ipaddress.IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))


@lru_cache(maxsize=4096)
def find_address(text: str) -> Address | None:
    """The address that the text spells, None for any other text."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def contains(networks: Iterable[Network], text: str) -> bool:
    """The text is an address in one of the networks."""
    address = find_address(text)
    return address is not None and any(address in network for network in networks)


@lru_cache(maxsize=4096)
def subscriber(text: str) -> str:
    """The unit that limits are counted by: an IPv4 address, the /64 of an IPv6 one, any other text as it is."""
    address = find_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((address, SUBSCRIBER_BITS), strict=False))
    return text if address is None else str(address)


def by_name(url: str) -> str:
    """The URL with `localhost` in the place of a loopback address, which passkeys and some cookies do not take."""
    parts = urlsplit(url)
    if parts.hostname not in LOOPBACK:
        return url
    port = "" if parts.port is None else f":{parts.port}"
    return parts._replace(netloc=f"localhost{port}").geturl()

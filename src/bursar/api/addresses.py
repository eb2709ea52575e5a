"""The address that a request comes from: the peer's, or the one that a trusted proxy names for it.

Everything that judges an address goes by `Proxies.client`, whose answer stands in each request's `client`.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from bursar.kernel.ip_networks import Network, contains, find_address

FORWARDED_FOR = b"x-forwarded-for"


class Proxies:
    """The networks whose `X-Forwarded-For` counts; without any, nobody's does."""

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self._networks = tuple(networks)
        self.trusts = lru_cache(maxsize=4096)(self._trusts)

    def _trusts(self, address: str) -> bool:
        return contains(self._networks, address)

    def client(self, peer: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """The right-most address that is not a trusted proxy's; headers have lower-case names.

        Each proxy appends the address of its own caller, so that entries further left are the client's own word. An
        entry that is no address ends the search: the proxy that passed it on is as far as anything is known.
        """
        if not self._networks or not self.trusts(peer):
            return peer
        known = peer
        for entry in reversed(_entries(headers)):
            address = _without_port(entry)
            if find_address(address) is None:
                return known
            known = address
            if not self.trusts(known):
                return known
        return known


def _entries(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    """All entries of all such headers, in the order in which they were appended."""
    lines = [value.decode("latin-1") for name, value in headers if name == FORWARDED_FOR]
    return [entry.strip() for entry in ",".join(lines).split(",") if entry.strip()]


def _without_port(entry: str) -> str:
    """`198.51.100.1:4711` and `[2001:db8::1]:4711` are written by some proxies."""
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    host, colon, port = entry.rpartition(":")
    return host if colon and ":" not in host and port.isdigit() else entry

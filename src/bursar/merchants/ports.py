"""What merchants need from outside: the senders of their money."""

from typing import Final, Protocol

RESUME: Final = "merchants.resume"
"""The kind of the jobs that wake what was held for a merchant."""


class Senders(Protocol):
    """Those who hand a merchant's money to banks and chains."""

    async def settled(self, merchant_id: int) -> None:
        """Wait for whoever is sending at this moment, at the most for a while; who begins later sees the merchant as it
        is now."""
        ...


class NoSenders:
    """In a process where nobody sends, and in which nobody is waited for."""

    async def settled(self, merchant_id: int) -> None:
        """Nothing to wait for."""

"""The port of merchants: the senders of their money."""

from typing import Protocol


class Senders(Protocol):
    """The jobs that give a merchant's money to banks and chains."""

    async def settled(self, merchant_id: int) -> None:
        """Wait, for a limited time, until no transaction is being sent that began before; one that begins later sees
        the merchant as it is now.
        """
        ...


class NoSenders:
    """The senders of a process in which none send, and none are waited for."""

    async def settled(self, merchant_id: int) -> None:
        """Nothing to wait for."""

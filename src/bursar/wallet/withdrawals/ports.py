"""The port of withdrawals: the merchant of an address."""

from typing import Protocol


class OwnAddresses(Protocol):
    """Knows the deposit addresses that were given out."""

    async def owner(self, chain_id: str, address: str) -> int | None:
        """The merchant that is paid at an address, if one is."""
        ...

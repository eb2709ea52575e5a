"""What withdrawals need of others: whose an address is."""

from typing import Protocol


class OwnAddresses(Protocol):
    """Knows the deposit addresses that were given out."""

    async def owner(self, chain_id: str, address: str) -> int | None:
        """The merchant that is paid at an address, if one is."""
        ...

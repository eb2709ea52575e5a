"""Checks of addresses by the rules of their chain alone."""

from bursar.wallet.ports import Chain


class ChainRules:
    """The screening of an install without another: an address that the chain takes may be paid to."""

    async def derive(self, chain: Chain, index: int) -> str:
        """The deposit address with this index, from the chain's extended public key."""
        return chain.derive(index)

    async def validate(self, chain: Chain, address: str) -> None:
        """Raises AddressMalformed or AddressNobodys for an address that nobody could spend from."""
        chain.check_owned(chain.read_address(address))

"""The checks of an address before the wallet relies on it, as a sandbox lets them fail."""

from bursar.sandbox.faults import Faults
from bursar.wallet.ports import Chain


class SandboxScreening:
    """The port's sandbox adapter."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    async def derive(self, chain: Chain, index: int) -> str:
        """The chain's own answer; raises the fault planted at `chain.derive`."""
        await self._faults.strike("chain.derive")
        return chain.derive(index)

    async def validate(self, chain: Chain, address: str) -> None:  # noqa: ARG002 - all addresses alike
        """Lets every address pass; raises the fault planted at `chain.validate`."""
        await self._faults.strike("chain.validate")

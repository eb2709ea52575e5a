"""What is asked of an address before it is relied upon, as a sandbox lets it fail."""

from bursar.sandbox.faults import Faults
from bursar.wallet.ports import Chain


class SandboxScreening:
    """The port's sandbox adapter."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    async def derive(self, chain: Chain, index: int) -> str:
        """The chain's own answer; raises what is planted at `chain.derive`."""
        await self._faults.strike("chain.derive")
        return chain.derive(index)

    async def validate(self, chain: Chain, address: str) -> None:  # noqa: ARG002 - all addresses alike
        """Lets every address pass; raises what is planted at `chain.validate`."""
        await self._faults.strike("chain.validate")

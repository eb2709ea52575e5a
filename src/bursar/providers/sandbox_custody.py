"""The sandbox's keeper of keys: they are in a file beside the data, at hand unless a tester says otherwise."""

from bursar.providers.sandbox_faults import Faults


class SandboxCustody:
    """Fails where a fault is planted at `secrets.store`."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    async def reach(self) -> None:
        """Raises ProviderRefused or ProviderUnavailable."""
        await self._faults.strike("secrets.store")

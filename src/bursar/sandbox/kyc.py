"""The sandbox's verifier: takes everything, and decides when a tester says so."""

from bursar.customers.kyc.verifier import KycSubmission
from bursar.sandbox.faults import Faults


class SandboxKycVerifier:
    """Looks at nothing; fails where a fault is planted at `kyc.submit`."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    async def submit(self, submission: KycSubmission) -> None:  # noqa: ARG002 - nobody looks at it
        """Take it. Raises ProviderRefused or ProviderUnavailable."""
        await self._faults.strike("kyc.submit")

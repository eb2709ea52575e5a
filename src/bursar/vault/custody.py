"""The port to wherever the install's keys are kept: a file in a sandbox, a key management service or HSM elsewhere."""

from typing import Protocol


class Custody(Protocol):
    """Asked before a secret is stored or shown for good."""

    async def reach(self) -> None:
        """Raises ProviderRefused or ProviderUnavailable when the keys cannot be used now."""
        ...

"""The port to the issuer's list of products."""

from collections.abc import Collection
from typing import Protocol


class IssuerCatalogue(Protocol):
    """The issuer's list of products of which it makes cards at present."""

    async def offered(self, product_ids: Collection[str]) -> frozenset[str]:
        """Those of the products that the issuer offers. Raises ProviderRefused or ProviderUnavailable."""
        ...

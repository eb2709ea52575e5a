"""The port to the names that merchants send one-time passwords under; they are the merchants' own settings."""

from collections.abc import Sequence
from typing import Protocol

from bursar.kernel.context import Context


class ProductNames(Protocol):
    """Knows the product names of merchants."""

    async def product_names(self, ctx: Context) -> Sequence[str]:
        """Those of the context's merchant, in its own order."""
        ...

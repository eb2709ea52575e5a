"""The port by which a file of rates comes."""

from typing import Protocol


class RateSource(Protocol):
    """A place that has a file of rates."""

    async def fetch(self) -> bytes:
        """The file, SHEET_BYTES_MAX at the most; raises SheetUnreachable."""

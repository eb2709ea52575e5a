"""The port to those who know the merchant APIs: they explain a request, and tell what of it may be shown."""

from typing import Protocol

from bursar.lookup.requests.model import Content, Explained
from bursar.requests.records.model import Record


class Explainer(Protocol):
    """Reads a record with its content."""

    async def explain(self, record: Record) -> Explained:
        """The reason of its answer, in a sentence that holds nothing secret."""
        ...

    def content(self, record: Record) -> Content:
        """The parts of it that may be shown."""
        ...

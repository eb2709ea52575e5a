"""A request as it arrived, and what became of it. Pure."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Record:
    """One request to a merchant API, also one that nobody could be recognised in."""

    id: int
    at: datetime
    """The machine's clock, as freshness of requests goes by it."""
    api: str
    """`card` or `payout`."""
    merchant_id: int | None
    """None: it was refused before it was known whose it is."""
    request_id: str
    """As the caller names it; empty where it does not."""
    address: str
    method: str
    path: str
    """Empty where there is no such endpoint: whoever sent it may have put a secret there."""
    target: str = field(repr=False)
    """Path and query as sent; empty: not asked for."""
    headers: str = field(repr=False)
    """A line `name: value` for each, names in lower case."""
    body: bytes | None = field(repr=False)
    """None: longer than what is kept, or not asked for."""
    body_bytes: int
    http_status: int
    code: int | None
    """The published code of the answer; None: the answer has none."""
    took_us: int
    """From the first byte to the end of the answer, in microseconds."""

    @property
    def fields(self) -> dict[str, str]:
        """The headers by name; of one that stands twice the first."""
        pairs = (line.partition(": ") for line in reversed(self.headers.split("\n")))
        return {name: value for name, _, value in pairs if name}


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """The records that somebody looks for; None: any."""

    merchant_id: int | None = None
    request_id: str | None = None
    code: int | None = None
    path: str | None = None
    before: int | None = None
    """The id of a record, for those before it."""


@dataclass(frozen=True, slots=True)
class Made:
    """An operation of the ledger."""

    id: int
    kind: str
    subject: str

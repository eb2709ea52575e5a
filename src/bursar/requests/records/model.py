"""A request as it arrived, what became of it, and how many of them are kept. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final


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
    key_of: int | None
    """The merchant whose key it names, proved or not; None: nobody has such a key, or it was refused before."""
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
    parameter: str = field(default="", repr=False)
    """The name of the parameter that the answer is about; empty: of none, or not asked for."""

    def is_seen_by(self, merchant_id: int) -> bool:
        """True of a merchant's own, of one that names its key without a proof, and of one that names nobody's key."""
        return (self.key_of if self.merchant_id is None else self.merchant_id) in (None, merchant_id)

    @property
    def fields(self) -> dict[str, str]:
        """The headers by name; of one that stands twice the first."""
        return {name: value for name, value in reversed(pairs_of(self.headers)) if name}


def pairs_of(head: str) -> list[tuple[str, str]]:
    """Names and values of the headers that `Record.headers` has, in their order."""
    return [(name, value) for name, _, value in (line.partition(": ") for line in head.split("\n"))]


@dataclass(frozen=True, slots=True)
class Keeping:
    """The bounds of the records of an install. All that is not said to be for each process is for the install."""

    body_bytes_max: int
    """A longer body is counted only."""
    for_everyone: bool
    """False: only while a person has it so for a merchant."""
    kept_for: timedelta
    in_all: int
    of_one_max: int
    """Of one merchant, proved or not."""
    unproved_max: int
    """Of one merchant's key without a proof, and of nobody's key: the share of `of_one_max` that strangers can fill."""
    unproved_per_minute: int
    """Taken by each process, of one merchant's key without a proof, and of nobody's key in all."""
    address_per_minute: int
    """Of these, taken of nobody's key from one address."""


SANDBOX: Final = Keeping(64 * 1024, True, timedelta(hours=24), 10_000, 10_000, 10_000, 0, 0)
"""All requests, with bodies as they were sent; nothing is taken by the minute."""
LIVE: Final = Keeping(16 * 1024, False, timedelta(hours=24), 200_000, 10_000, 1_000, 60, 10)
"""Those of merchants that a person has recorded, and while there is one, a few heads of what names nobody's key."""


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
class StaffFilter:
    """The records that somebody of the staff looks for; None: any."""

    key_of: int | None = None
    """The merchant whose key was named."""
    nobodys: bool = False
    """Those that named nobody's key."""
    request_id: str | None = None
    code: int | None = None
    path: str | None = None
    """The beginning of the path."""


@dataclass(frozen=True, slots=True)
class Made:
    """An operation of the ledger."""

    id: int
    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """An announcement to a merchant."""

    id: int
    api: str
    event: str
    """In domain words."""
    object: str
    sequence: int | None
    """Its place among the merchant's; None until a worker gave it."""
    status: str

"""Objects that were found, and the moments of one. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bursar.decisions.model import Ref
from bursar.staff.roles import Permission

SEARCH_CHARS_MAX: Final = 200
FOUND_MAX: Final = 100
"""Objects that one search answers."""
MOMENTS_MAX: Final = 500
"""Moments of each source in one timeline."""

KINDS: Final[Mapping[str, Permission]] = {
    "card": Permission.CARDS_READ,
    "card_order": Permission.ORDERS_READ,
    "customer": Permission.CUSTOMERS_READ,
    "deposit": Permission.DEPOSITS_READ,
    "kyc": Permission.KYC_READ,
    "payee": Permission.PAYEES_READ,
    "payout": Permission.PAYOUTS_READ,
    "withdrawal": Permission.WITHDRAWALS_READ,
}
"""The kinds of objects that are found, and the permission to see each."""


@dataclass(frozen=True, slots=True)
class Found:
    """An object, and the number or text by which it was found."""

    ref: Ref
    status: str | None
    at: datetime
    """The instant at which it was made."""
    by: str
    """`id`, `number`, `reference`, `transaction`, `address`, `email`, `phone` or `last four`."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to an object."""

    at: datetime
    source: str
    """`request`, `operation`, `decision`, `job`, `audit`, `push`, `chain` or `bank`."""
    what: str
    by: str | None = None
    """The actor: a person, a token, a merchant's key, or a process."""
    detail: Mapping[str, object] = field(default_factory=dict)
    """Entries of an operation, attempts of a push; nothing secret."""

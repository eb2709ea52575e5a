"""Bookings that a person orders, and the trial balance of the books."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bursar.accounting.errors import ReasonInvalid
from bursar.kernel.money import Money

REASON_CHARS_MAX: Final = 500
DOCUMENT_CHARS_MAX: Final = 200
BOOKINGS_LISTED: Final = 50
BOOKINGS_MAX: Final = 200
"""Bookings of one page."""


class Kind(StrEnum):
    """The kinds of bookings."""

    FUNDING = "funding"
    """Money that a merchant has brought in, by whatever way the operator has seen it arrive."""
    BANK_FUNDING = "bank_funding"
    """Money that a merchant has brought in, as the install's bank account says."""
    PAY_OUT = "merchant_pay_out"
    """The merchant's own money, paid to the merchant by the bank."""
    SETTLEMENT_PAID = "settlement_paid"
    """Paid by the bank to whoever a clearing account stands for."""
    SETTLEMENT_RECEIVED = "settlement_received"
    """Received on the bank account from whoever a clearing account stands for."""
    FEES_COLLECTED = "fees_collected"
    """Fees earned from a merchant, taken from its book into the install's own."""
    SUSPENDED = "suspended"
    """Received on the bank account, and nobody knows yet from whom or what for."""
    PLACED = "placed"
    """Money in suspense that turned out to be a merchant's."""
    SENT_BACK = "suspense_sent_back"
    """Money in suspense that the bank has paid back."""
    ADJUSTMENT = "adjustment"
    """A correction between any two accounts of one book."""


class Purse(StrEnum):
    """The accounts from which a merchant spends."""

    CARD = "card"
    """Its coins, for cards and withdrawals."""
    PAYOUT = "payout"
    """Its money for payouts to its payees."""


class Source(StrEnum):
    """The way by which money of a merchant has come in."""

    HAND = "hand"
    """As the operator says; the clearing account of funding stands against it."""
    BANK = "bank"
    """The install's bank account has received it."""
    SUSPENSE = "suspense"
    """It was received before anybody knew whose it is."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """The reason of a booking, for whoever looks at it in years."""

    reason: str
    document: str | None = None
    """The name or number of the document that proves it, in the operator's own files."""

    def __post_init__(self) -> None:
        if not 0 < len(self.reason.strip()) <= REASON_CHARS_MAX or len(self.document or "") > DOCUMENT_CHARS_MAX:
            raise ReasonInvalid(REASON_CHARS_MAX, DOCUMENT_CHARS_MAX)


@dataclass(frozen=True, slots=True)
class Booking:
    """One booking, as it stands in the journal of its book."""

    merchant_id: int
    id: int
    kind: Kind
    amount: Money
    debit: str
    """The code of the account that was debited, in this book."""
    credit: str
    grounds: Grounds
    actor: str
    at: datetime


class Section(StrEnum):
    """Accounts that answer one question, in the order of a trial balance."""

    MERCHANTS = "merchants"
    """Balances of merchants and their cards."""
    FEES = "fees"
    TREASURY = "treasury"
    """The operator's own coins, less what chains have cost."""
    SUSPENSE = "suspense"
    CONVERSION = "conversion"
    """Exchanges between assets: the other side stands in another asset."""
    BETWEEN = "between books"
    BANK = "bank"
    CHAINS = "chains"
    NETWORK = "network"
    """The debt to the card network."""


OUTSIDE: Final = (Section.BANK, Section.CHAINS, Section.NETWORK)
"""Sections that stand for the world outside: they are less than zero by what is there."""


@dataclass(frozen=True, slots=True)
class Line:
    """The accounts of one code in one asset; those of all cards are one line."""

    section: Section
    code: str
    accounts: int
    balance: Money


@dataclass(frozen=True, slots=True)
class Total:
    """One asset of a trial balance: debts of the install, and the money outside to pay them with."""

    asset: str
    owed: Money
    """To merchants and the platform, in suspense, and open from exchanges."""
    outside: Money
    """At the bank, on chains, less what the card network is owed."""

    @property
    def difference(self) -> Money:
        """Nothing, if every cent is explained."""
        return Money(self.owed.minor - self.outside.minor, self.asset)


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """All accounts of a book, or of all books, as of one instant."""

    lines: Sequence[Line]

    @property
    def totals(self) -> Sequence[Total]:
        """One for each asset, in their order."""
        owed, outside = dict[str, int](), dict[str, int]()
        for line in self.lines:
            side, sign = (outside, -1) if line.section in OUTSIDE else (owed, 1)
            side[line.balance.asset] = side.get(line.balance.asset, 0) + sign * line.balance.minor
        return [
            Total(asset, Money(owed.get(asset, 0), asset), Money(outside.get(asset, 0), asset))
            for asset in sorted(owed.keys() | outside.keys())
        ]


@dataclass(frozen=True, slots=True)
class Cover:
    """One asset: the balances of merchants, and the money outside to pay them with."""

    asset: str
    held: Money
    """Balances of merchants and their cards."""
    bank: Money
    chains: Money
    network: Money
    """Owed to the card network: less than zero where it is owed."""
    own: Money
    """The install's: fees, treasury, suspense, open exchanges, and what is between books."""

    @property
    def free(self) -> Money:
        """Money outside beyond the balances of merchants; below zero, they are not covered."""
        return self.bank + self.chains + self.network - self.held


def covers(balance: TrialBalance) -> Sequence[Cover]:
    """The cover of each asset, in their order."""
    sums: dict[tuple[str, Section], int] = {}
    for line in balance.lines:
        place = line.balance.asset, line.section
        sums[place] = sums.get(place, 0) + line.balance.minor

    def of(asset: str, *sections: Section, sign: int = 1) -> Money:
        return Money(sign * sum(sums.get((asset, section), 0) for section in sections), asset)

    own = tuple(section for section in Section if section not in (*OUTSIDE, Section.MERCHANTS))
    return [
        Cover(
            asset,
            of(asset, Section.MERCHANTS),
            of(asset, Section.BANK, sign=-1),
            of(asset, Section.CHAINS, sign=-1),
            of(asset, Section.NETWORK, sign=-1),
            of(asset, *own),
        )
        for asset in sorted({asset for asset, _ in sums})
    ]


_SECTIONS: Final[Sequence[tuple[str, Section]]] = (
    ("merchant:", Section.MERCHANTS),
    ("payout:", Section.MERCHANTS),
    ("card:", Section.MERCHANTS),
    ("wallet:", Section.MERCHANTS),
    ("platform:fees", Section.FEES),
    ("platform:conversion", Section.CONVERSION),
    ("treasury:", Section.TREASURY),
    ("suspense", Section.SUSPENSE),
    ("between:books", Section.BETWEEN),
    ("clearing:bank", Section.BANK),
    ("clearing:funding", Section.BANK),
    ("clearing:chain:", Section.CHAINS),
    ("clearing:issuer", Section.NETWORK),
)


def codes_of(section: Section) -> Sequence[str]:
    """The beginnings of the codes of a section's accounts."""
    return [beginning for beginning, its in _SECTIONS if its is section]


def section_of(code: str) -> Section:
    """The section of an account; raises LookupError for a code that no chart has."""
    for beginning, section in _SECTIONS:
        if code.startswith(beginning):
            return section
    raise LookupError(f"{code} is in no section of the trial balance")

"""The port of payouts: a bank that pays."""

from dataclasses import dataclass
from typing import Protocol

from bursar.kernel.money import Money
from bursar.payouts.model import Outcome
from bursar.payouts.payees.model import Method


@dataclass(frozen=True, slots=True)
class Beneficiary:
    """The person or firm paid, with all that a bank needs; the account is the one that the method names."""

    name: str
    iban: str | None
    bank_code: str | None
    swift_code: str | None
    address: str | None
    stc_account: str | None
    name_ar: str | None = None
    """For a rail that cannot write the other one."""


@dataclass(frozen=True, slots=True)
class Payment:
    """An order to the bank to pay. The reference is ours: asked again with it, the bank pays once."""

    merchant_id: int
    reference: str
    method: Method
    amount: Money
    beneficiary: Beneficiary
    payee_id: int | None = None
    """For rails that keep payments before they leave: one to a payee with a hit of the screening is kept longer."""


@dataclass(frozen=True, slots=True)
class RailReport:
    """The rail's report of the end of a payment."""

    outcome: Outcome
    reason: str | None = None


class Bank(Protocol):
    """A rail for payouts: an interface that answers, or a file that is handed in and answered by another file.

    A report about a payment may come late, twice, or never; `Payouts.report` takes those that come unasked. Raises
    ProviderRefused for a no that stands, and ProviderUnavailable when the outcome is unknown: then it is asked again.
    """

    async def submit(self, payment: Payment) -> None:
        """Take a payment on. One that was cancelled before is refused for ever."""
        ...

    async def cancel(self, reference: str) -> None:
        """Promise that a payment is never paid, also when it was never submitted."""
        ...

    async def outcome(self, reference: str) -> RailReport | None:
        """The end of a payment that was submitted, or None: it is still under way."""
        ...

"""The port's adapter: payments are taken on for the next file of their currency, and asked about what files said.

Promises that a payment is in one file at the most, however often it is handed in, and in none once it was cancelled.
"""

import re
from typing import Final

from bursar.db.database import Database
from bursar.kernel.clock import Clock
from bursar.kernel.errors import ProviderRefused
from bursar.kernel.paging import Page, PageRequest
from bursar.payouts.model import HOME_CURRENCY
from bursar.payouts.ports import Payment, RailReport
from bursar.providers.file_bank.charset import swift_text
from bursar.providers.file_bank.model import BankPayment, KeptEntry
from bursar.providers.file_bank.settings import BIC, BankSettings
from bursar.providers.file_bank.store import BankStore

NAME_CHARS_MAX: Final = 70
"""What banks carry on of the 140 that the schema allows."""
ADDRESS_CHARS_MAX: Final = 210
AMOUNT_DIGITS_MAX: Final = 14
"""So that the sum of a full file has the eighteen digits that the schema allows."""
_LEGIBLE: Final = re.compile(r"[A-Za-z0-9]")
_REFERENCE: Final = re.compile(r"[A-Za-z0-9]{1,35}")
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}")
_SUBMIT: Final = "bank.submit"
_CANCEL: Final = "bank.cancel"


class FileBank:
    """A bank that is handed files."""

    def __init__(self, database: Database, settings: BankSettings, clock: Clock) -> None:
        self._store = BankStore(database)
        self._settings = settings
        self._clock = clock

    async def submit(self, payment: Payment) -> None:
        """Take a payment on for the next file.

        Raises ProviderRefused for one that was cancelled before, and for one that no file of this bank can hold: a
        currency without an account, a payee without an IBAN, abroad without a BIC, or without a name in Latin letters.
        """
        if await self._store.take(self._row(payment)) == "cancelled":
            raise ProviderRefused(_SUBMIT)

    async def cancel(self, reference: str) -> None:
        """Never put it into a file; raises ProviderRefused when it is in one."""
        if await self._store.cancel(reference) == "sealed":
            raise ProviderRefused(_CANCEL)

    async def outcome(self, reference: str) -> RailReport | None:
        """The first end that a file of the bank's told of the payment."""
        return await self._store.find_outcome(reference)

    async def list_unmatched(self, page: PageRequest) -> Page[KeptEntry]:
        """Entries of the bank's files that an operator has to look at, newest first."""
        return await self._store.list_unmatched(page)

    def _row(self, payment: Payment) -> BankPayment:
        to, currency = payment.beneficiary, payment.amount.asset
        bic = (to.swift_code or "").replace(" ", "").upper()
        row = BankPayment(
            reference=payment.reference, merchant_id=payment.merchant_id, currency=currency,
            amount=payment.amount.minor, name=swift_text(to.name, NAME_CHARS_MAX), iban=to.iban or "",
            bic=bic if BIC.fullmatch(bic) else None, address=swift_text(to.address or "", ADDRESS_CHARS_MAX) or None,
            taken_at=self._clock.now(),
        )  # fmt: skip
        if self._settings.account(currency) is None or not _fits(row):
            raise ProviderRefused(_SUBMIT)
        return row


def _fits(row: BankPayment) -> bool:
    """Whether a file can hold it."""
    return bool(
        _REFERENCE.fullmatch(row.reference)
        and _LEGIBLE.search(row.name)
        and _IBAN.fullmatch(row.iban)
        and (row.bic is not None or row.currency == HOME_CURRENCY)
        and 0 < row.amount < 10**AMOUNT_DIGITS_MAX
    )

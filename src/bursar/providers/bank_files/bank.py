"""The port's adapter: payments are taken on for the next file of their currency, and answered by the bank's files.

Promises that a payment is in one file at the most, however often it is handed in, and in none once it was cancelled.
"""

import re
from typing import Final

from schwifty import IBAN

from bursar.db.database import Database
from bursar.kernel.clock import Clock
from bursar.kernel.errors import ProviderRefused
from bursar.payouts.errors import PaymentUnfit
from bursar.payouts.model import HOME_CURRENCY
from bursar.payouts.ports import Beneficiary, Payment, RailReport
from bursar.providers.bank_files.charset import swift_text
from bursar.providers.bank_files.model import BankPayment, KeptEntry, SettledEntry
from bursar.providers.bank_files.postal import PostalAddress, postal_address
from bursar.providers.bank_files.settings import BIC, BankSettings
from bursar.providers.bank_files.store import BankStore

NAME_CHARS_MAX: Final = 70
"""Characters of a name that banks carry on, of the 140 that the schema allows."""
ENTRIES_LISTED: Final = 50
"""Entries in one list for an operator."""
ENTRY_ID_MAX: Final = 2**63 - 1
AMOUNT_DIGITS_MAX: Final = 14
"""So that the sum of a full file has the eighteen digits that the schema allows."""
ADDRESS_WITHOUT_TOWN: Final = "the payee's address does not name its town: write street, town, country"
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

        Raises ProviderRefused for one that was cancelled before, and PaymentUnfit for one that no file of this bank can
        hold: a currency without an account, a payee without an IBAN or a name that can be transliterated, and abroad
        one whose bank has no BIC, or whose address does not name its town.
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

    async def list_unmatched(self, before: int = ENTRY_ID_MAX, limit: int = ENTRIES_LISTED) -> list[KeptEntry]:
        """Entries of the bank's files that an operator has to look at, newest first, from before an entry on."""
        return await self._store.list_unmatched(before, limit)

    async def list_settled(self, before: int = ENTRY_ID_MAX, limit: int = ENTRIES_LISTED) -> list[SettledEntry]:
        """Entries that an operator has settled, newest first, from before an entry on."""
        return await self._store.list_settled(before, limit)

    def _row(self, payment: Payment) -> BankPayment:
        """The payment in the bank's characters; raises PaymentUnfit."""
        to, currency = payment.beneficiary, payment.amount.asset
        if self._settings.account(currency) is None:
            raise PaymentUnfit(_SUBMIT, f"no payouts in {currency} are made by the bank")
        address = _address(to, currency)
        row = BankPayment(
            reference=payment.reference,
            merchant_id=payment.merchant_id,
            amount=payment.amount,
            name=_name(to),
            iban=to.iban or "",
            bic=_bic(to),
            address="\n".join(address.lines) or None if address else None,
            town=address.town if address else None,
            country=address.country if address else None,
            taken_at=self._clock.now(),
            payee_id=payment.payee_id,
        )
        if (reason := _unfit(row)) is not None:
            raise PaymentUnfit(_SUBMIT, reason)
        return row


def _name(to: Beneficiary) -> str:
    """The first of the payee's names that has letters left in the bank's characters; empty when none has."""
    names = (swift_text(name, NAME_CHARS_MAX) for name in (to.name, to.name_ar or ""))
    return next(filter(_LEGIBLE.search, names), "")


def _address(to: Beneficiary, currency: str) -> PostalAddress | None:
    """The address with its town; at home one that names none is left out, abroad it raises PaymentUnfit."""
    address = postal_address(to.address) if to.address else None
    if address is None and to.address and currency != HOME_CURRENCY:
        raise PaymentUnfit(_SUBMIT, ADDRESS_WITHOUT_TOWN)
    return address


def _bic(to: Beneficiary) -> str | None:
    """The BIC of the payee's bank: as it was given, else as the IBAN says it; None when neither does."""
    bic = (to.swift_code or "").replace(" ", "").upper()
    if bic or not to.iban:
        return bic if BIC.fullmatch(bic) else None
    # The banks of Kuwait are numbered by the first half of their BIC.
    in_kuwait = to.iban.startswith("KW")
    bic = f"{to.iban[4:8]}KWKW" if in_kuwait else str(IBAN(to.iban, allow_invalid=True).bic or "")
    return bic if BIC.fullmatch(bic) else None


def _unfit(row: BankPayment) -> str | None:
    """The reason why no file can hold the payment; None when one can."""
    if not row.name:
        return "the payee's name has no letters that a bank can read"
    if not _IBAN.fullmatch(row.iban):
        return "the payee has no IBAN"
    if row.bic is None and row.currency != HOME_CURRENCY:
        return "the payee's SWIFT code is missing or wrong"
    if not 0 < row.amount.minor < 10**AMOUNT_DIGITS_MAX or not _REFERENCE.fullmatch(row.reference):
        return "the amount is too large for a file"
    return None

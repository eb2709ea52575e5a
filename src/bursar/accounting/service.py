"""The operator's bookings: each is one operation with a line in the journal of every book that it touches.

The context's merchant is the book. The request's key makes a booking happen once: a repeat is answered with the first
one, and another booking under the same key is refused. Money that the outside has moved is booked whatever the standing
of the merchant is; whether somebody may order it, and who has to agree, is asked before.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bursar.accounting import postings
from bursar.accounting.errors import (
    AmountInvalid,
    BookAccountUnknown,
    BookingUnknown,
    ClearingUnknown,
    NotAdjustable,
)
from bursar.accounting.model import INSTALL, Booking, Grounds, Kind, Purse, TrialBalance
from bursar.accounting.store import AccountingStore, booking_added
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.model import AccountRef, Counterpart, Operation, Part, Transfer, fingerprint
from bursar.merchants.service import Merchants

CLEARING: Final = "clearing:"
"""The beginning of the codes of accounts that stand for the world outside."""


class Accounting:
    """Books what a person orders; one for a process."""

    def __init__(self, ground: Ground, merchants: Merchants) -> None:
        self._ground = ground
        self._merchants = merchants
        self._store = AccountingStore(ground.database)

    # ── a merchant's book ────────────────────────────────────────────────────────────────────────────────────────

    async def fund(
        self, ctx: Context, purse: Purse, amount: Money, grounds: Grounds, *, by_bank: bool = False
    ) -> Booking:
        """Credit a merchant with what it has brought in; `by_bank` if the install's bank account has it.

        Raises MerchantUnknown, AmountInvalid or KeyReused, as all of these do, and BookAccountUnknown for an asset that
        the merchant has no account in.
        """
        await self._check_purse(ctx, purse, amount)
        return await self._book(ctx, (postings.funded_by_bank if by_bank else postings.funded)(purse, amount), grounds)

    async def pay_out(self, ctx: Context, purse: Purse, amount: Money, grounds: Grounds) -> Booking:
        """Debit a merchant with what the bank has paid to it; raises also BookAccountUnknown or
        InsufficientFunds.
        """
        await self._check_purse(ctx, purse, amount)
        return await self._book(ctx, postings.paid_to_merchant(purse, amount), grounds)

    async def settle(self, ctx: Context, clearing: str, amount: Money, grounds: Grounds, *, received: bool) -> Booking:
        """Book what the bank has paid to whoever a clearing account stands for, or has `received` from there.

        Raises also ClearingUnknown.
        """
        _check(amount)
        account = await self._store.find_account(ctx.merchant_id, clearing, amount.asset)
        if account is None or not clearing.startswith(CLEARING) or clearing == chart.BANK_CLEARING:
            raise ClearingUnknown(clearing, amount.asset)
        booked = postings.settlement_received if received else postings.settlement_paid
        return await self._book(ctx, booked(account, amount), grounds)

    async def collect_fees(self, ctx: Context, amount: Money, grounds: Grounds) -> Booking:
        """Take fees that a merchant was charged into the install's own book; raises also InsufficientFunds."""
        await self._merchants.get(ctx)
        _check(amount)
        return await self._book(ctx, postings.fees_given(amount), grounds, (INSTALL, postings.fees_taken(amount)))

    async def adjust(self, ctx: Context, debit: str, credit: str, amount: Money, grounds: Grounds) -> Booking:
        """Correct two accounts of one book, which may be the install's own.

        Raises also BookAccountUnknown, NotAdjustable or InsufficientFunds.
        """
        _check(amount)
        if debit == credit or chart.BETWEEN_BOOKS in (debit, credit):
            raise NotAdjustable(debit, credit)
        accounts = [await self._account(ctx, code, amount.asset) for code in (debit, credit)]
        return await self._book(ctx, postings.adjusted(accounts[0], accounts[1], amount), grounds)

    # ── suspense ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def suspend(self, ctx: Context, amount: Money, grounds: Grounds) -> Booking:
        """Keep what the bank has received and nobody can place, in the install's own book."""
        _check(amount)
        return await self._book(ctx.of(INSTALL), postings.suspended(amount), grounds)

    async def place(self, ctx: Context, purse: Purse, amount: Money, grounds: Grounds) -> Booking:
        """Credit a merchant with what was in suspense; raises also InsufficientFunds."""
        await self._check_purse(ctx, purse, amount)
        there = INSTALL, postings.taken_from_suspense(amount)
        return await self._book(ctx, postings.placed(purse, amount), grounds, there)

    async def send_back(self, ctx: Context, amount: Money, grounds: Grounds) -> Booking:
        """Debit suspense with what the bank has paid back; raises also InsufficientFunds."""
        _check(amount)
        return await self._book(ctx.of(INSTALL), postings.suspense_sent_back(amount), grounds)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, ctx: Context, booking_id: int) -> Booking:
        """One booking of a book; raises BookingUnknown."""
        booking = await self._store.find(ctx.merchant_id, booking_id)
        if booking is None:
            raise BookingUnknown(booking_id)
        return booking

    async def journal(self, ctx: Context, before: int | None = None) -> Sequence[Booking]:
        """The newest bookings of a book, fifty at most, or those before one of them."""
        return await self._store.bookings(ctx.merchant_id, before)

    async def trial_balance(self, merchant_id: int | None = None) -> TrialBalance:
        """The sums of the accounts of one book, or of all books; reads every account."""
        return TrialBalance(await self._store.lines(merchant_id))

    # ── one booking ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _check_purse(self, ctx: Context, purse: Purse, amount: Money) -> None:
        await self._merchants.get(ctx)
        _check(amount)
        await self._account(ctx, postings.purse_account(purse, amount.asset).code, amount.asset)

    async def _account(self, ctx: Context, code: str, asset: str) -> AccountRef:
        account = await self._store.find_account(ctx.merchant_id, code, asset)
        if account is None:
            raise BookAccountUnknown(code, asset)
        return account

    async def _book(
        self, ctx: Context, transfer: Transfer, grounds: Grounds, there: tuple[int, Transfer] | None = None
    ) -> Booking:
        """Commit a booking in the context's book, and its other side in the book `there`."""
        ctx = ctx.stopped()
        await self._ground.ids.top_up()
        booking = _booking(ctx, self._ground.ids.next(), transfer, grounds)
        operation = Operation(
            ctx.request_key,
            fingerprint(transfer.kind, booking.debit, booking.credit, str(booking.amount), booking.amount.asset),
            transfer.kind,
            f"booking:{booking.id}",
            transfers=(transfer,),
            writes=(booking_added(booking),),
        )
        if there is not None:
            other = _booking(ctx.of(there[0]), booking.id, there[1], grounds)
            part = Part(transfers=(there[1],), writes=(booking_added(other),))
            operation = replace(operation, counterparts=(Counterpart(there[0], part),))
        receipt = await self._ground.ledger.commit(ctx, operation)
        return await self.get(ctx, receipt.subject_id) if receipt.replayed else booking


def _check(amount: Money) -> None:
    if amount.minor <= 0:
        raise AmountInvalid


def _booking(ctx: Context, booking_id: int, transfer: Transfer, grounds: Grounds) -> Booking:
    debit, credit = transfer.debit.code, transfer.credit.code
    at = ctx.now()
    return Booking(
        ctx.merchant_id, booking_id, Kind(transfer.kind), transfer.amount, debit, credit, grounds, ctx.actor, at
    )

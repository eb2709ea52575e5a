"""The operator's bookings, decided: each is one operation with a line in the journal of every book that it touches.

The context's merchant is the book. Nothing is committed here: the actions of staff judge who may order a booking and
who else has to agree, and commit the decisions made here. Money that the outside has moved is booked whatever the
standing of the merchant is.
"""

from collections.abc import Sequence
from typing import Final

from bursar.accounting import postings
from bursar.accounting.errors import (
    AmountInvalid,
    BookAccountUnknown,
    BookingUnknown,
    ClearingUnknown,
    NotAdjustable,
)
from bursar.accounting.model import BOOKINGS_LISTED, BOOKINGS_MAX, Booking, Grounds, Kind, Purse, Source, TrialBalance
from bursar.accounting.store import AccountingStore, booking_added
from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.decisions import Decided
from bursar.ledger.model import AccountRef, Counterpart, Part, Transfer
from bursar.merchants.service import Merchants

CLEARING: Final = "clearing:"
"""The beginning of the codes of accounts that stand for the world outside."""


class Accounting:
    """Decides on the bookings that a person orders; one for a process."""

    def __init__(self, ground: Ground, merchants: Merchants) -> None:
        self._ids = ground.ids
        self._merchants = merchants
        self._store = AccountingStore(ground.database)

    # ── a merchant's book ────────────────────────────────────────────────────────────────────────────────────────

    async def fund(
        self, ctx: Context, source: Source, purse: Purse, amount: Money, grounds: Grounds
    ) -> Decided[Booking]:
        """Credit a merchant with money that it has brought in, or that was in suspense.

        Raises MerchantUnknown, AmountInvalid, and BookAccountUnknown for an asset that the merchant has no account in.
        The commit may refuse with InsufficientFunds: there is not so much in suspense.
        """
        await self._check_purse(ctx, purse, amount)
        if source is Source.SUSPENSE:
            there = INSTALL, postings.taken_from_suspense(amount)
            return await self._decided(ctx, postings.placed(purse, amount), grounds, there)
        booked = postings.funded_by_bank if source is Source.BANK else postings.funded
        return await self._decided(ctx, booked(purse, amount), grounds)

    async def pay_out(self, ctx: Context, purse: Purse, amount: Money, grounds: Grounds) -> Decided[Booking]:
        """Debit a merchant with a payment of the bank to it; raises and may be refused as `fund`."""
        await self._check_purse(ctx, purse, amount)
        return await self._decided(ctx, postings.paid_to_merchant(purse, amount), grounds)

    async def left(
        self, ctx: Context, purse: Purse, outside: AccountRef, amount: Money, grounds: Grounds
    ) -> Decided[Booking]:
        """Debit a merchant with money that has left by an account that stands for the outside, and that no order books:
        a restored database has lost it. Whatever the merchant has by now, it has left.

        Raises MerchantUnknown or AmountInvalid.
        """
        await self._merchants.get(ctx)
        _check(amount)
        return await self._decided(ctx, postings.left(purse, outside, amount), grounds)

    async def settle(
        self, ctx: Context, clearing: str, amount: Money, grounds: Grounds, *, received: bool
    ) -> Decided[Booking]:
        """Book a payment of the bank to the party behind a clearing account, or one `received` from there.

        Raises AmountInvalid or ClearingUnknown.
        """
        _check(amount)
        account = await self._store.find_account(ctx.merchant_id, clearing, amount.asset)
        if account is None or not clearing.startswith(CLEARING) or clearing == chart.BANK_CLEARING:
            raise ClearingUnknown(clearing, amount.asset)
        booked = postings.settlement_received if received else postings.settlement_paid
        return await self._decided(ctx, booked(account, amount), grounds)

    async def collect_fees(self, ctx: Context, amount: Money, grounds: Grounds) -> Decided[Booking]:
        """Take fees that a merchant was charged into the install's own book.

        Raises MerchantUnknown or AmountInvalid. The commit may refuse with InsufficientFunds.
        """
        await self._merchants.get(ctx)
        _check(amount)
        return await self._decided(ctx, postings.fees_given(amount), grounds, (INSTALL, postings.fees_taken(amount)))

    async def adjust(self, ctx: Context, debit: str, credit: str, amount: Money, grounds: Grounds) -> Decided[Booking]:
        """Correct two accounts of one book, which may be the install's own.

        Raises AmountInvalid, BookAccountUnknown or NotAdjustable. The commit may refuse with InsufficientFunds.
        """
        _check(amount)
        if debit == credit or chart.BETWEEN_BOOKS in (debit, credit):
            raise NotAdjustable(debit, credit)
        accounts = [await self._account(ctx, code, amount.asset) for code in (debit, credit)]
        return await self._decided(ctx, postings.adjusted(accounts[0], accounts[1], amount), grounds)

    # ── suspense, in the install's own book ──────────────────────────────────────────────────────────────────────

    async def suspend(self, ctx: Context, amount: Money, grounds: Grounds) -> Decided[Booking]:
        """Keep a receipt of the bank that nobody can place; raises AmountInvalid."""
        _check(amount)
        return await self._decided(ctx.of(INSTALL), postings.suspended(amount), grounds)

    async def send_back(self, ctx: Context, amount: Money, grounds: Grounds) -> Decided[Booking]:
        """Debit suspense with a payment that the bank has sent back.

        Raises AmountInvalid. The commit may refuse with InsufficientFunds.
        """
        _check(amount)
        return await self._decided(ctx.of(INSTALL), postings.suspense_sent_back(amount), grounds)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, ctx: Context, booking_id: int) -> Booking:
        """One booking of a book; raises BookingUnknown."""
        booking = await self._store.find(ctx.merchant_id, booking_id)
        if booking is None:
            raise BookingUnknown(booking_id)
        return booking

    async def journal(
        self, ctx: Context, before: int | None = None, *, limit: int = BOOKINGS_LISTED
    ) -> Sequence[Booking]:
        """The newest bookings of a book, or those before one of them; BOOKINGS_MAX at the most."""
        return await self._store.bookings(ctx.merchant_id, before, max(1, min(limit, BOOKINGS_MAX)))

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

    async def _decided(
        self, ctx: Context, transfer: Transfer, grounds: Grounds, there: tuple[int, Transfer] | None = None
    ) -> Decided[Booking]:
        """A booking in the context's book, and its other side in the book `there`."""
        await self._ids.top_up()
        booking = _booking(ctx, self._ids.next(), transfer, grounds)
        part = Part(transfers=(transfer,), writes=(booking_added(booking),))
        if there is not None:
            other = _booking(ctx.of(there[0]), booking.id, there[1], grounds)
            other_side = Part(transfers=(there[1],), writes=(booking_added(other),))
            part += Part(counterparts=(Counterpart(there[0], other_side),))
        return Decided(booking, transfer.kind, f"booking:{booking.id}", part)


def _check(amount: Money) -> None:
    if amount.minor <= 0:
        raise AmountInvalid


def _booking(ctx: Context, booking_id: int, transfer: Transfer, grounds: Grounds) -> Booking:
    debit, credit = transfer.debit.code, transfer.credit.code
    kind, at = Kind(transfer.kind), ctx.now()
    return Booking(ctx.merchant_id, booking_id, kind, transfer.amount, debit, credit, grounds, ctx.actor, at)

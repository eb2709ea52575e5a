"""The settlement of differences by people, as actions of the staff.

The arguments are those of decisions; `to_merchant` names whose book it is, and `payment` the payment that a transaction
was of. `book` puts the money into the books as the outside has moved it, whatever the merchant has by now; `pay` lets a
payment that the database still had to make be the one that was made; `dismiss` moves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bursar.accounting.model import Grounds, Purse
from bursar.accounting.service import Accounting
from bursar.decisions import model as queue
from bursar.decisions.actions import DecisionActions, Ordered, amount_of
from bursar.decisions.actions import Kind as DecisionKind
from bursar.decisions.model import Ref
from bursar.differences.chains import is_alike
from bursar.differences.errors import DifferenceNotSo, PaymentUnlike
from bursar.differences.model import STATES, Difference, Kind, Result, State
from bursar.differences.service import Differences
from bursar.differences.store import closed
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.decisions import Decided
from bursar.ledger.model import AccountRef, Counterpart, Part
from bursar.staff.approvals.model import Action, Arguments
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.roles import Permission
from bursar.wallet.assembly import PayingRoom, WalletRoom
from bursar.wallet.model import Deposit, DepositStatus
from bursar.wallet.payments import postings
from bursar.wallet.payments.errors import PaymentUnknown

DIFFERENCE: Final = "difference"
TO_MERCHANT: Final = "to_merchant"
PAYMENT: Final = "payment"
ACTIONS: Final = {result.value: f"differences.{result}" for result in Result}


@dataclass(frozen=True, slots=True)
class DifferenceRooms:
    """The rooms that book what differences are about."""

    accounting: Accounting
    wallet: WalletRoom
    paying: PayingRoom


class DifferenceActions:
    """The actions by which a difference is settled."""

    def __init__(self, differences: Differences, rooms: DifferenceRooms, decisions: DecisionActions) -> None:
        self._differences = differences
        self._accounting = rooms.accounting
        self._wallet = rooms.wallet
        self._paying = rooms.paying
        self._decisions = decisions

    def actions(self) -> Sequence[Action]:
        """`differences.book`, `differences.pay` and `differences.dismiss`."""
        dismissing = DecisionKind(DIFFERENCE, "dismiss", ACTIONS["dismiss"], Permission.DIFFERENCES_SETTLE)
        return (
            Action(ACTIONS["book"], Permission.MONEY_ADJUST, self._book, _book_of, amount_of),
            Action(ACTIONS["pay"], Permission.DIFFERENCES_SETTLE, self._pay, _book_of, amount_of),
            self._decisions.action(dismissing, self._dismiss),
        )

    async def _dismiss(self, ctx: Context, ordered: Ordered) -> Decided[Any]:
        found = await self._open(ordered, Result.DISMISS)
        gone = Part(transitions=(closed(ctx, found.id, State.DISMISSED, ordered.reason or ""),))
        return Decided(None, "difference_dismissed", f"difference:{found.id}", gone)

    async def _book(self, at: Context, said: Arguments) -> Decided[Any]:
        """In the merchant's book; the difference is settled in the install's by the same operation."""
        ctx, ordered = at.stopped(), Ordered.read(said)
        found = await self._open(ordered, Result.BOOK)
        if (found.kind is Kind.CHAIN_MOVE) != (ctx.merchant_id == INSTALL):
            raise ArgumentsUnusable("to_merchant names a merchant, but for a move between our addresses")
        booked = await self._booked(ctx, found, ordered)
        there = Part() if found.kind is Kind.CHAIN_DEPOSIT else await self._cost(found)
        if found.kind is Kind.CHAIN_MOVE:
            about = found.about
            there += await self._wallet.deposits.moved_within(ctx, str(about["transaction"]), int(about["index"]))
        return self._settled(ctx, ordered, found, Result.BOOK, booked, there)

    async def _booked(self, ctx: Context, found: Difference, ordered: Ordered) -> Part:
        """The money of a difference, in the book of the merchant whose it is."""
        if found.kind is Kind.CHAIN_MOVE:
            return Part()
        if found.kind is Kind.CHAIN_DEPOSIT:
            return await self._deposit(ctx, found)
        amount, grounds = found.amount, Grounds(ordered.reason or "", f"difference {found.id}, {found.name}"[:200])
        if amount is None:
            raise DifferenceNotSo(found.kind, Result.BOOK)
        purse = Purse.PAYOUT if found.kind is Kind.SENT_PAYMENT else Purse.CARD
        return (await self._accounting.left(ctx, purse, _outside(found, amount), amount, grounds)).part

    async def _deposit(self, ctx: Context, found: Difference) -> Part:
        """The address is the merchant's, and the deposit is recorded; it is credited like any other."""
        about, amount = found.about, found.amount
        if amount is None:
            raise DifferenceNotSo(found.kind, Result.BOOK)
        await self._wallet.merchants.get(ctx)
        given = await self._wallet.addresses.given(ctx, str(about["chain"]), int(about["number"]))
        deposit = Deposit(
            ctx.merchant_id,
            found.id,
            str(about["chain"]),
            str(about["sender"]),
            str(about["recipient"]),
            str(about["transaction"]),
            int(about["index"]),
            int(about["block"]),
            str(about["block_hash"]),
            int(about["units"]),
            amount,
            DepositStatus.CONFIRMING,
            None,
            None,
            0,
            ctx.now(),
            ctx.now(),
        )
        return given + await self._wallet.deposits.seen(ctx, deposit)

    async def _cost(self, found: Difference) -> Part:
        """The fee of a transaction that nothing else books: with the first of its differences."""
        chain = self._wallet.chains.get(str(found.about.get("chain")))
        if chain is None or chain.spec.native is None or not await self._differences.is_first(found):
            return Part()
        mined = await chain.outcome(str(found.about["transaction"]))
        cost = None if mined is None else chain.spec.native.money(mined.fee_units)
        return Part(transfers=postings.gas_paid(chain.spec.id, cost)) if cost else Part()

    async def _pay(self, at: Context, said: Arguments) -> Decided[Any]:
        """In the book of the payment's merchant, who is the one that is named."""
        ctx, ordered = at.stopped(), Ordered.read(said)
        found, number = await self._open(ordered, Result.PAY), said.get(PAYMENT)
        if type(number) is not int or number <= 0:
            raise ArgumentsUnusable("payment is the number of a payment")
        try:
            intent = await self._paying.payments.get(number)
        except PaymentUnknown:
            raise PaymentUnlike(number) from None
        if intent.merchant_id != ctx.merchant_id or not is_alike(intent, found):
            raise PaymentUnlike(number)
        paid = await self._paying.engine.found(ctx, intent, str(found.about["transaction"]))
        return self._settled(ctx, ordered, found, Result.PAY, paid, Part())

    def _settled(
        self, ctx: Context, ordered: Ordered, found: Difference, result: Result, booked: Part, there: Part
    ) -> Decided[Any]:
        """The booking in the context's book, with the end of the difference and its record in the install's."""
        install = ctx.of(INSTALL)
        verdict = queue.Verdict(result, ordered.reason or "", ordered.stage)
        end = Part(transitions=(closed(install, found.id, STATES[result], ordered.reason or ""),))
        end += there + self._decisions.record(install, Ref(DIFFERENCE, INSTALL, found.id), verdict)
        subject = f"difference:{found.id}"
        if ctx.merchant_id == INSTALL:
            return Decided(None, f"difference_{STATES[result]}", subject, booked + end)
        part = booked + Part(counterparts=(Counterpart(INSTALL, end),))
        return Decided(None, f"difference_{STATES[result]}", subject, part)

    async def _open(self, ordered: Ordered, result: Result) -> Difference:
        """Raises DifferenceUnknown, MovedOn, DifferenceNotSo, or ArgumentsUnusable for another amount than it has."""
        found = await self._differences.get(ordered.object_id)
        ordered.check_stage(Ref(DIFFERENCE, INSTALL, found.id), found.state)
        if result not in found.results:
            raise DifferenceNotSo(found.kind, result)
        if result is not Result.DISMISS and ordered.amount != found.amount:
            raise ArgumentsUnusable("amount and asset are those of the object")
        return found


def _book_of(said: Arguments) -> int:
    merchant_id = said.get(TO_MERCHANT, INSTALL)
    if type(merchant_id) is not int or merchant_id < INSTALL:
        raise ArgumentsUnusable("to_merchant is the number of a merchant")
    return merchant_id


def _outside(found: Difference, amount: Money) -> AccountRef:
    """The account of the place that the money has left by."""
    if found.kind is Kind.SENT_PAYMENT:
        return chart.bank_clearing(amount.asset)
    return chart.chain_clearing(str(found.about["chain"]), amount.asset)

"""Entries of the bank's files that match no payment, among the decisions that wait for a person.

An entry is settled once: matched to the payment that it ends, to the money that a merchant has brought in, put into
suspense, or ticked off. The amount of a funding and of a suspension is the one that the bank has booked.
"""

from collections.abc import Sequence
from typing import Any, Final

from bursar.accounting.model import Grounds, Purse, Source
from bursar.accounting.service import Accounting
from bursar.decisions import model
from bursar.decisions.actions import DecisionActions, Kind, Ordered, amount_of, by_actions
from bursar.decisions.model import Ref, Waiting
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.errors import Refused
from bursar.kernel.money import Money
from bursar.kernel.paging import Place
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Counterpart, Part
from bursar.payouts.model import Outcome
from bursar.providers.bank_files.errors import EntryIsNoFunding, EntryUnknown
from bursar.providers.bank_files.model import EntryKind, KeptEntry
from bursar.providers.bank_files.settlement import Settlement, Verdict
from bursar.providers.bank_files.store import BankStore
from bursar.staff.approvals.model import Action, Arguments
from bursar.staff.approvals.service import Approvals
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.roles import Permission

ENTRY: Final = "bank_entry"
OPEN: Final = "open"
TO_MERCHANT: Final = "to_merchant"
RESULTS: Final = {"settle": "bank.settle", "match": "bank.match", "fund": "bank.fund", "suspend": "bank.suspend"}


class EntryActions:
    """The actions by which an entry is settled."""

    def __init__(
        self, store: BankStore, settlement: Settlement, accounting: Accounting, decisions: DecisionActions
    ) -> None:
        self._decisions = decisions
        self._store = store
        self._settlement = settlement
        self._accounting = accounting

    def actions(self) -> Sequence[Action]:
        """`bank.settle` ticks an entry off; `bank.match` (`payment`, `outcome`) ends a payment; `bank.fund`
        (`to_merchant`, `purse`) credits a merchant; `bank.suspend` keeps the money in suspense.
        """
        kinds = {result: Kind(ENTRY, result, name, Permission.BANK_MATCH) for result, name in RESULTS.items()}
        return (
            self._decisions.action(kinds["settle"], self._settle),
            self._decisions.action(kinds["match"], self._match),
            self._decisions.action(kinds["suspend"], self._suspend),
            Action(RESULTS["fund"], Permission.MONEY_FUND, self._fund, _to_merchant, amount_of),
        )

    async def _settle(self, ctx: Context, ordered: Ordered) -> Decided[Any]:
        return await self._settled(ctx, ordered)

    async def _match(self, ctx: Context, ordered: Ordered) -> Decided[Any]:
        payment, outcome = ordered.said.get("payment"), ordered.said.get("outcome")
        if not isinstance(payment, str):
            raise ArgumentsUnusable("payment is the reference of a payment")
        if outcome not in (None, *Outcome):
            raise ArgumentsUnusable("outcome is paid, failed, or left to the entry")
        return await self._settled(ctx, ordered, payment, None if outcome is None else Outcome(outcome))

    async def _suspend(self, ctx: Context, ordered: Ordered) -> Decided[Any]:
        settled = await self._settled(ctx, ordered)
        grounds = await self._grounds(ordered)
        amount = ordered.amount
        if amount is None:
            raise ArgumentsUnusable("amount and asset are those of the entry")
        booked = await self._accounting.suspend(ctx, amount, grounds)
        return Decided(None, booked.kind, settled.subject, booked.part + settled.part)

    async def _fund(self, ctx: Context, said: Arguments) -> Decided[Any]:
        """In the merchant's book; the entry is settled in the install's by the same operation."""
        ordered, install = Ordered.read(said), ctx.of(INSTALL)
        settled = await self._settled(install, ordered)
        grounds = await self._grounds(ordered)
        if ordered.amount is None:
            raise ArgumentsUnusable("amount and asset are those of the entry")
        booked = await self._accounting.fund(ctx, Source.BANK, _purse(said), ordered.amount, grounds)
        verdict = model.Verdict("fund", ordered.reason or "", ordered.stage)
        ref = Ref(ENTRY, INSTALL, ordered.object_id)
        there = Counterpart(INSTALL, settled.part + self._decisions.record(install, ref, verdict))
        return booked + Part(counterparts=(there,))

    async def _settled(
        self, ctx: Context, ordered: Ordered, reference: str | None = None, outcome: Outcome | None = None
    ) -> Decided[Outcome | None]:
        verdict = Verdict(ordered.object_id, ordered.reason or "", ctx.actor, reference, outcome)
        settled = await self._settlement.settled(ctx, verdict)
        ordered.check_stage(Ref(ENTRY, INSTALL, ordered.object_id), OPEN)
        return settled

    async def _grounds(self, ordered: Ordered) -> Grounds:
        """The reason, with the entry as the document; raises EntryIsNoFunding unless the bank has credited so much."""
        entry = await self._store.find_waiting(ordered.object_id)
        if entry is None:
            raise EntryUnknown(ordered.object_id)
        if entry.kind is not EntryKind.CREDIT or ordered.amount is None or ordered.amount != booked_of(entry):
            raise EntryIsNoFunding(entry.id, entry.amount)
        return Grounds(ordered.reason or "", f"bank entry {entry.id}, {entry.file}#{entry.position}"[:200])


def entry_source(store: BankStore, approvals: Approvals) -> model.Source:
    """Entries that match no payment, by the instant at which their file was read."""

    async def list_waiting(_: Context, after: Place, limit: int) -> Sequence[Waiting]:
        return [_waiting(entry) for entry in await store.list_waiting(after, limit)]

    async def find_waiting(_: Context, ref: Ref) -> Waiting | None:
        entry = await store.find_waiting(ref.object_id)
        return None if entry is None or ref.merchant_id != INSTALL else _waiting(entry)

    decide = by_actions(approvals, RESULTS)
    return model.Source(ENTRY, Permission.BANK_READ, tuple(RESULTS), list_waiting, find_waiting, decide)


def booked_of(entry: KeptEntry) -> Money | None:
    """The amount that moved on the account, if the entry names one in an asset that is known."""
    text = (entry.amount or "").rpartition(", booked ")[2]
    amount, _, asset = text.partition(" ")
    try:
        return Money.parse(amount, asset)
    except Refused:
        return None


def _waiting(entry: KeptEntry) -> Waiting:
    about: dict[str, str | int | bool | None] = {
        "file": f"{entry.file}#{entry.position}",
        "kind": entry.kind.value,
        "said": entry.said,
        "reference": entry.reference or None,
        "named": entry.amount,
        "problem": entry.problem,
    }
    return Waiting(Ref(ENTRY, INSTALL, entry.id), OPEN, entry.taken_at, about, booked_of(entry))


def _to_merchant(said: Arguments) -> int:
    merchant_id = said.get(TO_MERCHANT)
    if type(merchant_id) is not int or merchant_id <= INSTALL:
        raise ArgumentsUnusable("to_merchant is the number of a merchant")
    return merchant_id


def _purse(said: Arguments) -> Purse:
    try:
        return Purse(said.get("purse", Purse.PAYOUT))
    except ValueError:
        raise ArgumentsUnusable("purse is card or payout") from None

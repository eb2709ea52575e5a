"""Entries of the bank's files that no payment was found for, settled by an operator.

An entry is settled once: matched to a payment by hand, or ticked off with a reason. Who did it is kept with it. No
money moves here: payouts are told the end of the payment as they are told by a file.
"""

from dataclasses import dataclass, replace
from typing import Final

import structlog

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.ledger.errors import KeyReused, StateChanged
from bursar.ledger.model import Job, Machine, Part, Transition, Write, fingerprint
from bursar.payouts.model import Outcome
from bursar.payouts.ports import RailReport
from bursar.payouts.progress import payout_id_of
from bursar.providers.bank_files.due import SettleEntry
from bursar.providers.bank_files.errors import (
    EntrySettled,
    EntryUnknown,
    OutcomeContradicted,
    OutcomeUnclear,
    PaymentNotSent,
    ReasonWrong,
)
from bursar.providers.bank_files.inbox import Report
from bursar.providers.bank_files.model import EntryKind, OpenEntry
from bursar.providers.bank_files.parser import ENDS
from bursar.providers.bank_files.store import BankStore, queries

ENTRIES: Final = Machine("bank_entry", queries.lock_entries)
REASON_CHARS_MAX: Final = 500
BY_BANK: Final = "told by the bank"
"""The reason of an order that failed by an entry without one. The operator's own is not for merchants."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """An operator's decision on an entry: the payment that it ends; without a reference, the reason why nothing
    follows.
    """

    entry_id: int
    reason: str
    by: str
    reference: str | None = None
    outcome: Outcome | None = None
    """Read from the entry where it is left out."""


class Settlement:
    """Settles entries, and tells payouts."""

    def __init__(self, ground: Ground, report: Report) -> None:
        self._store = BankStore(ground.database)
        self._ledger = ground.ledger
        self._report = report

    async def settle(self, ctx: Context, verdict: Verdict) -> Outcome | None:
        """Settle an entry, once; how the payment ends. The same verdict again changes nothing.

        Raises EntryUnknown, EntrySettled, PaymentNotSent, OutcomeUnclear, OutcomeContradicted or ReasonWrong.
        """
        decided = await self._decided(ctx, verdict)
        key, outcome = f"bank_entry_settled:{verdict.entry_id}", decided.outcome
        asked = verdict.reference, outcome, verdict.reason.strip(), verdict.by
        try:
            await self._ledger.commit(ctx, decided.operation(key, fingerprint("bank entry settled", *asked)))
        except (KeyReused, StateChanged):
            raise EntrySettled(verdict.entry_id) from None
        by, reference = verdict.by, verdict.reference
        log.info("bank.entry_settled", entry=verdict.entry_id, by=by, reference=reference, outcome=outcome)
        return outcome

    async def settled(self, ctx: Context, verdict: Verdict) -> Decided[Outcome | None]:
        """The same as a decision, for an operation that carries more; raises as `settle` does."""
        return await self._decided(ctx, verdict, open_only=True)

    async def _decided(self, ctx: Context, verdict: Verdict, *, open_only: bool = False) -> Decided[Outcome | None]:
        if not (0 < len(verdict.reason.strip()) <= REASON_CHARS_MAX and verdict.reason.isprintable()):
            raise ReasonWrong
        entry = await self._store.find_entry(verdict.entry_id)
        if entry is None:
            raise EntryUnknown(verdict.entry_id)
        if open_only and entry.is_settled:
            raise EntrySettled(entry.id)
        outcome = None
        if verdict.reference is not None:
            outcome = _outcome(entry, verdict.outcome)
            await self._check_sent(verdict.reference)
        return _settling(ctx, verdict, outcome)

    async def _check_sent(self, reference: str) -> None:
        payment = (await self._store.find_known({reference})).get(reference)
        if payment is None or payment.state != "sealed":
            raise PaymentNotSent(reference)

    async def tell(self, ctx: Context, due: SettleEntry) -> None:
        """Tell payouts the end of a payment that an entry was matched to."""
        settlement = await self._store.find_settlement(due.entry_id)
        if settlement is not None:
            theirs = replace(ctx, merchant_id=settlement.merchant_id)
            told = RailReport(settlement.outcome, settlement.reason or BY_BANK)
            await self._report(theirs, payout_id_of(settlement.reference), told)


def _settling(ctx: Context, verdict: Verdict, outcome: Outcome | None) -> Decided[Outcome | None]:
    row = {
        "id": verdict.entry_id,
        "at": ctx.now(),
        "by": verdict.by,
        "reason": verdict.reason.strip(),
        "reference": verdict.reference,
        "outcome": outcome,
    }
    job = Job(SettleEntry(verdict.entry_id), ctx.now())
    part = Part(
        transitions=(Transition(ENTRIES, verdict.entry_id, frozenset({"open"})),),
        writes=(Write(queries.settle_entry, row),),
        jobs=(job,) if outcome is not None else (),
    )
    return Decided(outcome, "bank_entry_settled", f"bank_entry:{verdict.entry_id}", part)


def _outcome(entry: OpenEntry, said: Outcome | None) -> Outcome:
    """The end of a payment by an entry: as the operator says, and not against the direction of a booking."""
    moved = {EntryKind.DEBIT: Outcome.PAID, EntryKind.CREDIT: Outcome.FAILED}.get(entry.kind)
    if moved is not None and said is not None and said is not moved:
        raise OutcomeContradicted(entry.id)
    found = moved or said or ENDS.get(entry.said.partition(" ")[0])
    if found is None:
        raise OutcomeUnclear(entry.id)
    return found

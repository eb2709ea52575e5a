"""Deposits from the merchant's and the operator's side: looked at, released, sent back."""

from collections.abc import Mapping
from typing import Final, Literal

from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.paging import Page, PageRequest, Place
from bursar.ledger import chart
from bursar.ledger.decisions import Decided
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import AccountRef, Job, Operation, Part, Transition, fingerprint
from bursar.screening.model import SubjectKind
from bursar.screening.service import Gate
from bursar.wallet import events, postings
from bursar.wallet.due import ReturnDeposit
from bursar.wallet.errors import AlarmUnknown, DepositNotInState, DepositUnknown
from bursar.wallet.model import Alarm, Deposit, DepositFilter
from bursar.wallet.states import DEPOSIT, DepositEvent, DepositStatus
from bursar.wallet.store import ALARMS, DepositStore, DepositSums, deposit_row, moved
from bursar.wallet.treasury.due import swept
from bursar.webhooks.service import announce

ALARMS_SHOWN: Final = 200

Decision = Literal["release", "return"]

_TRANSFERS: Final = {
    DepositEvent.CREDIT: postings.credited,
    DepositEvent.FOUND_TOO_SMALL: postings.found_too_small,
    DepositEvent.STOP: postings.held,
    DepositEvent.RELEASE: postings.released,
    DepositEvent.SENT_BACK: postings.sent_back,
    DepositEvent.TAKE_BACK: postings.taken_back,
}
"""Events that move money; the others move none."""


MOVED_WITHIN: Final = "it came from an address of ours"
_UNDONE_BY: Final = (DepositEvent.ORPHAN, DepositEvent.TAKE_BACK)
"""Before it is credited, and after."""
_HERE_FOR_GOOD: Final = frozenset({DepositEvent.CREDIT, DepositEvent.FOUND_TOO_SMALL, DepositEvent.STOP})


class Deposits:
    """The deposits of all merchants."""

    def __init__(self, ground: Ground) -> None:
        self._store = DepositStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._gate = Gate(ground)

    # ── looked at ────────────────────────────────────────────────────────────────────────────────────────────────

    async def is_any_open(self, ctx: Context) -> bool:
        """True if a deposit of the merchant waits for its chain or for somebody's decision."""
        return await self._store.is_any_open(ctx.merchant_id)

    async def list_page(self, ctx: Context, which: DepositFilter, page: PageRequest) -> Page[Deposit]:
        """The merchant's deposits, newest first."""
        return await self._store.list_page(ctx, which, page)

    async def get(self, ctx: Context, deposit_id: int) -> Deposit:
        """One of them; raises DepositUnknown."""
        deposit = await self._store.find(ctx, deposit_id)
        if deposit is None:
            raise DepositUnknown(str(deposit_id))
        return deposit

    async def alarms(self) -> list[Alarm]:
        """Contradictions between chain and books that wait for the operator, of all merchants, newest first."""
        return await self._store.alarms(ALARMS_SHOWN)

    async def read_to(self, chain_id: str) -> int:
        """The height up to which the deposits of a chain are recorded; -1 before it was read."""
        position = await self._store.position(chain_id)
        return -1 if position is None else position.height

    async def arrived(self, chain_id: str, coin: str) -> DepositSums:
        """The sums of the deposits of a coin on a chain, of all merchants."""
        return await self._store.arrived(chain_id, coin)

    async def list_open_alarms(self, after: Place, limit: int) -> list[Alarm]:
        """Alarms of all merchants that nobody has settled, the longest waiting first, behind a place."""
        return await self._store.list_open_alarms(after, limit)

    async def find_open_alarm(self, ctx: Context, alarm_id: int) -> Alarm | None:
        """One of a merchant's that nobody has settled."""
        return await self._store.find_open_alarm(ctx, alarm_id)

    async def settled_alarm(self, ctx: Context, alarm_id: int, reason: str) -> Decided[None]:
        """The operator has looked into it; nothing follows from it. Raises AlarmUnknown."""
        if await self.find_open_alarm(ctx, alarm_id) is None:
            raise AlarmUnknown(alarm_id)
        values = {"settled_at": ctx.now(), "settled_by": ctx.actor, "reasons": reason}
        settled = Transition(ALARMS, alarm_id, frozenset({"open"}), "settled", values)
        return Decided(None, "wallet_alarm_settled", f"wallet_alarm:{alarm_id}", Part(transitions=(settled,)))

    # ── the risk control ─────────────────────────────────────────────────────────────────────────────────────────

    async def list_held(self, after: Place, limit: int) -> list[Deposit]:
        """Deposits of all merchants that were stopped, the longest waiting first, behind a place."""
        return await self._store.list_held(after, limit)

    async def decide(self, ctx: Context, deposit_id: int, decision: Decision) -> Deposit:
        """Credit a deposit that was stopped, or have it sent back.

        Raises DepositUnknown, DepositNotInState or ScreeningOpen: coins of somebody listed are not sent back either.
        """
        deposit = await self.get(ctx, deposit_id)
        event, _, _ = _decided(ctx, deposit, decision)
        decided = await self.decided(ctx, deposit, decision)
        await self._commit(ctx, deposit, decided.operation(*_key_of(deposit, event)))
        return await self.get(ctx, deposit_id)

    async def decided(self, ctx: Context, deposit: Deposit, decision: Decision) -> Decided[None]:
        """The decision on a deposit that was stopped, as it was read.

        Raises DepositNotInState or ScreeningOpen.
        """
        event, jobs, values = _decided(ctx, deposit, decision)
        screened = await self._gate.condition(ctx, (SubjectKind.DEPOSIT, deposit.id))
        return self._moved(ctx, deposit, event, jobs, values) + screened

    async def sent_back(self, ctx: Context, deposit_id: int, tx_hash: str) -> Deposit:
        """The coins have left for good, in this transaction; the merchant is told. Doing it again does nothing.

        Raises DepositUnknown, or DepositNotInState for one that was not to be sent back.
        """
        deposit = await self.get(ctx, deposit_id)
        if deposit.status != DepositStatus.RETURNED:
            await self._commit(ctx, deposit, self.sent_back_operation(ctx, deposit, tx_hash))
        return await self.get(ctx, deposit_id)

    def sent_back_operation(self, ctx: Context, deposit: Deposit, tx_hash: str) -> Operation:
        """The operation that `sent_back` commits, for the payment engine, which commits its own step with it."""
        return self._moving(ctx, deposit, DepositEvent.SENT_BACK, (), {"refund_hash": tx_hash})

    # ── moving ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def record(self, ctx: Context, deposit: Deposit) -> None:
        """Coins were seen in a block. Seeing them there again does nothing."""
        operation = Operation(
            key=f"deposit:{deposit.chain_id}:{deposit.block_hash}:{deposit.tx_hash}:{deposit.log_index}",
            fingerprint=fingerprint("deposit", deposit.recipient, deposit.coin, str(deposit.units)),
            kind="deposit_seen",
            subject=f"deposit:{deposit.id}",
        )
        await self._ledger.commit(ctx, operation + await self.seen(ctx, deposit))

    async def seen(self, ctx: Context, deposit: Deposit) -> Part:
        """The part of an operation by which a deposit is recorded; the database refuses a second record of it."""
        screened = (
            Part() if ctx.merchant_id == INSTALL else await self._gate.asked(ctx, SubjectKind.DEPOSIT, deposit.id)
        )
        return Part(writes=(deposit_row(deposit),)) + self._told(ctx, deposit, DepositStatus.CONFIRMING) + screened

    async def moved_within(self, ctx: Context, tx_hash: str, log_index: int) -> Part:
        """The part of an operation by which coins were never the operator's float: they have come to the hot address
        from an address of ours that a restored database did not know. Nothing where they were not recorded so.
        """
        page = await self._store.list_page(ctx.of(INSTALL), DepositFilter(tx_hash=tx_hash), PageRequest(1, 100))
        found = next((one for one in page.rows if one.log_index == log_index), None)
        event = next((one for one in _UNDONE_BY if found and found.status in DEPOSIT.allowing(one)), None)
        if found is None or event is None:
            return Part()
        return self._moved(ctx.of(INSTALL), found, event, (), {"reason": MOVED_WITHIN}).part

    async def move(
        self, ctx: Context, deposit: Deposit, event: DepositEvent, *, jobs: tuple[Job, ...] = (), **values: str | None
    ) -> None:
        """Let an event happen to a deposit, with the money it moves; the merchant is told.

        Raises DepositNotInState, also when it has gone on since it was read.
        """
        await self._commit(ctx, deposit, self._moving(ctx, deposit, event, jobs, values))

    async def _commit(self, ctx: Context, deposit: Deposit, operation: Operation) -> None:
        try:
            await self._ledger.commit(ctx, operation)
        except StateChanged as changed:
            raise DepositNotInState(deposit.id, changed.found or "") from None

    def _moving(
        self,
        ctx: Context,
        deposit: Deposit,
        event: DepositEvent,
        jobs: tuple[Job, ...],
        values: Mapping[str, str | None],
    ) -> Operation:
        return self._moved(ctx, deposit, event, jobs, values).operation(*_key_of(deposit, event))

    def _moved(
        self,
        ctx: Context,
        deposit: Deposit,
        event: DepositEvent,
        jobs: tuple[Job, ...],
        values: Mapping[str, str | None],
    ) -> Decided[None]:
        to = deposit.after(event)
        transfers = _TRANSFERS.get(event)
        part = Part(
            opens=_accounts(deposit) if to is DepositStatus.CREDITED else (),
            transfers=transfers(deposit) if transfers else (),
            transitions=(moved(deposit, event, ctx.now(), **values),),
            jobs=jobs,
        )
        part += _swept(ctx, deposit, event) + self._told(ctx, deposit, to, values.get("refund_hash"))
        return Decided(None, f"deposit_{event}", f"deposit:{deposit.id}", part)

    def _told(self, ctx: Context, deposit: Deposit, to: DepositStatus, refund_hash: str | None = None) -> Part:
        """The announcement of the deposit's new status; the install tells nobody."""
        if ctx.merchant_id == INSTALL:
            return Part()
        told = events.deposit_changed(deposit, to, ctx.now())
        if refund_hash is not None:
            told = events.deposit_sent_back(deposit, refund_hash, ctx.now())
        return announce(self._ids, ctx, told)


def _decided(
    ctx: Context, deposit: Deposit, decision: Decision
) -> tuple[DepositEvent, tuple[Job, ...], Mapping[str, str | None]]:
    if decision == "release":
        return DepositEvent.RELEASE, (), {"reason": None}
    return DepositEvent.RETURN, (Job(ReturnDeposit(deposit.id), ctx.now()),), {}


def _key_of(deposit: Deposit, event: DepositEvent) -> tuple[str, bytes]:
    """The key and the fingerprint of an event of a deposit, which happens once to each version of it."""
    return f"deposit_{event}:{deposit.id}:{deposit.version}", fingerprint("deposit moved", event, deposit.id)


def _swept(ctx: Context, deposit: Deposit, event: DepositEvent) -> Part:
    """The sweep of a final deposit's address, unless it is the install's own; also for deposits kept apart."""
    if deposit.merchant_id == INSTALL or event not in _HERE_FOR_GOOD:
        return Part()
    return swept(deposit.chain_id, deposit.coin, deposit.recipient, ctx.now())


def _accounts(deposit: Deposit) -> tuple[AccountRef, ...]:
    """The accounts of a merchant's coin; it may be the first of its kind."""
    if deposit.merchant_id == INSTALL:
        return ()
    return chart.merchant_available(deposit.coin), chart.merchant_frozen(deposit.coin)

"""Sweeps: coins that customers paid to deposit addresses are brought home to the hot address, when it is worth its
cost.

Each final deposit causes a look at its address. Its balance is swept once it reaches the pool's `sweep_min` (or else
the least that a withdrawal may be); before that it stays. An address without the chain's own coin is given some first,
for the fee. Both are payments of the install's, so the books move only for their costs.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bursar.db.queries import load_queries
from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.due import Again
from bursar.kernel.errors import Conflict, ProviderRefused, ProviderUnavailable
from bursar.ledger.model import Machine, Operation, Part, Transfer, Transition, Write, fingerprint
from bursar.wallet.address_book import AddressBook
from bursar.wallet.chains import Token
from bursar.wallet.due import SweepAddress
from bursar.wallet.payments.model import SWEEP, TOP_UP, Intent, NewIntent
from bursar.wallet.payments.postings import token_fee_kept
from bursar.wallet.payments.service import Payments
from bursar.wallet.pools import Pools
from bursar.wallet.ports import Chain, Chains, KeyPurpose, KeyRef, Payment
from bursar.wallet.treasury.due import swept

COST_RESERVE: Final = 2
"""So many times the present price is kept or given for a transaction: prices rise while it waits."""
BUSY_PAUSE: Final = timedelta(minutes=1)
"""The pause before an address is read again that a payment is under way from."""
REFUSED_PAUSE: Final = timedelta(hours=1)
"""The pause before an address is read again from which the chain refused a payment."""

queries = load_queries(__package__)

SWEEPS: Final = Machine("wallet_sweep", queries.lock_sweeps, queries.move_sweeps)

log = structlog.get_logger(__name__)


class SweepUnderWay(Conflict):
    """Something is under way from this address already."""

    address: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """The coins that are brought home from one address, with the progress of that."""

    id: int
    chain_id: str
    coin: str
    address: str
    address_number: int
    units: int
    status: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class _Plan:
    """The amount to bring home, and the amount of the chain's own coin that the address needs first; both in units."""

    units: int
    top_up: int


class Sweeps:
    """The sweeps of deposit addresses, and their side of the payment engine (`Purpose`)."""

    def __init__(
        self, ground: Ground, chains: Chains, pools: Pools, addresses: AddressBook, payments: Payments
    ) -> None:
        self._database = ground.database
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._chains = chains
        self._pools = pools
        self._addresses = addresses
        self._payments = payments

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def look(self, ctx: Context, due: SweepAddress) -> Again | None:
        """Due work: sweep an address if there is enough on it."""
        chain, address = self._chains[due.chain_id], due.address
        token = chain.spec.token(due.coin)
        named = {"chain_id": chain.spec.id, "address": address}
        if await self._database.fetch_value(queries.find_open_sweep, named) is not None:
            return Again(ctx.now() + BUSY_PAUSE)
        try:
            plan = await self._plan(chain, address, token)
        except ProviderRefused:
            log.warning("treasury.sweep_refused", chain=chain.spec.id, address=address)
            return Again(ctx.now() + REFUSED_PAUSE)
        number = await self._addresses.number(chain.spec.id, address)
        if number is None or plan is None:
            return None
        try:
            await self._open(ctx, chain, token, address, number, plan)
        except SweepUnderWay:
            return Again(ctx.now() + BUSY_PAUSE)
        return None

    async def _plan(self, chain: Chain, address: str, token: Token) -> _Plan | None:
        """The sweep of an address, or None: it is not worth its cost. Raises ProviderRefused."""
        units, top_up = await chain.balance(address, token), 0
        if not await self._is_worth_it(chain, token, units):
            return None
        native = chain.spec.native
        if native is not None:
            needed = COST_RESERVE * await self._cost(chain, address, token, units)
            if token == native:
                units -= needed
            else:
                top_up = max(needed - await chain.balance(address, native), 0)
        return _Plan(units, top_up) if await self._is_worth_it(chain, token, units) else None

    async def _is_worth_it(self, chain: Chain, token: Token, units: int) -> bool:
        config = (await self._pools.get(token.coin, chain.spec.id)).config
        amount = token.money(max(units, 0))
        return bool(amount) and (config is None or not amount < config.worth_sweeping)

    async def _cost(self, chain: Chain, address: str, token: Token, units: int) -> int:
        """The most that moving it would cost now; a little is tried where the cost is taken from the same coin."""
        tried = 1 if token.contract is None else units
        nonce = await chain.next_nonce(address)
        return (await chain.draft(Payment(address, chain.spec.hot_address, token, tried, nonce))).fee_max_units

    # ── moving ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _open(self, ctx: Context, chain: Chain, token: Token, address: str, number: int, plan: _Plan) -> None:
        sweep = Sweep(
            self._ids.next(),
            chain.spec.id,
            token.coin,
            address,
            number,
            plan.units,
            "topping_up" if plan.top_up else "sweeping",
            ctx.now(),
            ctx.now(),
        )
        wanted = self._top_up(chain, sweep, plan.top_up) if plan.top_up else self._homeward(sweep)
        house = replace(ctx, merchant_id=INSTALL)
        _, payment = self._payments.requested(house, wanted)
        row = {name: getattr(sweep, name) for name in Sweep.__slots__ if name != "updated_at"}
        operation = Operation(
            key=f"sweep:{sweep.id}",
            fingerprint=fingerprint("sweep", sweep.id),
            kind="sweep_begun",
            subject=f"sweep:{sweep.id}",
            writes=(Write(queries.add_sweep, row),),
            refusals={"wallet_sweep_open_key": lambda: SweepUnderWay(address)},
        )
        await self._ledger.commit(house, operation + payment)

    def _homeward(self, sweep: Sweep) -> NewIntent:
        spec = self._chains[sweep.chain_id].spec
        key = KeyRef(spec.id, KeyPurpose.DEPOSIT, sweep.address_number)
        return NewIntent(
            purpose=SWEEP,
            subject_id=sweep.id,
            key=key,
            sender=sweep.address,
            recipient=spec.hot_address,
            token=spec.token(sweep.coin),
            units=sweep.units,
        )

    def _top_up(self, chain: Chain, sweep: Sweep, units: int) -> NewIntent:
        spec = chain.spec
        assert spec.native is not None, "nothing is topped up where the wallet does not carry the chain's own coin"
        return NewIntent(
            purpose=TOP_UP,
            subject_id=sweep.id,
            key=KeyRef(spec.id, KeyPurpose.HOT),
            sender=spec.hot_address,
            recipient=sweep.address,
            token=spec.native,
            units=units,
        )

    # ── what the payment engine asks ─────────────────────────────────────────────────────────────────────────────

    def subject(self, intent: Intent) -> str:
        """The payment itself."""
        return f"wallet_payment:{intent.id}"

    async def leave(self, ctx: Context, intent: Intent) -> Part:  # noqa: ARG002 - the port's
        """No condition: the coins stay within the house, also when the merchant is suspended."""
        return Part()

    async def signed(self, ctx: Context, intent: Intent, tx_hash: str) -> Part:  # noqa: ARG002 - the port's
        """Nobody is told."""
        return Part()

    async def paid(self, ctx: Context, intent: Intent, tx_hash: str) -> Part:
        """The address can pay now, and is swept; or it has been. Raises ProviderUnavailable."""
        if intent.purpose == SWEEP:
            transfers = await self._kept_on_the_way(intent, tx_hash)
            return Part(transfers=transfers, transitions=(_moved(intent, "sweeping", "done", ctx),))
        sweep = await self.get(intent.subject_id)
        _, payment = self._payments.requested(ctx, self._homeward(sweep))
        going = _moved(intent, "topping_up", "sweeping", ctx)
        return Part(transitions=(going,)) + payment

    async def _kept_on_the_way(self, intent: Intent, tx_hash: str) -> tuple[Transfer, ...]:
        """The fee that a token kept of the amount on its way: the difference between sent and arrived."""
        if intent.contract is None:
            return ()
        chain = self._chains[intent.chain_id]
        mined = await chain.outcome(tx_hash)
        if mined is None:
            raise ProviderUnavailable("chain.outcome")
        moved = await chain.transfers(mined.block_height, mined.block_height)
        came = (seen.units for seen in moved if (seen.tx_hash, seen.recipient) == (tx_hash, intent.recipient))
        fee = chain.spec.token(intent.coin).money(max(intent.units - sum(came), 0))
        return token_fee_kept(intent.chain_id, fee) if fee else ()

    async def failed(self, ctx: Context, intent: Intent, reason: str) -> Part:
        """It stays where it is; the address is looked at again later."""
        log.error("treasury.sweep_failed", sweep=intent.subject_id, purpose=intent.purpose, reason=reason)
        sweep = await self.get(intent.subject_id)
        again = swept(sweep.chain_id, sweep.coin, sweep.address, ctx.now() + REFUSED_PAUSE)
        before = "sweeping" if intent.purpose == SWEEP else "topping_up"
        return Part(transitions=(_moved(intent, before, "failed", ctx),)) + again

    async def get(self, sweep_id: int) -> Sweep:
        """One that there is."""
        sweep = await self._database.fetch_one(queries.get_sweep, {"id": sweep_id}, Sweep)
        assert sweep is not None, "payments name sweeps that there are"
        return sweep


def _moved(intent: Intent, before: str, to: str, ctx: Context) -> Transition:
    return Transition(SWEEPS, intent.subject_id, frozenset({before}), to, {"updated_at": ctx.now()})

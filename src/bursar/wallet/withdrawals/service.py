"""Asking for a withdrawal, and looking at withdrawals. How they go on is in `progress.py`.

Everything that can be said against a withdrawal is said in one order, cheap things first and the outside last; then
amount and fee are frozen in the commit that makes it, where balance and rolling limits are judged once more.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.kernel.money import Money, TooPrecise
from bursar.kernel.paging import Page, PageRequest
from bursar.ledger.chart import MERCHANT_AVAILABLE
from bursar.ledger.decisions import Decided
from bursar.ledger.errors import InsufficientFunds
from bursar.ledger.model import Part, fingerprint
from bursar.ledger.store import Books
from bursar.merchants.model import Merchant
from bursar.merchants.service import Merchants
from bursar.merchants.suspension import asked_money_out
from bursar.screening.service import Gate, SubjectKind
from bursar.wallet.chains import ChainSpec
from bursar.wallet.payments.model import Intent
from bursar.wallet.payments.service import Payments
from bursar.wallet.pools import Pool, Pools
from bursar.wallet.ports import Chain, Chains, Screening, canonical
from bursar.wallet.withdrawals import postings
from bursar.wallet.withdrawals.errors import (
    AddressBlocked,
    AddressCoolingOff,
    AddressIsOwn,
    AmountNotPositive,
    DailyLimitReached,
    HourlyLimitReached,
    WithdrawalRefused,
    WithdrawalsClosed,
)
from bursar.wallet.withdrawals.model import NewWithdrawal, Withdrawal, WithdrawalFilter, WithdrawalTerms
from bursar.wallet.withdrawals.ports import OwnAddresses
from bursar.wallet.withdrawals.states import WithdrawalStatus
from bursar.wallet.withdrawals.store import WITHIN_1H, WITHIN_24H, WithdrawalStore, order_row

Allow = Callable[[], Awaitable[None]]
"""Raises unless the caller may withdraw."""


@dataclass(frozen=True, slots=True)
class WithdrawalDependencies:
    """The services that withdrawals are built of."""

    ground: Ground
    merchants: Merchants
    chains: Chains
    pools: Pools
    screening: Screening
    addresses: OwnAddresses
    payments: Payments


@dataclass(frozen=True, slots=True)
class WithdrawalWithPayment:
    """A withdrawal with its payment, once it has one."""

    order: Withdrawal
    intent: Intent | None
    chain: ChainSpec


class Withdrawals:
    """The withdrawals of a merchant."""

    def __init__(self, parts: WithdrawalDependencies) -> None:
        self._parts = parts
        self._store = WithdrawalStore(parts.ground.database)
        self._books = Books(parts.ground.database)
        self._gate = Gate(parts.ground)

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def withdraw(self, ctx: Context, asked: NewWithdrawal, allow: Allow) -> Withdrawal:
        """Freeze amount and fee, and have it reviewed. A repeat with the same reference gets the first one.

        Raises the first that applies of: CoinUnknown, ChainUnknown, PoolNotConfigured; AddressMalformed,
        AddressNobodys; AmountNotPositive, TooPrecise; WithdrawalsClosed; AddressIsOwn; AddressBlocked,
        AddressCoolingOff; the errors of `WithdrawalTerms.check_amount` and `WithdrawalTerms.check_rolling`; the errors
        of `allow`; InsufficientFunds; WithdrawalRefused; MerchantSuspended.
        """
        address = canonical(self._parts.chains, asked.address)
        print_of = fingerprint("withdrawal", asked.coin, asked.chain_id, address, _plain(asked.amount))

        key = ctx.key("withdrawal", asked.third_order_no)
        return await self._parts.ground.ledger.decide(
            ctx, key, print_of, lambda: self.decide(ctx, asked, allow), first=self._store.get
        )

    async def decide(self, ctx: Context, asked: NewWithdrawal, allow: Allow) -> Decided[Withdrawal]:
        """The decision to take the withdrawal on, for an operation under the caller's own key; raises as `withdraw`."""
        order, terms = await self._judged(ctx, asked, allow)
        screened = await self._gate.asked(ctx, SubjectKind.WITHDRAWAL, order.id)
        return _requested(ctx, order, terms) + screened

    async def _judged(self, ctx: Context, asked: NewWithdrawal, allow: Allow) -> tuple[Withdrawal, WithdrawalTerms]:
        pool = await self._parts.pools.get(asked.coin, asked.chain_id)
        merchant = await self._parts.merchants.get(ctx)
        terms = _terms(pool, merchant)
        chain = self._parts.chains[asked.chain_id]
        address = chain.read_address(asked.address)
        chain.check_owned(address)
        amount = _amount(asked, chain)
        if not pool.withdrawable:
            raise WithdrawalsClosed(asked.coin, asked.chain_id)
        await self._check_address(ctx, chain, address, merchant)
        terms.check_amount(amount)
        terms.check_rolling(amount, await self._store.used(ctx, asked.coin, asked.chain_id))
        await allow()
        await self._check_funds(ctx, amount + terms.fee)
        await self._screen(chain, address)
        return self._made(ctx, asked, address, amount, terms), terms

    async def _check_address(self, ctx: Context, chain: Chain, address: str, merchant: Merchant) -> None:
        """Raises AddressIsOwn, AddressBlocked or AddressCoolingOff. Another merchant's address is like any other."""
        owner = await self._parts.addresses.owner(chain.spec.id, address)
        if address == chain.spec.hot_address or owner == ctx.merchant_id:
            raise AddressIsOwn(address)
        if await self._store.is_blocked(chain.spec.id, address):
            raise AddressBlocked(address)
        if not merchant.cooling_off_s:
            return
        use = await self._store.remember_address(ctx, chain.spec.id, address)
        cooled_at = (use.first_at or ctx.now()) + timedelta(seconds=merchant.cooling_off_s)
        if not use.is_known and ctx.now() < cooled_at:
            raise AddressCoolingOff(address)

    async def _check_funds(self, ctx: Context, needed: Money) -> None:
        """Raises InsufficientFunds. The commit says so too, but only after the outside was asked."""
        rows = await self._books.balances(ctx.merchant_id, [MERCHANT_AVAILABLE], needed.asset)
        available = rows[0].balance if rows else Money.zero(needed.asset)
        if available < needed:
            raise InsufficientFunds(MERCHANT_AVAILABLE, needed - available)

    async def _screen(self, chain: Chain, address: str) -> None:
        """Have the address judged by the screening; no answer is a no."""
        try:
            await self._parts.screening.validate(chain, address)
        except (ProviderRefused, ProviderUnavailable):
            raise WithdrawalRefused(address) from None

    def _made(
        self, ctx: Context, asked: NewWithdrawal, address: str, amount: Money, terms: WithdrawalTerms
    ) -> Withdrawal:
        return Withdrawal(
            merchant_id=ctx.merchant_id,
            id=self._parts.ground.ids.next(),
            third_order_no=asked.third_order_no,
            chain_id=asked.chain_id,
            address=address,
            amount=amount,
            fee=terms.fee,
            status=WithdrawalStatus.AWAITING_INITIAL_REVIEW,
            reason=None,
            payment_id=None,
            created_at=ctx.now(),
            updated_at=ctx.now(),
        )

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, ctx: Context, withdrawal_id: int) -> WithdrawalWithPayment:
        """Raises WithdrawalUnknown."""
        return (await self._standing([await self._store.get(ctx, withdrawal_id)]))[0]

    async def is_any_open(self, ctx: Context) -> bool:
        """True if a withdrawal of the merchant has not ended."""
        return await self._store.is_any_open(ctx.merchant_id)

    async def list_page(self, ctx: Context, which: WithdrawalFilter, page: PageRequest) -> Page[WithdrawalWithPayment]:
        """One page, newest first; an address is found in any spelling."""
        if which.address is not None:
            which = replace(which, address=canonical(self._parts.chains, which.address))
        found = await self._store.list_page(ctx, which, page)
        return Page(await self._standing(list(found.rows)), found.total, page)

    async def _standing(self, orders: list[Withdrawal]) -> list[WithdrawalWithPayment]:
        asked = [order.payment_id for order in orders if order.payment_id is not None]
        intents = await self._parts.payments.by_id(asked)
        return [
            WithdrawalWithPayment(
                order,
                None if order.payment_id is None else intents.get(order.payment_id),
                self._parts.chains[order.chain_id].spec,
            )
            for order in orders
        ]


def _terms(pool: Pool, merchant: Merchant) -> WithdrawalTerms:
    """Raises PoolNotConfigured."""
    config = pool.configured
    wallet_min, wallet_max = merchant.wallet_limit(pool.coin)
    return WithdrawalTerms(
        fee=config.fee,
        wallet_min=wallet_min,
        wallet_max=wallet_max,
        per_tx_min=config.per_tx_min,
        per_tx_max=config.per_tx_max,
        limit_1h=config.limit_1h,
        limit_24h=config.limit_24h,
    )


def _plain(amount: Decimal) -> str:
    """Every digit, and one text for one amount, however many zeros it was written with."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _amount(asked: NewWithdrawal, chain: Chain) -> Money:
    """The amount asked for; raises AmountNotPositive, or TooPrecise if the books or the chain cannot hold it."""
    if asked.amount <= 0:
        raise AmountNotPositive(asked.amount)
    amount = Money.parse(asked.amount, asked.coin)
    try:
        chain.spec.token(asked.coin).units(amount)
    except ValueError:
        raise TooPrecise(str(asked.amount), asked.coin) from None
    return amount


def _requested(ctx: Context, order: Withdrawal, terms: WithdrawalTerms) -> Decided[Withdrawal]:
    hourly, daily = terms.limit_1h or order.amount, terms.limit_24h or order.amount
    part = Part(
        transfers=postings.set_aside(order),
        transitions=(asked_money_out(ctx),),
        writes=(order_row(order, terms),),
        refusals={WITHIN_1H: lambda: HourlyLimitReached(hourly), WITHIN_24H: lambda: DailyLimitReached(daily)},
    )
    return Decided(order, "withdrawal_requested", f"withdrawal:{order.id}", part)

"""Everything that two merchants, the operator, providers and time may do, in any order, and what holds after each step.

A model beside the process keeps what each order has cost and where it stands; the books must agree with it to the
smallest unit after every step, and be proven from entries alone. In the end all faults are mended and all suspensions
lifted: then every order ends, and nothing is frozen.
"""

import asyncio
import secrets
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from bursar.api.key_process import KeyProcess
from bursar.api.payout import key_holder
from bursar.api.payout.answers import Cryptography
from bursar.cards.orders.service import RechargeRequest
from bursar.kernel.clock import ManualClock
from bursar.kernel.errors import Fact
from bursar.kernel.money import UP, Money
from bursar.merchants.errors import MerchantSuspended
from bursar.payouts.errors import PayoutNotInState
from bursar.payouts.model import NewPayout, Outcome
from bursar.payouts.model import OrderStatus as Paying
from bursar.payouts.payees.model import PayeeRef
from bursar.payouts.ports import RailReport
from bursar.sandbox.faults import PlantedFault
from bursar.wallet.withdrawals.errors import WithdrawalNotInState
from bursar.wallet.withdrawals.model import NewWithdrawal
from bursar.wallet.withdrawals.states import REVIEWS
from tests.conftest import Server

from .model import AT_REST, GIVEN_UP, HELD, WELL_ENDED, Books, Order, Taken
from .town import (
    CARDS,
    CHAIN,
    MERCHANTS,
    PAYOUT_FIXED,
    PUNCTUAL,
    RECHARGE_MINIMUM,
    RECHARGE_RATE,
    SILENT,
    Shop,
    Town,
    opened,
    read,
    written,
)

T = TypeVar("T")

NOON: Final = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SOMEBODY: Final = "0x52908400098527886E0F7030069857D2E4169EE7"
WITHDRAWAL_FEE: Final = Money.parse("1", "USDT")
LEVELS: Final = ("api", "money_out", "all")
HOLDING: Final = ("money_out", "all")
OUTCOMES: Final = st.sampled_from(("refuse", "error", "timeout"))
WRONG: Final = st.tuples(st.sampled_from(("issuer.recharge", "bank.submit", "chain.node", "chain.send")), OUTCOMES)
"""Faults that a worker meets."""
STANDING: Final = st.tuples(st.integers(0, 1), st.sampled_from((*LEVELS, None)))
SECONDS: Final = st.sampled_from((0, 1, 30, 600, 4_000, 90_000))
REFUSED_AT_THE_DOOR: Final = {"recharge": "payment.execute", "withdrawal": "chain.validate"}
"""The place of a fault by which an order is refused that would be taken on otherwise."""
ENDING_ROUNDS: Final = 60
"""Rounds of ten minutes, then of two hours, with some blocks, within which everything has ended that can."""
WHOSE, WHICH, PAYEES = st.integers(0, 1), st.integers(0, 10**6), st.sampled_from((PUNCTUAL, SILENT))
CENTS, UNITS = st.integers(1_000, 20_000), st.integers(10, 200)


class Commerce(RuleBasedStateMachine):
    """Two merchants in one town. `begin` and `end` frame a run of many lives."""

    server: ClassVar[Server]
    runner: ClassVar[asyncio.Runner]
    template: ClassVar[str]
    shops: ClassVar[list[Shop]]
    furnished_at: ClassVar[datetime]
    keys: ClassVar[KeyProcess]
    cryptography: ClassVar[Cryptography]
    folder: ClassVar[tempfile.TemporaryDirectory[str]]

    @classmethod
    def begin(cls, server: Server) -> None:
        """Furnish one town, of which each life gets a copy."""
        cls.server, cls.runner, cls.folder = server, asyncio.Runner(), tempfile.TemporaryDirectory()
        cls.template = f"bursar_town_{secrets.token_hex(6)}"
        server.copy(cls.template)
        cls.keys = KeyProcess(key_holder.PROGRAM)
        cls.cryptography = Cryptography(_sound, cls.keys)
        clock = ManualClock(NOON)

        async def furnished() -> str:
            async with opened(server.dsn_of(cls.template), clock, cls.cryptography, Path(cls.folder.name)) as town:
                return written(await town.furnish())

        cls.shops, cls.furnished_at = read(cls.runner.run(furnished())), clock.now()

    @classmethod
    def end(cls) -> None:
        """Leave nothing behind."""
        cls.runner.run(cls.keys.end())
        cls.runner.close()
        cls.server.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", cls.template)
        cls.folder.cleanup()

    # ── a life ───────────────────────────────────────────────────────────────────────────────────────────────────

    @initialize(cents=CENTS, units=UNITS, to=PAYEES, agrees=st.integers(0, 2))
    def opens(self, cents: int, units: int, to: str, agrees: int) -> None:
        """Two processes of the same install, and an order of each kind, so that steps have something to meet."""
        self.name = f"bursar_life_{secrets.token_hex(6)}"
        self.server.copy(self.name, self.template)
        self.clock, self.model, self.numbers = ManualClock(self.furnished_at), Books(), 0
        self.levels: dict[int, str | None] = dict.fromkeys(MERCHANTS)
        self.planted: set[str] = set()
        self.sent: list[tuple[Shop, int]] = []
        dsn, folder = self.server.dsn_of(self.name), Path(self.folder.name)
        self.opening = [opened(dsn, self.clock, self.cryptography, folder) for _ in range(2)]
        self.town, self.other = (self.do(one.__aenter__()) for one in self.opening)
        self.recharges(at=0, card=0, cents=cents, at_once=False)
        self.withdraws(at=0, units=units, at_once=False)
        self.pays(at=0, to=to, riyals=units, at_once=False)
        self._read()
        if agrees:
            self.reviews(which=0, agrees=agrees)

    def do(self, work: Awaitable[T]) -> T:
        """The result of what a process does."""

        async def done() -> T:
            return await work

        return self.runner.run(done())

    # ── merchants ────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(at=WHOSE, card=st.integers(0, CARDS - 1), cents=CENTS, at_once=st.booleans())
    def recharges(self, at: int, card: int, cents: int, at_once: bool) -> None:
        """A card is loaded, sometimes by the same request at two processes at once."""
        shop, reference = self.shops[at], self._reference()
        amount = Decimal(cents) / 100
        fee = max(Money.parse(amount, "USD").converted(RECHARGE_RATE, "USD", UP), Money.parse(RECHARGE_MINIMUM, "USD"))
        cost, charged = (Money.parse(each, "USDT").minor for each in (amount, fee.decimal))
        request = RechargeRequest(shop.cards[card], amount, reference, True, "USDT")

        async def call(town: Town) -> Order:
            return await town.rooms.cards.orders.recharge(town.ctx(shop.id), request)

        taken = Taken("recharge", shop, call, 0, cost + charged, charged, cents, shop.cards[card])
        self._asked(taken, self.model.balances(shop).get("merchant:available USDT", 0), at_once)

    @rule(at=WHOSE, units=UNITS, at_once=st.booleans())
    def withdraws(self, at: int, units: int, at_once: bool) -> None:
        """Coins are asked for at an address outside."""
        shop, reference = self.shops[at], self._reference()
        amount = Money.parse(Decimal(units), "USDT")
        request = NewWithdrawal("USDT", CHAIN, SOMEBODY, amount.decimal, reference)

        async def call(town: Town) -> Order:
            return await town.rooms.paying.withdrawals.withdraw(town.ctx(shop.id), request, _nobody_minds)

        taken = Taken("withdrawal", shop, call, 0, (amount + WITHDRAWAL_FEE).minor, WITHDRAWAL_FEE.minor, amount.minor)
        self._asked(taken, self.model.balances(shop).get("merchant:available USDT", 0), at_once)

    @rule(at=WHOSE, to=PAYEES, riyals=UNITS, at_once=st.booleans())
    def pays(self, at: int, to: str, riyals: int, at_once: bool) -> None:
        """A payee is to be paid."""
        shop, reference = self.shops[at], self._reference()
        amount, fee = (Money.parse(each, "SAR").minor for each in (Decimal(riyals), PAYOUT_FIXED))
        request = NewPayout(PayeeRef(shop.payees[to]), reference, Decimal(riyals), "SAR", "bank_transfer")

        async def call(town: Town) -> Order:
            return await town.rooms.payouts.payouts.create(town.ctx(shop.id, f"request {reference}"), request)

        taken = Taken("payout", shop, call, 0, amount + fee, fee, amount)
        self._asked(taken, self.model.balances(shop).get("payout:available SAR", 0), at_once)

    def _asked(self, taken: Taken, free: int, at_once: bool) -> None:
        """An order is taken on exactly if the merchant may order and can pay; a refused one changes nothing."""
        before = self.do(self.town.operations())
        towns = (self.town, self.other) if at_once else (self.town,)
        answers = self.do(_each(taken.call, towns))
        level, may_fail = self.levels[taken.shop.id], REFUSED_AT_THE_DOOR.get(taken.kind) in self.planted
        orders = {answer.id for answer in answers if not isinstance(answer, BaseException)}
        refused = [answer for answer in answers if isinstance(answer, BaseException)]
        assert all(isinstance(answer, Fact) for answer in refused), refused
        assert len(orders) <= 1, "one request, one order"
        assert self.do(self.town.operations()) == before + len(orders)
        if orders:
            assert level is None
            assert taken.cost <= free
            taken.id = orders.pop()
            self.model.orders.append(taken)
            return
        assert level is not None or taken.cost > free or may_fail, refused
        if level is not None and taken.cost <= free and not may_fail:
            assert all(isinstance(answer, MerchantSuspended) for answer in refused), refused

    @rule(which=WHICH)
    def repeats(self, which: int) -> None:
        """A request that was answered long ago gets its order once more, whatever has happened since."""
        taken = self._one_of(self.model.orders, which)
        if taken is None:
            return
        before = self.do(self.town.operations())
        assert self.do(taken.call(self.other)).id == taken.id
        assert self.do(self.town.operations()) == before

    # ── the operator ─────────────────────────────────────────────────────────────────────────────────────────────

    @rule(at=WHOSE, level=st.sampled_from((*LEVELS, None)))
    def suspends_or_lifts(self, at: int, level: str | None) -> None:
        """A merchant's standing, from now on and in both processes."""
        self._stands(self.shops[at], level)

    def _stands(self, shop: Shop, level: str | None) -> None:
        self.do(self.town.stands(shop, level))
        self.levels[shop.id] = level

    @rule(which=WHICH, agrees=st.sampled_from((2, 2, 1, 0)))
    def reviews(self, which: int, agrees: int) -> None:
        """One person or two agree to a withdrawal, or one rejects it."""
        taken = self._one_of(self._in("withdrawal", REVIEWS), which)
        if taken is None:
            return
        progress, ctx = self.town.rooms.paying.progress, self.town.ctx(taken.shop.id)
        for _ in range(agrees):
            self.do(progress.approve(ctx, taken.id))
        if not agrees:
            self.do(progress.reject(ctx, taken.id))

    @rule(which=WHICH, outcome=st.sampled_from((Outcome.PAID, Outcome.PAID, Outcome.FAILED)))
    def the_bank_reports(self, which: int, outcome: Outcome) -> None:
        """The end of a payment, told twice."""
        taken = self._one_of(self._in("payout", {Paying.PROCESSING}), which)
        if taken is None:
            return
        for _ in range(2):
            self.do(
                self.town.rooms.payouts.progress.report(self.town.ctx(taken.shop.id), taken.id, RailReport(outcome))
            )

    @rule(which=WHICH)
    def cancels(self, which: int) -> None:
        """An order is called back before the bank has it."""
        taken = self._one_of(self._in("payout", {Paying.PENDING, Paying.APPROVED}), which)
        if taken is None:
            return
        self._unless_refused(self.town.rooms.payouts.payouts.cancel(self.town.ctx(taken.shop.id), taken.id))

    # ── the outside, and time ────────────────────────────────────────────────────────────────────────────────────

    @rule(wrong=st.tuples(st.sampled_from(("payment.execute", "chain.validate")), OUTCOMES), times=st.integers(1, 3))
    def goes_wrong(self, wrong: tuple[str, str], times: int) -> None:
        """The next calls of a provider go wrong."""
        place, outcome = wrong
        self.do(self.town.sandbox.faults.plant(PlantedFault(place, outcome, times)))
        self.planted.add(place)

    @rule(times=st.integers(1, 4))
    def receivers_refuse(self, times: int) -> None:
        """The merchants' receivers are away for some pushes."""
        self.town.receivers.refusals = times

    @rule(at=WHOSE, units=st.integers(1, 100))
    def somebody_deposits(self, at: int, units: int) -> None:
        """Coins arrive for a merchant, and are believed once they are final."""
        minor = Money.parse(Decimal(units), "USDT").minor
        self.do(self.town.receive(self.shops[at], minor))
        self.sent.append((self.shops[at], minor))

    @rule(blocks=st.integers(1, 13))
    def blocks_are_made(self, blocks: int) -> None:
        """The chain goes on."""
        self.do(self.town.chain.make_blocks(blocks))

    @rule(seconds=SECONDS, by_both=st.booleans(), wrong=st.none() | WRONG, standing=st.none() | STANDING)
    def works(
        self, seconds: int, by_both: bool, wrong: tuple[str, str] | None, standing: tuple[int, str | None] | None
    ) -> None:
        """Time passes, and what is due is done, by one worker or two; a provider may just have gone wrong, and a
        merchant may just have been suspended.
        """
        if wrong is not None:
            self.goes_wrong(wrong, times=1)
        if standing is not None:
            self.suspends_or_lifts(*standing)
        held = self._held()
        self.do(self._work(seconds, by_both))
        self._read()
        left = [taken for taken, status in held if taken.status != status]
        assert left == [], "no money leaves for a merchant whose money is held"

    async def _work(self, seconds: float, by_both: bool) -> None:
        await self.town.settle(seconds=seconds)
        if by_both:
            await asyncio.gather(self.town.worker.run_due(), self.other.worker.run_due())

    # ── what holds ───────────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def books_agree(self) -> None:
        """The proof from entries, and the model to the smallest unit."""
        self._read()
        self.do(self.town.check_books())
        for shop in self.shops:
            spoken_of = {
                name: minor
                for name, minor in self.do(self.town.balances(shop.id)).items()
                if name.startswith(("merchant:", "payout:", "card:"))
            }
            assert spoken_of == self.model.balances(shop)

    @invariant()
    def nobody_is_forgotten(self) -> None:
        """An order that waits for its job has one that is not dead."""
        jobs = {(kind, text) for kind, text in self.do(self.town.rows(LIVING))}
        for taken in self.model.orders:
            if taken.status in AT_REST[taken.kind]:
                assert any(str(taken.id) in text for _, text in jobs) or self._is_paying(taken, jobs), taken

    def _is_paying(self, taken: Taken, jobs: set[tuple[str, str]]) -> bool:
        """A withdrawal's job names its payment."""
        rows = self.do(self.town.rows("SELECT id FROM wallet_payment WHERE subject_id = %s", taken.id))
        return any(str(payment) in text for (payment,) in rows for _, text in jobs)

    @invariant()
    def announcements_have_no_gap(self) -> None:
        """Each merchant and API counts from one, and a number stands once."""
        rows = self.do(self.town.rows(NUMBERED))
        for merchant, api, numbers in rows:
            assert numbers == list(range(1, len(numbers) + 1)), (merchant, api)

    def teardown(self) -> None:
        """In the end everything is mended: then all orders end, every push is taken and nothing is frozen."""
        if not hasattr(self, "town"):
            return
        try:
            self._mended()
            self._all_has_ended()
        finally:
            for one in self.opening:
                self.do(one.__aexit__(None, None, None))
            self.server.run("DROP DATABASE {} WITH (FORCE)", self.name)

    def _mended(self) -> None:
        self.do(self.town.sandbox.faults.clear())
        self.town.receivers.refusals = 0
        for level in ("all", None):  # all that can is held once more, and goes on from there
            for shop in self.shops:
                self._stands(shop, level)
            self._decide_everything()
            self.works(seconds=600, by_both=False, wrong=None, standing=None)
        for round_ in range(ENDING_ROUNDS):
            self._decide_everything()
            self.do(self.town.chain.make_blocks(13))
            self.do(self._work(600 if round_ < 20 else 7_200, False))
            self._read()
            if not self._open() and not self.do(self.town.rows(UNTAKEN)):
                return

    def _decide_everything(self) -> None:
        self._read()
        for taken in self._in("withdrawal", REVIEWS):
            self.do(self.town.rooms.paying.progress.approve(self.town.ctx(taken.shop.id), taken.id))
        for taken in self._in("payout", {Paying.PROCESSING}):
            report = self.town.rooms.payouts.progress.report
            self.do(report(self.town.ctx(taken.shop.id), taken.id, RailReport(Outcome.PAID)))

    def _all_has_ended(self) -> None:
        assert self._open() == []
        assert self.do(self.town.rows(UNTAKEN)) == []
        assert self.do(self.town.rows(DEAD)) == []
        self.books_agree()
        self.announcements_have_no_gap()
        for shop in self.shops:
            assert self.model.arrived[shop.id] == sum(minor for owner, minor in self.sent if owner == shop)
            assert not [name for name in self.do(self.town.balances(shop.id)) if ":frozen" in name]

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self) -> None:
        """The status of each order as the merchant sees it, and the deposits that are credited."""
        found = dict(self.do(self.town.rows(STATUSES)))
        for taken in self.model.orders:
            taken.status = found[taken.id]
        self.model.arrived.update({merchant: int(minor) for merchant, minor in self.do(self.town.rows(CREDITED))})

    @staticmethod
    def _one_of(orders: list[Taken], which: int) -> Taken | None:
        """One of them, if any; steps are drawn whatever the state is, so that the same draws are the same life."""
        return orders[which % len(orders)] if orders else None

    def _in(self, kind: str, statuses: Any) -> list[Taken]:
        wanted = {str(status) for status in statuses}
        return [taken for taken in self.model.orders if taken.kind == kind and taken.status in wanted]

    def _open(self) -> list[Taken]:
        return [taken for taken in self.model.orders if taken.status not in GIVEN_UP | WELL_ENDED]

    def _held(self) -> list[tuple[Taken, str]]:
        self._read()
        held = [shop for shop in self.shops if self.levels[shop.id] in HOLDING]
        return [(taken, taken.status) for taken in self.model.orders if taken.shop in held and taken.status in HELD]

    def _unless_refused(self, work: Awaitable[object]) -> None:
        """A person may come too late, or find a provider away."""
        try:
            self.do(work)
        except (PayoutNotInState, WithdrawalNotInState):
            raise AssertionError("the status was read just before") from None
        except Fact:
            pass

    def _reference(self) -> str:
        self.numbers += 1
        return f"r-{self.numbers}"


STATUSES: Final = """
    SELECT id, status FROM card_order
    UNION ALL SELECT id, status FROM withdrawal
    UNION ALL SELECT id, status FROM payout
"""
CREDITED: Final = """
    SELECT merchant_id, sum(amount) FROM wallet_deposit WHERE status = 'credited' GROUP BY merchant_id
"""
LIVING: Final = "SELECT kind, payload::text FROM job WHERE NOT dead"
DEAD: Final = "SELECT kind, payload::text FROM job WHERE dead"
NUMBERED: Final = """
    SELECT merchant_id, api, array_agg(sequence ORDER BY sequence)
    FROM webhook_delivery
    WHERE sequence IS NOT NULL
    GROUP BY merchant_id, api
"""
UNTAKEN: Final = "SELECT id, event FROM webhook_delivery WHERE status = 'pending'"


async def _each(call: Callable[[Town], Awaitable[Order]], towns: tuple[Town, ...]) -> list[Order | BaseException]:
    return await asyncio.gather(*(call(town) for town in towns), return_exceptions=True)


async def _nobody_minds() -> None:
    """Whoever asks may withdraw."""


async def _sound(_: str) -> None:
    """No fault of the platform's own."""


def live(server: Server, *, lives: int, steps: int, repeatable: bool) -> None:
    """So many lives of so many steps at the most; raises what was found wrong, after the shortest life that shows it.

    `repeatable`: always the same ones, which are not shortened.
    """
    lived = settings(
        max_examples=lives,
        stateful_step_count=steps,
        deadline=None,
        derandomize=repeatable,
        database=None,
        phases=[Phase.generate] if repeatable else [Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    Commerce.begin(server)
    try:
        run_state_machine_as_test(Commerce, settings=lived)
    finally:
        Commerce.end()

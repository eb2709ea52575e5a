"""Whatever the card network reports, in any order: nothing is refused, and every sum is a simple model's."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bursar.cards.authorizations.model import Authorization, Clearing, DualAmount
from bursar.cards.errors import NothingLeft
from bursar.kernel.money import Money
from tests.cards.bank import Bank, purchase, usd

FACTS = ("authorize", "clear", "clear_last", "clear_all", "reverse", "reverse_all", "refund", "increment", "post")
STEPS = 25
NOTHING = Money.zero("USD")

# ── the pure model of one authorization ──────────────────────────────────────────────────────────────────────────────

AMOUNTS = st.integers(1, 5_000)
CURRENCIES = st.sampled_from(["USD", "SAR"])


def sides(minor: int, original: int, currency: str) -> DualAmount:
    return DualAmount(Money(minor, "USD"), Decimal(original).scaleb(-2), currency)


@st.composite
def facts(draw: st.DrawFn) -> Callable[[Authorization], Authorization]:
    value = draw(st.none() | st.builds(sides, AMOUNTS, AMOUNTS, CURRENCIES))
    final, to_come = draw(st.booleans()), draw(st.none() | st.integers(0, 3))
    kind = draw(st.sampled_from(["clear", "reverse", "refund"]))
    if kind == "clear":
        return lambda known: checked(known, known.clear(value, final=final, to_come=to_come))
    return lambda known: getattr(known, kind)(value).after  # type: ignore[no-any-return]


def checked(known: Authorization, cleared: Clearing) -> Authorization:
    """What is taken comes from the hold or from beyond it, and the hold is taken, released or kept."""
    assert cleared.from_hold + cleared.beyond == cleared.taken.amount
    assert cleared.from_hold + cleared.released + cleared.after.held == known.held
    assert min(cleared.from_hold.minor, cleared.beyond.minor, cleared.released.minor) >= 0
    return cleared.after


@given(AMOUNTS, AMOUNTS, CURRENCIES, st.lists(facts(), max_size=12))
def test_no_sum_is_ever_below_nothing(
    minor: int, original: int, currency: str, reported: Sequence[Callable[[Authorization], Authorization]]
) -> None:
    held = sides(minor, original, currency)
    known = Authorization(
        merchant_id=1,
        id=1,
        card_id=1,
        kind="purchase",
        status="authorised",
        held=Money(minor, "USD"),
        cleared=NOTHING,
        refunded=NOTHING,
        original_currency=currency,
        original_held=held.original,
        original_cleared=Decimal("0.00"),
        original_refunded=Decimal("0.00"),
        clearings_to_come=None,
        merchant_name=None,
        mcc=None,
        country=None,
        version=0,
        at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    for report in reported:
        try:
            after = report(known)
        except NothingLeft:
            continue
        assert min(after.held, after.cleared, after.refunded) >= NOTHING
        assert after.original_held >= 0
        assert not after.held or after.status == "authorised"
        assert after.version == known.version + 1
        known = after


# ── a card with a history, on a real database ────────────────────────────────────────────────────────────────────────


@dataclass
class Purchased:
    """One transaction as a simple model has it, in cents."""

    id: int
    held: int = 0
    paid: int = 0
    back: int = 0


class Model:
    """A card: what is loaded, less what is held and paid, plus what came back."""

    def __init__(self, bank: Bank, card: int, seed: int, loaded: int) -> None:
        self.bank = bank
        self.card = card
        self.dice = random.Random(seed)
        self.loaded = loaded
        self.all: list[Purchased] = []

    @property
    def balance(self) -> tuple[str, str]:
        held = sum(each.held for each in self.all)
        return tuple(  # type: ignore[return-value]
            str(Money(minor, "USD"))
            for minor in (self.loaded - held - sum(each.paid - each.back for each in self.all), held)
        )

    async def step(self) -> None:
        kind, cents = self.dice.choice(FACTS), self.dice.randint(1, 6_000)
        amount = str(Money(cents, "USD"))
        network, ctx = self.bank.network, self.bank.ctx()
        if kind == "authorize" or not self.all:
            answer = await network.authorize(ctx, self.card, purchase(amount))
            self.all.append(Purchased(answer.transaction_id, held=cents if answer.approved else 0))
            return
        if kind == "post":
            answer = await network.force_post(ctx, self.card, purchase(amount))
            self.all.append(Purchased(answer.transaction_id, paid=cents))
            return
        await self.about(self.dice.choice(self.all), kind, cents, usd(amount))

    async def about(self, known: Purchased, kind: str, cents: int, amount: DualAmount) -> None:
        network, ctx, held = self.bank.network, self.bank.ctx(), known.held
        if kind == "increment":
            answer = await network.increment(ctx, known.id, amount)
            known.held += cents if answer.approved else 0
        elif kind in ("clear", "clear_last"):
            await network.clear(ctx, known.id, amount, final=kind == "clear_last")
            known.paid, known.held = known.paid + cents, 0 if kind == "clear_last" else max(held - cents, 0)
        elif kind == "reverse":
            await network.reverse(ctx, known.id, amount)
            known.held = max(held - cents, 0)
        elif kind == "refund":
            await network.refund(ctx, known.id, amount)
            known.back += cents
        elif not held:
            with pytest.raises(NothingLeft):
                await (network.clear if kind == "clear_all" else network.reverse)(ctx, known.id)
        else:
            await (network.clear if kind == "clear_all" else network.reverse)(ctx, known.id)
            known.paid, known.held = known.paid + (held if kind == "clear_all" else 0), 0


@pytest.mark.parametrize("seed", range(6))
async def test_any_history_leaves_the_card_where_a_simple_model_has_it(bank: Bank, seed: int) -> None:
    card = await bank.card(load="100")
    model = Model(bank, card, seed, 10_000)
    for _ in range(STEPS):
        await model.step()
        assert await bank.on_card(card) == model.balance
    await bank.check_books()
    await bank.cancellations.cancel(bank.ctx(), card, None)
    await bank.later(days=8)
    left = Decimal(model.loaded - sum(each.paid - each.back for each in model.all)) / 100
    assert (await bank.status(card), await bank.on_card(card)) == ("cancelled", ("0.00", "0.00"))
    assert Decimal((await bank.money())[0]) == 899 + left
    for _ in range(3):
        await model.step()
        left = Decimal(model.loaded - sum(each.paid - each.back for each in model.all)) / 100
        assert Decimal((await bank.money())[0]) == 899 + left
        assert (await bank.on_card(card))[1] == "0.00"

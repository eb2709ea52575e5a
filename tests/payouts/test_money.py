"""Properties of fees and of what orders move: nothing appears, nothing vanishes."""

from collections import Counter
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from bursar.kernel.money import Money, scale_of
from bursar.ledger.model import Transfer
from bursar.merchants.payout.model import FeeBearer, PayoutAccount, PayoutAccountStatus, PayoutFee, PayoutSettings
from bursar.payouts import postings
from bursar.payouts.errors import AmountNotPositive
from bursar.payouts.model import ENDED, TRANSITIONS, Charge, OrderStatus, Payout, PayoutTerms, charged
from tests.conftest import NOON

RATES = {"KWD": Decimal("12.19"), "AED": Decimal("1.0214")}

amounts = st.builds(Money, st.integers(1, 10**15), st.sampled_from(["SAR", "AED", "KWD"]))
parts = st.decimals(0, 1000, places=4)
fees = st.builds(PayoutFee, st.just(7), st.decimals(0, 1, places=6), parts, parts, st.sampled_from(list(FeeBearer)))
currencies = st.frozensets(st.sampled_from(["AED", "KWD"])).map(lambda some: some | {"SAR"})


def terms(fee: PayoutFee, accounts: frozenset[str]) -> PayoutTerms:
    settings = PayoutSettings(None, 1, (), (), False, fee)
    active = {c: PayoutAccount(c, PayoutAccountStatus.ACTIVE, Money.zero(c), Money.zero(c)) for c in accounts}
    return PayoutTerms(settings, active, RATES)


def order_of(charge: Charge) -> Payout:
    return Payout(
        merchant_id=1,
        id=2,
        payee_uid="u",
        payee_id=3,
        payee_version=1,
        kind="standard",
        method="bank_transfer",
        status="processing",
        reason=None,
        amount=charge.amount,
        fee=charge.fee,
        real_amount=charge.real_amount,
        fee_id=charge.fee_id,
        set_aside=charge.set_aside,
        rate=charge.rate,
        batch_id=None,
        created_at=NOON,
        updated_at=NOON,
        ended_at=None,
    )


def moved(*transfers: Transfer) -> Counter[tuple[str, str]]:
    book: Counter[tuple[str, str]] = Counter()
    for transfer in transfers:
        book[transfer.debit.code, transfer.debit.asset] -= transfer.amount.minor
        book[transfer.credit.code, transfer.credit.asset] += transfer.amount.minor
    return book


def judged(amount: Money, fee: PayoutFee, accounts: frozenset[str]) -> Charge | None:
    try:
        return charged(amount, terms(fee, accounts))
    except AmountNotPositive:
        return None


@given(amounts, fees, currencies)
def test_what_is_set_aside_is_what_is_paid_and_earned(amount: Money, fee: PayoutFee, accounts: frozenset[str]) -> None:
    charge = judged(amount, fee, accounts)
    if charge is None:
        return
    taken = charge.real_amount + charge.fee
    assert charge.real_amount.minor > 0
    if fee.bearer is FeeBearer.PAYEE:
        assert taken == charge.amount
    else:
        assert charge.real_amount == charge.amount
    if charge.rate is None:
        assert charge.set_aside == taken
    else:
        exact = taken.decimal * charge.rate
        assert charge.set_aside.decimal == exact.quantize(Decimal("0.01"), rounding=ROUND_CEILING)


@given(amounts, fees)
def test_a_fee_is_rounded_half_up_and_never_below_the_minimum(amount: Money, fee: PayoutFee) -> None:
    exact = max(fee.minimum, amount.decimal * fee.rate + fee.fixed)
    step = Decimal(1).scaleb(-scale_of(amount.asset))
    assert fee.on(amount).decimal == exact.quantize(step, rounding=ROUND_HALF_UP)


@given(amounts, fees, currencies)
def test_every_end_of_an_order_sums_to_zero(amount: Money, fee: PayoutFee, accounts: frozenset[str]) -> None:
    charge = judged(amount, fee, accounts)
    if charge is None:
        return
    order = order_of(charge)
    back = moved(*postings.set_aside([order]), *postings.given_back(order))
    assert not any(back.values())
    paid = moved(*postings.set_aside([order]), *postings.paid_out(order))
    for asset in {asset for _, asset in paid}:
        assert sum(minor for (_, of), minor in paid.items() if of == asset) == 0
    assert paid["payout:frozen", order.funds_currency] == 0
    assert paid["payout:available", order.funds_currency] == -order.set_aside.minor
    assert paid["clearing:bank", order.currency] == order.real_amount.minor
    assert paid["platform:fees", order.currency] == order.fee.minor


def test_end_states_never_change() -> None:
    assert not [status for status, _ in TRANSITIONS if status in ENDED]


def test_every_state_but_the_first_is_reached() -> None:
    assert set(TRANSITIONS.values()) == set(OrderStatus) - {OrderStatus.PENDING}

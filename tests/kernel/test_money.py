"""Amounts are exact, and different assets never meet."""

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bursar.kernel.money import (
    MINOR_DIGITS_MAX,
    SCALES,
    Money,
    NotAnAmount,
    TooPrecise,
    UnknownAsset,
    scale_of,
)

ASSETS = st.sampled_from(sorted(SCALES))
MINORS = st.integers(-(10**MINOR_DIGITS_MAX) + 1, 10**MINOR_DIGITS_MAX - 1)
MONEYS = st.builds(Money, MINORS, ASSETS)
ROUNDINGS = st.sampled_from([ROUND_DOWN, ROUND_UP, ROUND_FLOOR, ROUND_CEILING, ROUND_HALF_UP, ROUND_HALF_EVEN])


@given(MONEYS)
def test_what_is_shown_is_read_back_exactly(money):
    assert Money.parse(str(money), money.asset) == money
    assert Money.parse(money.decimal, money.asset) == money


@given(MONEYS)
def test_all_decimals_of_the_asset_are_shown_and_no_exponent(money):
    whole, _, decimals = str(money).lstrip("-").partition(".")
    assert whole.isdecimal()
    assert len(decimals) == scale_of(money.asset)


@given(ASSETS, st.data())
def test_sums_and_differences_are_exact(asset, data):
    one, two = data.draw(MINORS), data.draw(MINORS)
    assert (Money(one, asset) + Money(two, asset)).minor == one + two
    assert (Money(one, asset) - Money(two, asset)).minor == one - two
    assert (Money(one, asset) < Money(two, asset)) == (one < two)
    assert (Money(one, asset) <= Money(two, asset)) == (one <= two)
    assert -Money(one, asset) == Money(-one, asset)
    assert bool(Money(one, asset)) == (one != 0)


@given(MONEYS, st.integers(1, 30), st.integers(1, 9))
def test_more_decimals_than_the_asset_has_are_refused_not_rounded(money, further, digit):
    text = f"{money}{'' if '.' in str(money) else '.'}{'0' * (further - 1)}{digit}"
    with pytest.raises(TooPrecise):
        Money.parse(text, money.asset)


@given(MONEYS, st.integers(0, 30))
def test_zeros_behind_the_last_decimal_are_no_more_precise(money, zeros):
    assert Money.parse(str(money) + "0" * zeros, money.asset) == money


@given(ASSETS)
def test_an_amount_that_the_ledger_cannot_store_is_refused(asset):
    largest = Money(10**MINOR_DIGITS_MAX - 1, asset)
    assert Money.parse(str(largest), asset) == largest
    with pytest.raises(TooPrecise):
        Money.parse((largest + Money(1, asset)).decimal, asset)


@pytest.mark.parametrize(
    "text", ["", " ", "abc", "1,5", "NaN", "sNaN", "Infinity", "-inf", "1e", "0x10", "--1", "1.2.3", "١٢", "1\x00"]
)
def test_what_is_no_decimal_number_is_refused(text):
    with pytest.raises(NotAnAmount):
        Money.parse(text, "USDT")


@pytest.mark.parametrize(
    ("text", "asset", "minor"),
    [("12.5", "USD", 1250), ("-0.01", "USD", -1), ("1E+3", "KWD", 1_000_000), ("0", "BTC", 0), (7, "USDT", 7_000_000)],
)
def test_amounts_are_read(text, asset, minor):
    assert Money.parse(text, asset) == Money(minor, asset)


def test_huge_exponents_are_refused_without_work():
    with pytest.raises(TooPrecise):
        Money.parse("1e999999", "USDT")
    with pytest.raises(TooPrecise):
        Money.parse("1e-999999", "USDT")


def test_an_asset_that_nobody_knows_is_refused():
    with pytest.raises(UnknownAsset) as refusal:
        Money.parse("1", "DOGE")
    assert refusal.value.asset == "DOGE"


@pytest.mark.parametrize("do", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a <= b])
def test_different_assets_never_meet(do):
    with pytest.raises(TypeError, match="USDT and USD do not add"):
        do(Money(1, "USDT"), Money(1, "USD"))


def test_equal_numbers_of_different_assets_are_not_equal():
    assert Money(1, "USDT") != Money(1, "USD")


RATES = st.decimals("0.0001", "10000", places=4)


@given(st.builds(Money, st.integers(-(10**20), 10**20), ASSETS), RATES, ASSETS, ROUNDINGS)
def test_a_conversion_is_off_by_less_than_one_unit_and_to_the_named_side(money, rate, asset, rounding):
    exact = Fraction(money.minor, 10 ** scale_of(money.asset)) * Fraction(rate) * 10 ** scale_of(asset)
    got = money.converted(rate, asset, rounding)
    assert got.asset == asset
    assert abs(got.minor - exact) < 1
    if rounding == ROUND_DOWN:
        assert abs(got.minor) <= abs(exact)
    if rounding == ROUND_CEILING:
        assert got.minor >= exact
    if rounding in (ROUND_HALF_UP, ROUND_HALF_EVEN):
        assert abs(got.minor - exact) * 2 <= 1

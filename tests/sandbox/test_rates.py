"""The sandbox card network's conversions: known in advance, rounded once, in both directions alike."""

from decimal import Decimal

import pytest

from bursar.kernel.money import SCALES
from bursar.sandbox.rates import QUOTES, CurrencyNotConverted, convert


@pytest.mark.parametrize(
    ("amount", "source", "target", "converted"),
    [
        ("10.00", "EUR", "USD", "11.00"),
        ("11.00", "USD", "EUR", "10.00"),
        ("1500", "JPY", "USD", "9.75"),
        ("1.00", "USD", "JPY", "154"),
        ("1.000", "KWD", "SAR", "12.19"),
        ("0.05", "EUR", "USD", "0.06"),
        ("-0.05", "EUR", "USD", "-0.06"),
        ("7.125", "USD", "USD", "7.13"),
        ("0", "TRY", "USD", "0.00"),
    ],
)
def test_an_amount_is_converted_through_dollars_and_rounded_to_the_nearest_unit(amount, source, target, converted):
    assert str(convert(Decimal(amount), source, target)) == converted


def test_an_amount_of_38_digits_is_converted_exactly():
    assert convert(Decimal("10000000000000000000000000000000000001"), "EUR", "USD") == Decimal(
        "11000000000000000000000000000000000001.10"
    )


@pytest.mark.parametrize(("source", "target"), [("XXX", "USD"), ("USD", "XXX"), ("usd", "XXX")])
def test_a_currency_without_a_rate_is_refused(source, target):
    with pytest.raises(CurrencyNotConverted):
        convert(Decimal(1), source, target)


@pytest.mark.parametrize("amount", ["NaN", "Infinity"])
def test_what_is_not_finite_is_not_converted(amount):
    with pytest.raises(ValueError, match="finite"):
        convert(Decimal(amount), "USD", "EUR")


def test_currencies_that_accounts_are_held_in_have_the_same_decimals_here():
    shared = QUOTES.keys() & SCALES.keys()
    assert shared == {"USD", "EUR", "SAR", "AED", "KWD"}
    assert {currency: QUOTES[currency].scale for currency in shared} == {name: SCALES[name] for name in shared}

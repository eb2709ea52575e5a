"""What stands in an answer's text."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bursar.api.payout.json_text import content_of, written
from bursar.api.payout.schemas.merchant import BalanceOut, ExchangeRateOut
from bursar.exchange.service import ExchangeRate
from bursar.kernel.money import Money


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("18.75", b"18.75"),
        ("0.10", b"0.10"),
        ("-0.001", b"-0.001"),
        ("1E+3", b"1000"),
        ("1E-7", b"0.0000001"),
        ("90071992547409.93", b"90071992547409.93"),
        ("1234567.12345678901234567", b"1234567.12345678901234567"),
    ],
)
def test_a_decimal_is_a_number_with_its_own_digits(number: str, text: bytes) -> None:
    assert written({"amount": [Decimal(number)]}) == b'{"amount":[' + text + b"]}"


def test_an_amount_has_the_decimals_of_its_currency() -> None:
    assert written(content_of(BalanceOut(currency="KWD", balance=Money(1500, "KWD")))) == (
        b'{"currency":"KWD","balance":1.500}'
    )


def test_a_rate_is_written_as_it_is_kept() -> None:
    kept = ExchangeRate("KWD", "SAR", Decimal("12.1900000000000000001"), datetime(2026, 3, 1, tzinfo=UTC))
    assert b'"rate":12.1900000000000000001,' in written(content_of(ExchangeRateOut.of(kept)))


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), object()])
def test_what_has_no_form_in_json_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        written(value)

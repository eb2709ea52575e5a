"""What statements are called, and what they show of a card number."""

from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import unquote

import pytest

from bursar.api.payout.answers import _file_response
from bursar.api.payout.endpoint import FileOut
from bursar.api.payout.statements import file_name, masked
from bursar.merchants.model import Merchant, MerchantStatus

SHOP = Merchant(7, "Shop", MerchantStatus.ACTIVE, frozenset(), (), {}, {}, "", datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Shop", "Shop"),
        ("متجر", "متجر"),
        ("A/B\\C", "A_B_C"),
        ('a"b', "a_b"),
        ("a\r\nSet-Cookie: x", "a__Set-Cookie_ x"),
        ("..", "_"),
        ("", "_"),
        ("x" * 300, "x" * 128),
        ("../../etc/passwd", "_.._etc_passwd"),
    ],
)
def test_a_merchants_name_is_made_fit_for_a_file(name: str, shown: str) -> None:
    assert file_name(replace(SHOP, name=name), date(2026, 3, 1)) == f"GCCRECO_{shown}_7_20260301.xlsx"


@pytest.mark.parametrize("name", ["Shop", "متجر", "a;b%41 c"])
def test_the_header_says_the_name_exactly(name: str) -> None:
    called = file_name(replace(SHOP, name=name), date(2026, 3, 1))
    header = _file_response(FileOut(called, "x/y", b""), {}).headers["Content-Disposition"]
    kind, plain, exact = header.split("; filename")
    assert (kind, plain.isascii(), unquote(exact.removeprefix("*=UTF-8''"))) == ("attachment", True, called)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("5123450000000001", "512345******0001"),
        ("5123450000001", "512345***0001"),
        ("5123450000000000001", "512345*********0001"),
        ("5123450001", "**********"),
        (None, None),
    ],
)
def test_six_and_four_digits_of_a_card_are_shown(number: str | None, shown: str | None) -> None:
    assert masked(number) == shown

"""Files of rates as people and attackers make them, and the judgement of a rate."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bursar.exchange.service import RateRange
from bursar.quotes.errors import SheetUnreadable
from bursar.quotes.model import SHEET_BYTES_MAX, Judgement, Quote, Rules, Standing, judge, read_sheet

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PAIRS = (("USD", "SAR"), ("USD", "AED"))
RULES = Rules(PAIRS, timedelta(hours=1), timedelta(days=1), Decimal("0.1"))


def read(text: str) -> dict[tuple[str, str], Quote]:
    return dict(read_sheet(text.encode(), PAIRS, NOW))


def test_json_and_csv_say_the_same() -> None:
    both = {
        ("USD", "SAR"): Quote(Decimal("3.75"), NOW - timedelta(hours=1)),
        ("USD", "AED"): Quote(Decimal("3.672500000000000001"), NOW - timedelta(hours=1)),
    }
    at = "2026-03-01T14:00:00+03:00"
    rates = '{"SAR": 3.75, "AED": 3.672500000000000001, "XAU": null, "KWD": "much"}'
    assert read(f'{{"base": "USD", "as_of": "{at}", "rates": {rates}}}') == both
    rows = f"USD,SAR,3.75,{at}\r\nUSD,AED,3.672500000000000001,{at}\r\nEUR,SAR,x,\r\n"
    assert read(f"source,target,rate,as_of\r\n{rows}") == both
    assert read("\ufeffrate,target,source\n3.75,SAR,USD\n") == {("USD", "SAR"): Quote(Decimal("3.75"), NOW)}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no CSV with the columns"),
        ("<html>", "no CSV with the columns"),
        ("{", "it is no JSON"),
        ("{" * 100_000, "it is no JSON"),
        ('{"a":' * 100_000, "it is no JSON"),
        ('{"base": "USD", "rates": [3.75]}', "`base` is a currency"),
        ('{"base": 1, "rates": {"SAR": 1}}', "`base` is a currency"),
        ('{"base": "USD", "rates": {"SAR": NaN}}', "it is no JSON"),
        ('{"base": "USD", "rates": {"SAR": Infinity}}', "it is no JSON"),
        ('{"base": "USD", "rates": {"SAR": 3.75, "SAR": 37.5}}', "it is no JSON"),
        ('{"base": "USD", "rates": {"SAR": null}}', "USD/SAR has no number above zero"),
        ('{"base": "USD", "rates": {"SAR": true}}', "USD/SAR has no number above zero"),
        ('{"base": "USD", "rates": {"SAR": "NaN"}}', "USD/SAR has no number above zero"),
        ('{"base": "USD", "rates": {"SAR": "-0"}}', "USD/SAR has no number above zero"),
        ('{"base": "USD", "rates": {"SAR": -3.75}}', "USD/SAR has no number above zero"),
        ('{"base": "USD", "rates": {"SAR": 1e999999}}', "USD/SAR is larger than a rate can be"),
        ('{"base": "USD", "rates": {"SAR": 1e-19}}', "more than 30 digits, or 18 decimals"),
        (f'{{"base": "USD", "rates": {{"SAR": {"1" * 31}}}}}', "more than 30 digits"),
        ('{"base": "USD", "as_of": "yesterday", "rates": {"SAR": 3.75}}', "`as_of` is an instant"),
        ('{"base": "USD", "as_of": "2026-03-01T12:00:00", "rates": {"SAR": 3.75}}', "`as_of` is an instant"),
        ('{"base": "USD", "as_of": 1772366400, "rates": {"SAR": 3.75}}', "`as_of` is an instant"),
        ('{"base": "USD", "as_of": "2026-03-01T12:05:01Z", "rates": {"SAR": 3.75}}', "is of an instant that is ahead"),
        ("source,target,rate\nUSD,SAR,3.75\nUSD,SAR,3.76\n", "USD/SAR stands twice"),
        ("source,target,rate\nUSD,SAR\n", "USD/SAR has no number above zero"),
        ('source,target,rate\n"USD,SAR,3.75\n', "it is no CSV"),
        ("source,target,rate\n" + "A,B,1\n" * 10_001, "more than 10000 rates"),
        (json.dumps({"base": "USD", "rates": {str(number): 1 for number in range(10_001)}}), "more than 10000 rates"),
        (" " * (SHEET_BYTES_MAX + 1), "larger than 1048576 bytes"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_file_that_is_wrong_is_refused_as_a_whole(text: str, why: str) -> None:
    with pytest.raises(SheetUnreadable, match=why):
        read(text)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(SheetUnreadable, match="no text in UTF-8"):
        read_sheet(b"\xff\xfe{", PAIRS, NOW)


def standing(**said: object) -> Standing:
    usual = {"change_id": 7, "as_of": NOW, "held_id": None, "held_rate": None, "held_as_of": None, "held_at": None}
    return Standing("USD", "SAR", 1, **{**usual, "held_refused": False, **said})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rate", "held", "stands", "expected"),
    [
        ("3.75", ("3.75", 7, "3.75", "3.75"), standing(), Judgement.CONFIRM),
        ("3.75", ("3.75", 8, "3.75", "3.75"), standing(), Judgement.TAKE),
        ("4.125", ("3.75", 7, "3.75", "3.75"), standing(), Judgement.TAKE),
        ("4.125000000001", ("3.75", 7, "3.75", "3.75"), standing(), Judgement.HOLD),
        ("3.4090909090909", ("3.75", 7, "3.75", "3.75"), standing(), Judgement.HOLD),
        ("3.41", ("3.75", 7, "3.75", "3.75"), standing(), Judgement.TAKE),
        ("4.2", ("4.1", 7, "3.75", "4.1"), standing(), Judgement.HOLD),
        ("3.7", ("3.75", 7, "3.75", "4.1"), standing(), Judgement.HOLD),
        ("37.5", ("3.75", 7, "3.75", "3.75"), standing(held_rate=Decimal("37.5"), held_id=9), Judgement.WAIT),
        ("3.75", None, None, Judgement.HOLD),
        ("3.75", None, standing(held_rate=Decimal("3.75"), change_id=None, as_of=None), Judgement.WAIT),
        ("3.75", ("3.75", 7, "3.75", "3.75"), standing(as_of=NOW + timedelta(seconds=1)), Judgement.STALE),
        ("3.75", ("3.7", 3, "3.7", "3.7"), None, Judgement.TAKE),
    ],
)
def test_a_rate_is_judged_by_what_holds(
    rate: str, held: tuple[str, int, str, str] | None, stands: Standing | None, expected: Judgement
) -> None:
    kept = held and RateRange(Decimal(held[0]), held[1], Decimal(held[2]), Decimal(held[3]))
    assert judge(Quote(Decimal(rate), NOW), stands, kept or None, RULES) is expected

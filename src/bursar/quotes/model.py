"""A file of rates, and the judgement of what it says. Pure.

A file is JSON or CSV, in UTF-8:

    {"base": "USD", "as_of": "2026-03-01T12:00:00Z", "rates": {"SAR": 3.75, "AED": "3.6725"}}

    source,target,rate,as_of
    USD,SAR,3.75,2026-03-01T12:00:00Z

`as_of` is optional: without it the rates are those of the moment of fetching. Of the pairs that an install takes, each
stands once; others are passed over. A file that is wrong about one pair is wrong as a whole.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final, NoReturn

from bursar.exchange.service import RateRange
from bursar.quotes.errors import SheetUnreadable

SHEET_BYTES_MAX: Final = 1_048_576
SHEET_ROWS_MAX: Final = 10_000
RATE_DIGITS_MAX: Final = 30
RATE_EXPONENT_MIN: Final = -18
AHEAD_MAX: Final = timedelta(minutes=5)
"""The clock of whoever made the file may be so much ahead of ours."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Rules:
    """An install's rules of rates from a file."""

    pairs: tuple[Pair, ...]
    """Those that are taken from the file."""
    every: timedelta
    age_max: timedelta
    """Nothing is converted by an older rate of the file."""
    jump_max: Decimal
    """A rate that moves by a larger fraction within a day waits for a person."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A rate that a file says."""

    rate: Decimal
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A pair as it stands: what the file has made of it, and what waits."""

    source: str
    target: str
    id: int
    change_id: int | None
    """The change of the rate that the file made last; an age counts while that one holds."""
    as_of: datetime | None
    held_id: int | None
    held_rate: Decimal | None
    held_as_of: datetime | None
    held_at: datetime | None
    held_refused: bool

    @property
    def pair(self) -> Pair:
        """Source and target."""
        return self.source, self.target


class Judgement(StrEnum):
    """The consequence of a quote."""

    TAKE = "take"
    """It is the rate from now on."""
    CONFIRM = "confirm"
    """It is what holds already: only its age changes."""
    HOLD = "hold"
    """It waits for a person."""
    WAIT = "wait"
    """It waits already, or was refused."""
    STALE = "stale"
    """It is older than what was read before."""


def judge(quote: Quote, standing: Standing | None, held: RateRange | None, rules: Rules) -> Judgement:
    """The consequence of a quote whose `as_of` is known; a pair without a rate has nothing to be compared with."""
    assert quote.as_of is not None, "the moment of fetching stands for what the file does not say"
    if standing is not None and standing.as_of is not None and quote.as_of < standing.as_of:
        return Judgement.STALE
    if held is None or _jumps(quote.rate, held, rules.jump_max):
        waits = standing is not None and standing.held_rate == quote.rate
        return Judgement.WAIT if waits else Judgement.HOLD
    own = standing is not None and standing.change_id == held.change_id
    return Judgement.CONFIRM if own and held.rate == quote.rate else Judgement.TAKE


def _jumps(rate: Decimal, held: RateRange, jump_max: Decimal) -> bool:
    up, down = rate / held.least, held.most / rate
    return max(up, down) - 1 > jump_max


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Sheet:
    """The rows of a file that are taken."""

    wanted: frozenset[Pair]
    now: datetime
    quotes: dict[Pair, Quote] = field(default_factory=dict)

    def add(self, pair: Pair, rate: object, as_of: object) -> None:
        if pair not in self.wanted:
            return
        if pair in self.quotes:
            _refuse(f"{'/'.join(pair)} stands twice")
        at = self.now if as_of in (None, "") else _instant(as_of)
        if at > self.now + AHEAD_MAX:
            _refuse(f"{'/'.join(pair)} is of an instant that is ahead")
        self.quotes[pair] = Quote(_rate(pair, rate), at)


def read_sheet(content: bytes, pairs: Sequence[Pair], now: datetime) -> Mapping[Pair, Quote]:
    """The quotes of the pairs that are named, with their instants; raises SheetUnreadable."""
    if len(content) > SHEET_BYTES_MAX:
        _refuse(f"it is larger than {SHEET_BYTES_MAX} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        _refuse("it is no text in UTF-8")
    sheet = _Sheet(frozenset(pairs), now)
    if text.lstrip().startswith("{"):
        _read_json(text, sheet)
    else:
        _read_csv(text, sheet)
    return sheet.quotes


def _read_json(text: str, sheet: _Sheet) -> None:
    try:
        document = json.loads(
            text, parse_float=Decimal, parse_int=Decimal, parse_constant=_constant, object_pairs_hook=_object
        )
    except (ValueError, InvalidOperation, RecursionError):
        _refuse("it is no JSON")
    base, rates = document.get("base"), document.get("rates")
    if not isinstance(base, str) or not isinstance(rates, Mapping):
        _refuse("`base` is a currency, and `rates` has the others")
    if len(rates) > SHEET_ROWS_MAX:
        _refuse(f"it has more than {SHEET_ROWS_MAX} rates")
    for target, rate in rates.items():
        sheet.add((base, target), rate, document.get("as_of"))


def _read_csv(text: str, sheet: _Sheet) -> None:
    try:
        rows = csv.DictReader(text.splitlines(), strict=True)
        if not {"source", "target", "rate"} <= set(rows.fieldnames or ()):
            _refuse("it is no JSON, and no CSV with the columns source, target and rate")
        for number, row in enumerate(rows):
            if number >= SHEET_ROWS_MAX:
                _refuse(f"it has more than {SHEET_ROWS_MAX} rates")
            sheet.add((str(row["source"]), str(row["target"])), row["rate"], row.get("as_of"))
    except csv.Error:
        _refuse("it is no CSV")


def _rate(pair: Pair, value: object) -> Decimal:
    try:
        rate = Decimal(value) if isinstance(value, str) else value
    except InvalidOperation:
        rate = None
    if not isinstance(rate, Decimal) or not rate.is_finite() or rate <= 0:
        _refuse(f"{'/'.join(pair)} has no number above zero")
    exponent = rate.as_tuple().exponent
    if len(rate.as_tuple().digits) > RATE_DIGITS_MAX or not isinstance(exponent, int) or exponent < RATE_EXPONENT_MIN:
        _refuse(f"{'/'.join(pair)} has more than {RATE_DIGITS_MAX} digits, or {-RATE_EXPONENT_MIN} decimals")
    if rate.adjusted() >= 12:
        _refuse(f"{'/'.join(pair)} is larger than a rate can be")
    return rate


def _instant(value: object) -> datetime:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        _refuse("`as_of` is an instant of ISO 8601 with its zone")
    return at


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a name stands twice")
    return found


def _constant(_: str) -> NoReturn:
    raise ValueError("no number")


def _refuse(why: str) -> NoReturn:
    raise SheetUnreadable(f"The file of rates cannot be read: {why}")

"""Exact amounts of one asset.

An amount is a whole number of the asset's smallest unit. It is never a float, amounts of different assets never meet in
one sum, and nothing is rounded unless the caller names the rounding.
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Context, Decimal, InvalidOperation
from typing import Final, Self

from bursar.kernel.errors import Refused

MINOR_DIGITS_MAX: Final = 38
"""The ledger stores numeric(38, 0); no amount or balance may need more digits."""

SCALES: Final[dict[str, int]] = {
    "USDT": 6,
    "BTC": 8,
    "ETH": 18,
    "USD": 2,
    "EUR": 2,
    "SAR": 2,
    "AED": 2,
    "KWD": 3,
}
"""Decimals of each asset: ISO 4217 for currencies, the coin's own smallest unit for coins."""

_EXACT: Final = Context(prec=100)
"""Digits for every amount and rate without rounding; set for single operations, which costs less than for a block."""
HALF_UP: Final = ROUND_HALF_UP
DOWN: Final = ROUND_DOWN
UP: Final = ROUND_UP


class UnknownAsset(Refused):
    """There is no such asset."""

    asset: str


class NotAnAmount(Refused):
    """The text is not a finite decimal number."""

    text: str


class TooPrecise(Refused):
    """The amount has more decimals, or more digits, than the asset can hold."""

    text: str
    asset: str


def scale_of(asset: str) -> int:
    """Decimals of `asset`; raises UnknownAsset."""
    try:
        return SCALES[asset]
    except KeyError:
        raise UnknownAsset(asset) from None


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` smallest units of `asset`; may be negative, as a balance can be."""

    minor: int
    asset: str

    @classmethod
    def parse(cls, text: str | Decimal | int, asset: str) -> Self:
        """Read a decimal amount exactly; raises NotAnAmount, TooPrecise or UnknownAsset, and never rounds."""
        number, scale = _decimal(text), scale_of(asset)
        if number and not -MINOR_DIGITS_MAX <= number.adjusted() < MINOR_DIGITS_MAX:
            raise TooPrecise(str(text), asset)
        minor = number.scaleb(scale, _EXACT)
        if minor.adjusted() >= MINOR_DIGITS_MAX or minor != minor.to_integral_value():
            raise TooPrecise(str(text), asset)
        return cls(int(minor), asset)

    @classmethod
    def rounded(cls, amount: Decimal, asset: str, rounding: str) -> Self:
        """The amount nearest to `amount` by the named rounding (one of the decimal module's)."""
        return cls(int(amount.scaleb(scale_of(asset), _EXACT).to_integral_value(rounding=rounding)), asset)

    @classmethod
    def zero(cls, asset: str) -> Self:
        """Nothing of `asset`."""
        return cls(0, asset)

    @property
    def decimal(self) -> Decimal:
        """The amount in whole units, exact, with the asset's scale."""
        return Decimal(self.minor).scaleb(-scale_of(self.asset), _EXACT)

    def converted(self, rate: Decimal, asset: str, rounding: str) -> "Money":
        """This amount at `rate` units of `asset` for one unit of this one's."""
        return Money.rounded(_EXACT.multiply(self.decimal, rate), asset, rounding)

    def exchanged(self, rate: Decimal, asset: str, rounding: str) -> "Money":
        """This amount in `asset`, at `rate` units of this one's asset for one unit of it."""
        return Money.rounded(_EXACT.divide(self.decimal, rate), asset, rounding)

    def _same(self, other: "Money") -> None:
        if self.asset != other.asset:
            raise TypeError(f"{self.asset} and {other.asset} do not add")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor + other.minor, self.asset)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor - other.minor, self.asset)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.asset)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.decimal:f}"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns in which rows hold an amount: `price: Annotated[Money, Columns("cost", "coin")]`."""

    minor: str
    """Its smallest units."""
    asset: str
    """Its asset, which several amounts of one row may share."""


def _decimal(text: str | Decimal | int) -> Decimal:
    if isinstance(text, str) and not text.isascii():
        raise NotAnAmount(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise NotAnAmount(str(text)) from None
    if not number.is_finite():
        raise NotAnAmount(str(text))
    return number

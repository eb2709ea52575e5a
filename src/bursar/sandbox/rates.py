"""The currency rates of the sandbox card network.

Promises fixed rates, so that an amount in a test is known in advance. They were plausible once and are never updated;
a live card network converts by its own rates and tells the converted amount.
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from typing import Final

from bursar.kernel.errors import Refused

CONVERSION_ROUNDING: Final = ROUND_HALF_UP
"""Once, at the end, to the smallest unit of the target currency; halves away from zero, as on a statement."""

_PRECISION: Final = 60


class CurrencyNotConverted(Refused):
    """The card network has no rate for the currency."""

    currency: str


class DecimalsOfNoCurrency(Refused):
    """The amount has more decimals than its currency."""

    currency: str
    decimals: int


@dataclass(frozen=True, slots=True)
class Quote:
    """US dollars for one unit of a currency, and the currency's decimals (ISO 4217)."""

    usd: Decimal
    scale: int


QUOTES: Final[dict[str, Quote]] = {
    "USD": Quote(Decimal("1"), 2),
    "AED": Quote(Decimal("0.2723"), 2),
    "BHD": Quote(Decimal("2.6525"), 3),
    "CHF": Quote(Decimal("1.25"), 2),
    "CNY": Quote(Decimal("0.14"), 2),
    "EGP": Quote(Decimal("0.02"), 2),
    "EUR": Quote(Decimal("1.10"), 2),
    "GBP": Quote(Decimal("1.30"), 2),
    "HKD": Quote(Decimal("0.1282"), 2),
    "INR": Quote(Decimal("0.0115"), 2),
    "JPY": Quote(Decimal("0.0065"), 0),
    "KWD": Quote(Decimal("3.25"), 3),
    "OMR": Quote(Decimal("2.60"), 3),
    "QAR": Quote(Decimal("0.2747"), 2),
    "SAR": Quote(Decimal("0.2666"), 2),
    "SGD": Quote(Decimal("0.77"), 2),
    "TRY": Quote(Decimal("0.025"), 2),
}


def convert(amount: Decimal, source: str, target: str, rounding: str = CONVERSION_ROUNDING) -> Decimal:
    """`amount` of one currency in another, through US dollars, rounded to the target's scale.

    Raises CurrencyNotConverted for either currency, and ValueError for an amount that is not finite.
    """
    if not amount.is_finite():
        raise ValueError("only a finite amount can be converted")
    given, wanted = _quote(source), _quote(target)
    with localcontext(prec=_PRECISION):
        exact = amount * given.usd / wanted.usd
        return exact.quantize(Decimal(1).scaleb(-wanted.scale), rounding=rounding)


class SandboxExchange:
    """The sandbox network's side of amounts."""

    def exact(self, amount: Decimal, currency: str) -> Decimal:
        """`amount` with the currency's decimals; raises DecimalsOfNoCurrency or CurrencyNotConverted."""
        scale = _quote(currency).scale
        with localcontext(prec=_PRECISION):
            exact = amount.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_DOWN)
        if exact != amount:
            raise DecimalsOfNoCurrency(currency, scale)
        return exact

    def charged(self, amount: Decimal, source: str, target: str) -> Decimal:
        """The card's payment for `amount`: at least one minor unit, unless the amount is zero."""
        converted = convert(amount, source, target)
        return converted or (Decimal(1).scaleb(-_quote(target).scale) if amount else converted)

    def given_back(self, amount: Decimal, source: str, target: str) -> Decimal:
        """The amount that a card gets back for `amount`: rounded down, so that small refunds never exceed their
        purchase.
        """
        return convert(amount, source, target, ROUND_DOWN)


def _quote(currency: str) -> Quote:
    try:
        return QUOTES[currency]
    except KeyError:
        raise CurrencyNotConverted(currency) from None

"""Card numbers, their check digit and security code.

Promises numbers that are valid by ISO/IEC 7812 (Luhn), unique for each serial under one BIN and key, and not
guessable from each other. Pure: it keeps nothing, and refuses to know which serials are used. A live issuer hands out
its own numbers and codes; the ones made here are a sandbox issuer's, and no payment network would honour them.
"""

import hmac
from typing import Final

from bursar.cards.model import Expiry

PAN_DIGITS: Final = 16
BIN_DIGITS: Final = (6, 8)
"""ISO/IEC 7812-1: six digits, eight since 2017."""

CVV_DIGITS: Final = 3

_SHOWN_FIRST: Final = 6
_SHOWN_LAST: Final = 4
_MASKABLE_DIGITS_MIN: Final = 13
_ROUNDS: Final = 10


def luhn_digit(number: str) -> str:
    """The check digit to append to `number` (digits)."""
    return str(-_luhn_sum(number + "0") % 10)


def is_luhn(pan: str) -> bool:
    """True if `pan` is all digits and the last is the right check digit."""
    return pan.isascii() and pan.isdigit() and _luhn_sum(pan) % 10 == 0


def _luhn_sum(digits: str) -> int:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return sum(map(int, digits[-1::-2])) + sum(doubled)


def mask(pan: str) -> str:
    """The number as it may be shown, "456789******1234": PCI DSS 3.4.1 allows the first six and the last four.

    Raises ValueError for fewer than 13 digits, where six and four would show nearly everything.
    """
    if len(pan) < _MASKABLE_DIGITS_MIN:
        raise ValueError("too short for a card number")
    hidden = len(pan) - _SHOWN_FIRST - _SHOWN_LAST
    return pan[:_SHOWN_FIRST] + "*" * hidden + pan[-_SHOWN_LAST:]


def serials_of(bin_: str) -> int:
    """The number of card numbers under a BIN; raises ValueError unless it has six or eight digits."""
    if len(bin_) not in BIN_DIGITS or not (bin_.isascii() and bin_.isdigit()):
        raise ValueError("a BIN has six or eight digits")
    return int(10 ** _serial_digits(bin_))


def pan_for(bin_: str, serial: int, key: bytes) -> str:
    """The 16-digit card number of a serial, 0 to `serials_of(bin_) - 1`; ValueError outside of it.

    Different serials give different numbers, in an order that only the key's holder can tell.
    """
    if not 0 <= serial < serials_of(bin_):
        raise ValueError("no such serial under this BIN")
    account = _permuted(serial, _serial_digits(bin_), key, tweak=bin_)
    return f"{bin_}{account}{luhn_digit(bin_ + account)}"


def _serial_digits(bin_: str) -> int:
    return PAN_DIGITS - len(bin_) - 1


def _permuted(serial: int, digits: int, key: bytes, *, tweak: str) -> str:
    """A Feistel network over decimal digits, as in NIST SP 800-38G's FF1, with HMAC-SHA256 as its round function.

    The halves are added modulo powers of ten, so the result always has the same number of digits: nothing has to be
    walked until it fits, and every call costs the same.
    """
    left_digits, right_digits = digits // 2, digits - digits // 2
    left, right = divmod(serial, 10**right_digits)
    for turn in range(_ROUNDS):
        added = _keyed_number(key, f"pan|{tweak}|{turn}|{right}")
        left, right = right, (left + added) % 10**left_digits
        left_digits, right_digits = right_digits, left_digits
    return f"{left:0{left_digits}d}{right:0{right_digits}d}"


def cvv_for(pan: str, expiry: Expiry, key: bytes) -> str:
    """The card's three-digit security code: the same for the same card, and unknown without the key."""
    number = _keyed_number(key, f"cvv|{pan}|{expiry.year}-{expiry.month:02d}")
    return f"{number % 10**CVV_DIGITS:0{CVV_DIGITS}d}"


def _keyed_number(key: bytes, text: str) -> int:
    return int.from_bytes(hmac.digest(key, text.encode(), "sha256"))

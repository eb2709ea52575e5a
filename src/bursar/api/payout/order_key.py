"""The `key` of an order in its published shape: seven letters and digits, then the second of creation in Riyadh.

It is made from the order's number, so that it needs no place of its own in the books, and it tells nothing of how many
orders there are. Numbers that are less than 36⁷ apart have different letters, so no two orders have one key.
"""

from datetime import datetime
from typing import Final

from bursar.api.payout.riyadh import RIYADH

LETTERS: Final = 7
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SPACE: Final = len(_ALPHABET) ** LETTERS
_FACTOR: Final = 48_271_364_047
"""Without a common divisor with the space, so that multiplying by it exchanges the numbers among themselves."""


def order_key(order_id: int, created_at: datetime) -> str:
    """The key of an order; always the same."""
    rest, letters = order_id * _FACTOR % _SPACE, ""
    for _ in range(LETTERS):
        rest, digit = divmod(rest, len(_ALPHABET))
        letters += _ALPHABET[digit]
    return f"{letters}{RIYADH.local(created_at):%Y%m%d%H%M%S}"

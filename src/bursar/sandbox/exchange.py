"""The exchange rates that a sandbox starts with: fixed, so that an amount in a test is known in advance."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

SANDBOX_EXCHANGE: Final[Mapping[tuple[str, str], Decimal]] = {
    ("KWD", "SAR"): Decimal("12.19"),
    ("AED", "SAR"): Decimal("1.0214"),
}
"""Units of the second currency for one of the first."""

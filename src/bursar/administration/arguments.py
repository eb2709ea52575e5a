"""The arguments of actions, read into values. Pure.

Arguments are what a person asked for, as JSON values: they are stored and shown as they were given, and read here each
time that the action is decided. Raises ArgumentsUnusable for what has not the form of an argument, and SettingInvalid,
later, for a value that a setting cannot have.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final, TypeVar

from bursar.kernel.paging import ID_MAX
from bursar.merchants.model import MerchantChange, WalletLimit
from bursar.merchants.payout.model import FeeBearer, IbanCheck, PayoutChange, PayoutFee
from bursar.staff.approvals.model import Arguments
from bursar.staff.errors import ArgumentsUnusable

LIST_MAX: Final = 512
"""Entries of one list or map."""

E = TypeVar("E", bound=StrEnum)
Read = Callable[[str, Any], Any]


def number(said: Arguments, name: str) -> int:
    """The number of something."""
    value = said.get(name)
    if type(value) is not int or not 0 < value <= ID_MAX:
        raise ArgumentsUnusable(f"{name} is a number")
    return value


def merchant(said: Arguments) -> int:
    """The merchant that an action is about, in whose book it is committed."""
    return number(said, "merchant")


def text(said: Arguments, name: str) -> str:
    """A text."""
    return _text(name, said.get(name))


def read_text(said: Arguments, name: str) -> str | None:
    """A text, or nothing."""
    return None if said.get(name) is None else text(said, name)


def texts(said: Arguments, name: str) -> tuple[str, ...]:
    """A list of texts; what is not said is an empty one."""
    return () if said.get(name) is None else _texts(name, said[name])


def choice(said: Arguments, name: str, choices: type[E]) -> E:
    """A word of a list."""
    return _choice(choices)(name, said.get(name))


def read_instant(said: Arguments, name: str) -> datetime | None:
    """An instant of ISO 8601 with its zone, or nothing."""
    value = read_text(said, name)
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ArgumentsUnusable(f"{name} is an instant of ISO 8601 with its zone")
    return at


def fee(said: Arguments) -> PayoutFee:
    """A price of payouts: `rate`, `fixed`, `minimum` (decimal texts) and `bearer`."""
    rate, fixed, minimum = (_decimal(name, said.get(name)) for name in ("rate", "fixed", "minimum"))
    return PayoutFee(0, rate, fixed, minimum, choice(said, "bearer", FeeBearer))


def decimal(said: Arguments, name: str) -> Decimal:
    """A decimal number, as a text."""
    return _decimal(name, said.get(name))


def settings(said: Arguments, allowed: Mapping[str, Read]) -> tuple[MerchantChange, PayoutChange]:
    """The settings that are given, each by its name here, on the side that has it; None is the default."""
    given = said.get("settings")
    if not isinstance(given, Mapping) or not given or len(given) > LIST_MAX:
        raise ArgumentsUnusable("settings are names with values")
    read: dict[str, Any] = {}
    for name, value in given.items():
        if name not in allowed:
            raise ArgumentsUnusable(f"{name} is none of {', '.join(allowed)}")
        read[name] = None if value is None else allowed[name](name, value)
    own = {name: value for name, value in read.items() if name not in ON_PAYOUT and name != NAME}
    on_payout = {ON_PAYOUT[name]: value for name, value in read.items() if name in ON_PAYOUT}
    return MerchantChange(**own), PayoutChange(**on_payout)


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ArgumentsUnusable(f"{name} is a text")
    return value


def _texts(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > LIST_MAX:
        raise ArgumentsUnusable(f"{name} is a list of texts")
    return tuple(_text(name, entry) for entry in value)


def _integer(name: str, value: object) -> int:
    if type(value) is not int:
        raise ArgumentsUnusable(f"{name} is a whole number")
    return value


def _truth(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ArgumentsUnusable(f"{name} is true or false")
    return value


def _decimal(name: str, value: object) -> Decimal:
    try:
        return Decimal(_text(name, value))
    except InvalidOperation:
        raise ArgumentsUnusable(f"{name} is a decimal number, as a text") from None


def _choice(choices: type[E]) -> Callable[[str, object], E]:
    def read(name: str, value: object) -> E:
        try:
            return choices(_text(name, value))
        except ValueError:
            raise ArgumentsUnusable(f"{name} is one of {', '.join(choices)}") from None

    return read


def _entries(read: Read) -> Read:
    """A map, entry by entry; an entry that is None goes."""

    def read_all(name: str, value: object) -> dict[str, Any]:
        if not isinstance(value, Mapping) or len(value) > LIST_MAX:
            raise ArgumentsUnusable(f"{name} is a map")
        return {key: None if entry is None else read(f"{name}.{key}", entry) for key, entry in value.items()}

    return read_all


def _wallet_limit(name: str, value: object) -> WalletLimit:
    if not isinstance(value, Mapping) or not value.keys() <= {"min", "max"}:
        raise ArgumentsUnusable(f"{name} has min, max or both")
    ends = {end: None if entry is None else _decimal(name, entry) for end, entry in value.items()}
    return WalletLimit(ends.get("min"), ends.get("max"))


NAME: Final = "name"
"""The one setting that is neither side's alone: names are unique."""
SETTINGS: Final[Mapping[str, Read]] = {
    NAME: _text,
    "permissions": _texts,
    "ip_allow_list": _texts,
    "min_sign_version": _integer,
    "webhook_detail": _text,
    "min_api_version": _integer,
    "product_names": _texts,
    "user_agent_deny": _texts,
    "callback_version": _integer,
    "iban_check": _choice(IbanCheck),
    "payout_accounts": _entries(_text),
}
"""The settings of `merchants.change`."""
LIMITS: Final[Mapping[str, Read]] = {
    "quotas": _entries(_integer),
    "rate_limits": _entries(_integer),
    "wallet_limits": _entries(_wallet_limit),
    "cooling_off_s": _integer,
    "smallest_amounts": _entries(_decimal),
    "auto_review": _truth,
}
"""The settings of `limits.change`: all that bounds what a merchant may do, reviews by a person among them."""
ON_PAYOUT: Final = {
    "min_api_version": "min_api_version",
    "product_names": "product_names",
    "user_agent_deny": "user_agent_deny",
    "callback_version": "callback_version",
    "iban_check": "iban_check",
    "payout_accounts": "accounts",
    "smallest_amounts": "smallest_amounts",
    "auto_review": "auto_review",
}
"""The settings of the payout side, and their names there."""

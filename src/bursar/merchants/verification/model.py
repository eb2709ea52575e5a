"""A verification password as a value, and its form. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from bursar.merchants.verification.errors import PasswordMalformed, PasswordsDiffer

DIGITS: Final = 6
_FORM: Final = re.compile(rf"[0-9]{{{DIGITS}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class StoredPassword:
    """The stored hash of a merchant's password; `version` counts changes."""

    hash: str
    enabled: bool
    version: int


def check_new(password: str, confirmation: str) -> None:
    """Raises PasswordsDiffer, then PasswordMalformed."""
    if password != confirmation:
        raise PasswordsDiffer
    if not _FORM.fullmatch(password):
        raise PasswordMalformed

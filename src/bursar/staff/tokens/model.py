"""API tokens. Pure."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bursar.staff.errors import TokenLifeUnusable

DAYS_MAX: Final = 366
TOKENS_MAX: Final = 20
"""Tokens of one person that can be used at one time."""
LISTED_MAX: Final = 200

_TOKEN: Final = re.compile(r"bst_([0-9a-f]{12})_[0-9A-Za-z_-]{43}", re.ASCII)
_PREFIX_BYTES: Final = 6
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token to be made; `roles` are those of its person, or some of them."""

    name: str
    roles: tuple[str, ...]
    days: int


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token of somebody, without its secret."""

    id: int
    staff_id: int
    name: str
    prefix: str
    roles: tuple[str, ...]
    made_by: int | None
    """The person who made it; None: the console, and then it approves nothing."""
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """True while requests may use it."""
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A new token with its secret, which is shown once."""

    token: ApiToken
    secret: str = field(repr=False)


def new_token() -> tuple[str, str]:
    """Prefix and text of a token nobody can foresee; the prefix finds it and tells nothing."""
    prefix = secrets.token_hex(_PREFIX_BYTES)
    return prefix, f"bst_{prefix}_{secrets.token_urlsafe(_SECRET_BYTES)}"


def find_prefix(text: str) -> str | None:
    """The prefix of a token; None for what is none."""
    found = _TOKEN.fullmatch(text)
    return found[1] if found else None


def life_of(days: int) -> timedelta:
    """The life of a token of so many days; raises TokenLifeUnusable."""
    if not 1 <= days <= DAYS_MAX:
        raise TokenLifeUnusable(DAYS_MAX)
    return timedelta(days=days)

"""The roles of a merchant's users, and what each may do within their merchant: one table. Pure.

Their names differ from those of the staff's roles, in the database too: nobody has roles of both kinds.
`docs/reference/merchant-roles.md` is generated from here.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final


class MerchantRole(StrEnum):
    """A role of a merchant's user; a user has one or several."""

    ADMIN = "merchant.admin"
    MAKER = "merchant.maker"
    CHECKER = "merchant.checker"
    DEVELOPER = "merchant.developer"
    VIEWER = "merchant.viewer"

    @property
    def word(self) -> str:
        """The name as people say it: `admin`."""
        return self.value.removeprefix("merchant.")

    @classmethod
    def of(cls, word: str) -> "MerchantRole | None":
        """By the name as people say it."""
        return next((role for role in cls if role.word == word), None)


class MerchantPermission(StrEnum):
    """A thing that a merchant's user may do within the merchant: its subject and a verb."""

    USERS_READ = "users.read"
    USERS_MANAGE = "users.manage"
    BALANCES_READ = "balances.read"
    REQUESTS_READ = "requests.read"
    KEYS_READ = "keys.read"
    KEYS_MANAGE = "keys.manage"
    WEBHOOKS_READ = "webhooks.read"
    WEBHOOKS_MANAGE = "webhooks.manage"
    SETTINGS_READ = "settings.read"
    SETTINGS_MANAGE = "settings.manage"
    SANDBOX_PLAY = "sandbox.play"


P = MerchantPermission
MERCHANT_ROLES: Final[Mapping[MerchantRole, tuple[str, frozenset[MerchantPermission]]]] = {
    MerchantRole.ADMIN: (
        "the merchant's users, keys and settings",
        frozenset(
            {
                P.USERS_READ,
                P.USERS_MANAGE,
                P.BALANCES_READ,
                P.REQUESTS_READ,
                P.KEYS_READ,
                P.KEYS_MANAGE,
                P.WEBHOOKS_READ,
                P.WEBHOOKS_MANAGE,
                P.SETTINGS_READ,
                P.SETTINGS_MANAGE,
                P.SANDBOX_PLAY,
            }
        ),
    ),
    MerchantRole.MAKER: (
        "asks for what moves money",
        frozenset(
            {
                P.USERS_READ,
                P.BALANCES_READ,
                P.SANDBOX_PLAY,
            }
        ),
    ),
    MerchantRole.CHECKER: (
        "approves what a maker has asked for",
        frozenset(
            {
                P.USERS_READ,
                P.BALANCES_READ,
                P.SANDBOX_PLAY,
            }
        ),
    ),
    MerchantRole.DEVELOPER: (
        "keys, webhooks and the log of requests",
        frozenset(
            {
                P.REQUESTS_READ,
                P.KEYS_READ,
                P.KEYS_MANAGE,
                P.WEBHOOKS_READ,
                P.WEBHOOKS_MANAGE,
                P.SETTINGS_READ,
                P.SANDBOX_PLAY,
            }
        ),
    ),
    MerchantRole.VIEWER: (
        "reads",
        frozenset(
            {
                P.BALANCES_READ,
            }
        ),
    ),
}
"""Each role: a sentence, and its permissions."""


def merchant_permissions_of(roles: Iterable[MerchantRole]) -> frozenset[MerchantPermission]:
    """All that a user with these roles may do."""
    return frozenset().union(*(MERCHANT_ROLES[role][1] for role in roles))

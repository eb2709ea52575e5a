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
    CUSTOMERS_READ = "customers.read"
    CARDS_READ = "cards.read"
    PAYEES_READ = "payees.read"
    PAYOUTS_READ = "payouts.read"
    PAYOUTS_ASK = "payouts.ask"
    WALLET_READ = "wallet.read"
    WITHDRAWALS_ASK = "withdrawals.ask"
    STATEMENTS_READ = "statements.read"
    STATEMENTS_ASK = "statements.ask"
    APPROVALS_READ = "approvals.read"
    APPROVALS_DECIDE = "approvals.decide"
    POLICIES_READ = "policies.read"
    POLICIES_CHANGE = "policies.change"


P = MerchantPermission
READS: Final = frozenset(
    {
        P.BALANCES_READ,
        P.CUSTOMERS_READ,
        P.CARDS_READ,
        P.PAYEES_READ,
        P.PAYOUTS_READ,
        P.WALLET_READ,
        P.STATEMENTS_READ,
        P.APPROVALS_READ,
        P.POLICIES_READ,
    }
)
"""All about the merchant's customers and money that is read without seeing a secret."""
MERCHANT_ROLES: Final[Mapping[MerchantRole, tuple[str, frozenset[MerchantPermission]]]] = {
    MerchantRole.ADMIN: (
        "the merchant's users, keys and settings, and from which amount on a checker is needed; reads all",
        READS
        | {
            P.USERS_READ,
            P.USERS_MANAGE,
            P.REQUESTS_READ,
            P.KEYS_READ,
            P.KEYS_MANAGE,
            P.WEBHOOKS_READ,
            P.WEBHOOKS_MANAGE,
            P.SETTINGS_READ,
            P.SETTINGS_MANAGE,
            P.POLICIES_CHANGE,
            P.SANDBOX_PLAY,
        },
    ),
    MerchantRole.MAKER: (
        "asks for what moves money; reads cards, customers and money",
        READS | {P.USERS_READ, P.PAYOUTS_ASK, P.WITHDRAWALS_ASK, P.STATEMENTS_ASK, P.SANDBOX_PLAY},
    ),
    MerchantRole.CHECKER: (
        "approves what a maker has asked for; reads cards, customers and money",
        READS | {P.USERS_READ, P.APPROVALS_DECIDE, P.SANDBOX_PLAY},
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
    MerchantRole.VIEWER: ("reads cards, customers and money", READS),
}
"""Each role: a sentence, and its permissions."""


def merchant_permissions_of(roles: Iterable[MerchantRole]) -> frozenset[MerchantPermission]:
    """All that a user with these roles may do."""
    return frozenset().union(*(MERCHANT_ROLES[role][1] for role in roles))

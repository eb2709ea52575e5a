"""Permissions by name, and the roles as sets of them: the one table of who may do what. Pure.

`docs/reference/roles.md` is generated from here. Whoever may read everything may not read secrets because of that:
what shows a secret is a permission of its own.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """A role of staff; a person has one or several."""

    OWNER = "owner"
    FINANCE = "finance"
    COMPLIANCE = "compliance"
    OPERATIONS = "operations"
    SUPPORT = "support"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """A thing that somebody may do: its subject and a verb."""

    MERCHANTS_READ = "merchants.read"
    MERCHANTS_CREATE = "merchants.create"
    MERCHANTS_CHANGE = "merchants.change"
    MERCHANTS_SUSPEND = "merchants.suspend"
    MERCHANTS_CLOSE = "merchants.close"
    MERCHANT_USERS_MANAGE = "merchant_users.manage"
    LIMITS_CHANGE = "limits.change"
    KEYS_READ = "keys.read"
    KEYS_MANAGE = "keys.manage"
    KEYS_ROTATE = "keys.rotate"
    DECISIONS_READ = "decisions.read"
    CUSTOMERS_READ = "customers.read"
    CUSTOMERS_FREEZE = "customers.freeze"
    CARDS_READ = "cards.read"
    CARDS_FREEZE = "cards.freeze"
    ORDERS_READ = "orders.read"
    ORDERS_MANAGE = "orders.manage"
    PAYOUTS_READ = "payouts.read"
    PAYOUTS_APPROVE = "payouts.approve"
    WITHDRAWALS_READ = "withdrawals.read"
    WITHDRAWALS_APPROVE = "withdrawals.approve"
    DEPOSITS_READ = "deposits.read"
    DEPOSITS_DECIDE = "deposits.decide"
    PAYEES_READ = "payees.read"
    PAYEES_APPROVE = "payees.approve"
    CONTRADICTIONS_SETTLE = "contradictions.settle"
    ALARMS_SETTLE = "alarms.settle"
    KYC_READ = "kyc.read"
    KYC_DECIDE = "kyc.decide"
    SCREENING_READ = "screening.read"
    SCREENING_DECIDE = "screening.decide"
    SCREENING_CHANGE = "screening.change"
    BLOCKS_READ = "blocks.read"
    BLOCKS_ADD = "blocks.add"
    BLOCKS_REMOVE = "blocks.remove"
    SECRETS_REVEAL = "secrets.reveal"
    MONEY_READ = "money.read"
    MONEY_FUND = "money.fund"
    MONEY_PAY_OUT = "money.pay_out"
    MONEY_SETTLE = "money.settle"
    MONEY_COLLECT_FEES = "money.collect_fees"
    MONEY_ADJUST = "money.adjust"
    BANK_READ = "bank.read"
    BANK_MATCH = "bank.match"
    DIFFERENCES_READ = "differences.read"
    DIFFERENCES_SETTLE = "differences.settle"
    RATES_READ = "rates.read"
    RATES_CHANGE = "rates.change"
    FEES_READ = "fees.read"
    FEES_CHANGE = "fees.change"
    PRODUCTS_READ = "products.read"
    PRODUCTS_CHANGE = "products.change"
    POOLS_READ = "pools.read"
    POOLS_CHANGE = "pools.change"
    POLICIES_READ = "policies.read"
    POLICIES_CHANGE = "policies.change"
    WEBHOOKS_READ = "webhooks.read"
    WEBHOOKS_READ_PLAIN = "webhooks.read_plain"
    WEBHOOKS_REPLAY = "webhooks.replay"
    REQUESTS_READ = "requests.read"
    REQUESTS_READ_PLAIN = "requests.read_plain"
    REQUESTS_RECORD = "requests.record"
    JOBS_READ = "jobs.read"
    JOBS_MANAGE = "jobs.manage"
    REPORTS_READ = "reports.read"
    REPORTS_MAKE = "reports.make"
    REPORTS_CLOSE = "reports.close"
    LEDGER_READ = "ledger.read"
    LEDGER_CHECK = "ledger.check"
    STAFF_READ = "staff.read"
    STAFF_MANAGE = "staff.manage"
    TOKENS_READ = "tokens.read"
    TOKENS_MANAGE = "tokens.manage"
    APPROVALS_READ = "approvals.read"
    AUDIT_READ = "audit.read"
    AUDIT_EXPORT = "audit.export"
    AUDIT_VERIFY = "audit.verify"
    SYSTEM_READ = "system.read"


P = Permission
ALL: Final = frozenset(Permission)
READS: Final = frozenset(each for each in Permission if each.endswith(".read")) - {P.AUDIT_READ}
"""All that is read without seeing a secret. The audit is not among it: it shows what people do."""
READS_ALL: Final = READS | {P.WEBHOOKS_READ_PLAIN, P.REQUESTS_READ_PLAIN}
AUDIT: Final = frozenset({P.AUDIT_READ, P.AUDIT_EXPORT, P.AUDIT_VERIFY})

ROLES: Final[Mapping[Role, tuple[str, frozenset[Permission]]]] = {
    Role.OWNER: ("everything but approving what he asked", ALL),
    Role.FINANCE: (
        "money, rates, fees, reports, reads all",
        READS_ALL
        | {
            P.MONEY_FUND,
            P.MONEY_PAY_OUT,
            P.MONEY_SETTLE,
            P.MONEY_COLLECT_FEES,
            P.MONEY_ADJUST,
            P.DIFFERENCES_SETTLE,
            P.RATES_CHANGE,
            P.FEES_CHANGE,
            P.REPORTS_MAKE,
            P.REPORTS_CLOSE,
        },
    ),
    Role.COMPLIANCE: (
        "KYC, screening, freezes, reveals, blocks, reads all",
        READS_ALL
        | {
            P.KYC_DECIDE,
            P.SCREENING_DECIDE,
            P.SCREENING_CHANGE,
            P.CUSTOMERS_FREEZE,
            P.CARDS_FREEZE,
            P.SECRETS_REVEAL,
            P.BLOCKS_ADD,
            P.BLOCKS_REMOVE,
        },
    ),
    Role.OPERATIONS: (
        "orders, decisions, pushes, jobs, bank entries",
        frozenset(
            {
                P.MERCHANTS_READ,
                P.CUSTOMERS_READ,
                P.CARDS_READ,
                P.ORDERS_READ,
                P.ORDERS_MANAGE,
                P.PAYOUTS_READ,
                P.PAYOUTS_APPROVE,
                P.WITHDRAWALS_READ,
                P.WITHDRAWALS_APPROVE,
                P.DEPOSITS_READ,
                P.DEPOSITS_DECIDE,
                P.PAYEES_READ,
                P.PAYEES_APPROVE,
                P.DECISIONS_READ,
                P.APPROVALS_READ,
                P.CONTRADICTIONS_SETTLE,
                P.ALARMS_SETTLE,
                P.WEBHOOKS_READ,
                P.WEBHOOKS_READ_PLAIN,
                P.WEBHOOKS_REPLAY,
                P.REQUESTS_READ,
                P.REQUESTS_READ_PLAIN,
                P.REQUESTS_RECORD,
                P.JOBS_READ,
                P.JOBS_MANAGE,
                P.BANK_READ,
                P.BANK_MATCH,
                P.DIFFERENCES_READ,
                P.DIFFERENCES_SETTLE,
                P.SYSTEM_READ,
            }
        ),
    ),
    Role.SUPPORT: (
        "reads without secrets, replays pushes, records requests",
        READS | {P.WEBHOOKS_REPLAY, P.REQUESTS_RECORD},
    ),
    Role.AUDITOR: ("reads all, audit and proofs, changes nothing", READS_ALL | AUDIT | {P.LEDGER_CHECK}),
}
"""Each role: a sentence, and its permissions."""


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """All that somebody with these roles may do."""
    return frozenset().union(*(ROLES[role][1] for role in roles))


def covers(roles: Iterable[Role], others: Iterable[Role]) -> bool:
    """True if whoever has `roles` may do all that `others` allow."""
    return permissions_of(others) <= permissions_of(roles)

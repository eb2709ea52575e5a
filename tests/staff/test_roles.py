"""The table of roles, written down a second time: who may do what changes only where both say so."""

from itertools import combinations

import pytest

from bursar.staff.model import Principal
from bursar.staff.roles import ROLES, Permission, Role, covers, permissions_of

SENTENCES = {
    "owner": "everything but approving what he asked",
    "finance": "money, rates, fees, reports, reads all",
    "compliance": "KYC, screening, freezes, reveals, blocks, reads all",
    "operations": "orders, decisions, pushes, jobs, bank entries",
    "support": "reads without secrets, replays pushes, records requests",
    "auditor": "reads all, audit and proofs, changes nothing",
}
TABLE = """
alarms.settle operations
approvals.read finance compliance operations support auditor
audit.export auditor
audit.read auditor
audit.verify auditor
bank.match operations
bank.read finance compliance operations support auditor
blocks.add compliance
blocks.read finance compliance support auditor
blocks.remove compliance
cards.freeze compliance
cards.read finance compliance operations support auditor
contradictions.settle operations
customers.freeze compliance
customers.read finance compliance operations support auditor
decisions.read finance compliance operations support auditor
deposits.decide operations
deposits.read finance compliance operations support auditor
differences.read finance compliance operations support auditor
differences.settle finance operations
fees.change finance
fees.read finance compliance support auditor
jobs.manage operations
jobs.read finance compliance operations support auditor
keys.manage
keys.read finance compliance support auditor
keys.rotate
kyc.decide compliance
kyc.read finance compliance support auditor
ledger.check auditor
ledger.read finance compliance support auditor
limits.change
merchant_users.manage
merchants.change
merchants.close
merchants.create
merchants.read finance compliance operations support auditor
merchants.suspend
money.adjust finance
money.collect_fees finance
money.fund finance
money.pay_out finance
money.read finance compliance support auditor
money.settle finance
orders.manage operations
orders.read finance compliance operations support auditor
payees.approve operations
payees.read finance compliance operations support auditor
payouts.approve operations
payouts.read finance compliance operations support auditor
policies.change
policies.read finance compliance support auditor
pools.change
pools.read finance compliance support auditor
products.change
products.read finance compliance support auditor
rates.change finance
rates.read finance compliance support auditor
reports.close finance
reports.make finance
reports.read finance compliance support auditor
requests.read finance compliance operations support auditor
requests.read_plain finance compliance operations auditor
requests.record operations support
screening.change compliance
screening.decide compliance
screening.read finance compliance support auditor
secrets.reveal compliance
staff.manage
staff.read finance compliance support auditor
system.read finance compliance operations support auditor
tokens.manage
tokens.read finance compliance support auditor
webhooks.read finance compliance operations support auditor
webhooks.read_plain finance compliance operations auditor
webhooks.replay operations support
withdrawals.approve operations
withdrawals.read finance compliance operations support auditor
"""
"""Beside each permission the roles that have it, besides the owner."""


def rows() -> dict[str, set[str]]:
    lines = (line.split() for line in TABLE.strip().splitlines())
    return {permission: {"owner", *roles} for permission, *roles in lines}


def test_each_role_is_for_what_its_sentence_says() -> None:
    assert {role.value: sentence for role, (sentence, _) in ROLES.items()} == SENTENCES


def test_the_table_has_every_permission() -> None:
    assert sorted(rows()) == sorted(Permission)


@pytest.mark.parametrize("permission", list(Permission))
def test_a_permission_is_had_by_these_roles_and_no_others(permission: Permission) -> None:
    having = {role.value for role in Role if Principal("staff:1", frozenset({role})).may(permission)}
    assert having == rows()[permission]


def test_whoever_only_reads_changes_nothing() -> None:
    changing = {each for each in Permission if not each.endswith((".read", ".read_plain"))}
    assert ROLES[Role.AUDITOR][1] & changing == {"audit.export", "audit.verify", "ledger.check"}
    assert ROLES[Role.SUPPORT][1] & changing == {"requests.record", "webhooks.replay"}


def test_support_sees_no_secret() -> None:
    assert not ROLES[Role.SUPPORT][1] & {Permission.SECRETS_REVEAL, Permission.WEBHOOKS_READ_PLAIN}


def test_roles_together_allow_what_each_allows() -> None:
    for one, other in combinations(Role, 2):
        assert permissions_of([one, other]) == ROLES[one][1] | ROLES[other][1]
    assert permissions_of([]) == frozenset()


def test_only_an_owner_covers_all() -> None:
    assert all(covers([Role.OWNER], [role]) for role in Role)
    assert [role for role in Role if covers([role], [Role.OWNER])] == [Role.OWNER]

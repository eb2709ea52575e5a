"""What the check sees, and how it says it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bursar.ledger.check import Proof, check, check_since_proof
from bursar.ledger.errors import NeverProven

from .scene import CARD, PURSE, WORLD, as_owner, fund, move, operation, rows


@pytest.fixture
async def books(ledger, ctx):
    """The purse has four entries: +10, -1, -2, -3."""
    await fund(ledger, ctx, "10")
    for amount in "123":
        await ledger.commit(ctx, operation(f"pay {amount}", move(PURSE, CARD, amount)))


async def test_sound_books_balance(books, database):
    assert await check(database) == Proof(balanced=True, books=1, entries=8, differences=[])


async def test_books_without_entries_balance(database):
    assert await check(database) == Proof(balanced=True, books=0, entries=0, differences=[])


IN_PURSE = "account_id = (SELECT id FROM ledger_account WHERE code = 'purse')"


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        (
            f"UPDATE ledger_entry SET amount = -500000 WHERE {IN_PURSE} AND version = 2",
            [
                "all USDT accounts: their sum is 0.500000 USDT, not zero",
                "operation {pay 1}: its entries sum to 0.500000 USDT, not to zero",
                "account purse in USDT: the balance stored is 4.000000 USDT, its entries sum to 4.500000 USDT",
                "account purse in USDT, entry 2: its balance is not the one before plus its amount",
                "account purse in USDT, entry 2: its hash does not follow from the entry before and its own row",
            ],
        ),
        (
            f"UPDATE ledger_entry SET kind = 'gift' WHERE {IN_PURSE} AND version = 3",
            ["account purse in USDT, entry 3: its hash does not follow from the entry before and its own row"],
        ),
        (
            f"UPDATE ledger_entry SET at = at + interval '1 microsecond' WHERE {IN_PURSE} AND version = 4",
            ["account purse in USDT, entry 4: its hash does not follow from the entry before and its own row"],
        ),
        (
            f"UPDATE ledger_entry SET hash = sha256('x') WHERE {IN_PURSE} AND version = 2",
            [
                "account purse in USDT, entry 2: its hash does not follow from the entry before and its own row",
                "account purse in USDT, entry 3: its hash does not follow from the entry before and its own row",
            ],
        ),
        (
            f"DELETE FROM ledger_entry WHERE {IN_PURSE} AND version IN (2, 3)",
            [
                "all USDT accounts: their sum is 3.000000 USDT, not zero",
                "operation {pay 1}: its entries sum to 1.000000 USDT, not to zero",
                "operation {pay 2}: its entries sum to 2.000000 USDT, not to zero",
                "account purse in USDT: the balance stored is 4.000000 USDT, its entries sum to 7.000000 USDT",
                "account purse in USDT, entry 4: entries 2 to 3 are missing before it",
            ],
        ),
        (
            f"DELETE FROM ledger_entry WHERE {IN_PURSE} AND version = 4",
            [
                "all USDT accounts: their sum is 3.000000 USDT, not zero",
                "operation {pay 3}: its entries sum to 3.000000 USDT, not to zero",
                "account purse in USDT: the balance stored is 4.000000 USDT, its entries sum to 7.000000 USDT",
                "account purse in USDT: it counts 4 entries, the newest entry is number 3",
            ],
        ),
        (
            "UPDATE ledger_account SET balance = balance + 1 WHERE code = 'card'",
            ["account card in USDT: the balance stored is 6.000001 USDT, its entries sum to 6.000000 USDT"],
        ),
        (
            "UPDATE ledger_account SET head = sha256('x') WHERE code = 'card'",
            ["account card in USDT: the hash stored is not the newest entry's"],
        ),
        (
            "UPDATE ledger_account SET may_go_negative = false WHERE code = 'world'",
            ["account world in USDT, entry 1: it takes the account below zero and nothing allows that"],
        ),
        (
            "DELETE FROM ledger_operation WHERE key = 'pay 2'",
            ["operation {pay 2}: it has entries but is not in the list of operations"],
        ),
        (
            "DELETE FROM ledger_account WHERE code = 'card'",
            [
                "all USDT accounts: their sum is -6.000000 USDT, not zero",
                "operation {pay 1}: its entries sum to -1.000000 USDT, not to zero",
                "operation {pay 1}: it has an entry of an account that does not exist",
                "operation {pay 2}: its entries sum to -2.000000 USDT, not to zero",
                "operation {pay 2}: it has an entry of an account that does not exist",
                "operation {pay 3}: its entries sum to -3.000000 USDT, not to zero",
                "operation {pay 3}: it has an entry of an account that does not exist",
            ],
        ),
    ],
)
async def test_tampering_is_seen_and_named(books, database, dsn, tampering, said):
    operations = await rows(database, "SELECT key, id::text FROM ledger_operation")
    assert as_owner(dsn, tampering) > 0
    proof = await check(database)
    assert not proof.balanced
    for key, operation_id in operations:
        said = [line.replace(f"{{{key}}}", operation_id) for line in said]
    assert [str(difference) for difference in proof.differences] == [f"book of merchant 1, {line}" for line in said]


async def test_a_difference_in_one_book_does_not_blame_another(books, ledger, database, dsn, ctx):
    await fund(ledger, replace(ctx, merchant_id=2), "10")
    as_owner(dsn, "UPDATE ledger_account SET balance = 0 WHERE merchant_id = 2 AND code = 'purse'")
    proof = await check(database)
    assert [(found.merchant_id, found.place) for found in proof.differences] == [(2, "account purse in USDT")]
    assert proof.books == 2


async def test_the_check_changes_nothing_and_leaves_the_connection_as_it_was(books, ledger, database, ctx):
    await check(database)
    await ledger.commit(ctx, operation("after", move(WORLD, PURSE, "1")))
    assert (await check(database)).entries == 10


def proven(dsn):
    """A proof of a night long ago, after which all entries of the scene were written but the first six."""
    as_owner(
        dsn,
        "INSERT INTO ledger_proof (night, started_at, ended_at, books, entries, differences)"
        " SELECT '2026-02-28', max(at) + interval '90 minutes', now(), 1, 6, 0 FROM ledger_entry WHERE version < 4",
    )


@pytest.fixture
async def proven_books(ledger, ctx, clock, dsn):
    """The purse has three entries before the last proof and two after it."""
    await fund(ledger, ctx, "10")
    for amount in "12":
        await ledger.commit(ctx, operation(f"pay {amount}", move(PURSE, CARD, amount)))
    proven(dsn)
    clock.advance(timedelta(hours=3))
    for amount in "34":
        await ledger.commit(ctx, operation(f"pay {amount}", move(PURSE, CARD, amount)))


async def test_books_that_were_never_proven_are_not_checked_in_part(books, database):
    with pytest.raises(NeverProven):
        await check_since_proof(database)


async def test_only_what_was_written_since_the_proof_is_read(proven_books, database):
    proof, last = await check_since_proof(database)
    assert (proof, last.entries) == (Proof(balanced=True, books=1, entries=4, differences=[]), 6)


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        (f"UPDATE ledger_entry SET amount = -500000 WHERE {IN_PURSE} AND version = 4", True),
        (f"UPDATE ledger_entry SET kind = 'gift' WHERE {IN_PURSE} AND version = 5", True),
        (f"DELETE FROM ledger_entry WHERE {IN_PURSE} AND version = 4", True),
        ("UPDATE ledger_account SET balance = balance + 5 WHERE code = 'purse'", True),
        (f"UPDATE ledger_entry SET hash = sha256('x') WHERE {IN_PURSE} AND version = 3", True),
        (f"UPDATE ledger_entry SET kind = 'gift' WHERE {IN_PURSE} AND version = 2", False),
        (f"DELETE FROM ledger_entry WHERE {IN_PURSE} AND version = 1", False),
    ],
)
async def test_what_was_changed_before_the_proof_is_found_by_the_whole_check_alone(
    proven_books, database, dsn, tampering, found
):
    as_owner(dsn, tampering)
    assert not (await check(database)).balanced
    assert (await check_since_proof(database))[0].balanced is not found

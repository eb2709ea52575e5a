"""Operations that are put together from parts."""

from dataclasses import fields

import pytest

from bursar.kernel.errors import Refused
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Operation, Part, Seen, fingerprint

from .scene import CARD, FEES, PURSE, WORLD, add_thing, balances, everything, fund, goes, job, move, operation, things


class NameTaken(Refused):
    """The name is taken."""


WEBHOOK = Part(writes=(add_thing(1, "told"),), jobs=(job("tell"),))
PAYMENT = Part(
    opens=(CARD,),
    seen=(Seen(CARD, 0),),
    transfers=(move(PURSE, CARD, "60"),),
    transitions=(goes(9, "new", "paid"),),
    writes=(add_thing(2, "paid"),),
    jobs=(job("pay"),),
    refusals={"thing_name_key": NameTaken},
)


def test_a_part_is_an_operation_without_key_fingerprint_kind_and_subject():
    whole = {field.name for field in fields(Operation)}
    assert whole - {field.name for field in fields(Part)} == {"key", "fingerprint", "kind", "subject"}


def test_parts_are_appended_in_their_order():
    assert (
        Part(
            opens=(CARD,),
            seen=(Seen(CARD, 0),),
            transfers=(move(PURSE, CARD, "60"),),
            transitions=(goes(9, "new", "paid"),),
            writes=(add_thing(2, "paid"), add_thing(1, "told")),
            jobs=(job("pay"), job("tell")),
            refusals={"thing_name_key": NameTaken},
        )
        == PAYMENT + WEBHOOK
    )


@pytest.mark.parametrize("part", [Part(), WEBHOOK, PAYMENT], ids=["nothing", "webhook", "payment"])
def test_an_empty_part_adds_nothing(part):
    assert part + Part() == Part() + part == part
    assert operation("o", move(WORLD, PURSE, "1")) + Part() == operation("o", move(WORLD, PURSE, "1"))


def test_it_does_not_matter_which_parts_are_put_together_first():
    fee = Part(transfers=(move(PURSE, FEES, "1"),), refusals={"fee_key": NameTaken})
    bare = operation("o", move(WORLD, PURSE, "100"))
    assert (bare + PAYMENT) + (WEBHOOK + fee) == bare + (PAYMENT + WEBHOOK) + fee
    assert (bare + PAYMENT).transfers == (move(WORLD, PURSE, "100"), move(PURSE, CARD, "60"))


def test_an_operation_keeps_its_key_and_what_it_is_about():
    bare = operation("o", asked="this")
    whole = bare + WEBHOOK
    assert (whole.key, whole.fingerprint, whole.kind, whole.subject) == (
        "o",
        fingerprint("o", "this"),
        "test",
        "test:1",
    )
    assert bare == operation("o", asked="this")


@pytest.mark.parametrize("first", [PAYMENT, operation("o") + PAYMENT], ids=["part", "operation"])
def test_two_refusals_for_one_constraint_are_an_error(first):
    with pytest.raises(ValueError, match="thing_name_key"):
        first + Part(refusals={"thing_name_key": NameTaken})


@pytest.mark.parametrize("first", [PAYMENT, operation("o")], ids=["part", "operation"])
def test_two_operations_are_not_one(first):
    with pytest.raises(TypeError):
        first + operation("p")


def test_a_decision_becomes_an_operation_of_the_request():
    decided = Decided("order", "ordered", "order:17", PAYMENT) + WEBHOOK
    assert decided.operation("r-1", b"asked") == Operation("r-1", b"asked", "ordered", "order:17") + PAYMENT + WEBHOOK


async def test_all_parts_are_committed_or_none(ledger, database, ctx):
    await fund(ledger, ctx, "160")
    ordered = Part(writes=(add_thing(7, "order"),))
    paid = Part(transfers=(move(PURSE, CARD, "60"),), jobs=(job("pay"),), refusals={"thing_name_key": NameTaken})
    await ledger.commit(ctx, operation("r-1") + ordered + paid)
    assert await balances(database) == {
        "world USDT": "-160.000000",
        "purse USDT": "100.000000",
        "card USDT": "60.000000",
    }
    assert await things(database) == {7: "new"}
    before = await everything(database)
    with pytest.raises(NameTaken):
        await ledger.commit(ctx, operation("r-2") + Part(writes=(add_thing(8, "order"),)) + paid)
    assert await everything(database) == before

"""The states of payees, and what is said about one."""

import pytest

from bursar.payouts.payees.accounts import read_stc_account
from bursar.payouts.payees.banks import list_banks
from bursar.payouts.payees.errors import StcAccountMalformed
from bursar.payouts.payees.model import TRANSITIONS, PayeeDetails, PayeeEvent, PayeeStatus
from bursar.sandbox.bank.accounts import test_accounts as sandbox_accounts


def test_a_deleted_payee_stays_deleted() -> None:
    assert not [status for status, _ in TRANSITIONS if status is PayeeStatus.DELETED]


def test_only_an_operator_moves_a_banned_payee() -> None:
    moves = {event for status, event in TRANSITIONS if status is PayeeStatus.BANNED}
    assert moves == {PayeeEvent.UNBANNED, PayeeEvent.DELETED}


def test_nobody_becomes_normal_but_by_a_decision() -> None:
    deciding = {PayeeEvent.APPROVED, PayeeEvent.UNBANNED, PayeeEvent.PAID_AT_ONCE}
    assert {event for (_, event), to in TRANSITIONS.items() if to is PayeeStatus.NORMAL} == deciding


def test_a_change_blanks_with_an_empty_text_and_keeps_without() -> None:
    said = PayeeDetails(name_en="A", address="B", swift_code="C")
    assert said.changed_by(PayeeDetails(address="", swift_code="D")) == PayeeDetails(name_en="A", swift_code="D")


@pytest.mark.parametrize("wrong", ["", "5", "5１2345678", "96651234567", "++966512345678", "512345678\n"])
def test_what_is_no_stc_account(wrong: str) -> None:
    with pytest.raises(StcAccountMalformed):
        read_stc_account(wrong)


def test_the_published_tables_are_whole() -> None:
    assert len(sandbox_accounts()) == 23
    assert [len(list_banks(country)) for country in ("SAU", "KWT", "ARE", None)] == [12, 26, 130, 168]

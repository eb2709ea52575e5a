"""Orders that name their payee in full: registered or brought up to date, approved, and paid in one commit."""

import asyncio
from decimal import Decimal

import pytest

from bursar.kernel.errors import Fact
from bursar.payouts.errors import BalanceTooLow, PayeeUidTaken
from bursar.payouts.model import NewRapidPayout, Payout
from bursar.payouts.payees.errors import (
    AccountMissing,
    BankAccountMalformed,
    BankMissing,
    NameMissing,
    PayeeDeleted,
    PayeeNotNormal,
    PayeeQuotaUsedUp,
    PayeeUnknown,
    StcAccountMalformed,
)
from bursar.payouts.payees.model import DocumentKind, PayeeDetails, PayeeRef
from tests.payees.treasury import GOOD_BANK, GOOD_IBAN, NORMAL_STC, REJECTED_IBAN, REJECTED_STC, Treasury

BANK = {"name_en": "Omar Saleh", "name_ar": "عمر صالح", "bank_code": GOOD_BANK, "iban": GOOD_IBAN}


def asked(uid: str = "u-1", ref: PayeeRef | None = None, amount: str = "100", **said: str) -> NewRapidPayout:
    method = "stc_pay" if "stc_account" in said else "bank_transfer"
    return NewRapidPayout(ref or PayeeRef(), PayeeDetails(**said), uid, Decimal(amount), "SAR", method)


async def rapid(treasury: Treasury, new: NewRapidPayout) -> Payout:
    return await treasury.payouts.rapid(treasury.ctx(), new)


async def test_a_new_payee_is_registered_and_paid_in_one_commit(treasury: Treasury) -> None:
    operations = await treasury.count("ledger_operation")
    order = await rapid(treasury, asked(**BANK))
    assert await treasury.count("ledger_operation") == operations + 1
    payee = await treasury.read(order.payee_id)
    assert (payee.status, payee.iban, order.kind, order.payee_version) == ("normal", GOOD_IBAN, "rapid", 1)
    assert (await treasury.payouts.payees_of(treasury.ctx(), [order]))[order.id] == payee
    assert await treasury.balances() == {"payout:available SAR": "900.00", "payout:frozen SAR": "100.00"}


async def test_the_same_account_is_the_same_payee(treasury: Treasury) -> None:
    first = await rapid(treasury, asked("u-1", **BANK))
    second = await rapid(treasury, asked("u-2", **{**BANK, "name_en": "Omar A. Saleh"}))
    assert (second.payee_id, second.payee_version) == (first.payee_id, 2)
    assert (await treasury.read(first.payee_id)).name_en == "Omar A. Saleh"
    third = await rapid(treasury, asked("u-3", stc_account="0555000111"))
    assert third.payee_id != first.payee_id


async def test_a_payee_with_a_reference_is_brought_up_to_date_and_approved(treasury: Treasury) -> None:
    payee = await treasury.payee("m-1")
    order = await rapid(treasury, asked(ref=PayeeRef(reference="m-1"), stc_account="555000111"))
    assert order.payee_id == payee.id
    after = await treasury.read(payee.id)
    assert (after.status, after.iban, after.has_stc_account) == ("normal", GOOD_IBAN, True)
    assert await treasury.announced() == [(str(payee.id), "incomplete", "normal")]


async def test_what_is_known_already_changes_nothing_but_the_order(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1")
    before = await treasury.table("payee")
    order = await rapid(
        treasury, asked(ref=PayeeRef(payee.id), **{**BANK, "name_en": "Huda Alharbi", "name_ar": "هدى الحربي"})
    )
    assert order.payee_version == payee.version
    assert await treasury.table("payee") == before


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({**BANK, "name_en": ""}, NameMissing),
        ({**BANK, "bank_code": ""}, BankMissing),
        ({**BANK, "iban": "SA00"}, BankAccountMalformed),
        ({"name_en": "A", "name_ar": "B"}, AccountMissing),
        ({"stc_account": ""}, AccountMissing),
        ({"stc_account": "12"}, StcAccountMalformed),
    ],
)
async def test_what_is_refused_registers_nobody(treasury: Treasury, said: dict[str, str], refusal: type[Fact]) -> None:
    before = await treasury.rows()
    with pytest.raises(refusal):
        await rapid(treasury, asked(**said))
    assert await treasury.rows() == before


async def test_without_money_nobody_is_registered(treasury: Treasury) -> None:
    before = await treasury.rows()
    with pytest.raises(BalanceTooLow):
        await rapid(treasury, asked(amount="1000.01", **BANK))
    await treasury.quota(0)
    with pytest.raises(PayeeQuotaUsedUp):
        await rapid(treasury, asked(**BANK))
    assert {**await treasury.rows(), "ledger_operation": ""} == {**before, "ledger_operation": ""}


async def test_banned_deleted_and_unknown_payees_are_not_paid(treasury: Treasury) -> None:
    banned, gone = await treasury.normal("m-1"), await treasury.payee("m-2")
    await treasury.payees.ban(treasury.ctx(), banned.id, None)
    await treasury.payees.delete(treasury.ctx(), PayeeRef(gone.id))
    for ref, refusal in (
        (PayeeRef(banned.id), PayeeNotNormal),
        (PayeeRef(gone.id), PayeeDeleted),
        (PayeeRef(77), PayeeUnknown),
    ):
        with pytest.raises(refusal):
            await rapid(treasury, asked(ref=ref, **BANK))


async def test_a_test_account_is_paid_at_once(treasury: Treasury) -> None:
    order = await rapid(treasury, asked(stc_account=NORMAL_STC))
    assert await treasury.count("job", "kind = 'payouts.review'") == 1
    assert (await treasury.read(order.payee_id)).stc_is_test


@pytest.mark.parametrize(
    "said", [{**BANK, "bank_code": "1174c", "iban": REJECTED_IBAN}, {"stc_account": REJECTED_STC}], ids=["bank", "stc"]
)
async def test_a_test_account_that_review_would_reject_is_approved_and_its_order_fails(
    treasury: Treasury, said: dict[str, str]
) -> None:
    order = await rapid(treasury, asked(**said))
    assert (await treasury.read(order.payee_id)).status == "normal"
    assert await treasury.balances() == {"payout:available SAR": "900.00", "payout:frozen SAR": "100.00"}
    await treasury.worker().run_due()
    ended = await treasury.payouts.get(treasury.ctx(), order.id)
    assert (ended.status, ended.reason) == ("failed", "refused by the sandbox's test account")
    assert await treasury.balances() == {"payout:available SAR": "1000.00"}
    await treasury.check_books()


async def test_a_payee_that_an_order_registered_still_needs_its_document(treasury: Treasury) -> None:
    payee = await treasury.read((await rapid(treasury, asked(**BANK))).payee_id)
    assert (payee.status, payee.missing) == ("normal", (DocumentKind.IDENTITY,))
    assert payee.otp_product == "Bursar"
    assert (await treasury.photographed(payee)).missing == ()


async def test_the_same_account_at_once_registers_one_payee(treasury: Treasury, beside: Treasury) -> None:
    made = await asyncio.gather(
        *(rapid(treasury if n % 2 else beside, asked(f"u-{n}", amount="10", **BANK)) for n in range(8))
    )
    assert len({order.payee_id for order in made}) == 1
    assert await treasury.count("payee") == 1
    assert await treasury.balances() == {"payout:available SAR": "920.00", "payout:frozen SAR": "80.00"}
    await treasury.check_books()


async def test_one_number_at_once_orders_once(treasury: Treasury, beside: Treasury) -> None:
    made = await asyncio.gather(
        *(rapid(treasury if n % 2 else beside, asked("u-1", **{**BANK, "name_en": f"Name {n}"})) for n in range(4)),
        return_exceptions=True,
    )
    assert [type(one) for one in made].count(Payout) == 1
    assert [type(one) for one in made].count(PayeeUidTaken) == 3
    assert await treasury.balances() == {"payout:available SAR": "900.00", "payout:frozen SAR": "100.00"}

"""STC accounts that are verified with a code, and payees that are approved without an operator."""

import pytest

from bursar.kernel.errors import Fact
from bursar.otp.errors import CodeWrong, ProductNameMissing, ProductNameUnknown, SessionUnknown
from bursar.payouts.payees.errors import AutoApprovalOff, AutoApprovalUnchangeable, NothingToVerify
from bursar.payouts.payees.model import NewPayee, Payee, PayeeDetails, PayeeRef
from tests.payees.treasury import Treasury, details


async def code(treasury: Treasury) -> str:
    return (await treasury.outbox.list_newest())[0].code or ""


async def automatic(treasury: Treasury, stc_account: str = "555000111") -> Payee:
    return await treasury.payee("m-1", auto=True, stc_account=stc_account)


async def test_a_photo_and_a_code_approve(treasury: Treasury) -> None:
    payee = await automatic(treasury)
    assert (await treasury.photographed(payee)).status == "pending"
    approved = await treasury.payees.submit_code(treasury.ctx(), PayeeRef(payee.id), await code(treasury))
    assert (approved.status, approved.stc_verified) == ("normal", True)
    with pytest.raises(NothingToVerify):
        await treasury.payees.resend_code(treasury.ctx(), PayeeRef(payee.id))


async def test_a_code_first_and_the_photo_later_approve_as_well(treasury: Treasury) -> None:
    payee = await automatic(treasury)
    verified = await treasury.payees.submit_code(treasury.ctx(), PayeeRef(payee.id), await code(treasury))
    assert verified.status == "incomplete"
    assert (await treasury.photographed(payee)).status == "normal"


async def test_without_an_stc_account_the_photo_approves(treasury: Treasury) -> None:
    payee = await treasury.payee("m-1", auto=True)
    assert (await treasury.photographed(payee)).status == "normal"
    assert await treasury.outbox.list_newest() == []


async def test_a_wrong_code_changes_nothing(treasury: Treasury) -> None:
    payee = await treasury.photographed(await automatic(treasury))
    wrong = "000000" if await code(treasury) != "000000" else "000001"
    with pytest.raises(CodeWrong):
        await treasury.payees.submit_code(treasury.ctx(), PayeeRef(payee.id), wrong)
    assert await treasury.read(payee.id) == payee


async def test_another_stc_account_is_verified_anew(treasury: Treasury) -> None:
    payee = await treasury.photographed(await automatic(treasury))
    await treasury.payees.submit_code(treasury.ctx(), PayeeRef(payee.id), await code(treasury))
    changed = await treasury.payees.update(treasury.ctx(), PayeeRef(payee.id), PayeeDetails(stc_account="555000222"))
    assert (changed.status, changed.stc_verified) == ("pending", False)
    assert (await treasury.outbox.list_newest())[0].recipient == "+966555000222"
    approved = await treasury.payees.submit_code(treasury.ctx(), PayeeRef(payee.id), await code(treasury))
    assert approved.status == "normal"


async def test_codes_are_for_payees_that_are_approved_automatically(treasury: Treasury) -> None:
    payee = await treasury.payee("m-1", stc_account="555000111")
    with pytest.raises(AutoApprovalOff):
        await treasury.payees.resend_code(treasury.ctx(), PayeeRef(payee.id))
    with pytest.raises(AutoApprovalOff):
        await treasury.payees.submit_code(treasury.ctx(), PayeeRef(payee.id), "123456")
    assert await treasury.outbox.list_newest() == []


async def test_a_payee_without_an_stc_account_has_nothing_to_verify(treasury: Treasury) -> None:
    payee = await treasury.payee("m-1", auto=True)
    with pytest.raises(NothingToVerify):
        await treasury.payees.resend_code(treasury.ctx(), PayeeRef(payee.id))


async def test_a_code_that_could_not_be_sent_can_be_resent(treasury: Treasury) -> None:
    await treasury.fault("sms.send", "refuse")
    payee = await automatic(treasury)
    with pytest.raises(SessionUnknown):
        await treasury.payees.submit_code(treasury.ctx(), PayeeRef(payee.id), "123456")
    await treasury.payees.resend_code(treasury.ctx(), PayeeRef(payee.id))
    verified = await treasury.payees.submit_code(treasury.ctx(), PayeeRef(payee.id), await code(treasury))
    assert verified.stc_verified


async def test_automatic_approval_is_switched_on_and_off(treasury: Treasury) -> None:
    payee = await treasury.photographed(await treasury.payee("m-1", stc_account="555000111"))
    ref = PayeeRef(payee.id)
    with pytest.raises(AutoApprovalUnchangeable):
        await treasury.payees.set_auto_approval(treasury.ctx(), ref, on=False)
    assert (await treasury.payees.set_auto_approval(treasury.ctx(), ref, on=True)).status == "pending"
    with pytest.raises(AutoApprovalUnchangeable):  # while the code can be answered
        await treasury.payees.set_auto_approval(treasury.ctx(), ref, on=False)
    await treasury.payees.submit_code(treasury.ctx(), ref, await code(treasury))
    assert not (await treasury.payees.set_auto_approval(treasury.ctx(), ref, on=False)).auto_approval


async def test_switching_it_on_approves_what_is_complete(treasury: Treasury) -> None:
    payee = await treasury.photographed(await treasury.payee("m-1"))
    switched = await treasury.payees.set_auto_approval(treasury.ctx(), PayeeRef(payee.id), on=True)
    assert switched.status == "normal"


@pytest.mark.parametrize(
    ("names", "product", "refusal"),
    [(("Bursar",), "Else", ProductNameUnknown), ((), "Bursar", ProductNameMissing), ((), None, ProductNameMissing)],
)
async def test_product_names_are_the_merchants(
    treasury: Treasury, names: tuple[str, ...], product: str | None, refusal: type[Fact]
) -> None:
    await treasury.change(product_names=names)
    before = await treasury.rows()
    said = details(stc_account="555000111", **({"otp_product": product} if product else {}))
    with pytest.raises(refusal):
        await treasury.payees.create(treasury.ctx(), NewPayee("m-1", said, auto_approval=True))
    assert await treasury.rows() == before

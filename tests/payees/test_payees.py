"""Payees: registering, changing, documents, review, and going away."""

import asyncio
from datetime import timedelta

import pytest

from bursar.kernel.errors import Fact, ProviderUnavailable
from bursar.kernel.paging import PageRequest
from bursar.merchants.payout.model import IbanCheck
from bursar.payouts.payees.errors import (
    AccountMissing,
    BankAccountMalformed,
    BankMissing,
    ChecksumMismatch,
    DocumentRefused,
    MobileMalformed,
    NameMissing,
    PayeeChanged,
    PayeeDeleted,
    PayeeHasOpenOrders,
    PayeeNotDecidable,
    PayeeNotNormal,
    PayeeQuotaUsedUp,
    PayeeUnknown,
    ReferenceTaken,
    StcAccountMalformed,
)
from bursar.payouts.payees.model import DocumentKind, NewPayee, Payee, PayeeDetails, PayeeFilter, PayeeRef
from tests.payees.treasury import (
    FAILED_IBAN,
    GOOD_CARD,
    GOOD_IBAN,
    NORMAL_STC,
    PAID_IBAN,
    REJECTED_IBAN,
    REJECTED_STC,
    Treasury,
    details,
    md5,
    png,
)


async def test_a_payee_starts_incomplete_and_its_photo_makes_it_pending(treasury: Treasury) -> None:
    payee = await treasury.payee("m-1")
    assert (payee.status, payee.missing) == ("incomplete", (DocumentKind.IDENTITY,))
    signed = await treasury.photographed(payee, DocumentKind.SIGNATURE)
    assert signed.status == "incomplete"
    complete = await treasury.photographed(payee)
    assert (complete.status, complete.missing) == ("pending", ())
    assert (await treasury.payees.document(treasury.ctx(), payee.id, DocumentKind.IDENTITY)).startswith(b"\xff\xd8")


async def test_what_was_said_is_kept_and_what_is_secret_is_sealed(treasury: Treasury) -> None:
    said = {"stc_account": "+966512345679", "mobile": "+966501234567", "address": "Riyadh", "iban": GOOD_IBAN}
    payee = await treasury.payee("m-1", **said)
    assert (payee.name_en, payee.iban, payee.mobile, payee.address) == (
        "Huda Alharbi",
        GOOD_IBAN,
        "+966501234567",
        "Riyadh",
    )
    secrets = await treasury.payees.secrets(treasury.ctx(), payee)
    assert (secrets.identity, secrets.card_number, secrets.stc_account) == ("1098765432", GOOD_CARD, "512345679")
    stored = " ".join((await treasury.rows(["payee", "ledger_operation", "webhook_delivery", "job"])).values())
    for secret in ("1098765432", GOOD_CARD, "512345679"):
        assert secret not in stored
        assert secret.encode().hex() not in stored


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"name_en": ""}, NameMissing),
        ({"name_ar": ""}, NameMissing),
        ({"bank_code": "", "iban": "", "card_number": ""}, AccountMissing),
        ({"bank_code": ""}, BankMissing),
        ({"bank_code": "nope"}, BankAccountMalformed),
        ({"card_number": "123456789012"}, BankAccountMalformed),
        ({"card_number": ""}, BankAccountMalformed),
        ({"iban": ""}, BankAccountMalformed),
        ({"iban": "SA0380000000608010167518"}, BankAccountMalformed),
        ({"iban": "GB82WEST12345698765432"}, BankAccountMalformed),
        ({"iban": "SA0000000000000000000099"}, BankAccountMalformed),
        ({"stc_account": "412345678"}, StcAccountMalformed),
        ({"stc_account": "00966512345678"}, StcAccountMalformed),
        ({"mobile": "0501234567"}, MobileMalformed),
        ({"mobile": "+966"}, MobileMalformed),
    ],
)
async def test_what_is_wrong_is_refused_and_changes_nothing(
    treasury: Treasury, said: dict[str, str], refusal: type[Fact]
) -> None:
    before = await treasury.rows()
    with pytest.raises(refusal):
        await treasury.payee("m-1", **said)
    assert await treasury.rows() == before


@pytest.mark.parametrize("spelt", ["512345679", "0512345679", "966512345679", "+966512345679"])
async def test_an_stc_account_has_one_spelling(treasury: Treasury, spelt: str) -> None:
    payee = await treasury.payee(stc_account=spelt)
    assert (await treasury.payees.secrets(treasury.ctx(), payee)).stc_account == "512345679"
    page = await treasury.payees.list_page(treasury.ctx(), PayeeFilter(stc_account="0512345679"), PageRequest(1, 20))
    assert [row.id for row in page.rows] == [payee.id]


@pytest.mark.parametrize("spelt", ["SA03 8000 0000 6080 1016 7519", "sa03\u00a08000 0000\t6080 1016 7519 "])
async def test_an_iban_in_printed_groups_is_taken_everywhere(treasury: Treasury, spelt: str) -> None:
    payee = await treasury.payee("m-1", iban=spelt)
    assert payee.iban == GOOD_IBAN
    changed = await treasury.payees.update(treasury.ctx(), PayeeRef(payee.id), PayeeDetails(iban=spelt))
    assert changed == payee
    page = await treasury.payees.list_page(treasury.ctx(), PayeeFilter(iban=spelt), PageRequest(1, 20))
    assert [found.id for found in page.rows] == [payee.id]


@pytest.mark.parametrize("iban", ["SA0000000000000000000099", "X", "A" * 34, "DE89370400440532013000"])
async def test_a_merchant_may_have_only_the_format_of_ibans_looked_at(treasury: Treasury, iban: str) -> None:
    with pytest.raises(BankAccountMalformed):
        await treasury.payee("m-1", iban=iban)
    await treasury.change(iban_check=IbanCheck.FORMAT)
    payee = await treasury.payee("m-1", iban=iban)
    assert payee.iban == iban
    for wrong in ("A" * 35, "SA-1", "SÄ1", ""):
        with pytest.raises(BankAccountMalformed):
            await treasury.payees.update(treasury.ctx(), PayeeRef(payee.id), PayeeDetails(iban=wrong))
    assert await treasury.read(payee.id) == payee


async def test_a_payee_without_a_product_name_has_the_merchants_first(treasury: Treasury) -> None:
    payee = await treasury.payee("m-1")
    assert payee.otp_product == "Bursar"
    await treasury.change(product_names=("Other", "Bursar", "Demo"))
    ref = PayeeRef(payee.id)
    assert await treasury.payees.update(treasury.ctx(), ref, PayeeDetails(name_en=payee.name_en)) == payee
    assert (await treasury.payees.update(treasury.ctx(), ref, PayeeDetails(otp_product="Demo"))).otp_product == "Demo"
    assert (await treasury.payees.update(treasury.ctx(), ref, PayeeDetails(otp_product=""))).otp_product == "Other"
    await treasury.change(product_names=())
    assert (await treasury.payee("m-2")).otp_product is None


async def test_the_same_request_again_gets_the_first_payee(treasury: Treasury) -> None:
    new = NewPayee("m-1", details())
    first = await treasury.payees.create(treasury.ctx("same"), new)
    assert await treasury.payees.create(treasury.ctx("same"), new) == first
    assert await treasury.count("payee") == 1


async def test_a_reference_names_one_payee(treasury: Treasury, beside: Treasury) -> None:
    made = await asyncio.gather(treasury.payee("m-1"), beside.payee("m-1"), return_exceptions=True)
    assert {type(one) for one in made} == {Payee, ReferenceTaken}
    assert await treasury.table("payee_count") == "(1,1,1000000)"


async def test_a_quota_is_kept_in_a_race(treasury: Treasury, beside: Treasury) -> None:
    await treasury.quota(3)
    made = await asyncio.gather(
        *((treasury if n % 2 else beside).payee(f"m-{n}") for n in range(8)), return_exceptions=True
    )
    assert [type(one) for one in made].count(Payee) == 3
    assert [type(one) for one in made].count(PayeeQuotaUsedUp) == 5


# ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def change(treasury: Treasury, payee: Payee, **said: str) -> Payee:
    return await treasury.payees.update(treasury.ctx(), PayeeRef(payee.id), PayeeDetails(**said))


async def test_a_change_is_looked_at_again(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1")
    changed = await change(treasury, payee, address="Jeddah")
    assert (changed.status, changed.address, changed.name_en) == ("pending", "Jeddah", "Huda Alharbi")
    assert (str(payee.id), "normal", "pending") in await treasury.announced()


async def test_the_same_details_change_nothing(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1", stc_account="512345679")
    before = await treasury.rows()
    assert await change(treasury, payee, name_en="Huda Alharbi", stc_account="+966512345679") == payee
    assert await treasury.rows() == before


async def test_an_incomplete_payee_stays_incomplete(treasury: Treasury) -> None:
    assert (await change(treasury, await treasury.payee("m-1"), address="Jeddah")).status == "incomplete"


async def test_a_rejected_payee_that_changes_is_looked_at_again(treasury: Treasury) -> None:
    payee = await treasury.photographed(await treasury.payee("m-1"))
    rejected = await treasury.payees.reject(treasury.ctx(), payee.id, "photo is blurred")
    assert (rejected.status, rejected.status_reason) == ("rejected", "photo is blurred")
    changed = await change(treasury, payee, address="Jeddah")
    assert (changed.status, changed.status_reason) == ("pending", None)


async def test_a_banned_payee_is_not_changed(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1")
    await treasury.payees.ban(treasury.ctx(), payee.id, "fraud")
    before = await treasury.rows()
    with pytest.raises(PayeeNotNormal):
        await change(treasury, payee, address="Jeddah")
    with pytest.raises(PayeeNotNormal):
        await treasury.photographed(payee)
    assert await treasury.rows() == before
    assert (await treasury.payees.approve(treasury.ctx(), payee.id)).status == "normal"


async def test_one_account_is_left_at_least(treasury: Treasury) -> None:
    payee = await treasury.payee("m-1", stc_account="512345679", iban=GOOD_IBAN)
    without_bank = await change(treasury, payee, bank_code="", iban="", card_number="")
    assert (without_bank.iban, without_bank.has_stc_account) == (None, True)
    with pytest.raises(AccountMissing):
        await change(treasury, payee, stc_account="")


async def test_a_change_of_what_was_not_seen_is_refused(treasury: Treasury) -> None:
    payee = await treasury.payee("m-1")
    treasury.clock.advance(timedelta(seconds=1))
    changed = await change(treasury, payee, address="Jeddah")
    ctx, ref, said = treasury.ctx(), PayeeRef(payee.id), PayeeDetails(address="Taif")
    with pytest.raises(PayeeChanged):
        await treasury.payees.update(ctx, ref, said, seen_at=payee.updated_at)
    assert (await treasury.payees.update(ctx, ref, said, seen_at=changed.updated_at)).address == "Taif"


async def test_every_change_is_told_apart_also_within_one_second(treasury: Treasury) -> None:
    payee = await treasury.payee("m-1")
    seen = [payee.updated_at]
    for street in range(3):
        changed = await change(treasury, payee, address=f"Street {street}")
        seen.append(changed.updated_at)
        with pytest.raises(PayeeChanged):
            await treasury.payees.update(
                treasury.ctx(), PayeeRef(payee.id), PayeeDetails(address="Taif"), seen_at=seen[-2]
            )
    wire = [int(at.timestamp()) for at in seen]
    assert len(set(wire)) == len(wire)
    treasury.clock.advance(timedelta(minutes=1))
    assert (await change(treasury, payee, address="Taif")).updated_at == treasury.clock.now()


async def test_of_changes_at_once_the_later_is_refused(treasury: Treasury, beside: Treasury) -> None:
    payee = await treasury.payee("m-1")
    made = await asyncio.gather(
        *(change(treasury if n % 2 else beside, payee, address=f"Street {n}") for n in range(6)),
        return_exceptions=True,
    )
    won = [one for one in made if isinstance(one, Payee)]
    assert len(won) >= 1
    assert all(isinstance(one, Payee | PayeeChanged) for one in made)
    assert (await treasury.read(payee.id)).version == 1 + len(won)


# ── documents ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_upload_must_be_what_was_sent_and_an_image(treasury: Treasury) -> None:
    payee = await treasury.payee("m-1")
    before = await treasury.rows()
    ref, kind = PayeeRef(payee.id), DocumentKind.IDENTITY
    with pytest.raises(ChecksumMismatch):
        await treasury.payees.add_document(treasury.ctx(), ref, kind, png(), md5(b"else"))
    with pytest.raises(DocumentRefused):
        await treasury.payees.add_document(treasury.ctx(), ref, kind, b"%PDF-1.7", md5(b"%PDF-1.7"))
    assert await treasury.rows() == before


async def test_a_store_that_fails_leaves_the_payee_alone(treasury: Treasury) -> None:
    payee = await treasury.payee("m-1")
    await treasury.fault("files.store", "error")
    with pytest.raises(ProviderUnavailable):
        await treasury.photographed(payee)
    assert await treasury.read(payee.id) == payee


async def test_a_photo_does_not_undo_a_decision_made_meanwhile(treasury: Treasury, beside: Treasury) -> None:
    payee = await treasury.photographed(await treasury.payee("m-1"))
    await asyncio.gather(
        treasury.photographed(payee, DocumentKind.SIGNATURE),
        beside.payees.ban(beside.ctx(), payee.id, None),
        return_exceptions=True,
    )
    assert (await treasury.read(payee.id)).status == "banned"


async def test_secrets_need_the_keeper_of_keys(treasury: Treasury) -> None:
    payee = await treasury.payee("m-1")
    await treasury.fault("secrets.store", "unreachable")
    with pytest.raises(ProviderUnavailable):
        await treasury.payees.secrets(treasury.ctx(), payee)


# ── review ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_decision_is_made_once(treasury: Treasury, beside: Treasury) -> None:
    payee = await treasury.photographed(await treasury.payee("m-1"))
    made = await asyncio.gather(
        treasury.payees.approve(treasury.ctx(), payee.id),
        beside.payees.reject(beside.ctx(), payee.id, None),
        return_exceptions=True,
    )
    assert {type(one) for one in made} == {Payee, PayeeNotDecidable}
    told = [row for row in await treasury.announced() if row[1] == "pending"]
    assert len(told) == 1


async def test_an_incomplete_payee_is_not_approved(treasury: Treasury) -> None:
    payee = await treasury.payee("m-1")
    with pytest.raises(PayeeNotDecidable):
        await treasury.payees.approve(treasury.ctx(), payee.id)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"iban": PAID_IBAN}, "normal"),
        ({"iban": FAILED_IBAN}, "normal"),
        ({"iban": REJECTED_IBAN}, "rejected"),
        ({"stc_account": NORMAL_STC}, "normal"),
        ({"stc_account": REJECTED_STC}, "rejected"),
        ({"stc_account": REJECTED_STC, "iban": PAID_IBAN}, "rejected"),
    ],
)
async def test_test_accounts_decide_at_once(treasury: Treasury, said: dict[str, str], status: str) -> None:
    payee = await treasury.payee("m-1", **said)
    assert payee.status == "incomplete"
    assert (await treasury.photographed(payee)).status == status


# ── looking and going away ───────────────────────────────────────────────────────────────────────────────────────


async def test_lists_are_searched(treasury: Treasury) -> None:
    first = await treasury.payee("m-1", name_en="Huda 100% _x", identity="A-1", card_number="4111111111111111")
    second = await treasury.payee("m-2", identity="A-2", iban=PAID_IBAN, bank_code="1174c")

    async def found(**which: object) -> list[int]:
        page = await treasury.payees.list_page(
            treasury.ctx(),
            PayeeFilter(**which),
            PageRequest(1, 20),  # type: ignore[arg-type]
        )
        assert page.total == len(page.rows)
        return [row.id for row in page.rows]

    assert await found() == [second.id, first.id]
    assert await found(identity="A-1") == [first.id]
    assert await found(identity="a-1") == []
    assert await found(card_number="4111111111111111") == [first.id]
    assert await found(iban=PAID_IBAN) == [second.id]
    assert await found(bank_code="1174c") == [second.id]
    assert await found(name_part="hUDA 100% _") == [first.id]
    assert await found(name_part="%") == [first.id]
    assert await found(references=("m-2", "m-3")) == [second.id]
    assert await found(payee_ids=(first.id, 5)) == [first.id]
    assert await found(status="normal") == []
    assert await found(stc_account="not a number") == []


async def test_a_deleted_payee_is_gone_and_its_reference_free(treasury: Treasury) -> None:
    payee = await treasury.payee("m-1")
    await treasury.payees.delete(treasury.ctx(), PayeeRef(reference="m-1"))
    with pytest.raises(PayeeDeleted):
        await treasury.read(payee.id)
    with pytest.raises(PayeeUnknown):
        await treasury.payees.get(treasury.ctx(), PayeeRef(reference="m-1"))
    with pytest.raises(PayeeDeleted):
        await treasury.payees.delete(treasury.ctx(), PayeeRef(payee.id))
    again = await treasury.payee("m-1")
    assert again.id != payee.id
    assert await treasury.table("payee_count") == "(1,1,1000000)"


async def test_a_payee_with_an_open_order_stays(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1")
    order = await treasury.order(payee, "u-1")
    before = await treasury.rows()
    with pytest.raises(PayeeHasOpenOrders):
        await treasury.payees.delete(treasury.ctx(), PayeeRef(payee.id))
    assert await treasury.rows() == before
    await treasury.payouts.cancel(treasury.ctx(), order.id)
    await treasury.payees.delete(treasury.ctx(), PayeeRef(payee.id))


async def test_no_order_is_left_open_for_a_payee_deleted_at_once(treasury: Treasury, beside: Treasury) -> None:
    for number in range(10):
        payee = await treasury.normal(f"m-{number}")
        ordered, deleted = await asyncio.gather(
            treasury.order(payee, f"u-{number}", "1"),
            beside.payees.delete(beside.ctx(), PayeeRef(payee.id)),
            return_exceptions=True,
        )
        assert isinstance(ordered, BaseException) != isinstance(deleted, BaseException)
    open_for_deleted = "status = 'pending' AND payee_id IN (SELECT id FROM payee WHERE status = 'deleted')"
    assert await treasury.count("payout", open_for_deleted) == 0


async def test_a_lowered_quota_does_not_keep_anybody(treasury: Treasury) -> None:
    first, _ = await treasury.payee("m-1"), await treasury.payee("m-2")
    await treasury.quota(1)
    with pytest.raises(PayeeQuotaUsedUp):
        await treasury.payee("m-3")
    await treasury.payees.delete(treasury.ctx(), PayeeRef(first.id))
    assert await treasury.count("payee", "status <> 'deleted'") == 1

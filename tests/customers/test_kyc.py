"""Verifications: what must be handed in, the verifier, and deciding once."""

import asyncio

import pytest

from bursar.customers.errors import CustomerUnknown, UnknownNationality
from bursar.customers.kyc.due import HandOverVerification
from bursar.customers.kyc.errors import (
    BackPhotoMissing,
    DocumentApprovedAlready,
    DocumentNotApprovedYet,
    NothingUnderReview,
    NoVerification,
    VerificationUnderWay,
    VerifierFailed,
)
from bursar.customers.kyc.model import Decision, VerificationStatus
from bursar.customers.model import DocumentKind, KycLevel, KycStatus, KycSummary
from bursar.files.errors import FileMissing
from bursar.files.purposes import FilePurpose
from bursar.files.service import UNUSED_FOR
from bursar.kernel.errors import ProviderUnavailable
from bursar.webhooks.model import DeliveryFilter
from bursar.webhooks.store import WebhookStore
from tests.customers.house import House


async def announced(house: House) -> list[dict[str, object]]:
    rows = await WebhookStore(house.database).list_deliveries(1, DeliveryFilter(), 10)
    return [dict(logged.delivery.detail) for logged in rows]


async def test_a_document_is_under_review_until_it_is_decided(house: House) -> None:
    customer = await house.customer()
    submitted = await house.kyc.submit(house.ctx(), await house.verification(customer, document_number="AB 123"))
    assert (submitted.status, submitted.shown_status) == (VerificationStatus.UNDER_REVIEW, KycStatus.UNDER_REVIEW)
    assert (await house.read(customer)).kyc == KycSummary(KycStatus.UNDER_REVIEW)
    decided = await house.kyc.decide(house.ctx(), customer, Decision.APPROVED, "looks good")
    assert (decided.id, decided.status, decided.reason) == (submitted.id, VerificationStatus.APPROVED, "looks good")
    assert decided.decided_at == house.clock.now()
    assert (await house.read(customer)).kyc == KycSummary(
        KycStatus.APPROVED, KycLevel.PRIMARY, DocumentKind.PASSPORT, "GB"
    )


async def test_a_decision_is_announced_once(house: House) -> None:
    customer = await house.customer()
    submitted = await house.kyc.submit(house.ctx(), await house.verification(customer))
    assert await announced(house) == []
    ctx = house.ctx()
    await house.kyc.decide(ctx, customer, Decision.REJECTED, "blurred")
    await house.kyc.decide(ctx, customer, Decision.REJECTED, "blurred")
    assert await announced(house) == [
        {
            "kyc_id": submitted.id,
            "customer_id": customer,
            "credential": "passport",
            "status": "rejected",
            "reason": "blurred",
        }
    ]


async def test_a_selfie_follows_a_document_and_raises_the_level(house: House) -> None:
    customer = await house.customer()
    with pytest.raises(DocumentNotApprovedYet):
        await house.kyc.submit(house.ctx(), await house.verification(customer, DocumentKind.SELFIE))
    await house.verified(customer)
    await house.verified(customer, DocumentKind.SELFIE)
    assert (await house.read(customer)).kyc == KycSummary(
        KycStatus.APPROVED, KycLevel.ADVANCED, DocumentKind.PASSPORT, "GB"
    )


async def test_a_rejected_selfie_leaves_the_document_approved(house: House) -> None:
    customer = await house.customer()
    await house.verified(customer)
    house.clock.advance(UNUSED_FOR)
    await house.kyc.submit(house.ctx(), await house.verification(customer, DocumentKind.SELFIE))
    await house.kyc.decide(house.ctx(), customer, Decision.REJECTED)
    assert (await house.read(customer)).kyc == KycSummary(
        KycStatus.REJECTED, KycLevel.PRIMARY, DocumentKind.PASSPORT, "GB"
    )


@pytest.mark.parametrize(
    "credential", [DocumentKind.ID_CARD, DocumentKind.DRIVING_LICENCE, DocumentKind.RESIDENCE_PERMIT]
)
async def test_cards_need_a_photo_of_their_back(house: House, credential: DocumentKind) -> None:
    customer = await house.customer()
    photos = {FilePurpose.DOCUMENT_FRONT: await house.photo(FilePurpose.DOCUMENT_FRONT)}
    new = await house.verification(customer, credential, photos=photos)
    before = await house.rows()
    with pytest.raises(BackPhotoMissing):
        await house.kyc.submit(house.ctx(), new)
    assert await house.rows() == before


async def test_a_passport_needs_none(house: House) -> None:
    customer = await house.customer()
    photos = {FilePurpose.DOCUMENT_FRONT: await house.photo(FilePurpose.DOCUMENT_FRONT)}
    verification = await house.kyc.submit(house.ctx(), await house.verification(customer, photos=photos))
    assert verification.photos == photos


async def test_the_first_photo_that_is_not_there_is_named(house: House) -> None:
    customer = await house.customer()
    good = await house.verification(customer)
    named = []
    for purpose in (
        FilePurpose.SIGNATURE,
        FilePurpose.HANDHELD_PASSPORT,
        FilePurpose.HANDHELD_BACK,
        FilePurpose.HANDHELD_FRONT,
        FilePurpose.DOCUMENT_BACK,
        FilePurpose.DOCUMENT_FRONT,
    ):
        good = await house.verification(customer, photos={**good.photos, purpose: 404})
        with pytest.raises(FileMissing) as refused:
            await house.kyc.submit(house.ctx(), good)
        named.append(refused.value.purpose)
    assert named == [
        FilePurpose.SIGNATURE,
        FilePurpose.HANDHELD_PASSPORT,
        FilePurpose.HANDHELD_BACK,
        FilePurpose.HANDHELD_FRONT,
        FilePurpose.DOCUMENT_BACK,
        FilePurpose.DOCUMENT_FRONT,
    ]


async def test_a_photo_of_something_else_will_not_do(house: House) -> None:
    customer = await house.customer()
    back = await house.photo(FilePurpose.DOCUMENT_BACK)
    new = await house.verification(customer, photos={FilePurpose.DOCUMENT_FRONT: back})
    with pytest.raises(FileMissing):
        await house.kyc.submit(house.ctx(), new)


async def test_a_photo_that_has_expired_will_not_do(house: House) -> None:
    customer = await house.customer()
    new = await house.verification(customer)
    house.clock.advance(UNUSED_FOR)
    with pytest.raises(FileMissing):
        await house.kyc.submit(house.ctx(), new)


async def test_who_and_where_from_come_first(house: House) -> None:
    customer = await house.customer()
    with pytest.raises(CustomerUnknown):
        await house.kyc.submit(house.ctx(), await house.verification(404, nationality="XX", photos={}))
    with pytest.raises(UnknownNationality):
        await house.kyc.submit(
            house.ctx(), await house.verification(customer, nationality="XX", photos={FilePurpose.DOCUMENT_FRONT: 404})
        )


async def test_a_document_proves_who_one_customer_is(house: House) -> None:
    first, second = await house.customer(), await house.customer()
    await house.verified(first, document_number="AB 123-4")
    for customer in (first, second):
        new = await house.verification(customer, document_number="ab1234")
        before = await house.rows()
        with pytest.raises(DocumentApprovedAlready) as refused:
            await house.kyc.submit(house.ctx(), new)
        assert refused.value.number == "ab1234"
        assert "ab1234" not in repr(refused.value)
        assert await house.rows() == before


async def test_of_two_customers_with_one_document_under_review_one_can_be_approved(house: House) -> None:
    first, second = await house.customer(), await house.customer()
    for customer in (first, second):
        await house.kyc.submit(house.ctx(), await house.verification(customer, document_number="AB1234"))
    await house.kyc.decide(house.ctx(), second, Decision.APPROVED)
    before = await house.rows()
    with pytest.raises(DocumentApprovedAlready):
        await house.kyc.decide(house.ctx(), first, Decision.APPROVED)
    assert await house.rows() == before
    await house.kyc.decide(house.ctx(), first, Decision.REJECTED)


async def test_a_rejected_document_may_be_submitted_again(house: House) -> None:
    customer = await house.customer()
    new = await house.verification(customer, document_number="AB1234")
    await house.kyc.submit(house.ctx(), new)
    await house.kyc.decide(house.ctx(), customer, Decision.REJECTED)
    assert (await house.read(customer)).kyc == KycSummary(KycStatus.REJECTED)
    house.clock.advance(UNUSED_FOR * 2)
    again = await house.kyc.submit(house.ctx(), new)
    assert again.status is VerificationStatus.UNDER_REVIEW
    assert (await house.read(customer)).kyc == KycSummary(KycStatus.UNDER_REVIEW)


async def test_one_verification_is_under_way_at_a_time(house: House) -> None:
    customer = await house.customer()
    await house.kyc.submit(house.ctx(), await house.verification(customer))
    new = await house.verification(customer)
    before = await house.rows()
    with pytest.raises(VerificationUnderWay):
        await house.kyc.submit(house.ctx(), new)
    assert await house.rows() == before


async def test_two_submissions_at_once_are_one(house: House, beside: House) -> None:
    customer = await house.customer()
    one, other = await house.verification(customer), await house.verification(customer)
    results = await asyncio.gather(
        house.kyc.submit(house.ctx(), one), beside.kyc.submit(beside.ctx(), other), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["Verification", "VerificationUnderWay"]


async def test_a_repeated_request_is_one_verification(house: House) -> None:
    customer = await house.customer()
    new = await house.verification(customer)
    first = await house.kyc.submit(house.ctx("once"), new)
    assert await house.kyc.submit(house.ctx("once"), new) == first


@pytest.mark.parametrize("outcome", ["refuse", "error", "timeout", "unreachable"])
async def test_what_the_verifier_does_not_take_counts_as_never_submitted(house: House, outcome: str) -> None:
    customer = await house.customer()
    new = await house.verification(customer)
    await house.fault("kyc.submit", outcome)
    with pytest.raises(VerifierFailed):
        await house.kyc.submit(house.ctx("once"), new)
    with pytest.raises(VerifierFailed):
        await house.kyc.submit(house.ctx("once"), new)
    assert (await house.read(customer)).kyc == KycSummary()
    with pytest.raises(NoVerification):
        await house.kyc.list_all(house.ctx(), customer)
    with pytest.raises(NothingUnderReview):
        await house.kyc.decide(house.ctx(), customer, Decision.APPROVED)
    assert (await house.kyc.submit(house.ctx(), new)).status is VerificationStatus.UNDER_REVIEW


async def test_one_that_a_dead_process_accepted_is_handed_over_by_the_job(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await house.customer()
    new = await house.verification(customer)

    async def dies(*_: object, **__: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(house.kyc, "_hand_over", dies)
        with pytest.raises(asyncio.CancelledError):
            await house.kyc.submit(house.ctx("once"), new)
    [accepted] = await house.kyc.list_all(house.ctx(), customer)
    assert (accepted.status, accepted.shown_status) == (VerificationStatus.SUBMITTED, KycStatus.UNDER_REVIEW)

    await house.fault("kyc.submit", "timeout")
    with pytest.raises(ProviderUnavailable):
        await house.kyc.hand_over(house.ctx(), HandOverVerification(accepted.id))
    await house.kyc.hand_over(house.ctx(), HandOverVerification(accepted.id))
    await house.kyc.hand_over(house.ctx(), HandOverVerification(accepted.id))
    assert (await house.kyc.submit(house.ctx("once"), new)).status is VerificationStatus.UNDER_REVIEW


@pytest.mark.parametrize(
    ("decision", "status"),
    [(Decision.APPROVED, VerificationStatus.APPROVED), (Decision.REJECTED, VerificationStatus.REJECTED)],
)
async def test_one_that_is_decided_before_the_repeat_is_answered_with_the_decision(
    house: House, decision: Decision, status: VerificationStatus
) -> None:
    customer = await house.customer()
    new = await house.verification(customer, document_number="AB 123")
    submitted = await house.kyc.submit(house.ctx("once"), new)  # and the process dies before it has answered
    await house.kyc.decide(house.ctx(), customer, decision)
    before = await house.rows()
    again = await house.kyc.submit(house.ctx("once"), new)
    assert (again.id, again.status) == (submitted.id, status)
    assert await house.rows() == before


async def test_the_job_gives_up_on_one_that_the_verifier_refuses(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = await house.customer()

    async def dies(*_: object, **__: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(house.kyc, "_hand_over", dies)
        with pytest.raises(asyncio.CancelledError):
            await house.kyc.submit(house.ctx(), await house.verification(customer))
    [accepted] = await house.kyc.list_all(house.ctx(), customer)
    await house.fault("kyc.submit", "refuse")
    await house.kyc.hand_over(house.ctx(), HandOverVerification(accepted.id))
    assert (await house.read(customer)).kyc == KycSummary()


async def test_two_decisions_at_once_are_one(house: House, beside: House) -> None:
    customer = await house.customer()
    await house.kyc.submit(house.ctx(), await house.verification(customer))
    results = await asyncio.gather(
        house.kyc.decide(house.ctx(), customer, Decision.APPROVED),
        beside.kyc.decide(beside.ctx(), customer, Decision.REJECTED),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["NothingUnderReview", "Verification"]
    assert len(await announced(house)) == 1


async def test_nothing_is_decided_twice_or_for_nobody(house: House) -> None:
    customer = await house.customer()
    with pytest.raises(CustomerUnknown):
        await house.kyc.decide(house.ctx(), 404, Decision.APPROVED)
    with pytest.raises(NothingUnderReview):
        await house.kyc.decide(house.ctx(), customer, Decision.APPROVED)
    await house.verified(customer)
    before = await house.rows()
    with pytest.raises(NothingUnderReview):
        await house.kyc.decide(house.ctx(), customer, Decision.REJECTED)
    assert await house.rows() == before


async def test_verifications_are_listed_newest_first(house: House) -> None:
    customer = await house.customer()
    await house.verified(customer)
    house.clock.advance(UNUSED_FOR)
    await house.verified(customer, DocumentKind.SELFIE)
    selfie, document = await house.kyc.list_all(house.ctx(), customer)
    assert (selfie.credential, document.credential) == (DocumentKind.SELFIE, DocumentKind.PASSPORT)
    assert await house.kyc.list_all(house.ctx(), customer, document.id) == [document]
    with pytest.raises(NoVerification):
        await house.kyc.list_all(house.ctx(), customer, 404)
    with pytest.raises(CustomerUnknown):
        await house.kyc.list_all(house.ctx(), 404)


async def test_the_documents_number_stands_nowhere_in_clear(house: House) -> None:
    await house.verified(await house.customer(), document_number="SECRET4711")
    found = await house.rows()
    assert found["kyc"] != ""
    assert not [table for table, rows in found.items() if "SECRET4711" in rows or b"SECRET4711".hex() in rows]

"""Use cases of verifications.

A verification is accepted here first, then handed to the verifier, then marked as handed over, each in a commit of its
own, with no transaction open while the verifier is called. A process that dies on the way leaves a job that hands it
over again; the verifier takes each id once. One that the verifier does not take is marked as failed, and counts as if
it had never been.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Final

from psycopg.types.json import Jsonb

from bursar.customers.areas import get_country
from bursar.customers.kyc.due import HandOverVerification
from bursar.customers.kyc.errors import (
    DocumentApprovedAlready,
    DocumentNotApprovedYet,
    NothingUnderReview,
    NoVerification,
    VerificationUnderWay,
    VerifierFailed,
)
from bursar.customers.kyc.model import OPEN, Decision, NewVerification, Verification, VerificationStatus
from bursar.customers.kyc.store import VERIFICATION, KycStore, queries
from bursar.customers.kyc.verifier import KycSubmission, KycVerifier
from bursar.customers.model import Customer, KycLevel
from bursar.customers.service import Customers
from bursar.files.errors import FileMissing
from bursar.files.purposes import FilePurpose
from bursar.files.service import Files, in_use
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact, ProviderRefused, ProviderUnavailable
from bursar.kernel.paging import Place
from bursar.ledger.decisions import Decided
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Job, Operation, Part, Transition, Write, fingerprint
from bursar.screening.model import SubjectKind
from bursar.screening.service import Gate
from bursar.webhooks.model import Announcement
from bursar.webhooks.service import announce

HANDED_OVER_WITHIN: Final = timedelta(seconds=60)
"""Longer than a process that lives needs for it."""
DECIDED: Final = "kyc_decided"
"""The event; its detail holds `kyc_id`, `customer_id`, `credential`, `status` and `reason`."""
_DOCUMENT_NUMBER: Final = "document number"
_NEVER_TAKEN: Final = (ProviderRefused, FileMissing)
_NOT_TAKEN_AT_ONCE: Final = (*_NEVER_TAKEN, ProviderUnavailable)
_SUBMITTED: Final[frozenset[str]] = frozenset({VerificationStatus.SUBMITTED})


class Kyc:
    """The verifications of a merchant's customers."""

    def __init__(self, ground: Ground, customers: Customers, files: Files, verifier: KycVerifier) -> None:
        self._store = KycStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._vault = ground.vault
        self._customers = customers
        self._files = files
        self._verifier = verifier
        self._gate = Gate(ground)

    async def list_all(self, ctx: Context, customer_id: int, kyc_id: int | None = None) -> list[Verification]:
        """A customer's verifications, or one of them, newest first; raises CustomerUnknown or NoVerification."""
        await self._customers.get(ctx, customer_id)
        found = await self._store.list_all(ctx.merchant_id, customer_id, kyc_id)
        if not found:
            raise NoVerification(customer_id)
        return found

    # ── submitting ───────────────────────────────────────────────────────────────────────────────────────────────

    async def submit(self, ctx: Context, new: NewVerification) -> Verification:
        """Have a customer verified. A repeat of the same request is answered with the present state of the first.

        Raises the first that applies of: CustomerUnknown; UnknownNationality; FileMissing; BackPhotoMissing;
        DocumentApprovedAlready; DocumentNotApprovedYet; VerificationUnderWay; VerifierFailed.
        """
        document_hash = self._document_hash(ctx, new)
        asked = _asked(new, document_hash)
        customer = await self._customers.get(ctx, new.customer_id)
        if receipt := await self._ledger.find_receipt(ctx, ctx.request_key, asked):
            return await self._hand_over_now(ctx, receipt.subject_id, customer)
        get_country(new.nationality)
        await self._files.check_usable(ctx, new.ordered_photos)
        new.check_complete()
        if document_hash and await self._store.document_is_approved(ctx.merchant_id, document_hash):
            raise DocumentApprovedAlready(new.document_number or "")
        if new.level is KycLevel.ADVANCED and customer.kyc.level is KycLevel.NONE:
            raise DocumentNotApprovedYet(customer.id)
        kyc_id = await self._accept(ctx, new, asked, document_hash)
        return await self._hand_over_now(ctx, kyc_id, customer)

    async def _accept(self, ctx: Context, new: NewVerification, asked: bytes, document_hash: bytes | None) -> int:
        kyc_id = self._ids.next()
        row = {
            "id": kyc_id,
            "customer_id": new.customer_id,
            "credential": new.credential,
            "level": new.level,
            "nationality": new.nationality,
            "photos": Jsonb(new.ordered_photos),
            "document_number": await self._sealed_number(ctx, new),
            "document_hash": document_hash,
            "submitted_at": ctx.now(),
        }
        receipt = await self._ledger.commit(ctx, _acceptance(ctx, kyc_id, new, asked, row))
        return receipt.subject_id

    def _document_hash(self, ctx: Context, new: NewVerification) -> bytes | None:
        identity = new.document_identity
        return self._vault.keyed_hash(_DOCUMENT_NUMBER, f"{ctx.merchant_id}|{identity}") if identity else None

    async def _sealed_number(self, ctx: Context, new: NewVerification) -> bytes | None:
        if new.document_number is None:
            return None
        return await self._vault.seal(ctx.merchant_id, _DOCUMENT_NUMBER, new.document_number.encode())

    async def _get(self, ctx: Context, kyc_id: int) -> Verification:
        found = await self._store.find(ctx.merchant_id, kyc_id)
        if found is None:
            raise NoVerification(0)
        return found

    # ── handing over ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _hand_over_now(self, ctx: Context, kyc_id: int, customer: Customer) -> Verification:
        """Hand it to the verifier while the caller waits: it fails unless the verifier takes it at once."""
        verification = await self._get(ctx, kyc_id)
        return await self._hand_over(ctx, verification, customer, failing=_NOT_TAKEN_AT_ONCE)

    async def _hand_over(
        self, ctx: Context, verification: Verification, customer: Customer, *, failing: tuple[type[Fact], ...]
    ) -> Verification:
        """Give it to the verifier unless that is done; raises VerifierFailed when one of `failing` comes of it."""
        if verification.status is VerificationStatus.SUBMITTED:
            try:
                await self._verifier.submit(await self._submission(ctx, verification, customer))
            except failing as fault:
                await self._move(ctx, verification, VerificationStatus.FAILED)
                raise VerifierFailed(verification.id) from fault
            await self._move(ctx, verification, VerificationStatus.UNDER_REVIEW)
            verification = await self._get(ctx, verification.id)
        if verification.status is VerificationStatus.FAILED:
            raise VerifierFailed(verification.id)
        return verification

    async def document_number(self, ctx: Context, kyc_id: int) -> str | None:
        """The number of a verification's document in clear, for whoever judges it; raises SecretUnreadable."""
        sealed = await self._store.find_document_number(ctx.merchant_id, kyc_id)
        if sealed is None:
            return None
        return (await self._vault.open(ctx.merchant_id, _DOCUMENT_NUMBER, sealed)).decode()

    async def _submission(self, ctx: Context, verification: Verification, customer: Customer) -> KycSubmission:
        async def read_photo(purpose: FilePurpose) -> bytes:
            return await self._files.content(ctx, verification.photos[purpose])

        number = await self.document_number(ctx, verification.id)
        profile = customer.profile
        return KycSubmission(
            verification.id,
            ctx.merchant_id,
            customer.id,
            profile.given_name or "",
            profile.last_name or "",
            profile.born_on,
            verification.credential,
            verification.nationality,
            number,
            verification.photos,
            read_photo,
        )

    async def _move(self, ctx: Context, verification: Verification, to: VerificationStatus) -> None:
        """Move the verification to a status, unless somebody else has moved it on meanwhile."""
        used = _photos_in_use(verification) if to is VerificationStatus.UNDER_REVIEW else ()
        operation = Operation(
            key=f"kyc:{verification.id}:{to}",
            fingerprint=fingerprint("kyc", verification.id, to),
            kind=f"kyc_{to}",
            subject=f"kyc:{verification.id}",
            transitions=(Transition(VERIFICATION, verification.id, _SUBMITTED, to), *used),
        )
        try:
            await self._ledger.commit(ctx, operation)
        except StateChanged as changed:
            if changed.machine != VERIFICATION.name:  # a photo was removed: it was too late for it
                await self._move(ctx, verification, VerificationStatus.FAILED)

    async def hand_over(self, ctx: Context, due: HandOverVerification) -> None:
        """The job that hands a verification over if that was not done.

        Raises ProviderUnavailable, and is tried again then: nobody has been told that it failed.
        """
        verification = await self._get(ctx, due.kyc_id)
        if verification.status is VerificationStatus.SUBMITTED:
            customer = await self._customers.get(ctx, verification.customer_id)
            with suppress(VerifierFailed):
                await self._hand_over(ctx, verification, customer, failing=_NEVER_TAKEN)

    # ── deciding ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def decide(
        self, ctx: Context, customer_id: int, decision: Decision, reason: str | None = None
    ) -> Verification:
        """Approve or reject the verification under review, once; the merchant is told.

        Raises CustomerUnknown, NothingUnderReview, ScreeningOpen for an approval, or DocumentApprovedAlready when the
        document has meanwhile proven another customer's identity.
        """
        verification = await self.get_open(ctx, customer_id)
        decided = self._decision(ctx, verification, decision, reason)
        decided += await self._screened(ctx, verification, decision)
        asked = fingerprint("kyc decided", verification.id, decision, reason)
        try:
            await self._ledger.commit(ctx, decided.operation(ctx.request_key, asked))
        except StateChanged:
            raise NothingUnderReview(customer_id) from None
        return await self._get(ctx, verification.id)

    async def list_waiting(self, after: Place, limit: int) -> list[tuple[int, Verification]]:
        """Merchants and verifications that wait for a decision, the longest waiting first, behind a place."""
        return await self._store.list_waiting(after, limit)

    async def get(self, ctx: Context, kyc_id: int) -> Verification:
        """A verification by its number; raises NoVerification."""
        return await self._get(ctx, kyc_id)

    async def decided(
        self, ctx: Context, kyc_id: int, decision: Decision, reason: str | None = None
    ) -> Decided[Verification]:
        """The decision on a verification under review, for an operation that carries more.

        Raises NoVerification, NothingUnderReview, or ScreeningOpen for an approval; the commit may refuse with
        DocumentApprovedAlready.
        """
        verification = await self._get(ctx, kyc_id)
        if verification.status not in OPEN:
            raise NothingUnderReview(verification.customer_id)
        screened = await self._screened(ctx, verification, decision)
        return self._decision(ctx, verification, decision, reason) + screened

    async def _screened(self, ctx: Context, verification: Verification, decision: Decision) -> Part:
        """The condition of an approval; raises ScreeningOpen."""
        if decision is not Decision.APPROVED:
            return Part()
        return await self._gate.condition(ctx, (SubjectKind.CUSTOMER, verification.customer_id))

    async def get_open(self, ctx: Context, customer_id: int) -> Verification:
        """The customer's open one, else the newest: the commit refuses one that is not open any more.

        Raises CustomerUnknown or NothingUnderReview.
        """
        await self._customers.get(ctx, customer_id)
        found = await self._store.list_all(ctx.merchant_id, customer_id)
        if not found:
            raise NothingUnderReview(customer_id)
        return next((verification for verification in found if verification.status in OPEN), found[0])

    def _decision(
        self, ctx: Context, verification: Verification, decision: Decision, reason: str | None
    ) -> Decided[Verification]:
        told = announce(self._ids, ctx, decision_announced(verification, decision, reason))
        values = {"reasons": reason, "decided_at": ctx.now()}
        decided = Part(
            transitions=(
                Transition(VERIFICATION, verification.id, OPEN, decision, values),
                *_photos_in_use(verification),
            ),
            refusals={"kyc_document_key": lambda: DocumentApprovedAlready("")},
        )
        return Decided(verification, f"kyc_{decision}", f"kyc:{verification.id}", decided + told)


def _asked(new: NewVerification, document_hash: bytes | None) -> bytes:
    """The fingerprint of a request."""
    photos, document = list(new.ordered_photos.items()), (document_hash or b"").hex()
    return fingerprint("kyc submitted", new.customer_id, new.credential, new.nationality, photos, document)


def _acceptance(ctx: Context, kyc_id: int, new: NewVerification, asked: bytes, row: Mapping[str, object]) -> Operation:
    return Operation(
        key=ctx.request_key,
        fingerprint=asked,
        kind="kyc_submitted",
        subject=f"kyc:{kyc_id}",
        writes=(Write(queries.add_kyc, row),),
        jobs=(Job(HandOverVerification(kyc_id), ctx.now() + HANDED_OVER_WITHIN),),
        refusals={"kyc_current_key": lambda: VerificationUnderWay(new.customer_id)},
    )


def _photos_in_use(verification: Verification) -> tuple[Transition, ...]:
    return tuple(in_use(file_id) for file_id in sorted(set(verification.photos.values())))


def decision_announced(verification: Verification, decision: Decision, reason: str | None) -> Announcement:
    """The merchant is told how a verification was decided."""
    detail = {
        "kyc_id": verification.id,
        "customer_id": verification.customer_id,
        "credential": verification.credential,
        "status": decision,
        "reason": reason,
    }
    return Announcement("card", DECIDED, str(verification.customer_id), str(verification.id), detail)

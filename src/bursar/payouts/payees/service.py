"""Use cases of payees: registering, changing, documents, review, and going away.

A change of a payee acts on the version that was read; if that is not the newest any more, a merchant's own change is
refused and everything else looks again. That a reference names one payee and that a merchant stays within its quota is
held by constraints inside the commit.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bursar.files.errors import FileMissing
from bursar.files.model import ImageKind
from bursar.files.purposes import FilePurpose
from bursar.files.service import Files, in_use
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.paging import Page, PageRequest, Place
from bursar.ledger.decisions import Decided, Unchanged
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Job, Part, Transition, Write, fingerprint
from bursar.merchants.payout.service import PayoutMerchants
from bursar.merchants.service import Merchants
from bursar.payouts.payees import operations
from bursar.payouts.payees.accounts import AccountRules, checked, checked_for_payment, read_stc_account, spelt_iban
from bursar.payouts.payees.documents import check_md5
from bursar.payouts.payees.due import ApprovePayee
from bursar.payouts.payees.errors import (
    AccountMissing,
    DocumentMissing,
    PayeeChanged,
    PayeeDeleted,
    PayeeHasOpenOrders,
    PayeeUnknown,
    StcAccountMalformed,
)
from bursar.payouts.payees.model import (
    DocumentKind,
    Method,
    NewPayee,
    Payee,
    PayeeDetails,
    PayeeEvent,
    PayeeFilter,
    PayeeRef,
    PayeeStatus,
    SealedDetails,
)
from bursar.payouts.payees.operations import NamedPayee
from bursar.payouts.payees.pictures import Pictures
from bursar.payouts.payees.ports import OpenOrders, TestAccounts
from bursar.payouts.payees.sealed_rows import RowSealer
from bursar.payouts.payees.store import PayeeStore, next_version, queries
from bursar.payouts.payees.verification import Verification
from bursar.screening.service import Gate, ScreeningOpen, SubjectKind

_PURPOSES: Final = {
    DocumentKind.IDENTITY: FilePurpose.DOCUMENT_FRONT,
    DocumentKind.SIGNATURE: FilePurpose.SIGNATURE,
}


@dataclass(frozen=True, slots=True)
class PayeeDependencies:
    """The services that payees are built of."""

    ground: Ground
    merchants: Merchants
    files: Files
    tests: TestAccounts
    orders: OpenOrders
    settings: PayoutMerchants


@dataclass(frozen=True, slots=True)
class PayeeTerms:
    """The merchant's settings for its payees."""

    accounts: AccountRules
    product: str | None
    """The product name of a payee for whom none is said; None if the merchant has no names."""

    def completed(self, details: PayeeDetails) -> PayeeDetails:
        """The same with a product name, if there is one."""
        return replace(details, otp_product=details.otp_product or self.product)


class Payees:
    """The payees of a merchant."""

    def __init__(self, parts: PayeeDependencies, verification: Verification) -> None:
        self._store = PayeeStore(parts.ground.database)
        self._sealing = RowSealer(parts.ground.vault, parts.tests)
        self._parts = parts
        self._verification = verification
        self._pictures = Pictures()
        self._gate = Gate(parts.ground)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, ctx: Context, ref: PayeeRef) -> Payee:
        """A payee by our number, or by the merchant's own; raises PayeeUnknown or PayeeDeleted."""
        payee = await self._find(ctx, ref)
        if payee is None:
            raise PayeeUnknown(str(ref))
        if payee.status == PayeeStatus.DELETED:
            raise PayeeDeleted(payee.id)
        return payee

    async def _find(self, ctx: Context, ref: PayeeRef) -> Payee | None:
        if ref.payee_id is not None:
            return await self._store.find(ctx, ref.payee_id)
        found = await self._store.find_all(ctx, [], [] if ref.reference is None else [ref.reference])
        return found[0] if found else None

    async def find_all(self, ctx: Context, payee_ids: Collection[int], references: Collection[str]) -> list[Payee]:
        """Those that there are, with deleted ones when asked by our number."""
        return await self._store.find_all(ctx, payee_ids, references)

    async def revisions(self, ctx: Context, versions: Collection[tuple[int, int]]) -> dict[tuple[int, int], Payee]:
        """Payees as they stood when orders were made for them, by number and version."""
        return await self._store.revisions(ctx, versions)

    async def list_page(self, ctx: Context, which: PayeeFilter, page: PageRequest) -> Page[Payee]:
        """One page of payees, newest first."""
        if which.iban is not None:
            which = replace(which, iban=spelt_iban(which.iban))
        if which.stc_account is not None:
            try:
                which = replace(which, stc_account=read_stc_account(which.stc_account))
            except StcAccountMalformed:
                return Page([], 0, page)
        return await self._store.list_page(ctx, which, self._sealing.searched(ctx, which), page)

    async def secrets(self, ctx: Context, payee: Payee) -> SealedDetails:
        """The payee's secrets in clear, for the merchant itself.

        Raises ProviderRefused or ProviderUnavailable when the keys cannot be used, and SecretUnreadable.
        """
        return await self._sealing.shown(ctx, payee)

    async def secrets_within(self, ctx: Context, payee: Payee) -> SealedDetails:
        """The payee's secrets in clear, for a payment or an announcement, which nobody has asked to see.

        Raises SecretUnreadable.
        """
        return await self._sealing.secrets(ctx, payee)

    async def document(self, ctx: Context, payee_id: int, kind: DocumentKind) -> bytes:
        """A photo as a JPEG; raises PayeeUnknown, PayeeDeleted, DocumentMissing, or the errors of the storage."""
        file_id = (await self.get(ctx, PayeeRef(payee_id))).photo(kind)
        if file_id is None:
            raise DocumentMissing
        try:
            return await self._parts.files.content(ctx, file_id)
        except FileMissing:
            raise DocumentMissing from None

    # ── registering and changing ─────────────────────────────────────────────────────────────────────────────────

    async def create(self, ctx: Context, new: NewPayee) -> Payee:
        """A new payee.

        Raises the first that applies of the errors of `accounts.checked`, the refusal of the product name by codes,
        ReferenceTaken, and PayeeQuotaUsedUp.
        """
        payee = await self.judged(ctx, new, await self.terms(ctx))
        allowed = (await self._parts.merchants.get(ctx)).quota("payees")
        operation = operations.addition(ctx, payee, allowed) + await self.screened(ctx, payee)
        receipt = await self._parts.ground.ledger.commit(ctx, operation)
        if not receipt.replayed and payee.awaits_code:
            await self._verification.send_quietly(ctx, payee, await self._sealing.read(ctx, payee))
        return await self.get(ctx, PayeeRef(receipt.subject_id))

    async def terms(self, ctx: Context) -> PayeeTerms:
        """The merchant's present settings; raises MerchantUnknown."""
        settings = await self._parts.settings.get(ctx)
        rules = AccountRules(self._parts.tests, settings.iban_check)
        return PayeeTerms(rules, settings.product_names[0] if settings.product_names else None)

    async def judged(self, ctx: Context, new: NewPayee, terms: PayeeTerms) -> Payee:
        """The payee that would be made; raises as `create` does for what is wrong with it alone."""
        details = checked(new.details, terms.accounts)
        await self._verification.check_product(ctx, details, wanted=new.auto_approval)
        payee = operations.blank(ctx, self._parts.ground.ids.next(), new.reference, auto_approval=new.auto_approval)
        return await self._sealing.written(ctx, payee, terms.completed(details))

    async def update(
        self, ctx: Context, ref: PayeeRef, change: PayeeDetails, *, seen_at: datetime | None = None
    ) -> Payee:
        """Give a payee new details; the same ones change nothing.

        Raises PayeeUnknown, PayeeDeleted, PayeeNotNormal (banned), PayeeChanged (someone else was faster, or it is not
        as seen at `seen_at`, by whole seconds), AccountMissing when no account would be left, or as `create`.
        """
        payee = await self.get(ctx, ref)
        payee.check_changeable()
        if seen_at is not None and int(payee.updated_at.timestamp()) != int(seen_at.timestamp()):
            raise PayeeChanged(payee.id)
        current = await self._sealing.read(ctx, payee)
        details = self._changed(payee, current, change, await self.terms(ctx))
        if details == current:
            return payee
        await self._verification.check_product(ctx, details, wanted=payee.auto_approval)
        after = await self._sealing.written(ctx, payee.moved(PayeeEvent.CHANGED, ctx.now()), details)
        moved = after.stc_hash != payee.stc_hash
        dropped = (Write(queries.drop_code, {"payee_id": payee.id}),) if moved else ()
        await self._change(ctx, "payee_changed", payee, (after, self._sealing.verdict(details)), *dropped)
        if moved and after.awaits_code:
            await self._verification.send_quietly(ctx, after, details)
        return await self.get(ctx, PayeeRef(payee.id))

    def _changed(self, payee: Payee, current: PayeeDetails, change: PayeeDetails, terms: PayeeTerms) -> PayeeDetails:
        merged = current.changed_by(change)
        if not merged.has_bank_account and merged.stc_account is None:
            raise AccountMissing
        with_card = payee.has_card_number or change.has_bank_account
        details = checked(merged, terms.accounts, with_card=with_card)
        return terms.completed(details) if change.otp_product is not None else details

    # ── documents ────────────────────────────────────────────────────────────────────────────────────────────────

    async def add_document(self, ctx: Context, ref: PayeeRef, kind: DocumentKind, content: bytes, md5: str) -> Payee:
        """Keep a photo of a payee's document; the identity document's completes the payee.

        Raises PayeeUnknown, PayeeDeleted, PayeeNotNormal (banned), ChecksumMismatch, DocumentRefused, or
        ProviderRefused and ProviderUnavailable when it cannot be stored.
        """
        payee = await self.get(ctx, ref)
        payee.check_changeable()
        check_md5(content, md5)
        picture = await self._pictures.repainted(ctx.merchant_id, content)
        file_id = await self._parts.files.keep(ctx, picture, _PURPOSES[kind], ImageKind.JPEG)

        async def with_photo(payee: Payee) -> tuple[Payee, PayeeStatus | None]:
            payee.check_changeable()
            completes = kind is DocumentKind.IDENTITY and payee.status == PayeeStatus.INCOMPLETE
            after = payee.moved(PayeeEvent.COMPLETED if completes else PayeeEvent.CHANGED, ctx.now())
            if kind is DocumentKind.IDENTITY:
                after = replace(after, identity_photo=file_id)
            else:
                after = replace(after, signature_photo=file_id)
            return after, self._sealing.verdict(await self._sealing.read(ctx, payee))

        return await self._decided_change(ctx, payee, "payee_documented", with_photo, also=(in_use(file_id),))

    # ── review ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def list_waiting(self, after: Place, limit: int) -> list[Payee]:
        """Payees of all merchants that wait for review, the longest waiting first, behind a place."""
        return await self._store.list_waiting(after, limit)

    async def reviewed(self, ctx: Context, payee: Payee, event: PayeeEvent, reason: str | None) -> Decided[None]:
        """The operator's decision on a payee as it was read: approved (a ban is lifted), rejected or banned.

        Raises PayeeNotDecidable, or ScreeningOpen for an approval.
        """
        after, screened = _reviewed(ctx, payee, event, reason), await self._cleared(ctx, payee, event)
        return operations.changed(self._parts.ground.ids, ctx, f"payee_{event}", payee, after) + screened

    async def _cleared(self, ctx: Context, payee: Payee, event: PayeeEvent) -> Part:
        """The condition of an approval; raises ScreeningOpen."""
        if event is not PayeeEvent.APPROVED:
            return Part()
        return await self._gate.condition(ctx, (SubjectKind.PAYEE, payee.id))

    async def approve(self, ctx: Context, payee_id: int) -> Payee:
        """The operator approves a pending payee, or lifts a ban.

        Raises ScreeningOpen, PayeeUnknown or PayeeNotDecidable.
        """
        return await self._decide(ctx, payee_id, PayeeEvent.APPROVED, None)

    async def reject(self, ctx: Context, payee_id: int, reason: str | None) -> Payee:
        """The operator rejects a pending payee; raises PayeeUnknown or PayeeNotDecidable."""
        return await self._decide(ctx, payee_id, PayeeEvent.REJECTED, reason)

    async def ban(self, ctx: Context, payee_id: int, reason: str | None) -> Payee:
        """The operator stops a payee from being paid; raises PayeeUnknown or PayeeNotDecidable."""
        return await self._decide(ctx, payee_id, PayeeEvent.BANNED, reason)

    async def _decide(self, ctx: Context, payee_id: int, event: PayeeEvent, reason: str | None) -> Payee:
        payee, kind = await self.get(ctx, PayeeRef(payee_id)), f"payee_{event}"

        async def decide() -> Decided[None]:
            return await self.reviewed(ctx, await self._standing(ctx, payee), event, reason)

        key, asked = f"{ctx.request_key}:{kind}", fingerprint(kind, payee.id)
        await self._parts.ground.ledger.decide(ctx, key, asked, decide)
        return await self.get(ctx, PayeeRef(payee.id))

    # ── approval without an operator ─────────────────────────────────────────────────────────────────────────────

    async def set_auto_approval(self, ctx: Context, ref: PayeeRef, *, on: bool) -> Payee:
        """Sets or clears the payee's approval without an operator.

        Raises PayeeUnknown, PayeeDeleted, PayeeNotNormal (banned), AutoApprovalUnchangeable, or what codes say of the
        product name.
        """
        payee = await self.get(ctx, ref)
        payee.check_changeable()
        await self._verification.check_switch(ctx, payee, on=on)
        details = await self._sealing.read(ctx, payee)
        await self._verification.check_product(ctx, details, wanted=on)
        after = replace(payee.next(ctx.now()), auto_approval=on)
        await self._change(ctx, "payee_auto_approval_set", payee, (after, self._sealing.verdict(details)))
        if after.awaits_code:
            await self._verification.send_quietly(ctx, after, details)
        return await self.get(ctx, PayeeRef(payee.id))

    async def resend_code(self, ctx: Context, ref: PayeeRef) -> None:
        """Send a new code to the payee's STC account.

        Raises PayeeUnknown, PayeeDeleted, PayeeNotNormal (banned), AutoApprovalOff, NothingToVerify,
        or the errors of codes.
        """
        payee = await self.get(ctx, ref)
        payee.check_changeable()
        await self._verification.send(ctx, payee, await self._sealing.read(ctx, payee))

    async def submit_code(self, ctx: Context, ref: PayeeRef, code: str) -> Payee:
        """The payee's answer to a code; the right one may approve the payee. Raises as `resend_code` does."""
        payee = await self.get(ctx, ref)
        payee.check_changeable()
        await self._verification.check(ctx, payee, await self._sealing.read(ctx, payee), code)

        async def verified(found: Payee) -> tuple[Payee, PayeeStatus | None]:
            found.check_changeable()
            if found.stc_hash != payee.stc_hash:
                raise PayeeChanged(payee.id)
            after = replace(found.next(ctx.now()), stc_verified=True)
            return after, self._sealing.verdict(await self._sealing.read(ctx, found))

        dropped = Write(queries.drop_code, {"payee_id": payee.id})
        return await self._decided_change(ctx, payee, "payee_stc_verified", verified, dropped)

    async def approve_due(self, ctx: Context, due: ApprovePayee) -> None:
        """Due work: the approval without an operator of a payee that waited for its screening.

        Raises ScreeningOpen while that is open, and is looked at again.
        """
        payee = await self._store.find(ctx, due.payee_id)
        if payee is None or payee.status != PayeeStatus.PENDING:
            return

        async def decide() -> Decided[None] | Unchanged[None]:
            found = await self._standing(ctx, payee)
            after = found.next(ctx.now()).settled(self._sealing.verdict(await self._sealing.read(ctx, found)))
            if found.status != PayeeStatus.PENDING or after.status == found.status:
                return Unchanged(None)
            screened = await self._cleared(ctx, found, PayeeEvent.APPROVED)
            return operations.changed(self._parts.ground.ids, ctx, "payee_auto_approved", found, after) + screened

        key = f"payee_auto_approved:{payee.id}:{payee.version}"
        await self._parts.ground.ledger.decide(ctx, key, fingerprint(key), decide)

    async def _settled(self, ctx: Context, after: Payee, verdict: PayeeStatus | None) -> tuple[Payee, Part]:
        """A payee with the decision that needs no operator, and its condition: an approval waits for the screening."""
        settled = after.settled(verdict)
        if settled.status != PayeeStatus.NORMAL or after.status == PayeeStatus.NORMAL:
            return settled, Part()
        try:
            return settled, await self._cleared(ctx, after, PayeeEvent.APPROVED)
        except ScreeningOpen:
            return after, _approval_due(ctx, after)

    # ── going away ───────────────────────────────────────────────────────────────────────────────────────────────

    async def delete(self, ctx: Context, ref: PayeeRef) -> None:
        """Forget a payee; its reference may be given again. Raises PayeeUnknown, PayeeDeleted, PayeeHasOpenOrders."""
        payee = await self.get(ctx, ref)
        guard, constraint = self._parts.orders.none_open(ctx, payee.id)

        async def decide() -> Decided[None]:
            found = await self._standing(ctx, payee)
            if found.status == PayeeStatus.DELETED:
                raise PayeeDeleted(found.id)
            after = found.moved(PayeeEvent.DELETED, ctx.now())
            return operations.deleted(after, guard, {constraint: lambda: PayeeHasOpenOrders(payee.id)})

        key = f"{ctx.request_key}:payee_deleted"
        await self._parts.ground.ledger.decide(ctx, key, fingerprint("payee deleted", payee.id), decide)

    # ── paying at once ───────────────────────────────────────────────────────────────────────────────────────────

    async def named(self, ctx: Context, ref: PayeeRef, said: PayeeDetails, method: Method) -> NamedPayee:
        """The part of an order that names its payee in full: the payee is registered or brought up to date, approved.

        A payee that is not named by a number is known by its account. Also a test account is approved that would be
        rejected in review; its bank then refuses the order. Raises the errors of `accounts.checked_for_payment`,
        PayeeUnknown, PayeeDeleted, or PayeeNotNormal for one who is banned.
        """
        terms = await self.terms(ctx)
        details = checked_for_payment(said, method, terms.accounts)
        if ref.payee_id is None and ref.reference is None:
            account = details.stc_account if method is Method.STC_PAY else details.iban
            ref = PayeeRef(reference=self._sealing.account_reference(ctx, account or ""))
        try:
            found = await self.get(ctx, ref)
        except PayeeUnknown:
            if ref.payee_id is not None:
                raise
            return await self._newly_named(ctx, ref.reference, terms.completed(details))
        return await self._named_again(ctx, found, details)

    async def _newly_named(self, ctx: Context, reference: str | None, details: PayeeDetails) -> NamedPayee:
        payee = operations.blank(ctx, self._parts.ground.ids.next(), reference, auto_approval=False)
        allowed = (await self._parts.merchants.get(ctx)).quota("payees")
        payee = replace(await self._sealing.written(ctx, payee, details), status=PayeeStatus.NORMAL)
        # Registered by somebody else meanwhile: the order is decided anew, and finds the payee.
        part = operations.added([payee], allowed, lambda: StateChanged("payee", payee.id, None))
        return NamedPayee(payee, part + await self.screened(ctx, payee))

    async def _named_again(self, ctx: Context, payee: Payee, details: PayeeDetails) -> NamedPayee:
        payee.check_changeable()
        current = await self._sealing.read(ctx, payee)
        merged = current.changed_by(details)
        if merged == current and payee.status == PayeeStatus.NORMAL:
            return NamedPayee(payee, operations.standing(payee))
        after = await self._sealing.written(ctx, payee.moved(PayeeEvent.PAID_AT_ONCE, ctx.now()), merged)
        told = operations.announced(self._parts.ground.ids, ctx, payee.status, after)
        screened = await self.screened(ctx, after)
        return NamedPayee(after, Part(transitions=(next_version(after),)) + told + screened)

    # ── shared ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _change(
        self, ctx: Context, kind: str, before: Payee, made: tuple[Payee, PayeeStatus | None], *writes: Write
    ) -> None:
        """Commit the next version with the verdict on it; raises PayeeChanged if somebody was faster.

        It is screened again, and no approval comes before that is done.
        """
        after, verdict = made
        settled, screened = after.settled(verdict), await self.screened(ctx, after)
        if screened.writes and settled.status == PayeeStatus.NORMAL != after.status:
            settled, screened = after, screened + _approval_due(ctx, after)
        changed = operations.changed(self._parts.ground.ids, ctx, kind, before, settled, *writes) + screened
        operation = changed.operation(f"{ctx.request_key}:{kind}", operations.print_of(kind, settled))
        try:
            await self._parts.ground.ledger.commit(ctx, operation)
        except StateChanged:
            raise PayeeChanged(before.id) from None

    async def screened(self, ctx: Context, payee: Payee) -> Part:
        """The part by which a payee that came or changed waits for its screening."""
        return await self._gate.asked(ctx, SubjectKind.PAYEE, payee.id)

    async def _decided_change(
        self,
        ctx: Context,
        payee: Payee,
        kind: str,
        change: Callable[[Payee], Awaitable[tuple[Payee, PayeeStatus | None]]],
        *writes: Write,
        also: Sequence[Transition] = (),
    ) -> Payee:
        """Commit a change to the present version of the payee with the verdict on it, and read it; raises the errors of
        `change`.
        """

        async def decide() -> Decided[None]:
            found = await self._standing(ctx, payee)
            after, screened = await self._settled(ctx, *await change(found))
            changed = operations.changed(self._parts.ground.ids, ctx, kind, found, after, *writes, also=also)
            return changed + screened

        asked = fingerprint(kind, payee.id)
        await self._parts.ground.ledger.decide(ctx, f"{ctx.request_key}:{kind}", asked, decide)
        return await self.get(ctx, PayeeRef(payee.id))

    async def _standing(self, ctx: Context, payee: Payee) -> Payee:
        """The payee as it is by now, even if it is deleted."""
        return (await self._store.find_all(ctx, [payee.id]))[0]


def _approval_due(ctx: Context, payee: Payee) -> Part:
    """The work of an approval that waits for the screening."""
    return Part(jobs=(Job(ApprovePayee(payee.id), ctx.now()),))


def _reviewed(ctx: Context, payee: Payee, event: PayeeEvent, reason: str | None) -> Payee:
    lifted = event is PayeeEvent.APPROVED and payee.status == PayeeStatus.BANNED
    return payee.moved(PayeeEvent.UNBANNED if lifted else event, ctx.now(), reason)

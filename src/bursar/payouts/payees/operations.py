"""Operations on payees: the parts that add one or make another version of it. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.kernel.ids import Ids
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Operation, Part, Transition, Write, fingerprint
from bursar.payouts.payees import events
from bursar.payouts.payees.errors import PayeeQuotaUsedUp, ReferenceTaken
from bursar.payouts.payees.model import Payee, PayeeStatus
from bursar.payouts.payees.store import next_version, queries, revision_kept, row_of, unchanged
from bursar.webhooks.service import announce

REFERENCE_KEPT = "payee_reference_key"
QUOTA_KEPT = "payee_count_quota"


@dataclass(frozen=True, slots=True)
class NamedPayee:
    """A payee as an order will find it, and the part of the order's operation that makes it so."""

    payee: Payee
    part: Part


def standing(*payees: Payee) -> Part:
    """The condition that the payees are still as they were read when the order's operation is judged."""
    return Part(transitions=tuple(map(unchanged, payees)))


def kept(*payees: Payee) -> Part:
    """Keeps the payees as they then stand, for the order; after the rows that change them."""
    return Part(writes=tuple(revision_kept(payee.id) for payee in payees))


def blank(ctx: Context, payee_id: int, reference: str | None, *, auto_approval: bool) -> Payee:
    """A payee about whom nothing is known yet."""
    now: datetime = ctx.now()
    return Payee(
        merchant_id=ctx.merchant_id,
        id=payee_id,
        version=1,
        status=PayeeStatus.INCOMPLETE,
        status_reason=None,
        reference=reference,
        name_en=None,
        name_ar=None,
        address=None,
        bank_code=None,
        iban=None,
        swift_code=None,
        mobile=None,
        otp_product=None,
        auto_approval=auto_approval,
        has_card_number=False,
        has_stc_account=False,
        stc_verified=False,
        bank_is_test=False,
        stc_is_test=False,
        secrets=b"",
        identity_hash=None,
        card_hash=None,
        stc_hash=None,
        identity_photo=None,
        signature_photo=None,
        created_at=now,
        updated_at=now,
    )


def added(payees: Sequence[Payee], allowed: int, taken: Callable[[], Fact]) -> Part:
    """New payees, counted against the quota; `taken` is the fact for a reference that somebody has taken."""
    query = queries.add_payee if len(payees) == 1 else queries.add_payees
    return Part(
        writes=(
            Write(queries.hold_count, {}),
            *(Write(query, row_of(payee)) for payee in payees),
            Write(queries.count_more, {"added": len(payees), "allowed": allowed}),
        ),
        refusals={
            REFERENCE_KEPT: taken,
            QUOTA_KEPT: lambda: PayeeQuotaUsedUp(allowed),
        },
    )


def addition(ctx: Context, payee: Payee, allowed: int) -> Operation:
    """One new payee."""
    bare = Operation(ctx.request_key, print_of("payee added", payee), "payee_added", f"payee:{payee.id}")
    return bare + added([payee], allowed, lambda: ReferenceTaken(payee.reference or ""))


def changed(
    ids: Ids, ctx: Context, kind: str, before: Payee, after: Payee, *writes: Write, also: Sequence[Transition] = ()
) -> Decided[None]:
    """A payee becomes its next version; the merchant is told if its status is another one."""
    part = Part(
        transitions=(next_version(after), *also),
        writes=writes,
        refusals={REFERENCE_KEPT: lambda: ReferenceTaken(after.reference or "")},
    )
    return Decided(None, kind, f"payee:{after.id}", part + announced(ids, ctx, before.status, after))


def deleted(after: Payee, guard: Write, refused: Mapping[str, Callable[[], Fact]]) -> Decided[None]:
    """A payee is forgotten, unless `guard` is refused; the merchant, who asked for it, is not told."""
    part = Part(
        transitions=(next_version(after),),
        writes=(guard, Write(queries.count_one_less, {})),
        refusals=refused,
    )
    return Decided(None, "payee_deleted", f"payee:{after.id}", part)


def announced(ids: Ids, ctx: Context, before: str, after: Payee) -> Part:
    """The announcement of another status; empty if the status is the same."""
    return Part() if before == after.status else announce(ids, ctx, events.status_changed(before, after))


def print_of(kind: str, payee: Payee) -> bytes:
    """Fingerprint of the payee as it was asked for; its secrets go in by their keyed hashes."""
    hashes = [value.hex() if value else None for value in (payee.identity_hash, payee.card_hash, payee.stc_hash)]
    said = [
        payee.reference,
        payee.name_en,
        payee.name_ar,
        payee.address,
        payee.bank_code,
        payee.iban,
        payee.swift_code,
        payee.mobile,
        payee.otp_product,
        payee.auto_approval,
    ]
    return fingerprint(kind, hashes, said)

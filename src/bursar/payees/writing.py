"""Operations on payees: what goes into the books when one is added or becomes another version. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.kernel.ids import Ids
from bursar.ledger.model import Job, Operation, Transition, Write, fingerprint
from bursar.payees import events
from bursar.payees.errors import PayeeQuotaUsedUp, ReferenceTaken
from bursar.payees.model import Payee, PayeeStatus
from bursar.payees.store import next_version, queries, revision_kept, row_of, unchanged
from bursar.webhooks.service import announce

REFERENCE_KEPT = "payee_reference_key"
QUOTA_KEPT = "payee_count_quota"


@dataclass(frozen=True, slots=True)
class Plan:
    """A payee as an order will find it, and what the order's operation must carry for that."""

    payee: Payee
    writes: tuple[Write, ...] = ()
    transitions: tuple[Transition, ...] = ()
    jobs: tuple[Job, ...] = ()
    refusals: Mapping[str, Callable[[], Fact]] = field(default_factory=dict)


def standing(payee: Payee) -> Plan:
    """A payee that must still be as it was read when the order's operation is judged."""
    return Plan(payee, transitions=(unchanged(payee),))


def kept(payee: Payee) -> Write:
    """Keeps the payee as it then stands, for the order; after the plan's own rows."""
    return revision_kept(payee.id)


def blank(ctx: Context, payee_id: int, reference: str | None, *, auto_approval: bool) -> Payee:
    """A payee about whom nothing is known yet."""
    now: datetime = ctx.now()
    return Payee(
        merchant_id=ctx.merchant_id, id=payee_id, version=1, status=PayeeStatus.INCOMPLETE.value, status_reason=None,
        reference=reference, name_en=None, name_ar=None, address=None, bank_code=None, iban=None, swift_code=None,
        mobile=None, otp_product=None, auto_approval=auto_approval, has_card_number=False, has_stc_account=False,
        stc_verified=False, bank_is_test=False, stc_is_test=False, secrets=b"", identity_hash=None, card_hash=None,
        stc_hash=None, identity_photo=None, signature_photo=None, created_at=now, updated_at=now,
    )  # fmt: skip


def added(payees: Sequence[Payee], allowed: int) -> tuple[Write, ...]:
    """New payees, counted against the quota."""
    query = queries.add_payee if len(payees) == 1 else queries.add_payees
    return (
        Write(queries.hold_count, {}),
        *(Write(query, row_of(payee)) for payee in payees),
        Write(queries.count_more, {"added": len(payees), "allowed": allowed}),
    )


def refusals(reference: str | None, allowed: int) -> Mapping[str, Callable[[], Fact]]:
    """The fact for each constraint by which the database refuses a payee."""
    return {
        REFERENCE_KEPT: lambda: ReferenceTaken(reference or ""),
        QUOTA_KEPT: lambda: PayeeQuotaUsedUp(allowed),
    }


def addition(ctx: Context, payee: Payee, allowed: int) -> Operation:
    """One new payee."""
    return Operation(
        key=ctx.request_key,
        fingerprint=_print_of("payee added", payee),
        kind="payee_added",
        subject=f"payee:{payee.id}",
        writes=added([payee], allowed),
        refusals=refusals(payee.reference, allowed),
    )


def change(
    ids: Ids, ctx: Context, kind: str, before: Payee, after: Payee, *writes: Write, also: Sequence[Transition] = ()
) -> Operation:
    """A payee becomes its next version; the merchant is told if its status is another one."""
    told, pushes = announced(ids, ctx, before.status, after)
    return Operation(
        key=f"{ctx.request_key}:{kind}",
        fingerprint=_print_of(kind, after),
        kind=kind,
        subject=f"payee:{after.id}",
        transitions=(next_version(after), *also),
        writes=(*writes, *told),
        jobs=pushes,
        refusals={REFERENCE_KEPT: lambda: ReferenceTaken(after.reference or "")},
    )


def deletion(ctx: Context, after: Payee, guard: Write, refused: Mapping[str, Callable[[], Fact]]) -> Operation:
    """A payee is forgotten, unless `guard` is refused; the merchant, who asked for it, is not told."""
    return Operation(
        key=f"{ctx.request_key}:payee_deleted",
        fingerprint=fingerprint("payee deleted", after.id),
        kind="payee_deleted",
        subject=f"payee:{after.id}",
        transitions=(next_version(after),),
        writes=(guard, Write(queries.count_one_less, {})),
        refusals=refused,
    )


def announced(ids: Ids, ctx: Context, before: str, after: Payee) -> tuple[tuple[Write, ...], tuple[Job, ...]]:
    """The announcement of another status; empty if the status is the same."""
    if before == after.status:
        return (), ()
    told, push = announce(ids, ctx, events.status_changed(before, after))
    return (told,), (push,)


def _print_of(kind: str, payee: Payee) -> bytes:
    """Of what was said; what is secret goes in by its keyed hash."""
    hashes = [value.hex() if value else None for value in (payee.identity_hash, payee.card_hash, payee.stc_hash)]
    said = [
        payee.reference, payee.name_en, payee.name_ar, payee.address, payee.bank_code, payee.iban, payee.swift_code,
        payee.mobile, payee.otp_product, payee.auto_approval,
    ]  # fmt: skip
    return fingerprint(kind, hashes, said)

"""Payees that wait for review. A payee that is changed meanwhile is another version, which is looked at anew."""

from collections.abc import Sequence
from typing import Any, Final

from bursar.decisions.actions import Carry, DecisionActions, Kind, Ordered, by_actions
from bursar.decisions.model import Ref, Source, Waiting
from bursar.decisions.readers import among, finding, listing
from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.payouts.payees.errors import PayeeDeleted, PayeeUnknown
from bursar.payouts.payees.model import Payee, PayeeEvent, PayeeRef, PayeeStatus
from bursar.payouts.payees.service import Payees
from bursar.staff.approvals.model import Action
from bursar.staff.approvals.service import Approvals
from bursar.staff.roles import Permission

PAYEE: Final = "payee"
_RESULTS: Final = {"approve": PayeeEvent.APPROVED, "reject": PayeeEvent.REJECTED, "ban": PayeeEvent.BANNED}


def payee_actions(payees: Payees, decisions: DecisionActions) -> Sequence[Action]:
    """`payees.approve`, which lifts a ban too, `payees.reject` and `payees.ban`."""

    def carrying(event: PayeeEvent) -> Carry:
        async def carry(ctx: Context, ordered: Ordered) -> Decided[Any]:
            payee = await payees.get(ctx, PayeeRef(ordered.object_id))
            reason = None if event is PayeeEvent.APPROVED else ordered.reason
            decided = await payees.reviewed(ctx, payee, event, reason)
            ordered.check_stage(Ref(PAYEE, payee.merchant_id, payee.id), str(payee.version))
            return decided

        return carry

    return tuple(
        decisions.action(Kind(PAYEE, result, f"payees.{result}", Permission.PAYEES_APPROVE), carrying(event))
        for result, event in _RESULTS.items()
    )


def payee_source(payees: Payees, approvals: Approvals) -> Source:
    """Payees that wait for review, by the instant of their last change."""

    async def get(ctx: Context, number: int) -> Payee:
        return await payees.get(ctx, PayeeRef(number))

    pending = among(get, (PayeeUnknown, PayeeDeleted), lambda payee: payee.status == PayeeStatus.PENDING)
    listed, found = listing(payees.list_waiting, _waiting), finding(pending, _waiting)
    decide = by_actions(approvals, {result: f"payees.{result}" for result in _RESULTS})
    return Source(PAYEE, Permission.PAYEES_READ, tuple(_RESULTS), listed, found, decide)


def _waiting(payee: Payee) -> Waiting:
    about: dict[str, str | int | bool | None] = {
        "reference": payee.reference,
        "name": payee.name_en or payee.name_ar,
        "bank": payee.bank_code,
        "iban_ends": payee.iban[-4:] if payee.iban else None,
        "stc_account": payee.has_stc_account,
        "stc_verified": payee.stc_verified,
        "identity_photo": payee.identity_photo,
    }
    return Waiting(Ref(PAYEE, payee.merchant_id, payee.id), str(payee.version), payee.updated_at, about)

"""Verifications of identity that wait for a decision."""

from collections.abc import Sequence
from typing import Any, Final

from bursar.customers.kyc.errors import NoVerification
from bursar.customers.kyc.model import Decision, Verification, VerificationStatus
from bursar.customers.kyc.service import Kyc
from bursar.decisions.actions import Carry, DecisionActions, Kind, Ordered, by_actions
from bursar.decisions.model import Ref, Source, Waiting
from bursar.kernel.context import Context
from bursar.kernel.paging import Place
from bursar.ledger.decisions import Decided
from bursar.staff.approvals.model import Action
from bursar.staff.approvals.service import Approvals
from bursar.staff.roles import Permission

KYC: Final = "kyc"
REVIEW: Final = "review"
"""A verification is decided once, whatever the verifier has said of it meanwhile."""
_RESULTS: Final = {"approve": Decision.APPROVED, "reject": Decision.REJECTED}


def kyc_actions(kyc: Kyc, decisions: DecisionActions) -> Sequence[Action]:
    """`kyc.approve` and `kyc.reject`; the merchant is told the reason."""

    def carrying(decision: Decision) -> Carry:
        async def carry(ctx: Context, ordered: Ordered) -> Decided[Any]:
            return await kyc.decided(ctx, ordered.object_id, decision, ordered.reason)

        return carry

    return tuple(
        decisions.action(Kind(KYC, result, f"kyc.{result}", Permission.KYC_DECIDE), carrying(decision))
        for result, decision in _RESULTS.items()
    )


def kyc_source(kyc: Kyc, approvals: Approvals) -> Source:
    """Verifications under review, by the instant at which they were submitted."""

    async def list_waiting(_: Context, after: Place, limit: int) -> Sequence[Waiting]:
        return [_waiting(merchant_id, one) for merchant_id, one in await kyc.list_waiting(after, limit)]

    async def find_waiting(ctx: Context, ref: Ref) -> Waiting | None:
        try:
            found = await kyc.get(ctx.of(ref.merchant_id), ref.object_id)
        except NoVerification:
            return None
        return _waiting(ref.merchant_id, found) if found.status is VerificationStatus.UNDER_REVIEW else None

    decide = by_actions(approvals, {result: f"kyc.{result}" for result in _RESULTS})
    return Source(KYC, Permission.KYC_READ, tuple(_RESULTS), list_waiting, find_waiting, decide)


def _waiting(merchant_id: int, found: Verification) -> Waiting:
    about: dict[str, str | int | bool | None] = {
        "customer": found.customer_id,
        "credential": found.credential.value,
        "nationality": found.nationality,
        "photos": ", ".join(purpose.value for purpose in found.photos),
    }
    return Waiting(Ref(KYC, merchant_id, found.id), REVIEW, found.submitted_at, about)

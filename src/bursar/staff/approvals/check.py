"""The check of approvals: each was asked for and ended through the program, by people who were there.

Constraints cannot prevent that SQL writes a row in another's name. Seals, and the records of the audit that must stand
beside a decision, tell: the decision itself, and the sign-in or token by which its person was known.
"""

from collections.abc import AsyncIterator

from bursar.staff.approvals.model import Approval, ApprovalStatus, Ending
from bursar.staff.approvals.service import Seals
from bursar.staff.approvals.store import ApprovalStore
from bursar.staff.audit.check import DIFFERENCES_MAX, AuditProof
from bursar.staff.audit.model import Outcome, RecordFilter
from bursar.staff.audit.recorder import Recorder
from bursar.staff.audit.store import AuditStore
from bursar.staff.realm import Realm


class ApprovalCheck:
    """Looks at all approvals of an install."""

    def __init__(self, store: ApprovalStore, audit: AuditStore, recorder: Recorder, seals: Seals) -> None:
        self._store = store
        self._audit = audit
        self._recorder = recorder
        self._seals = seals

    async def check(self, proof: AuditProof) -> None:
        """Name what is wrong in the proof."""
        async for approval in self._store.walk():
            async for wrong in self._faults(approval):
                proof.add(approval.asked.subject, wrong)

    async def _faults(self, approval: Approval) -> AsyncIterator[str]:
        asked, ending = approval.asked, approval.ending
        realm = Realm.of(asked.of_merchant)
        if not self._seals.is_asked(approval):
            yield f"what was asked is forged in the name of {_name(realm, asked.asker)}"
        elif not await self._is_recorded("approval.ask", asked.subject, asked.asker or None):
            yield "the audit has no record that it was asked for"
        if ending is None:
            return
        name = _name(realm, ending.decider)
        if not self._seals.is_ended(approval):
            yield f"its decision is forged in the name of {name}"
        if not await self._is_recorded(f"approval.{_VERBS[ending.result]}", asked.subject, ending.decider or None):
            yield f"the audit has no record that {name} has {ending.result} it"
        if ending.decider and not await self._was_known(ending):
            yield f"{name} has no record of signing in, or of making the token, before deciding on it"
        if ending.result is ApprovalStatus.APPROVED and not await self._store.is_carried_out(asked):
            yield "it is approved, and the ledger has no operation that carried it out"

    async def _was_known(self, ending: Ending) -> bool:
        """True if the session began, or the token was made, by then and for this person."""
        records = await self._audit.list_records(RecordFilter(subject=ending.credential or "-"), None, DIFFERENCES_MAX)
        return any(
            record.outcome == Outcome.DONE
            and record.action.startswith(("signin.", "token.create"))
            and record.person_id == ending.decider
            and record.at <= ending.decided_at
            and self._recorder.is_sealed(record)
            for record in records
        )

    async def _is_recorded(self, action: str, subject: str, person_id: int | None) -> bool:
        which = RecordFilter(action=action, subject=subject)
        records = await self._audit.list_records(which, None, DIFFERENCES_MAX)
        return any(
            record.outcome == Outcome.DONE and record.person_id == person_id and self._recorder.is_sealed(record)
            for record in records
        )


_VERBS = {
    ApprovalStatus.APPROVED: "approve",
    ApprovalStatus.REJECTED: "reject",
    ApprovalStatus.WITHDRAWN: "withdraw",
}


def _name(realm: Realm, person_id: int) -> str:
    return f"{realm}:{person_id}" if person_id else "the console"

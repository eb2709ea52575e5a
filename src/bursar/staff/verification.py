"""The check of the whole audit, as `bursar audit verify` prints it: chain, seals, approvals, and roles."""

import asyncio

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.staff.approvals.check import ApprovalCheck
from bursar.staff.approvals.service import Seals
from bursar.staff.approvals.store import ApprovalStore
from bursar.staff.audit.check import AuditProof, check_chain
from bursar.staff.audit.recorder import Recorder
from bursar.staff.audit.service import Audit
from bursar.staff.audit.store import AuditStore
from bursar.staff.errors import VerificationRunning
from bursar.staff.model import Principal
from bursar.staff.people.check import PeopleCheck
from bursar.staff.people.store import PeopleStore
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission


class Verification:
    """Recomputes the audit from its records."""

    def __init__(self, ground: Ground, recorder: Recorder, permissions: Permissions, audit: Audit) -> None:
        self._records = AuditStore(ground.database)
        self._recorder = recorder
        self._permissions = permissions
        self._audit = audit
        self._approvals = ApprovalCheck(ApprovalStore(ground.database), self._records, recorder, Seals(ground.vault))
        self._turn = asyncio.Lock()
        self._people = PeopleCheck(PeopleStore(ground.database), self._records, recorder)

    async def verify(self, ctx: Context, by: Principal) -> AuditProof:
        """Link what waits, then check everything, one at a time in a process.

        Raises PermissionMissing or VerificationRunning.
        """
        await self._permissions.check(ctx, by, Permission.AUDIT_VERIFY)
        if self._turn.locked():
            raise VerificationRunning
        async with self._turn:
            return await self._verified()

    async def _verified(self) -> AuditProof:
        await self._audit.link_all()
        proof = await check_chain(self._records, self._recorder)
        await self._approvals.check(proof)
        await self._people.check(proof)
        return proof

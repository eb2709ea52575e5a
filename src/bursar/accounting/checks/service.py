"""Checks of the books: asked for by somebody, made by a worker, kept with their findings.

A large install's check takes minutes, which no caller waits for. One at a time is made: its result is everybody's.
"""

from collections.abc import Sequence
from datetime import date

from bursar.accounting.checks.due import CheckBooks
from bursar.accounting.checks.errors import CheckRunning, CheckUnknown
from bursar.accounting.checks.model import PAGE_MAX, BookCheck
from bursar.accounting.checks.store import CheckStore, queries
from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.ledger.check import check, check_since_proof, get_last_proof
from bursar.ledger.model import Job, Operation, Part, Write, fingerprint
from bursar.staff.audit.model import Event
from bursar.staff.audit.recorder import Recorder
from bursar.staff.model import Principal
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission

ACTION = "ledger.check"


class Checks:
    """Checks that people ask for."""

    def __init__(self, ground: Ground, permissions: Permissions, recorder: Recorder) -> None:
        self._ground = ground
        self._store = CheckStore(ground.database)
        self._permissions = permissions
        self._recorder = recorder

    async def ask(self, ctx: Context, by: Principal, *, since_proof: bool = False) -> BookCheck:
        """Have all books recomputed, or what was written since the last proof of a night; a repeat of the request is
        the same check.

        Raises PermissionMissing, NeverProven, or CheckRunning while another one waits or is made.
        """
        await self._permissions.check(ctx, by, Permission.LEDGER_CHECK)
        if since_proof:
            await get_last_proof(self._ground.database)
        check_id, now = self._ground.ids.next(), ctx.now()
        row = {"id": check_id, "actor": by.actor, "asked_at": now, "since_proof": since_proof}
        subject = f"ledger_check:{check_id}"
        part = Part(
            writes=(Write(queries.add_check, row),),
            jobs=(Job(CheckBooks(check_id), now),),
            refusals={"ledger_check_one": CheckRunning},
        )
        asked = (ACTION, by.person_id, *(("since proof",) if since_proof else ()))
        operation = Operation(f"{ctx.request_key}:{ACTION}", fingerprint(*asked), ACTION, subject)
        recorded = self._recorder.part(ctx, by, Event(ACTION, subject, after={"since_proof": since_proof}))
        receipt = await self._ground.ledger.commit(ctx.of(INSTALL), operation + part + recorded)
        return await self._get(receipt.subject_id)

    async def get(self, ctx: Context, by: Principal, check_id: int) -> BookCheck:
        """A check with its findings; raises PermissionMissing or CheckUnknown."""
        await self._permissions.check(ctx, by, Permission.LEDGER_READ)
        return await self._get(check_id)

    async def list_checks(
        self, ctx: Context, by: Principal, *, before: int | None = None, limit: int = PAGE_MAX
    ) -> Sequence[BookCheck]:
        """Checks, newest first, PAGE_MAX at the most; raises PermissionMissing."""
        await self._permissions.check(ctx, by, Permission.LEDGER_READ)
        return await self._store.list_checks(before, max(1, min(limit, PAGE_MAX)))

    async def _get(self, check_id: int) -> BookCheck:
        found = await self._store.find(check_id)
        if found is None:
            raise CheckUnknown(check_id)
        return found

    async def make(self, ctx: Context, payload: CheckBooks) -> None:
        """Make a check that somebody has asked for; again it finds the same, and the first result stays."""
        night: date | None = None
        if (await self._get(payload.check_id)).since_proof:
            proof, last = await check_since_proof(self._ground.database)
            night = last.night
        else:
            proof = await check(self._ground.database)
        await self._store.end(payload.check_id, proof, night, ctx.now())

"""The audit: searched, exported and verified."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import FileOut, Route
from bursar.api.operator.schemas.audit import AuditProofOut, RecordFilterIn, RecordOut, RecordQuery
from bursar.api.operator.schemas.wire import Listed
from bursar.staff.errors import CursorUnusable, VerificationRunning
from bursar.staff.roles import Permission

route = Route("Audit", "Who did, was refused or tried what, from where and why.")


@route.get("/audit", Permission.AUDIT_READ, refuses=(CursorUnusable,))
async def list_records(call: Call, query: RecordQuery) -> Listed[RecordOut]:
    """List records of the audit, newest first."""
    found = await call.services.staff.audit.list_records(
        call.ctx, call.by, query.which, after=query.after, limit=query.limit
    )
    return Listed(items=[RecordOut.of(record) for record in found.records], after=found.after)


@route.get("/audit/export", Permission.AUDIT_EXPORT)
async def export_records(call: Call, query: RecordFilterIn) -> FileOut:
    """Export records of one moment, oldest first, as a JSON document a line; that it was done is on record too."""
    portions = await call.services.staff.audit.export_records(call.ctx, call.by, query.which)

    async def lines() -> AsyncIterator[bytes]:
        async with aclosing(portions):
            async for portion in portions:
                yield b"".join(RecordOut.of(record).model_dump_json().encode() + b"\n" for record in portion)

    return FileOut("audit.jsonl", "application/jsonl", lines())


@route.post("/audit/verify", Permission.AUDIT_VERIFY, refuses=(VerificationRunning,))
async def verify_audit(call: Call) -> AuditProofOut:
    """Recompute the whole audit: its chain, the seal of every record, approvals and roles.

    It changes nothing but that new records are put into the chain. One call at a time; a million records take minutes,
    and `bursar audit verify` does the same in a process of its own.
    """
    return AuditProofOut.of(await call.services.staff.verification.verify(call.ctx, call.by))

"""The writing of the audit: as part of an operation where something is changed, on its own where nothing is.

A change and its record are committed together, so that neither is without the other. A refusal changes nothing else,
and its record must stay, so that is written by itself, as are a reveal and an export before they are shown.
"""

import hmac
import json
from dataclasses import asdict

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.ledger.model import Part, Write
from bursar.staff.audit.model import SEAL, Event, Record, canonical
from bursar.staff.audit.store import AuditStore, queries
from bursar.staff.model import Principal


class Recorder:
    """Makes records, and writes them."""

    def __init__(self, ground: Ground) -> None:
        self._ids = ground.ids
        self._vault = ground.vault
        self._store = AuditStore(ground.database)

    def part(self, ctx: Context, by: Principal, event: Event) -> Part:
        """The record as part of the operation that does it."""
        return Part(writes=(Write(queries.add_record, _row(self._record(ctx, by, event))),))

    async def record(self, ctx: Context, by: Principal, event: Event) -> None:
        """Write the record by itself, at once."""
        await self._ids.top_up()
        await self._store.add(_row(self._record(ctx, by, event)))

    def is_sealed(self, record: Record) -> bool:
        """True if this install's program has written the record as it is."""
        return hmac.compare_digest(self._seal(record), record.seal)

    def _record(self, ctx: Context, by: Principal, event: Event) -> Record:
        record = Record(
            self._ids.next(),
            ctx.now(),
            by.actor,
            by.person_id,
            by.credential,
            event.action,
            event.subject,
            event.outcome.value,
            dict(event.before) if event.before is not None else None,
            dict(event.after) if event.after is not None else None,
            event.reason,
            by.origin.address,
            by.origin.device,
            b"",
        )
        return Record(**{**asdict(record), "seal": self._seal(record)})

    def _seal(self, record: Record) -> bytes:
        return self._vault.keyed_hash(SEAL, canonical(record))


def _row(record: Record) -> dict[str, object]:
    documents = {name: _document(getattr(record, name)) for name in ("before", "after")}
    return {**asdict(record), **documents}


def _document(value: dict[str, object] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, allow_nan=False)

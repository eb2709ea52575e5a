"""Use cases of batches of payouts that come as files: brought, judged row by row, mended, and dropped.

A batch is a draft until it is sent. Each row is judged by the rules by which the order itself will be, and nothing is
ordered by that. Sending is an action of the merchant's users (`actions.py`).
"""

import json

from bursar.files.errors import ProgramRefused
from bursar.files.programs import Programs
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.errors import Refused
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Part, fingerprint
from bursar.ordering import store
from bursar.ordering.errors import DraftEnded, DraftsTooMany, DraftUnknown, DraftWaits, RowUnknown, SheetUnusable
from bursar.ordering.model import (
    CELL_CHARS_MAX,
    DRAFTS_MAX,
    FILE_BYTES_MAX,
    FILE_NAME_CHARS_MAX,
    PAGE_MAX,
    Draft,
    DraftRow,
    SheetFault,
    WhatIf,
    digest_of,
    read_row,
)
from bursar.ordering.store import DraftStore
from bursar.payouts.batches import PayoutBatches
from bursar.payouts.model import NewPayout
from bursar.staff.approvals.model import ApprovalStatus
from bursar.staff.approvals.service import Approvals
from bursar.staff.audit.model import Event
from bursar.staff.audit.recorder import Recorder
from bursar.staff.errors import TextUnusable
from bursar.staff.merchant_roles import MerchantPermission
from bursar.staff.model import Principal, read_text
from bursar.staff.users.assembly import UserRoom
from bursar.staff.users.permissions import UserPermissions


class Drafts:
    """Batches of payouts of a merchant; each use case raises PermissionMissing."""

    def __init__(self, ground: Ground, users: UserRoom, batches: PayoutBatches) -> None:
        self._store = DraftStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._recorder = Recorder(ground)
        self._permissions: UserPermissions = users.permissions
        self._approvals: Approvals = users.approvals
        self._batches = batches
        self._sheets = Programs("bursar.ordering.sheet_program")

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, book: Context, by: Principal, draft_id: int) -> Draft:
        """A batch of the context's merchant; raises DraftUnknown."""
        await self._check(book, by, MerchantPermission.PAYOUTS_READ)
        return await self.find(book, draft_id)

    async def list_drafts(
        self, book: Context, by: Principal, *, before: int | None = None, limit: int = PAGE_MAX
    ) -> list[Draft]:
        """Newest first, PAGE_MAX at the most; `before` is the number of the last one of the page before."""
        await self._check(book, by, MerchantPermission.PAYOUTS_READ)
        return await self._store.list_drafts(book, before, max(1, min(limit, PAGE_MAX)))

    async def what_if(self, book: Context, by: Principal, draft_id: int) -> WhatIf:
        """The outcome that a batch would have if it were sent now; raises DraftUnknown."""
        draft = await self.get(book, by, draft_id)
        return await self.judge(book, draft, await self._store.rows(book, draft_id))

    async def find(self, book: Context, draft_id: int) -> Draft:
        """Raises DraftUnknown."""
        found = await self._store.find(book, draft_id)
        if found is None:
            raise DraftUnknown(draft_id)
        return found

    async def rows_of(self, book: Context, draft: Draft) -> list[DraftRow]:
        """All rows of a batch as they were typed."""
        return await self._store.rows(book, draft.id)

    async def judge(self, book: Context, draft: Draft, rows: list[DraftRow]) -> WhatIf:
        """Each row by the rules of the order itself; nothing is ordered."""
        asked = [_asked(row) for row in rows]
        outcome = await self._batches.create(book, draft.batch_id, asked, partial=False, dry_run=True)
        refused = (row if isinstance(row, BaseException) else None for row in outcome.rows)
        return WhatIf(tuple(zip(rows, refused, strict=True)), outcome.totals, outcome.left)

    # ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def bring(self, book: Context, by: Principal, name: str, content: bytes) -> Draft:
        """A new batch from a file; the same request again is answered with the first one.

        Raises TextUnusable, SheetUnusable, DraftsTooMany, or ProgramBusy.
        """
        await self._check(book, by, MerchantPermission.PAYOUTS_ASK)
        name = read_text("name", name, FILE_NAME_CHARS_MAX)
        rows = await self._read(book, content)
        digest = digest_of(rows)
        await self._ids.top_up()

        async def decide() -> Decided[Draft]:
            if await self._store.count_open(book) >= DRAFTS_MAX:
                raise DraftsTooMany(DRAFTS_MAX)
            maker = by.person_id or 0
            draft = Draft(book.merchant_id, self._ids.next(), name, len(rows), maker, book.now(), 0, None, None, None)
            event = Event(
                "payout_drafts.bring", draft.subject, after={"name": name, "rows": len(rows), "digest": digest}
            )
            part = store.added(draft, rows) + self._recorder.part(book, by, event)
            return Decided(draft, event.action, draft.subject, part)

        asked = fingerprint("payout_drafts.bring", name, digest)
        key = f"{book.request_key}:payout_drafts.bring"
        return await self._ledger.decide(book, key, asked, decide, first=self.find)

    async def mend(self, book: Context, by: Principal, draft_id: int, row: DraftRow) -> DraftRow:
        """Type a row anew; raises DraftUnknown, RowUnknown, DraftWaits, DraftEnded or TextUnusable."""
        await self._check(book, by, MerchantPermission.PAYOUTS_ASK)
        for column, text in row.cells().items():
            if len(text) > CELL_CHARS_MAX or not (text.isprintable() or not text):
                raise TextUnusable(column, CELL_CHARS_MAX)

        async def decide() -> Decided[None]:
            draft = await self.open_draft(book, by, draft_id)
            before = await self._store.find_row(book, draft_id, row.number)
            if before is None:
                raise RowUnknown(row.number)
            changes = {"row": row.number, **before.cells()}, {"row": row.number, **row.cells()}
            event = Event("payout_drafts.mend", draft.subject, *changes)
            part = store.mended(draft, row) + self._recorder.part(book, by, event)
            return Decided(None, event.action, draft.subject, part)

        asked = fingerprint("payout_drafts.mend", draft_id, row.number, list(row.cells().values()))
        await self._ledger.decide(book, f"{book.request_key}:payout_drafts.mend", asked, decide)
        return row

    async def drop(self, book: Context, by: Principal, draft_id: int) -> Draft:
        """A batch is not sent any more; raises DraftUnknown, DraftWaits or DraftEnded."""
        await self._check(book, by, MerchantPermission.PAYOUTS_ASK)

        async def decide() -> Decided[None]:
            draft = await self.open_draft(book, by, draft_id)
            event = Event("payout_drafts.drop", draft.subject)
            part: Part = store.moved(draft, dropped_at=book.now()) + self._recorder.part(book, by, event)
            return Decided(None, event.action, draft.subject, part)

        asked = fingerprint("payout_drafts.drop", draft_id)
        await self._ledger.decide(book, f"{book.request_key}:payout_drafts.drop", asked, decide)
        return await self.find(book, draft_id)

    async def open_draft(self, book: Context, by: Principal, draft_id: int) -> Draft:
        """A batch that may be changed now; raises DraftUnknown, DraftWaits or DraftEnded."""
        draft = await self.find(book, draft_id)
        if draft.sent_at is not None or draft.dropped_at is not None:
            raise DraftEnded(draft_id)
        if draft.approval_id is not None:
            approval = await self._approvals.get(book, by, draft.approval_id)
            if approval.status(book.now()) is ApprovalStatus.ASKED:
                raise DraftWaits(draft_id, draft.approval_id)
        return draft

    async def _read(self, book: Context, content: bytes) -> list[DraftRow]:
        if len(content) > FILE_BYTES_MAX:
            raise SheetUnusable(SheetFault.TOO_LARGE, str(FILE_BYTES_MAX))
        try:
            told = await self._sheets.run(book.merchant_id, content)
        except ProgramRefused as refused:
            fault, tab, where = refused.reason.partition("\t")
            raise SheetUnusable(fault if tab else SheetFault.UNREADABLE, where) from None
        return [DraftRow(*row) for row in json.loads(told)]

    async def _check(self, book: Context, by: Principal, permission: MerchantPermission) -> None:
        await self._permissions.check(book, by, permission, f"merchant:{book.merchant_id}")


def _asked(row: DraftRow) -> NewPayout | BaseException:
    try:
        return read_row(row)
    except Refused as fact:
        return fact

"""Use cases of account statements: asking, making and fetching them.

A statement has the accounts of one book that are the merchant's own: its purses, its cards and its deposits. It is
written from one snapshot, its figures are added up while they are written, and it is kept whole or not at all.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from bursar.accounting.model import Section, codes_of
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.ledger.model import Job, Part, Write
from bursar.merchants.service import Merchants
from bursar.payouts.statements.scratch_folders import ScratchFolders
from bursar.reports.model import Period
from bursar.reports.statements.due import MakeAccountStatement
from bursar.reports.statements.errors import (
    AccountStatementDisagrees,
    AccountStatementPending,
    AccountStatementUnknown,
)
from bursar.reports.statements.files import Paper, paper
from bursar.reports.statements.model import (
    LISTED_MAX,
    PART_BYTES,
    AccountStatement,
    Disagreement,
    FileFormat,
    Tally,
)
from bursar.reports.statements.store import AccountStatementStore, queries
from bursar.staff.audit.model import Event
from bursar.staff.audit.recorder import Recorder
from bursar.staff.changes import Changes
from bursar.staff.model import Principal
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A statement to be made."""

    merchant_id: int
    period: Period
    format: FileFormat
    provisional: bool = False
    """Its last day may be the one that is not over."""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The parts that the service needs of other rooms."""

    merchants: Merchants
    permissions: Permissions
    recorder: Recorder
    folder: Path
    """The folder in which files are written."""


class AccountStatements:
    """The account statements of an install."""

    def __init__(self, ground: Ground, parts: Dependencies) -> None:
        self._ground = ground
        self._parts = parts
        self._changes = Changes(ground, parts.recorder)
        self._store = AccountStatementStore(ground.database)
        self._workshop = ScratchFolders(parts.folder)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, ctx: Context, by: Principal, statement_id: int) -> AccountStatement:
        """A statement without its file; raises PermissionMissing or AccountStatementUnknown."""
        await self._parts.permissions.check(ctx, by, Permission.REPORTS_READ)
        return await self._get(statement_id)

    async def list_statements(
        self,
        ctx: Context,
        by: Principal,
        merchant_id: int | None = None,
        *,
        before: int | None = None,
        limit: int = LISTED_MAX,
    ) -> Sequence[AccountStatement]:
        """The newest statements of a merchant or of all, or those before one of them; raises PermissionMissing."""
        await self._parts.permissions.check(ctx, by, Permission.REPORTS_READ)
        return await self._store.list_statements(merchant_id, before, max(1, min(limit, LISTED_MAX + 1)))

    async def fetch(
        self, ctx: Context, by: Principal, statement_id: int
    ) -> tuple[AccountStatement, AsyncGenerator[bytes, None]]:
        """A statement with its file in clear, in parts; that it was fetched is on record before the first of them.

        Raises PermissionMissing, AccountStatementUnknown or AccountStatementPending, and SecretUnreadable on the way.
        """
        await self._parts.permissions.check(ctx, by, Permission.REPORTS_READ, _subject(statement_id))
        statement = await self._get(statement_id)
        if statement.made_at is None:
            raise AccountStatementPending(statement_id)
        await self._parts.recorder.record(
            ctx, by, Event("statements.fetch", _subject(statement_id), after=_said(statement))
        )
        return statement, self._opened(statement)

    async def _opened(self, statement: AccountStatement) -> AsyncGenerator[bytes, None]:
        for number in range(statement.parts):
            sealed = await self._store.part(statement.id, number)
            yield await self._ground.vault.open(statement.merchant_id, _purpose(statement, number), sealed)

    async def _get(self, statement_id: int) -> AccountStatement:
        found = await self._store.find(statement_id)
        if found is None:
            raise AccountStatementUnknown(statement_id)
        return found

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def ask(self, ctx: Context, by: Principal, wanted: Wanted) -> AccountStatement:
        """Have a statement made; asked again under one key, it is the same one.

        Raises PermissionMissing, MerchantUnknown or PeriodImpossible.
        """
        await self._parts.permissions.check(ctx, by, Permission.REPORTS_MAKE, f"merchant:{wanted.merchant_id}")
        await self._parts.merchants.get(ctx.of(wanted.merchant_id))
        ctx = ctx.stopped()
        period = wanted.period.bounded(ctx.now(), provisional=wanted.provisional)
        await self._ground.ids.top_up()
        statement_id = self._ground.ids.next()
        row = {
            "id": statement_id,
            "merchant_id": wanted.merchant_id,
            "first_day": period.first,
            "last_day": period.last,
            "provisional": period.until is not None,
            "format": wanted.format.value,
            "asked_by": ctx.actor,
            "asked_at": ctx.now(),
        }
        part = Part(
            writes=(Write(queries.add_account_statement, row),),
            jobs=(Job(MakeAccountStatement(statement_id), ctx.now()),),
        )
        asked = (wanted.merchant_id, period.first.isoformat(), period.last.isoformat(), wanted.format.value)
        said = {name: str(row[name]) for name in _SAID}
        event = Event("statements.make", _subject(statement_id), after=said)
        receipt = await self._changes.commit(ctx, by, event, part, asked=(*asked, wanted.provisional))
        return await self._get(receipt.subject_id)

    # ── making ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def make(self, ctx: Context, statement_id: int) -> None:
        """Make a statement; one that was made stays as it is.

        Raises AccountStatementUnknown, or AccountStatementDisagrees: then nothing is kept, and somebody has to look.
        """
        statement = await self._get(statement_id)
        if statement.made_at is not None:
            return
        merchant = await self._parts.merchants.get(ctx.of(statement.merchant_id))
        with self._workshop.bench() as folder:
            tally = Tally()
            path = await self._write(statement, tally, paper(statement, merchant.name, folder))
            made = replace(
                statement,
                made_at=ctx.now(),
                accounts=tally.accounts,
                entries=tally.entries,
                size_bytes=path.stat().st_size,
                digest=await asyncio.to_thread(_digest, path),
            )
            await self._store.publish(made, self._sealed(made, path))

    async def _write(self, statement: AccountStatement, tally: Tally, sheet: Paper) -> Path:
        codes = codes_of(Section.MERCHANTS)
        try:
            async with aclosing(self._store.walk(statement.merchant_id, codes, statement.period)) as portions:
                async for portion in portions:
                    await asyncio.to_thread(sheet.add, tally.walk(portion))
            sheet.add(tally.end())
        except Disagreement as found:
            log.error("account_statement.disagrees", statement_id=statement.id, account=str(found))
            raise AccountStatementDisagrees(statement.id, str(found)) from None
        return await asyncio.to_thread(sheet.finish)

    async def _sealed(self, statement: AccountStatement, path: Path) -> AsyncIterator[bytes]:
        with path.open("rb") as file:
            for number in range(statement.parts):
                part = await asyncio.to_thread(file.read, PART_BYTES)
                yield await self._ground.vault.seal(statement.merchant_id, _purpose(statement, number), part)


_SAID = ("merchant_id", "first_day", "last_day", "format")
"""The fields of a statement that the audit keeps."""


def _said(statement: AccountStatement) -> dict[str, object]:
    return {name: str(getattr(statement, name)) for name in _SAID}


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _subject(statement_id: int) -> str:
    return f"account_statement:{statement_id}"


def _purpose(statement: AccountStatement, number: int) -> str:
    return f"account statement {statement.id} part {number + 1} of {statement.parts}"

"""Payments go out: sealed into files at the cut-offs, and delivered.

Promises that a cut-off has one file for each currency (more only where one would be too large), that its content is
made once and kept before anybody gets it, and that it is delivered until it is there. A bank that gets it twice gets
the same message id twice.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Final

import structlog

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.due import Again
from bursar.ledger.model import Counterpart, Job, Operation, Part, Write, fingerprint
from bursar.merchants.service import Merchants
from bursar.providers.bank_files import pain001
from bursar.providers.bank_files.due import CutOff, DeliverFile
from bursar.providers.bank_files.mailbox import Mailbox
from bursar.providers.bank_files.metrics import FILES, UNMATCHED, WAITING_S
from bursar.providers.bank_files.model import PAYMENTS_MAX, BankFile, last_cut_off, next_cut_off
from bursar.providers.bank_files.settings import BankSettings, BankSettingWrong
from bursar.providers.bank_files.store import BankStore, queries
from bursar.screening.errors import ScreeningOpen
from bursar.screening.service import Gate, SubjectKind

LOOK_EVERY: Final = timedelta(minutes=15)
"""Between two cut-offs: other times in the settings are noticed, and waiting payments are counted."""
WAITED_FOR: Final = timedelta(days=14)
"""A file without an answer is counted as waiting for so long."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _CutOff:
    """One file of a cut-off, and the merchants whose money does not go out."""

    currency: str
    cut_off_at: datetime
    part: int
    held: list[int]


class Outbox:
    """Handlers of the work that brings payments to the bank."""

    def __init__(
        self,
        ground: Ground,
        settings: BankSettings,
        mailbox: Mailbox,
        merchants: Merchants,
        payments_max: int = PAYMENTS_MAX,
    ) -> None:
        self._store = BankStore(ground.database)
        self._payments_max = payments_max
        self._settings = settings
        self._mailbox = mailbox
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._merchants = merchants
        self._gate = Gate(ground)

    async def cut_off(self, ctx: Context, due: CutOff) -> Again:  # noqa: ARG002 - all currencies
        """Seal the payments from before the last cut-off of each currency; those that a suspension or a hit of the
        screening holds wait for a later file.
        """
        now, held = ctx.now(), await self._merchants.list_holding()
        for currency, account in self._settings.accounts.items():
            await self._seal(ctx, currency, last_cut_off(account.cut_offs, now), held)
        await self._observe(now)
        nexts = [next_cut_off(account.cut_offs, now) for account in self._settings.accounts.values()]
        return Again(min(now + LOOK_EVERY, *nexts))

    async def _seal(self, ctx: Context, currency: str, cut_off_at: datetime, held: list[int]) -> None:
        for part in count():
            cut_off = _CutOff(currency, cut_off_at, part, held)
            payees, held_payees = await self._open(cut_off)
            if not payees:
                return
            try:
                screened = await self._screened(ctx, payees)
                await self._ledger.commit(ctx, self._sealing(ctx, cut_off, held_payees) + screened)
            except ScreeningOpen:
                return  # a hit came meanwhile: the next look leaves it out
            if not await self._store.is_full(currency, cut_off_at, part, self._payments_max):
                return

    async def _open(self, cut_off: "_CutOff") -> tuple[dict[int, list[int]], list[int]]:
        """The payees of a cut-off by merchant, and those whose screening is open."""
        payees: dict[int, list[int]] = {}
        for merchant_id, payee_id in await self._store.list_open(cut_off.currency, cut_off.cut_off_at, cut_off.held):
            payees.setdefault(merchant_id, []).append(payee_id)
        blocked = await self._gate.list_blocked(SubjectKind.PAYEE, payees)
        clear = {merchant_id: [one for one in own if one not in blocked] for merchant_id, own in payees.items()}
        return {merchant_id: own for merchant_id, own in clear.items() if own}, blocked

    async def _screened(self, ctx: Context, payees: Mapping[int, Sequence[int]]) -> Part:
        """The condition that these are paid, in the book of each merchant; raises ScreeningOpen."""
        books = []
        for merchant_id, own in payees.items():
            named = ((SubjectKind.PAYEE, payee_id) for payee_id in own if payee_id)
            books.append(Counterpart(merchant_id, await self._gate.condition(ctx.of(merchant_id), *named)))
        return Part(counterparts=tuple(book for book in books if book.part.transitions))

    def _sealing(self, ctx: Context, cut_off: "_CutOff", held_payees: list[int]) -> Operation:
        """One file; done again, it is the one that is there, and payments that came too late wait for the
        next cut-off.
        """
        file_id = self._ids.next()
        row = {
            "id": file_id,
            "message_id": f"{self._settings.message_prefix}{file_id}",
            "payments_max": self._payments_max,
            "sealed_at": ctx.now(),
            "held_payees": held_payees,
            **asdict(cut_off),
        }
        return Operation(
            key=f"bank_file:{cut_off.currency}:{cut_off.cut_off_at.isoformat()}:{cut_off.part}",
            fingerprint=fingerprint("bank file", cut_off.currency, cut_off.cut_off_at, cut_off.part),
            kind="bank_file_sealed",
            subject=f"bank_file:{file_id}",
            writes=(Write(queries.seal_file, row),),
            jobs=(Job(DeliverFile(file_id), ctx.now()),),
        )

    async def deliver(self, ctx: Context, due: DeliverFile) -> None:
        """Bring a file to the bank. Raises ProviderUnavailable or ProviderRefused, and is tried again."""
        file = await self._store.find_file(due.file_id)
        if file is None or file.delivered_at is not None:
            return
        content = file.content or await self._store.keep_content(file.id, await self._made(file))
        async with self._mailbox.connected() as box:
            await box.deliver(file.name, content)
        await self._store.mark_delivered(file.id, ctx.now())
        FILES.labels("delivered").inc()
        log.info("bank.file_delivered", file=file.name, payments=file.payments)

    async def _made(self, file: BankFile) -> bytes:
        account = self._settings.account(file.currency)
        if account is None:
            raise BankSettingWrong(f"accounts.{file.currency}", "is missing, and a file is to be paid from it")
        payments = await self._store.list_payments(file.id)
        return await asyncio.to_thread(pain001.written, file, payments, self._settings.debtor, account)

    async def _observe(self, now: datetime) -> None:
        standing = await self._store.standing(now - WAITED_FOR)
        UNMATCHED.set(standing.unmatched)
        WAITING_S.set((now - standing.waiting_since).total_seconds() if standing.waiting_since else 0)

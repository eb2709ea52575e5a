"""Files that the bank's folders have and a restored database does not know.

A file of ours in the outgoing folder was sealed and delivered after the restored moment: from now on it is known again,
so that its payments go into no other file and the bank's answers to them are understood. A payment in it whose order
was lost is a difference for a person. A file of the bank's that was read after that moment is moved back to where files
are read from: whatever it says is booked as if it came now. Files that the bank has taken away from our folders cannot
be seen here; its statement tells of them.
"""

import asyncio
import re
import tempfile
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog
from defusedxml.ElementTree import fromstring

from bursar.differences.model import BANK, Add, Difference, Found, Kind, Told
from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.errors import Refused
from bursar.kernel.money import Money
from bursar.ledger.model import Operation, Write, fingerprint
from bursar.payouts.progress import payout_id_of
from bursar.providers.bank_files.inbox import TO_DIGEST_CHARS
from bursar.providers.bank_files.mailbox import FILE_BYTES_MAX, FileVanished, FoundFile, Mailbox, MailboxConnection
from bursar.providers.bank_files.model import PLATFORM
from bursar.providers.bank_files.pain001 import NAMESPACE
from bursar.providers.bank_files.settings import BankSettings
from bursar.providers.bank_files.store import BankStore, queries

_SENT: Final = re.compile(r"pain001-(?P<currency>[A-Z]{3})-(?P<message_id>[A-Z0-9-]{1,35})\.xml")
_REFERENCE: Final = re.compile(r"P[0-9]{1,17}")
_ANSWER: Final = re.compile(rf"(?P<digest>[0-9a-f]{{{TO_DIGEST_CHARS}}})-.+")
_IN: Final = {"p": NAMESPACE}

Owners = Callable[[Collection[int]], Awaitable[Mapping[int, int]]]
"""The merchants of orders that are known, by the order's number."""

log = structlog.get_logger(__name__)


class NotOurs(Exception):
    """The file is not one that this program has made."""


@dataclass(frozen=True, slots=True)
class SentPayment:
    """A payment in a file of ours."""

    reference: str
    amount: Money
    name: str
    iban: str
    bic: str | None


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of ours, read again."""

    message_id: str
    sealed_at: datetime
    content: bytes
    payments: Sequence[SentPayment]

    @property
    def total(self) -> Money:
        """The sum of its payments, which have one currency."""
        return Money(sum(one.amount.minor for one in self.payments), self.payments[0].amount.asset)


class LostFiles:
    """The bank's folders as a place."""

    def __init__(self, ground: Ground, settings: BankSettings, mailbox: Mailbox, owners: Owners) -> None:
        self._store = BankStore(ground.database)
        self._ledger = ground.ledger
        self._settings = settings
        self._mailbox = mailbox
        self._owners = owners

    async def compare(self, ctx: Context, add: Add) -> None:
        """Our files first, so that the bank's answers find their payments; raises ProviderUnavailable."""
        async with self._mailbox.connected() as box:
            await self._compare_sent(ctx, box, add)
            await self._compare_read(ctx, box, add)

    async def word(self, difference: Difference) -> Told:
        """The end that the bank has told of a payment, if it has."""
        if difference.kind is not Kind.SENT_PAYMENT:
            return {}
        told = await self._store.find_outcome(difference.name)
        return {"bank_says": "nothing yet" if told is None else told.outcome.value}

    # ── ours ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _compare_sent(self, ctx: Context, box: MailboxConnection, add: Add) -> None:
        folder, prefix = self._settings.post.out, self._settings.message_prefix
        named = {
            match["message_id"]: found
            for found in await box.list_kept(folder)
            if (match := _SENT.fullmatch(found.name)) and match["message_id"].startswith(prefix)
        }
        for message_id in sorted(named.keys() - await self._store.known_files(named.keys())):
            try:
                file = await _read(box, folder, named[message_id])
                number = int(message_id.removeprefix(prefix))
                if file.message_id != message_id:
                    raise NotOurs
            except (NotOurs, FileVanished, ValueError):
                log.warning("bank.sent_file_not_understood", file=named[message_id].name)
                continue
            await self._adopt(ctx, number, file, named[message_id].name, add)

    async def _adopt(self, ctx: Context, number: int, file: SentFile, name: str, add: Add) -> None:
        """The differences first: whoever is cut off between them and the file begins with both again."""
        owners = await self._owners([payout_id_of(one.reference) for one in file.payments])
        lost = [one for one in file.payments if payout_id_of(one.reference) not in owners]
        for one in lost:
            about: Told = {"file": name, "message_id": file.message_id, "payee": one.name, "iban_end": one.iban[-4:]}
            await add(ctx, Found(Kind.SENT_PAYMENT, BANK, one.reference, one.amount, about))
        about_file: Told = {"message_id": file.message_id, "payments": len(file.payments), "lost_orders": len(lost)}
        await add(ctx, Found(Kind.SENT_FILE, BANK, name, file.total, about_file))
        key = f"bank_file_adopted:{file.message_id}"
        await self._ledger.commit(
            ctx.of(INSTALL),
            Operation(
                key,
                fingerprint(key),
                "bank_file_adopted",
                f"bank_file:{number}",
                writes=(
                    Write(queries.adopt_file, _file_row(number, file)),
                    *(
                        Write(
                            queries.adopt_payments,
                            _payment_row(one, owners.get(payout_id_of(one.reference), PLATFORM), number, file),
                        )
                        for one in file.payments
                    ),
                ),
            ),
        )

    # ── the bank's ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _compare_read(self, ctx: Context, box: MailboxConnection, add: Add) -> None:
        done = self._settings.post.done
        named = {
            match["digest"]: found.name
            for found in await box.list_kept(done)
            if (match := _ANSWER.fullmatch(found.name)) is not None
        }
        read = await self._store.read_digests(named.keys(), TO_DIGEST_CHARS)
        for digest in sorted(named.keys() - read):
            await add(ctx, Found(Kind.ANSWER, BANK, named[digest], None, {"digest_begins": digest}))
            await box.bring_back(f"{done}/{named[digest]}")


async def _read(box: MailboxConnection, folder: str, found: FoundFile) -> SentFile:
    """A file of ours; raises NotOurs or FileVanished."""
    if found.size > FILE_BYTES_MAX:
        raise NotOurs
    with tempfile.TemporaryDirectory(prefix="bursar-bank-") as place:
        path = Path(place) / "file"
        await box.fetch_kept(folder, found, path)
        return await asyncio.to_thread(read_sent, path.read_bytes())


def read_sent(content: bytes) -> SentFile:
    """A file as `pain001.written` has made it; raises NotOurs."""
    try:
        head: Any = fromstring(content, forbid_dtd=True).find("p:CstmrCdtTrfInitn", _IN)
        payments = tuple(_payment(each) for each in head.iterfind("p:PmtInf/p:CdtTrfTxInf", _IN))
        message_id, made = head.findtext("p:GrpHdr/p:MsgId", "", _IN), head.findtext("p:GrpHdr/p:CreDtTm", "", _IN)
        file = SentFile(message_id, datetime.fromisoformat(made), content, payments)
        if not payments or len({one.amount.asset for one in payments}) != 1 or file.sealed_at.tzinfo is None:
            raise NotOurs
    except (AttributeError, ValueError, SyntaxError, Refused) as fault:
        raise NotOurs from fault
    return file


def _payment(element: Any) -> SentPayment:
    amount = element.find("p:Amt/p:InstdAmt", _IN)
    reference = element.findtext("p:PmtId/p:EndToEndId", "", _IN)
    if not _REFERENCE.fullmatch(reference):
        raise NotOurs
    return SentPayment(
        reference,
        Money.parse(amount.text or "", amount.get("Ccy") or ""),
        element.findtext("p:Cdtr/p:Nm", "", _IN),
        element.findtext("p:CdtrAcct/p:Id/p:IBAN", "", _IN),
        element.findtext("p:CdtrAgt/p:FinInstnId/p:BICFI", None, _IN),
    )


def _file_row(number: int, file: SentFile) -> dict[str, object]:
    return {
        "id": number,
        "message_id": file.message_id,
        "currency": file.total.asset,
        "sealed_at": file.sealed_at,
        "payments": len(file.payments),
        "total": file.total.minor,
        "content": file.content,
    }


def _payment_row(one: SentPayment, merchant_id: int, number: int, file: SentFile) -> dict[str, object]:
    return {
        "reference": one.reference,
        "merchant": merchant_id,
        "currency": one.amount.asset,
        "amount": one.amount.minor,
        "name": one.name,
        "iban": one.iban,
        "bic": one.bic,
        "taken_at": file.sealed_at,
        "file_id": number,
    }

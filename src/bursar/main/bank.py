"""The file rail put together, where the settings name a bank."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bursar.db.database import Database
from bursar.kernel.clock import Clock
from bursar.kernel.context import Context
from bursar.kernel.due import Handler
from bursar.kernel.ids import Ids
from bursar.ledger.engine import Ledger
from bursar.ledger.model import Job, Operation, fingerprint
from bursar.merchants.service import Merchants
from bursar.payouts.progress import Progress
from bursar.providers.file_bank import BankSettings, FileBank, read_bank_settings
from bursar.providers.file_bank.folder import FolderMailbox
from bursar.providers.file_bank.mailbox import Mailbox
from bursar.providers.file_bank.model import PAYMENTS_MAX, PLATFORM
from bursar.providers.file_bank.receiving import COLLECT, REPORT, Receiving
from bursar.providers.file_bank.sending import CUT_OFF, DELIVER, Sending
from bursar.providers.file_bank.settings import SftpSettings
from bursar.providers.file_bank.settlement import SETTLE, Settlement
from bursar.providers.file_bank.sftp import SftpMailbox
from bursar.worker.model import Policy

STANDING: Final = (CUT_OFF, COLLECT)
"""Kinds of which there is one job, for ever."""
FILE_POLICY: Final = Policy(attempts_max=2_000, timeout_s=55.0)
"""For files: patient with a bank that is away for days, and with time for a large one."""


@dataclass(frozen=True, slots=True)
class FileRail:
    """The bank that is handed files, and the work with them."""

    settings: BankSettings
    bank: FileBank
    database: Database
    mailbox: Mailbox
    ledger: Ledger
    ids: Ids
    merchants: Merchants

    def handlers(self, progress: Progress, payments_max: int = PAYMENTS_MAX) -> Mapping[str, Handler]:
        """Of the work that files cause; payouts are told through `progress`."""
        sending = Sending(
            self.database, self.settings, self.mailbox, self.ledger, self.ids, self.merchants, payments_max
        )  # fmt: skip
        receiving = Receiving(self.database, self.settings.post, self.mailbox, self.ledger, progress.report)
        return {
            CUT_OFF: sending.cut_off, DELIVER: sending.deliver, COLLECT: receiving.collect, REPORT: receiving.report,
            SETTLE: self.settlement(progress).tell,
        }  # fmt: skip

    def settlement(self, progress: Progress) -> Settlement:
        """What operators settle by hand; payouts are told through `progress`."""
        return Settlement(self.database, self.ledger, progress.report)

    async def start(self, clock: Clock) -> None:
        """Have the standing work done from now on; once is enough, and again changes nothing."""
        ctx = Context(PLATFORM, clock, "file rail", "worker")
        jobs = tuple(Job(kind, {}, ctx.now()) for kind in STANDING)
        print_ = fingerprint("file rail", *STANDING)
        await self.ledger.commit(ctx, Operation("file rail", print_, "file_rail_started", "file_rail:0", jobs=jobs))


def file_rail(
    path: Path | None, database: Database, ledger: Ledger, ids: Ids, clock: Clock, merchants: Merchants
) -> FileRail | None:  # fmt: skip
    """The rail that a file describes; None without one. Raises BankSettingWrong."""
    if path is None:
        return None
    settings = read_bank_settings(path)
    post = settings.post
    mailbox = SftpMailbox(post) if isinstance(post, SftpSettings) else FolderMailbox(post)
    return FileRail(settings, FileBank(database, settings, clock), database, mailbox, ledger, ids, merchants)

"""The file rail put together, where the settings name a bank."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.due import Handler
from bursar.ledger.model import Job, Operation, fingerprint
from bursar.merchants.service import Merchants
from bursar.payouts.progress import Progress
from bursar.providers.file_bank import BankSettings, FileBank, read_bank_settings
from bursar.providers.file_bank.folder import FolderMailbox
from bursar.providers.file_bank.inbox import COLLECT, REPORT, Receiving
from bursar.providers.file_bank.mailbox import Mailbox
from bursar.providers.file_bank.model import PAYMENTS_MAX, PLATFORM
from bursar.providers.file_bank.outbox import CUT_OFF, DELIVER, Sending
from bursar.providers.file_bank.settings import SftpSettings
from bursar.providers.file_bank.settlement import SETTLE, Settlement
from bursar.providers.file_bank.sftp import SftpMailbox

STANDING: Final = (CUT_OFF, COLLECT)
"""Kinds of which there is one job, for ever."""


@dataclass(frozen=True, slots=True)
class FileRail:
    """The bank that is handed files, and the work with them."""

    ground: Ground
    settings: BankSettings
    bank: FileBank
    mailbox: Mailbox
    merchants: Merchants

    def handlers(self, progress: Progress, payments_max: int = PAYMENTS_MAX) -> Mapping[str, Handler]:
        """Of the work that files cause; payouts are told through `progress`."""
        sending = Sending(self.ground, self.settings, self.mailbox, self.merchants, payments_max)
        receiving = Receiving(self.ground, self.settings.post, self.mailbox, progress.report)
        return {
            CUT_OFF: sending.cut_off,
            DELIVER: sending.deliver,
            COLLECT: receiving.collect,
            REPORT: receiving.report,
            SETTLE: self.settlement(progress).tell,
        }

    def settlement(self, progress: Progress) -> Settlement:
        """The settlement of entries by operators; payouts are told through `progress`."""
        return Settlement(self.ground, progress.report)

    async def start(self) -> None:
        """Have the standing work done from now on; once is enough, and again changes nothing."""
        ctx = Context(PLATFORM, self.ground.clock, "file rail", "worker")
        jobs = tuple(Job(kind, {}, ctx.now()) for kind in STANDING)
        print_ = fingerprint("file rail", *STANDING)
        operation = Operation("file rail", print_, "file_rail_started", "file_rail:0", jobs=jobs)
        await self.ground.ledger.commit(ctx, operation)


def build_file_rail(path: Path | None, ground: Ground, merchants: Merchants) -> FileRail | None:
    """The rail that a file describes; None without one. Raises BankSettingWrong."""
    if path is None:
        return None
    settings = read_bank_settings(path)
    post = settings.post
    mailbox = SftpMailbox(post) if isinstance(post, SftpSettings) else FolderMailbox(post)
    return FileRail(ground, settings, FileBank(ground.database, settings, ground.clock), mailbox, merchants)

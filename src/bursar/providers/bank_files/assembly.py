"""The file rail put together, where the settings name a bank."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bursar.accounting.service import Accounting
from bursar.decisions.actions import DecisionActions
from bursar.decisions.model import Source
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.due import Handler, Handlers
from bursar.kernel.extras import optional
from bursar.ledger.model import Job, Operation, fingerprint
from bursar.merchants.service import Merchants
from bursar.payouts.progress import Progress
from bursar.providers.bank_files import BankSettings, FileBank, read_bank_settings
from bursar.providers.bank_files.decisions import EntryActions, entry_source
from bursar.providers.bank_files.due import CollectFiles, CutOff, DeliverFile, ReportFile, SettleEntry
from bursar.providers.bank_files.folder import FolderMailbox
from bursar.providers.bank_files.inbox import Inbox
from bursar.providers.bank_files.lost_files import LostFiles
from bursar.providers.bank_files.mailbox import Mailbox
from bursar.providers.bank_files.model import PAYMENTS_MAX, PLATFORM
from bursar.providers.bank_files.outbox import Outbox
from bursar.providers.bank_files.settings import FolderSettings, SftpSettings
from bursar.providers.bank_files.settlement import Settlement
from bursar.providers.bank_files.store import BankStore
from bursar.staff.approvals.service import Approvals

WORK: Final = (CutOff, DeliverFile, CollectFiles, ReportFile, SettleEntry)
"""The kinds of jobs that are done where there is a rail."""
STANDING: Final = (CutOff(), CollectFiles())
"""The work of which there is one job, for ever."""


@dataclass(frozen=True, slots=True)
class FileRail:
    """The bank that is handed files, and the work with them."""

    ground: Ground
    settings: BankSettings
    bank: FileBank
    mailbox: Mailbox
    merchants: Merchants

    def handlers(self, progress: Progress, payments_max: int = PAYMENTS_MAX) -> Handlers:
        """The handlers of the work that files cause; payouts are told through `progress`."""
        sending = Outbox(self.ground, self.settings, self.mailbox, self.merchants, payments_max)
        receiving = Inbox(self.ground, self.settings.post, self.mailbox, progress.report)
        return (
            Handler(CutOff, sending.cut_off),
            Handler(DeliverFile, sending.deliver),
            Handler(CollectFiles, receiving.collect),
            Handler(ReportFile, receiving.report),
            Handler(SettleEntry, self.settlement(progress).tell),
        )

    def lost_files(self, progress: Progress) -> LostFiles:
        """The bank's folders as a place that knows more than a restored database."""
        return LostFiles(self.ground, self.settings, self.mailbox, progress.owners)

    def settlement(self, progress: Progress) -> Settlement:
        """The settlement of entries by operators; payouts are told through `progress`."""
        return Settlement(self.ground, progress.report)

    def entries(self, progress: Progress, accounting: Accounting, decisions: DecisionActions) -> EntryActions:
        """The actions of operators on entries."""
        return EntryActions(BankStore(self.ground.database), self.settlement(progress), accounting, decisions)

    def source(self, approvals: Approvals) -> Source:
        """The entries that wait for an operator, for the queue of decisions."""
        return entry_source(BankStore(self.ground.database), approvals)

    async def start(self) -> None:
        """Have the standing work done from now on; once is enough, and again changes nothing."""
        ctx = Context(PLATFORM, self.ground.clock, "file rail", "worker")
        jobs = tuple(Job(work, ctx.now()) for work in STANDING)
        print_ = fingerprint("file rail", *(work.kind for work in STANDING))
        operation = Operation("file rail", print_, "file_rail_started", "file_rail:0", jobs=jobs)
        await self.ground.ledger.commit(ctx, operation)


def build_file_rail(path: Path | None, ground: Ground, merchants: Merchants) -> FileRail | None:
    """The rail that a file describes; None without one. Raises BankSettingWrong."""
    if path is None:
        return None
    settings = read_bank_settings(path)
    return FileRail(
        ground, settings, FileBank(ground.database, settings, ground.clock), mailbox_of(settings), merchants
    )


def mailbox_of(settings: BankSettings) -> Mailbox:
    """The way to the bank; raises BankSettingWrong for a key or password that cannot be read."""
    post = settings.post
    if isinstance(post, FolderSettings):
        return FolderMailbox(post)
    with optional("sftp"):
        from bursar.providers.bank_files.sftp import SftpMailbox

    return SftpMailbox(post)


async def reach_bank(path: Path) -> str:
    """Connect to the bank of a file, look into its folder and leave; the place.

    Raises BankSettingWrong, ProviderUnavailable or ProviderRefused.
    """
    settings = read_bank_settings(path)
    async with mailbox_of(settings).connected() as connection:
        waiting = len(await connection.look())
    post = settings.post
    place = f"{post.user}@{post.host}:{post.port}" if isinstance(post, SftpSettings) else str(post.path)
    return f"{place}, {waiting} files waiting"

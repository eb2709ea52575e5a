"""The work of the commands. It loads the whole program, so that only the commands that need it load this module."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

import uvloop
from rich.console import Console

from bursar import main as composition
from bursar.cards.authorizations.model import UnmatchedFact
from bursar.cli.jobs import print_contradictions
from bursar.cli.wallet import are_explained, print_alarms, print_payments, print_standings, told_keys
from bursar.db.migrate import migrated
from bursar.install.embedded import EmbeddedPostgres
from bursar.install.environment import read_environment
from bursar.install.errors import SettingMissing
from bursar.install.logs import configure_logs
from bursar.install.settings import read_chains_path, read_home, read_settings, read_wallet_keys
from bursar.kernel.context import Context
from bursar.kernel.paging import Page, PageRequest
from bursar.ledger.check import Proof, check
from bursar.main import Parts, assembled, chain_keys
from bursar.messages.service import UNPLACED_ID_MAX, UNPLACED_LISTED
from bursar.payouts.model import ContradictionFound, Outcome
from bursar.providers.bank_files.assembly import FileRail
from bursar.providers.bank_files.bank import ENTRY_ID_MAX
from bursar.providers.bank_files.model import KeptEntry, SettledEntry
from bursar.providers.bank_files.settlement import Verdict
from bursar.providers.chains.signers.seed_file import make_seed_file
from bursar.wallet.model import Alarm
from bursar.wallet.payments.engine import CONTRADICTED
from bursar.wallet.treasury.returns import PURPOSE as DEPOSIT_RETURN
from bursar.worker.dead_letters import DeadLetters
from bursar.worker.model import DeadJob

T = TypeVar("T")

JOBS_PAGE: Final = 50


def migrate(tell: Callable[[str], None]) -> None:
    """Bring the database up to date and make what a first start needs, one process at a time.

    A live database gets its tables alone, since nothing serves it yet. Raises CannotStart, and SettingMissing before
    anything is changed.
    """
    configure_logs("migrate")
    settings = read_settings()

    async def run() -> None:
        async with migrated(settings.addresses, composition.schema_of(settings.mode), tell) as applied:
            for migration in applied:
                tell(f"applied {migration.version:04d} {migration.name}")
            if not settings.is_sandbox:
                tell("the tables of a live install are up to date; this version makes and serves no more of one")
                return
            async with assembled(settings) as parts:
                tell(f"wrote {await composition.prepare(parts)}")

    uvloop.run(run())


def restored(tell: Callable[[str], None]) -> None:
    """Begin a new epoch after a backup was restored; the home's own PostgreSQL runs meanwhile, where that is used."""
    configure_logs("restored")
    with contextlib.ExitStack() as running:
        if not read_environment().get("DATABASE_URL"):
            running.enter_context(EmbeddedPostgres(read_home()))
        settings = read_settings()
        epoch = uvloop.run(composition.renew(settings, tell))
    tell(f"epoch {epoch} begins: no number, card or address of an earlier one is given out again")


def api() -> None:
    """Serve the APIs."""
    configure_logs("api")
    settings = read_settings()
    uvloop.run(composition.check_database(settings))  # a sentence; the server would only say that it ended
    composition.serve(composition.api(settings), settings)


def worker() -> None:
    """Run due work."""
    configure_logs("worker")

    async def run(parts: Parts) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await composition.start_standing_work(parts)
        besides = [
            asyncio.create_task(composition.keep_tidy(parts)),
            asyncio.create_task(composition.keep_counts(parts)),
            asyncio.create_task(composition.keep_linked(parts)),
        ]
        try:
            worker = composition.worker(parts)
            async with composition.watched(parts, worker):
                await worker.run(stop)
        finally:
            for task in besides:
                task.cancel()

    with_parts(run)


def ledger_check() -> Proof:
    """Recompute every balance from its entries."""
    return with_parts(lambda parts: check(parts.ground.database))


def bank_unmatched(before: int | None) -> list[KeptEntry]:
    """Entries of the bank's files that match no payment, newest first; raises SettingMissing where no bank is named."""
    return with_parts(lambda parts: _rail(parts).bank.list_unmatched(before or ENTRY_ID_MAX))


def bank_settled(before: int | None) -> list[SettledEntry]:
    """Entries settled by hand, newest first; raises SettingMissing where no bank is named."""
    return with_parts(lambda parts: _rail(parts).bank.list_settled(before or ENTRY_ID_MAX))


def bank_settle(entry: int, reason: str, by: str, payment: str | None, outcome: str | None) -> Outcome | None:
    """Settle an entry; how the payment ends, if it was matched to one. Raises what `Settlement.settle` does."""
    verdict = Verdict(entry, reason, by, payment, Outcome(outcome) if outcome else None)

    async def run(parts: Parts) -> Outcome | None:
        settlement = _rail(parts).settlement(parts.rooms.payouts.progress)
        return await settlement.settle(_operator(parts), verdict)

    return with_parts(run)


def card_unmatched(before: int | None) -> list[UnmatchedFact]:
    """Facts of the card network that do not fit, newest first."""
    return with_parts(lambda parts: parts.rooms.cards.authorizations.list_unmatched(before))


def card_settle(fact: int, reason: str, by: str) -> None:
    """Tick a fact off; raises NetworkFactUnknown."""
    return with_parts(lambda parts: parts.rooms.cards.authorizations.settle(_operator(parts), fact, reason, by))


def _rail(parts: Parts) -> FileRail:
    rail = parts.rail
    if rail is None:
        raise SettingMissing("BURSAR_BANK", "names no bank")
    return rail


def unplaced_receipts(console: Console, before: int | None) -> None:
    """Print delivery receipts that are of no message, newest first."""
    found = with_parts(lambda parts: parts.rooms.messages.receipts.list_unplaced(before or UNPLACED_ID_MAX))
    for receipt in found:
        about = f"id {receipt.message_id or '-'} status {receipt.said or '-'} numbers …{' …'.join(receipt.number_ends)}"
        console.print(f"{receipt.id} {receipt.at:%Y-%m-%d %H:%M} {about}", markup=False, highlight=False)
        console.print(f"    {receipt.problem}", markup=False, highlight=False)
    more = f"; older ones: --before {found[-1].id}" if len(found) == UNPLACED_LISTED else ""
    console.print(f"{len(found)} receipts{more}", highlight=False)


def drop_receipt(receipt: int) -> int:
    """Drop a delivery receipt that was looked at; how many there were of this number."""
    return with_parts(lambda parts: parts.rooms.messages.receipts.drop_unplaced(receipt))


def jobs(page: int, kind: str | None) -> Page[DeadJob]:
    """One page of the jobs that failed too often, the ones longest due first."""
    return with_parts(lambda parts: _dead(parts).list_dead(PageRequest(page, JOBS_PAGE), kind=kind))


def retry_job(job_id: int) -> None:
    """Run a dead job again from its first attempt; raises NoSuchDeadJob."""
    with_parts(lambda parts: _dead(parts).replay(job_id))


def retry_jobs(kind: str | None) -> int:
    """Run all dead jobs again, or those of a kind; how many."""

    async def run(parts: Parts) -> int:
        return await _dead(parts).replay_all(kind)

    return with_parts(run)


def _dead(parts: Parts) -> DeadLetters:
    return DeadLetters(parts.ground.database, parts.ground.clock)


def contradictions(console: Console, page: int) -> None:
    """Print reports of rails and chains against orders that had ended, newest first."""

    async def run(parts: Parts) -> tuple[list[ContradictionFound], list[Alarm]]:
        said = await parts.rooms.payouts.payouts.all_contradictions(PageRequest(page, JOBS_PAGE))
        alarms = await parts.rooms.wallet.deposits.alarms() if page == 1 else []
        return said, [alarm for alarm in alarms if alarm.kind == CONTRADICTED]

    print_contradictions(console, *with_parts(run))


def reconcile(console: Console) -> bool:
    """Print how chains and books stand to each other; whether every difference has a reason."""
    standings = with_parts(lambda parts: parts.rooms.paying.reconciliation.compare())
    print_standings(console, standings)
    return are_explained(standings)


def make_seed() -> Path:
    """A new seed in the file that the settings name; raises SeedFileExists or SettingMissing."""
    path = read_wallet_keys().seed_file
    if path is None:
        raise SettingMissing("BURSAR_WALLET_SEED_FILE", "must name the file to make")
    make_seed_file(path)
    return path


def wallet_keys(*, new_hot_keys: bool) -> str:
    """The public keys for the file of chains; needs no database."""
    return told_keys(uvloop.run(chain_keys(read_chains_path(), read_wallet_keys(), new_hot_keys=new_hot_keys)))


def alarms(console: Console) -> None:
    """Print incidents of the wallet that should never happen, newest first."""
    print_alarms(console, with_parts(lambda parts: parts.rooms.wallet.deposits.alarms()))


def payments(console: Console) -> None:
    """Print payments on chains that have not ended, and returns of deposits that failed: their coins are still held."""
    print_payments(console, with_parts(lambda parts: parts.rooms.paying.payments.standing({DEPOSIT_RETURN})))


def block(chain_id: str, address: str, reason: str) -> str:
    """Pay nothing to an address; how it is spelled."""
    return with_parts(lambda parts: parts.rooms.paying.blocks.block(_operator(parts), chain_id, address, reason))


def unblock(chain_id: str, address: str) -> str:
    """Let an address be paid to again; how it is spelled."""
    return with_parts(lambda parts: parts.rooms.paying.blocks.unblock(_operator(parts), chain_id, address))


def _operator(parts: Parts) -> Context:
    return Context(0, parts.ground.clock, f"cli:{parts.ground.ids.next()}", "cli")


def with_parts(run: Callable[[Parts], Awaitable[T]]) -> T:
    """Run something on the parts of a process that is made for it; raises what `assembled` raises."""

    async def whole() -> T:
        async with assembled(read_settings()) as parts:
            return await run(parts)

    return uvloop.run(whole())

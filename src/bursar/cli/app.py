"""The `bursar` command: thin, over the same services as everything else."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import typer
import uvicorn
import uvloop
from rich.console import Console

from bursar import main as composition
from bursar.bootstrap import bootstrap
from bursar.cli.supervise import up as supervise
from bursar.db.migrate import migrate as migrate_database
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.kernel.paging import PAGE_NUMBER_MAX, PageRequest
from bursar.ledger.check import check
from bursar.logs import configure_logs
from bursar.main import Parts, assembled
from bursar.settings import HOME, PORT, SettingMissing, read_settings

DRAIN_S: Final = 10
"""How long a stopping API waits for requests under way."""
KEEP_ALIVE_S: Final = 75
"""How long an idle connection is kept; longer than clients keep theirs, so that no request meets a closing one."""
UNMATCHED_PAGE: Final = 50

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)
ledger = typer.Typer(no_args_is_help=True, help="The books.")
app.add_typer(ledger, name="ledger")
bank = typer.Typer(no_args_is_help=True, help="The bank that is paid through by files.")
app.add_typer(bank, name="bank")
console = Console()


@app.command()
def up() -> None:
    """Run everything here: PostgreSQL, migrations, API and worker."""
    port = int(os.environ.get("BURSAR_PORT", PORT))
    home = Path(os.environ.get("BURSAR_HOME", HOME))
    raise typer.Exit(supervise(home, port, os.environ.get("DATABASE_URL") or None))


@app.command()
def migrate() -> None:
    """Bring the database up to date and make what a first start needs."""
    configure_logs("migrate")
    settings = read_settings()

    async def run() -> None:
        for migration in await migrate_database(settings.database_url):
            console.print(f"applied {migration.version:04d} {migration.name}")
        async with assembled(settings) as parts:
            path = await bootstrap(settings, parts.services, parts.payout, parts.ids, parts.clock)
            await composition.set_up_wallet(
                parts.wallet, parts.ledger, Context(0, parts.clock, "bootstrap", "bootstrap")
            )
            console.print(f"wrote {path}")

    uvloop.run(run())


@app.command()
def api() -> None:
    """Serve the APIs."""
    configure_logs("api")
    settings = read_settings()
    uvicorn.run(
        composition.api(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=DRAIN_S,
    )


@app.command()
def worker() -> None:
    """Run due work."""
    configure_logs("worker")

    async def run(parts: Parts) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await composition.start_standing_work(parts)
        tidying = asyncio.create_task(composition.keep_tidy(parts))
        try:
            await composition.worker(parts).run(stop)
        finally:
            tidying.cancel()

    _with_parts(run)


@ledger.command("check")
def ledger_check() -> None:
    """Recompute every balance from its entries, and say what differs. Exit code 1 if anything does."""

    async def run(parts: Parts) -> None:
        proof = await check(parts.database)
        console.print(
            f"{proof.books} books, {proof.entries} entries: {'balanced' if proof.balanced else 'NOT balanced'}"
        )
        for difference in proof.differences:
            console.print(str(difference), highlight=False)
        if not proof.balanced:
            raise typer.Exit(1)

    _with_parts(run)


@bank.command("unmatched")
def bank_unmatched(page: int = typer.Option(1, min=1, max=PAGE_NUMBER_MAX)) -> None:
    """Entries of the bank's files that are about no payment, or not true of it, newest first."""

    async def run(parts: Parts) -> None:
        rail = parts.payout_work.rail
        if rail is None:
            raise SettingMissing("BURSAR_BANK", "names no bank")
        found = await rail.bank.list_unmatched(PageRequest(page, UNMATCHED_PAGE))
        for row in found.rows:
            about = " ".join(filter(None, [row.reference or "-", row.amount, row.said]))
            console.print(f"{row.taken_at:%Y-%m-%d %H:%M} {row.file}#{row.position} {row.kind}: {about}", markup=False)
            console.print(f"    {row.problem}", markup=False)
        console.print(f"{found.total} unmatched")

    _with_parts(run)


def _with_parts(run: Callable[[Parts], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with assembled(read_settings()) as parts:
            await run(parts)

    uvloop.run(whole())


def main() -> None:
    """Run a command; a fact that stops it is told in one sentence."""
    try:
        app()
    except Fact as fact:
        Console(stderr=True).print(f"[bold red]Refused.[/] {fact} {fact!r}", markup=True, highlight=False)
        raise SystemExit(1) from None

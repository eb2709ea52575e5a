"""The `bursar` command: thin, over the same services as everything else.

The work of a command is in `commands.py`, which loads the whole program; a help text needs none of it.
"""

import getpass
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape

from bursar import __version__
from bursar.cli import staff
from bursar.cli.money import app as money
from bursar.db.schema import program_version
from bursar.install import settings
from bursar.install.supervisor import Patience
from bursar.install.supervisor import up as supervise
from bursar.kernel.errors import CannotStart, Fact
from bursar.kernel.paging import ID_MAX, PAGE_NUMBER_MAX

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Prepaid cards, a stablecoin wallet, payouts and one-time passwords on one ledger.",
    pretty_exceptions_enable=False,
)
ledger = typer.Typer(no_args_is_help=True, help="The books.")
app.add_typer(ledger, name="ledger")
bank = typer.Typer(no_args_is_help=True, help="The bank that is paid through by files.")
app.add_typer(bank, name="bank")
sms = typer.Typer(no_args_is_help=True, help="Text messages.")
app.add_typer(sms, name="sms")
card = typer.Typer(no_args_is_help=True, help="The card network.")
app.add_typer(card, name="card")
wallet = typer.Typer(no_args_is_help=True, help="The treasury.")
app.add_typer(wallet, name="wallet")
app.add_typer(money, name="money")

job = typer.Typer(no_args_is_help=True, help="Due work that needs somebody.")
app.add_typer(job, name="job")
staff.add_to(app)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"bursar {__version__} (migration {program_version():04d})")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Tell the version, and stop."),
    ] = False,
) -> None:
    """Bursar's processes, and what an operator asks of them."""


@app.command()
def up() -> None:
    """Run everything here: PostgreSQL, migrations, API and worker."""
    here = settings.read_here()
    patience = Patience(failures=here.give_up_after)
    raise typer.Exit(
        supervise(here.home, here.port, here.database_url, patience=patience, metrics_port=here.metrics_port)
    )


@app.command()
def config(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Print every setting with its value here, where that comes from, and its default. Secrets are not shown."""
    from bursar.cli.configuration import print_settings

    print_settings(Console(), as_json=as_json)


@app.command()
def migrate() -> None:
    """Bring the database up to date, and make the keys of a first start and, in a sandbox, its merchant."""
    from bursar.cli import commands

    commands.migrate(Console().print)


@app.command()
def restored() -> None:
    """Begin a new epoch after a backup was restored, so that no number is given twice. Stop API and workers first."""
    from bursar.cli import commands

    commands.restored(Console().print)


@app.command()
def api() -> None:
    """Serve the APIs."""
    from bursar.cli import commands

    commands.api()


@app.command()
def worker() -> None:
    """Run due work."""
    from bursar.cli import commands

    commands.worker()


@ledger.command("check")
def ledger_check() -> None:
    """Recompute every balance from its entries, and list the differences. Exit code 1 if there is one."""
    from bursar.cli import commands

    console = Console()
    proof = commands.ledger_check()
    console.print(f"{proof.books} books, {proof.entries} entries: {'balanced' if proof.balanced else 'NOT balanced'}")
    for difference in proof.differences:
        console.print(str(difference), highlight=False)
    if not proof.balanced:
        raise typer.Exit(1)


@bank.command("unmatched")
def bank_unmatched(
    before: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="From before this entry on.")] = None,
    settled: Annotated[bool, typer.Option("--settled", help="Those that were settled, and by whom.")] = False,
) -> None:
    """Entries of the bank's files that are about no payment, or not true of it, newest first."""
    from bursar.cli import bank as listings
    from bursar.cli import commands

    if settled:
        listings.print_settled(Console(), commands.bank_settled(before))
    else:
        listings.print_unmatched(Console(), commands.bank_unmatched(before))


@bank.command("settle")
def bank_settle(
    entry: Annotated[int, typer.Argument(min=1, max=ID_MAX, help="Its number in `bursar bank unmatched`.")],
    reason: Annotated[str, typer.Option(help="Kept with the entry; merchants are not told.")],
    payment: Annotated[str | None, typer.Option(help="The reference of the payment that it is about.")] = None,
    outcome: Annotated[
        Literal["paid", "failed"] | None, typer.Option(help="How that ends, where the entry does not say it.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who says so; else the user of this machine.")] = None,
) -> None:
    """Settle an unmatched entry: match it to a payment, which ends as the entry says, or tick it off with a reason."""
    from bursar.cli import commands

    ended = commands.bank_settle(entry, reason, by or getpass.getuser(), payment, outcome)
    about = f"payment {payment} is told: {ended}" if ended else "nothing follows from it"
    Console().print(f"settled entry {entry}: {about}", markup=False, highlight=False)


@sms.command("receipts")
def sms_receipts(
    before: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="From before this receipt on.")] = None,
) -> None:
    """Delivery receipts that could not be placed with a message, newest first."""
    from bursar.cli import commands

    commands.unplaced_receipts(Console(), before)


@sms.command("drop")
def sms_drop(
    receipt: Annotated[int, typer.Argument(min=1, max=ID_MAX, help="Its number in `bursar sms receipts`.")],
) -> None:
    """Drop a receipt that was looked at."""
    from bursar.cli import commands

    Console().print(f"dropped {commands.drop_receipt(receipt)}", highlight=False)


@job.command("list")
def job_list(
    page: int = typer.Option(1, min=1, max=PAGE_NUMBER_MAX), kind: Annotated[str | None, typer.Option()] = None
) -> None:
    """Jobs that failed too often and wait for somebody to look, the ones longest due first."""
    from bursar.cli import commands, jobs

    jobs.print_dead(Console(), commands.jobs(page, kind))


@job.command("retry")
def job_retry(
    job_ids: Annotated[
        list[int] | None, typer.Argument(min=1, max=ID_MAX, help="Dead jobs, by the numbers that `list` shows.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="All of them, or all of a kind.")] = False,
    kind: Annotated[str | None, typer.Option()] = None,
) -> None:
    """Run dead jobs again from their first attempt, due now."""
    from bursar.cli import commands

    if bool(job_ids) == all_ or (kind is not None and not all_):
        raise typer.BadParameter("name jobs, or say --all")
    if all_:
        Console().print(f"{commands.retry_jobs(kind)} due again")
    for job_id in job_ids or ():
        commands.retry_job(job_id)
        Console().print(f"{job_id} due again", highlight=False)


@job.command("contradictions")
def job_contradictions(page: int = typer.Option(1, min=1, max=PAGE_NUMBER_MAX)) -> None:
    """List reports of rails, banks and chains against orders that had ended, newest first."""
    from bursar.cli import commands

    commands.contradictions(Console(), page)


@card.command("unmatched")
def card_unmatched(
    before: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="From before this fact on.")] = None,
) -> None:
    """Facts of the card network that were booked although they do not fit, newest first."""
    from bursar.cli import card as listings
    from bursar.cli import commands

    listings.print_unmatched(Console(), commands.card_unmatched(before))


@card.command("settle")
def card_settle(
    fact: Annotated[int, typer.Argument(min=1, max=ID_MAX, help="Its number in `bursar card unmatched`.")],
    reason: Annotated[str, typer.Option(help="Kept with the fact; merchants are not told.")],
    by: Annotated[str | None, typer.Option(help="Who says so; else the user of this machine.")] = None,
) -> None:
    """Tick off a fact of the card network that somebody has looked at. What was booked stays booked."""
    from bursar.cli import commands

    commands.card_settle(fact, reason, by or getpass.getuser())
    Console().print(f"settled fact {fact}: nothing follows from it", markup=False, highlight=False)


@wallet.command("reconcile")
def wallet_reconcile() -> None:
    """Compare chains with the books. Exit code 1 if a difference has no reason."""
    from bursar.cli import commands

    if not commands.reconcile(Console()):
        raise typer.Exit(1)


@wallet.command("keys")
def wallet_keys(
    new: Annotated[bool, typer.Option("--new", help="Make the file that BURSAR_WALLET_SEED_FILE names first.")] = False,
    new_hot_keys: Annotated[bool, typer.Option(help="Make the hot keys that the module does not have.")] = False,
) -> None:
    """Print the keys for the file of chains: extended public keys and hot addresses."""
    from bursar.cli import commands

    if new:
        Console(stderr=True).print(f"made {commands.make_seed()}", highlight=False)
    print(commands.wallet_keys(new_hot_keys=new_hot_keys))


@wallet.command("alarms")
def wallet_alarms() -> None:
    """List incidents that should never happen, newest first."""
    from bursar.cli import commands

    commands.alarms(Console())


@wallet.command("payments")
def wallet_payments() -> None:
    """List payments under way on chains and why they wait, oldest first; and deposits that could not be sent back."""
    from bursar.cli import commands

    commands.payments(Console())


@wallet.command("block")
def wallet_block(chain: str, address: str, reason: str) -> None:
    """Pay nothing to an address, whoever asks."""
    from bursar.cli import commands

    Console().print(f"blocked {commands.block(chain, address, reason)} on {chain}")


@wallet.command("unblock")
def wallet_unblock(chain: str, address: str) -> None:
    """Let an address be paid to again."""
    from bursar.cli import commands

    Console().print(f"unblocked {commands.unblock(chain, address)} on {chain}")


def main() -> None:
    """Run a command; a fact that stops it is told in one sentence, on one line."""
    try:
        app()
    except (Fact, CannotStart) as refusal:
        Console(stderr=True, soft_wrap=True).print(
            f"[bold red]Refused.[/] {escape(_sentence(refusal))}", highlight=False
        )
        raise SystemExit(1) from None


def _sentence(refusal: Exception) -> str:
    """A fact that does not put its fields into its sentence has them behind it."""
    says_all = not isinstance(refusal, Fact) or type(refusal).__str__ is not Fact.__str__
    return str(refusal) if says_all else f"{refusal} {refusal!r}"

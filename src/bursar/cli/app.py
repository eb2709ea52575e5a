"""The `bursar` command: thin, over the same services as everything else.

The work of a command is in `commands.py`, which loads the whole program; a help text needs none of it.
"""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bursar import __version__
from bursar.cli import (
    bank,
    card,
    decision,
    difference,
    job,
    key,
    kyc,
    ledger,
    lookup,
    merchant,
    money,
    pool,
    product,
    rate,
    report,
    request,
    screening,
    sms,
    staff,
    user,
    wallet,
    webhook,
)
from bursar.cli import (
    object as objects,
)
from bursar.cli.backup import backup
from bursar.db.schema import program_version
from bursar.install import settings
from bursar.install.supervisor import Patience
from bursar.install.supervisor import up as supervise
from bursar.kernel.errors import CannotStart, Fact

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Prepaid cards, a stablecoin wallet, payouts and one-time passwords on one ledger.",
    pretty_exceptions_enable=False,
)
for group in (
    ledger,
    bank,
    sms,
    card,
    product,
    pool,
    wallet,
    money,
    rate,
    report,
    request,
    job,
    key,
    merchant,
    user,
    objects,
    webhook,
    decision,
    difference,
    screening,
    kyc,
):
    app.add_typer(group.app, name=group.__name__.rpartition(".")[2])
staff.add_to(app)
app.command()(backup)
lookup.add_to(app)


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
    """Bursar's processes, and the commands of its operator."""


@app.command()
def up() -> None:
    """Run everything here: PostgreSQL, migrations, API and worker."""
    here = settings.read_here()
    patience = Patience(failures=here.give_up_after)
    raise typer.Exit(
        supervise(here.home, here.port, here.database_url, patience=patience, metrics_port=here.metrics_port)
    )


@app.command()
def config(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Print every setting with its value here, where that comes from, and its default. Secrets are not shown."""
    from bursar.cli.configuration import print_settings

    print_settings(Console(), as_json=as_json)


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Try the database and every port of this install's modules. Exit code 1 if one is missing or does not answer."""
    from bursar.cli import doctor as examination

    if not examination.doctor(Console(), as_json=as_json):
        raise typer.Exit(1)


@app.command()
def migrate() -> None:
    """Bring the database up to date, and make the keys of a first start and, in a sandbox, its merchant."""
    from bursar.cli import commands

    commands.migrate(Console().print)


@app.command()
def init(
    owner: Annotated[str, typer.Option(help="The e-mail address of the first owner.")],
    name: Annotated[str, typer.Option(help="The owner's name.")] = "Owner",
) -> None:
    """Make an install: tables, keys, and the first owner with a link to sign in. Again, it changes nothing else."""
    from bursar.cli import commands

    commands.init(lambda line: Console(soft_wrap=True).print(line, markup=False, highlight=False), owner, name)


@app.command()
def restored() -> None:
    """Begin a new epoch after a backup was restored, so that no number is given twice. Stop API and workers first."""
    from bursar.cli import commands

    commands.restored(Console().print)


@app.command()
def api() -> None:
    """Serve the APIs."""
    from bursar.cli import api_process

    api_process.api()


@app.command()
def worker() -> None:
    """Run due work."""
    from bursar.cli import worker_process

    worker_process.worker()


@app.command()
def health(
    live: Annotated[bool, typer.Option("--live", help="Ask only whether it runs, not whether it can work.")] = False,
) -> None:
    """Ask the process of this environment whether it is ready. Exit code 1 if it is not."""
    from bursar.cli.health import ask_health, health_url

    well, word = ask_health(health_url(live=live))
    print(word)
    if not well:
        raise typer.Exit(1)


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
    return str(refusal) if says_all or repr(refusal).endswith("()") else f"{refusal} {refusal!r}"

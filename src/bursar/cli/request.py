"""`bursar request`: the request log. The work is in `request_commands.py`, which loads the whole program."""

from typing import Annotated

import typer
from rich.console import Console

from bursar.kernel.paging import ID_MAX

app = typer.Typer(
    no_args_is_help=True, help="Requests to the merchant APIs as they arrived, and why they were refused."
)

Number = Annotated[int, typer.Argument(min=1, max=ID_MAX, help="Its number in `bursar request list`.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("list")
def list_(
    merchant: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="Only those that named its keys.")] = None,
    nobodys: Annotated[bool, typer.Option("--nobodys", help="Only those that named nobody's key.")] = False,
    request_id: Annotated[str | None, typer.Option(help="Only those of this id.")] = None,
    code: Annotated[int | None, typer.Option(min=0, max=99_999, help="Only those answered so.")] = None,
    path: Annotated[str | None, typer.Option(help="Only paths that begin so, of a merchant, an id or nobody.")] = None,
    as_json: Json = False,
) -> None:
    """The newest hundred."""
    from bursar.cli import request_commands as commands
    from bursar.requests.records.model import StaffFilter

    which = StaffFilter(merchant, nobodys, request_id, code, path)
    commands.list_requests(Console(), which, as_json=as_json)


@app.command("show")
def show(
    number: Number,
    content: Annotated[bool, typer.Option("--content", help="Headers and parameters too; that is on record.")] = False,
) -> None:
    """One request with the reason of its answer, as a document; secrets are masked."""
    from bursar.cli import request_commands as commands

    commands.show(number, content=content)

"""Calls of both APIs, the log of requests with the reasons of refusals, and the world around a merchant.

Everything goes through the SDK's own clients, so that it is signed and encrypted as in a program.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from importlib.resources import files
from typing import Annotated, Any, Final

import typer

from bursar_sdk import (
    BursarCard,
    BursarPayout,
    Sandbox,
    card_endpoints,
    card_errors,
    crypto,
    payout_endpoints,
    payout_errors,
)
from bursar_sdk.calls import Endpoint
from bursar_sdk.cli import frame
from bursar_sdk.cli.frame import app
from bursar_sdk.sandbox_types import LoggedRequest
from bursar_sdk.values import write

UNITS_S: Final[Mapping[str, int]] = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
LOOK_EVERY_S: Final = 0.5
PAGE: Final = 100


@app.command()
def call(
    path: Annotated[str, typer.Argument(help="Of an endpoint, as `merchant/info` or `payee/banks`.")],
    fields: Annotated[
        list[str] | None, typer.Argument(help="`name=value`, or `name:=JSON` for what is no text.")
    ] = None,
) -> None:
    """Call an endpoint of either API, signed and encrypted, and print the data of its answer."""
    endpoint, client = endpoint_of(path)
    config = frame.card_config() if client is BursarCard else frame.payout_config()
    with client(config) as bursar:
        answer = bursar._drive(bursar._call_steps(endpoint, fields_of(fields or []), None, None))
    frame.show(answer.data)


@app.command()
def logs(
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what comes; asks twice a second, under 1 % of a core.")
    ] = False,
    code: Annotated[int | None, typer.Option(help="Those with this code alone.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=PAGE, help="Requests to begin with.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON for each request.")] = False,
) -> None:
    """Show the last requests to both APIs, oldest first; below a refused one the reason, in a sentence."""
    with frame.sandbox() as sandbox:
        told: set[str] = set()
        most = limit
        while True:
            rows = sandbox.list_requests(code=code, limit=most).requests
            for row in reversed([row for row in rows if row.id not in told]):
                told.add(row.id)
                _print_request(sandbox, row, as_json=as_json)
            if not follow:
                return
            most = PAGE
            time.sleep(LOOK_EVERY_S)


@app.command()
def trigger(
    event: Annotated[str, typer.Argument(help="Its published name, as CC_RECHARGE.")],
    of: Annotated[str | None, typer.Option("--object", help="The card, customer or order that it tells of.")] = None,
) -> None:
    """Have an example of an event pushed to the merchant, without anything happening."""
    api: Any = "payout" if event in ("CUSTOM_STATUS_CHANGE", "SALARY_STATUS_CHANGE") else "card"
    with frame.sandbox() as sandbox:
        frame.show(write(sandbox.trigger(api=api, event=event, object=of)))


@app.command()
def replay(delivery_id: Annotated[str, typer.Argument(help="Its number in the log of webhooks.")]) -> None:
    """Push a delivery again."""
    with frame.sandbox() as sandbox:
        frame.show(write(sandbox.replay_webhook(delivery_id)))


@app.command()
def clock(
    to: Annotated[str | None, typer.Argument(help="+31d, +90m (s, m, h, d, w), or an instant in ISO 8601.")] = None,
) -> None:
    """Move the sandbox's clock on and wait for the work that falls due; without a time, read it."""
    with frame.sandbox() as sandbox:
        if to is None:
            frame.show(write(sandbox.read_clock()))
        elif to.startswith("+"):
            frame.show(write(sandbox.move_clock(advance_s=_seconds(to), wait_s=20)))
        else:
            frame.show(write(sandbox.move_clock(now=to, wait_s=20)))


@app.command()
def spend(
    card_id: Annotated[str, typer.Argument(help="The card.")],
    amount: Annotated[str, typer.Argument(help="As 30.00.")],
    currency: Annotated[str, typer.Option(help="The shop's.")] = "USD",
    shop: Annotated[str, typer.Option(help="The name of the shop.")] = "Corner Bakery",
) -> None:
    """Pay with a card in a shop, as the card network reports it: authorized, and cleared where that was approved."""
    with frame.sandbox() as sandbox:
        said = sandbox.authorize(card_id, amount=amount, currency=currency, merchant_name=shop)
        shown = write(said)
        if said.approved:
            shown["cleared"] = write(sandbox.clear(said.transaction_id))
    frame.show(shown)
    if not said.approved:
        raise typer.Exit(1)


@app.command()
def codes(
    code: Annotated[int, typer.Argument(help="As 10082.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON in place of text.")] = False,
) -> None:
    """Say what a published code means, what brings it about and what to do, in each API that has it."""
    found = [(api, errors.BY_CODE[code]) for api, errors in _APIS.items() if code in errors.BY_CODE]
    causes = json.loads((files(__package__) / "causes.json").read_text("utf-8"))
    if as_json:
        frame.show([_described(api, error, causes[api][str(code)]) for api, error in found])
    for api, error in found if not as_json else ():
        typer.echo(f"{api} {(error.__doc__ or '').strip()}")
        typer.echo(f"     {error.__module__}.{error.__name__}: {error.__mro__[1].__name__}")
        for endpoint, cause, remedy in causes[api][str(code)]:
            typer.echo(f"  {endpoint}: {cause} {remedy}")
    if not found:
        typer.echo(f"No API has published {code}.", err=True)
        raise typer.Exit(1)


def _described(api: str, error: Any, causes: list[list[str]]) -> dict[str, Any]:
    names = ("endpoint", "cause", "remedy")
    said = {"api": api, "code": error.code, "text": (error.__doc__ or "").strip().partition(": ")[2]}
    classes = {"class": f"{error.__module__}.{error.__name__}", "family": error.__mro__[1].__name__}
    return {**said, **classes, "causes": [dict(zip(names, row, strict=True)) for row in causes]}


_APIS: Final[Mapping[str, Any]] = {"card": card_errors, "payout": payout_errors}


def endpoint_of(path: str) -> tuple[Endpoint, Any]:
    """The endpoint whose path ends so, and the client of its API."""
    wanted = "/" + path.strip("/")
    for endpoints, client in ((card_endpoints, BursarCard), (payout_endpoints, BursarPayout)):
        for endpoint in endpoints.ENDPOINTS.values():
            if endpoint.path == wanted or re.sub(r"^/(api|openApi)/v1", "", endpoint.path) == wanted:
                return endpoint, client
    raise typer.BadParameter(f"no endpoint has the path {path}")


def fields_of(texts: list[str]) -> dict[str, Any]:
    """Parameters as they are typed: `name=value`, `name:=JSON`. Raises typer.BadParameter."""
    fields: dict[str, Any] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator:
            raise typer.BadParameter(f"{text}: name=value, or name:=JSON")
        fields[name.removesuffix(":")] = _json(text, value) if name.endswith(":") else value
    return fields


def _json(text: str, value: str) -> Any:
    try:
        return crypto.loads(value)
    except ValueError as fault:
        raise typer.BadParameter(f"{text}: what stands behind := is no JSON ({fault})") from fault


def _seconds(text: str) -> float:
    found = re.fullmatch(r"\+([0-9]{1,9})([smhdw])", text)
    if found is None:
        raise typer.BadParameter(f"{text}: as +31d, +12h, +90m, +30s, +2w")
    return float(int(found[1]) * UNITS_S[found[2]])


def _print_request(sandbox: Sandbox, row: LoggedRequest, *, as_json: bool) -> None:
    said = None if row.code in (0, 200) else sandbox.get_request(row.id).answer
    reason = None if said is None else said.says if said.check else said.text
    if as_json:
        frame.show_line({**write(row), "reason": reason})
        return
    code = "-" if row.code is None else row.code
    typer.echo(f"{row.at[11:19]}  {row.api:6} {code!s:>5}  {row.method} {row.path or '?'}  {row.id}")
    if reason is not None:
        typer.echo(f"          {reason}")

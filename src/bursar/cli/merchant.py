"""`bursar merchant`: merchants with their settings, fees, standing and keys.

The work is in `merchant_commands.py`, which loads the whole program; a help text needs none of it.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bursar.kernel.paging import ID_MAX
from bursar.merchants.keys.model import Api
from bursar.merchants.model import MerchantStatus, Permission, SuspensionLevel
from bursar.merchants.payout.model import FeeBearer

app = typer.Typer(no_args_is_help=True, help="Merchants: settings, fees, standing and keys.")
key = typer.Typer(no_args_is_help=True, help="The keys of a merchant, two live at once for each API.")
app.add_typer(key, name="key")

Who = Annotated[str, typer.Argument(metavar="MERCHANT", help="Its number or its name.")]
Reason = Annotated[str, typer.Option(help="Kept in the audit.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
KeyNumber = Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The number of the key.")]
PublicKey = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A file with a public key in PEM.")]
Instant = Annotated[str | None, typer.Option(help="An instant of ISO 8601 with its zone.")]


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="No other merchant has it.")],
    reason: Reason,
    permission: Annotated[list[Permission] | None, typer.Option(help="A family of endpoints; again for more.")] = None,
    card_public_key: PublicKey = None,
    payout_public_key: PublicKey = None,
    coin: Annotated[list[str] | None, typer.Option(help="A coin account, as USDT; again for more.")] = None,
    currency: Annotated[list[str] | None, typer.Option(help="A payout account, as SAR; again for more.")] = None,
    product_name: Annotated[list[str] | None, typer.Option(help="A sender of one-time passwords.")] = None,
    as_json: Json = False,
) -> None:
    """Make a merchant, with a key of each API that it gives a public key for."""
    from bursar.cli import merchant_commands as commands

    said = {
        "name": name,
        "permissions": permission or [],
        "card_public_key": commands.read_key(card_public_key),
        "payout_public_key": commands.read_key(payout_public_key),
        "coins": coin,
        "currencies": currency,
        "product_names": product_name or [],
    }
    commands.create(Console(), said, reason, as_json=as_json)


@app.command("list")
def list_merchants(
    status: Annotated[MerchantStatus | None, typer.Option(help="Those alone.")] = None,
    after: Annotated[int, typer.Option(min=0, max=ID_MAX, help="Those behind this number.")] = 0,
    as_json: Json = False,
) -> None:
    """Merchants in the order of their numbers, two hundred at a time."""
    from bursar.cli import merchant_commands as commands

    commands.print_merchants(Console(), status, after, as_json=as_json)


@app.command("show")
def show(who: Who, as_json: Json = False) -> None:
    """Everything that is set for a merchant."""
    from bursar.cli import merchant_commands as commands

    commands.show(Console(), who, as_json=as_json)


@app.command("change")
def change(
    who: Who,
    settings: Annotated[list[str], typer.Argument(metavar="SETTING=VALUE...", help="Values are JSON; null: default.")],
    reason: Reason,
    even_if_locked_out: Annotated[
        bool, typer.Option("--even-if-locked-out", help="Let the allow-list leave out addresses in use.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Change settings, or limits, which need a second person; both are named as `show` names them."""
    from bursar.cli import merchant_commands as commands

    commands.change(Console(), who, settings, reason, even_if_locked_out=even_if_locked_out, as_json=as_json)


@app.command("fee")
def fee(
    who: Who,
    reason: Reason,
    rate: Annotated[str, typer.Option(help="A fraction of the amount, as 0.015.")] = "0",
    fixed: Annotated[str, typer.Option(help="In units of the payout's currency.")] = "0",
    minimum: Annotated[str, typer.Option(help="The least, in units of the payout's currency.")] = "0",
    bearer: Annotated[FeeBearer, typer.Option(help="The side that pays it.")] = FeeBearer.PAYEE,
    holds_from: Instant = None,
    as_json: Json = False,
) -> None:
    """The price of payouts, at once or from an instant on; needs a second person."""
    from bursar.cli import merchant_commands as commands

    said = {"rate": rate, "fixed": fixed, "minimum": minimum, "bearer": bearer, "holds_from": holds_from}
    commands.order(Console(), "fees.change", who, said, reason, as_json=as_json)


@app.command("fees")
def fees(
    who: Who,
    before: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="Those decided before this one.")] = None,
    as_json: Json = False,
) -> None:
    """Prices that hold later, now, and held before, the last decided first."""
    from bursar.cli import merchant_commands as commands

    commands.print_fees(Console(), who, before, as_json=as_json)


@app.command("suspend")
def suspend(
    who: Who,
    reason: Reason,
    level: Annotated[SuspensionLevel, typer.Option(help="Its calls, money that goes out, or both.")],
    as_json: Json = False,
) -> None:
    """Suspend a merchant, or at another level."""
    from bursar.cli import merchant_commands as commands

    commands.order(Console(), "merchants.suspend", who, {"level": level}, reason, as_json=as_json)


@app.command("resume")
def resume(who: Who, reason: Reason, as_json: Json = False) -> None:
    """Lift a suspension; needs a second person."""
    from bursar.cli import merchant_commands as commands

    commands.order(Console(), "merchants.resume", who, {}, reason, as_json=as_json)


@app.command("record")
def record(
    who: Who,
    reason: Reason,
    hours: Annotated[float, typer.Option(min=0.01, max=168, help="From now on.")] = 24.0,
    off: Annotated[bool, typer.Option("--off", help="No longer.")] = False,
    as_json: Json = False,
) -> None:
    """Record its requests in a live install for some hours; `bursar request` shows them."""
    from bursar.cli import merchant_commands as commands

    commands.record(Console(), who, None if off else hours, reason, as_json=as_json)


@app.command("close")
def close(who: Who, reason: Reason, as_json: Json = False) -> None:
    """Close a merchant for ever: one that is suspended at level `all`, has nothing open and nothing in its book."""
    from bursar.cli import merchant_commands as commands

    commands.order(Console(), "merchants.close", who, {}, reason, as_json=as_json)


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@key.command("list")
def list_keys(who: Who, as_json: Json = False) -> None:
    """The keys of a merchant, oldest first, with their standing and their last use."""
    from bursar.cli import merchant_commands as commands

    commands.print_keys(Console(), who, as_json=as_json)


@key.command("add")
def add_key(
    who: Who,
    api: Annotated[Api, typer.Argument(help="The API that it is for.")],
    reason: Reason,
    public_key: PublicKey = None,
    expires_at: Instant = None,
    as_json: Json = False,
) -> None:
    """Make another key; needs a second person. Its secret is shown by `secret`."""
    from bursar.cli import merchant_commands as commands

    said = {"api": api, "public_key": commands.read_key(public_key), "expires_at": expires_at}
    commands.order(Console(), "merchant_keys.create", who, said, reason, as_json=as_json)


@key.command("secret")
def secret(who: Who, number: KeyNumber, as_json: Json = False) -> None:
    """Show the secret of a key of the card API, once for all."""
    from bursar.cli import merchant_commands as commands

    commands.print_secret(Console(), who, number, as_json=as_json)


@key.command("replace")
def replace_public_key(
    who: Who,
    reason: Reason,
    public_key: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="A file with a public key in PEM.")],
    number: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="A key that gets one of its own.")] = None,
    api: Annotated[Api | None, typer.Option(help="The API whose keys share it, but those with their own.")] = None,
    as_json: Json = False,
) -> None:
    """Put another public key of the merchant's in the place of one; needs a second person."""
    from bursar.cli import merchant_commands as commands

    said = {"public_key": commands.read_key(public_key), "key": number, "api": api}
    commands.order(Console(), "merchant_keys.replace", who, said, reason, as_json=as_json)


@key.command("revoke")
def revoke(who: Who, number: KeyNumber, reason: Reason, as_json: Json = False) -> None:
    """Accept a key no more."""
    from bursar.cli import merchant_commands as commands

    commands.order(Console(), "merchant_keys.revoke", who, {"key": number}, reason, as_json=as_json)


@key.command("expire")
def expire(
    who: Who,
    number: KeyNumber,
    expires_at: Annotated[str, typer.Argument(help="An instant of ISO 8601 with its zone.")],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Give a key an end, or one that is nearer."""
    from bursar.cli import merchant_commands as commands

    said = {"key": number, "expires_at": expires_at}
    commands.order(Console(), "merchant_keys.expire", who, said, reason, as_json=as_json)

"""`bursar product`: card products, and the prices of merchants' cards.

The work is in `product_commands.py`, which loads the whole program; a help text needs none of it.
"""

from typing import Annotated

import typer
from rich.console import Console

from bursar.kernel.paging import ID_MAX

app = typer.Typer(no_args_is_help=True, help="Card products, and the prices of merchants' cards.")
fee = typer.Typer(no_args_is_help=True, help="The prices of a merchant's cards, by card rate and product.")
app.add_typer(fee, name="fee")

Product = Annotated[str, typer.Argument(metavar="PRODUCT", help="Its id, as V-USD-1.")]
Settings = Annotated[
    list[str] | None, typer.Argument(metavar="NAME=JSON", help="As open=false; `show` prints all of them.")
]
Reason = Annotated[str, typer.Option(help="Kept in the audit.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
Instant = Annotated[str | None, typer.Option(help="An instant of ISO 8601 with its zone; else at once.")]
Before = Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="Those before this revision.")]
Merchant = Annotated[str, typer.Argument(metavar="MERCHANT", help="Its number or its name.")]
Rate = Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The number of the card rate.")]
Amount = Annotated[str | None, typer.Option(help="In units of the product's currency.")]
End = Annotated[str | None, typer.Option(help="In units of the product's currency; `none` for the product's own.")]


@app.command("add")
def add(
    product: Product,
    settings: Settings = None,
    *,
    name: Annotated[str, typer.Option(help="As cardholders read it.")],
    bin_: Annotated[str, typer.Option("--bin", help="The first 6 to 8 digits of its cards.")],
    reason: Reason,
    kind: Annotated[str, typer.Option(help="virtual or physical.")] = "virtual",
    network: Annotated[str, typer.Option(help="The card network.")] = "Visa",
    currency: Annotated[str, typer.Option(help="The currency of its cards.")] = "USD",
    as_json: Json = False,
) -> None:
    """Make a product, at the end of the catalogue; what is not named is as a new product has it."""
    from bursar.cli import product_commands as commands
    from bursar.cli.staff_commands import perform

    fixed = {"product": product, "kind": kind, "network": network, "bin": bin_, "currency": currency}
    said = fixed | {"settings": {"name": name, **commands.read_settings(settings)}}
    perform(Console(), commands.CREATE, said, reason, as_json=as_json)


@app.command("list")
def list_products(as_json: Json = False) -> None:
    """Products as they are now."""
    from bursar.cli import product_commands as commands

    commands.print_products(Console(), as_json=as_json)


@app.command("show")
def show(product: Product) -> None:
    """All settings of a product, as JSON."""
    from bursar.cli import product_commands as commands

    commands.print_product(product)


@app.command("set")
def set_settings(
    product: Product, settings: Settings, *, reason: Reason, holds_from: Instant = None, as_json: Json = False
) -> None:
    """Other settings, each in place of the one before, at once or from an instant on.

    `rate` and `recharge` are limits: they need a second person, and stand in a command of their own.
    """
    from bursar.cli import product_commands as commands
    from bursar.cli.staff_commands import perform

    said = commands.read_settings(settings)
    action = commands.CHANGE_LIMITS if said and said.keys() <= commands.LIMITS else commands.CHANGE
    arguments = {"product": product, "settings": said, "holds_from": holds_from}
    perform(Console(), action, arguments, reason, as_json=as_json)


@app.command("close")
def close(product: Product, reason: Reason, holds_from: Instant = None, as_json: Json = False) -> None:
    """Open no more cards of a product; those that there are go on."""
    from bursar.cli import product_commands as commands
    from bursar.cli.staff_commands import perform

    perform(Console(), commands.CLOSE, {"product": product, "holds_from": holds_from}, reason, as_json=as_json)


@app.command("history")
def history(product: Product, before: Before = None, as_json: Json = False) -> None:
    """Settings that hold later, now, and held before, the last decided first."""
    from bursar.cli import product_commands as commands

    commands.print_history(Console(), product, before, as_json=as_json)


@fee.command("list")
def list_fees(
    merchant: Merchant,
    after: Annotated[int, typer.Option(min=0, max=ID_MAX, help="Card rates behind this number.")] = 0,
    as_json: Json = False,
) -> None:
    """Card rates of a merchant with the prices that hold now."""
    from bursar.cli import product_commands as commands

    commands.print_rates(Console(), merchant, after, as_json=as_json)


@fee.command("set")
def set_fee(
    merchant: Merchant,
    rate: Rate,
    product: Product,
    reason: Reason,
    open_fee: Amount = None,
    monthly_fee: Amount = None,
    recharge_rate: Annotated[str | None, typer.Option(help="A fraction of the amount, as 0.015.")] = None,
    recharge_fee_min: Amount = None,
    recharge_min: End = None,
    recharge_max: End = None,
    holds_from: Instant = None,
    as_json: Json = False,
) -> None:
    """Prices and limits of a product in a card rate; what is not named stays. Needs a second person."""
    from bursar.cli import product_commands as commands

    terms = {
        "open_fee": open_fee,
        "monthly_fee": monthly_fee,
        "recharge_rate": recharge_rate,
        "recharge_fee_min": recharge_fee_min,
        "recharge_min": recharge_min,
        "recharge_max": recharge_max,
    }
    said = {"rate": rate, "product": product, "holds_from": holds_from}
    commands.order_fees(Console(), merchant, {**said, "terms": commands.read_terms(terms)}, reason, as_json=as_json)


@fee.command("history")
def fee_history(merchant: Merchant, rate: Rate, before: Before = None, as_json: Json = False) -> None:
    """Prices of a card rate that hold later, now, and held before, the last decided first."""
    from bursar.cli import product_commands as commands

    commands.print_fee_history(Console(), merchant, rate, before, as_json=as_json)

"""The work and the output of `bursar product`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bursar.administration.catalogue import CHANGE, CHANGE_FEES, CHANGE_LIMITS, CLOSE, CREATE
from bursar.cards.catalogue.model import Product
from bursar.cards.catalogue.settings import LIMITS, settings_of
from bursar.cards.rates.model import TERMS, Rate, RateChange, RateDetail, terms_document
from bursar.cli.merchant_commands import number_of, order, read_setting
from bursar.cli.staff_commands import acting_on
from bursar.cli.tables import print_json, print_table
from bursar.kernel.context import Context
from bursar.kernel.succession import Revision
from bursar.main.parts import Parts
from bursar.staff.model import Principal

__all__ = ["CHANGE", "CHANGE_LIMITS", "CLOSE", "CREATE", "LIMITS"]

NONE: Final = "none"
"""The word that takes a limit of a card rate away."""


def read_settings(texts: Sequence[str] | None) -> dict[str, Any]:
    """Settings by name; raises ArgumentsUnusable."""
    return dict(map(read_setting, texts or ()))


def read_terms(texts: Mapping[str, str | None]) -> dict[str, str | None]:
    """The terms that are named."""
    return {name: None if text == NONE else text for name, text in texts.items() if text is not None}


def order_fees(console: Console, merchant: str, said: Mapping[str, Any], reason: str, *, as_json: bool) -> None:
    """Have prices changed, or ask for a second person."""
    order(console, CHANGE_FEES, merchant, said, reason, as_json=as_json)


def print_products(console: Console, *, as_json: bool) -> None:
    """A line for each product."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Sequence[Product]:
        return await parts.rooms.administration.terms.list_products(ctx, by)

    found = acting_on(run)
    if as_json:
        print_json([_document(each) for each in found])
        return
    table = Table("Product", "Name", "Kind", "Network", "BIN", "Currency", "For one USDT", "Recharges", "State")
    for each in found:
        between = "" if each.recharge is None else f"{each.recharge.min} to {each.recharge.max}"
        state = "disabled" if not each.enabled else "open" if each.open_for_opening else "closed"
        what = each.id, each.name, each.kind, each.network, each.bin, each.currency
        table.add_row(*what, f"{each.rate_usdt:f}", between, state)
    print_table(console, table)


def print_product(product: str) -> None:
    """All that is set."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Product:
        return await parts.rooms.administration.terms.get_product(ctx, by, product)

    print_json(_document(acting_on(run)))


def print_history(console: Console, product: str, before: int | None, *, as_json: bool) -> None:
    """A line for each setting of each change."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Sequence[Revision]:
        return await parts.rooms.administration.terms.list_product_changes(ctx, by, product, before=before)

    print_revisions(console, acting_on(run), as_json=as_json)


def print_revisions(console: Console, found: Sequence[Revision], *, as_json: bool) -> None:
    """A line for each setting of each change."""
    if as_json:
        print_json(found)
        return
    table = Table("Revision", "Setting", "Value", "Holds from", "Decided", "By")
    for each in found:
        for name, value in sorted(each.settings.items()):
            table.add_row(str(each.revision), name, str(value), _at(each.holds_from), _at(each.made_at), each.made_by)
    print_table(console, table)


def print_rates(console: Console, merchant: str, after: int, *, as_json: bool) -> None:
    """A line for each product of each card rate."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Sequence[Rate]:
        number = await number_of(parts, ctx, by, merchant)
        return await parts.rooms.administration.terms.list_rates(ctx, by, number, after=after)

    found = acting_on(run)
    if as_json:
        print_json([_rate(each) for each in found])
        return
    table = Table("Rate", "Name", "Groups", *_COLUMNS)
    for each in found:
        groups = ", ".join(map(str, each.group_ids))
        for detail in each.details:
            table.add_row(str(each.id), each.name, groups, *_cells(detail))
    print_table(console, table)


def print_fee_history(console: Console, merchant: str, rate: int, before: int | None, *, as_json: bool) -> None:
    """A line for each product of each change."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Sequence[RateChange]:
        book = ctx.of(await number_of(parts, ctx, by, merchant))
        return await parts.rooms.administration.terms.list_rate_changes(
            book, by, rate, before=None if before is None else (before, "")
        )

    found = acting_on(run)
    if as_json:
        print_json([_change(each) for each in found])
        return
    table = Table("Revision", *_COLUMNS, "Holds from", "Decided", "By")
    for each in found:
        table.add_row(str(each.revision), *_cells(each.detail), _at(each.holds_from), _at(each.made_at), each.made_by)
    print_table(console, table)


_COLUMNS: Final = ("Product", "Currency", *(term.replace("_", " ").capitalize() for term in TERMS))


def _cells(detail: RateDetail) -> list[str]:
    terms = terms_document(detail)
    return [detail.product_id, detail.open_fee.asset, *(terms[name] or "" for name in TERMS)]


def _document(product: Product) -> dict[str, Any]:
    fixed = ("id", "kind", "network", "bin", "currency")
    return {name: getattr(product, name) for name in fixed} | settings_of(product)


def _rate(rate: Rate) -> dict[str, Any]:
    terms = [{"product": detail.product_id, **terms_document(detail)} for detail in rate.details]
    return {"rate": rate.id, "name": rate.name, "groups": rate.group_ids, "terms": terms}


def _change(change: RateChange) -> dict[str, Any]:
    when = {"holds_from": change.holds_from, "made_at": change.made_at, "made_by": change.made_by}
    terms = {"product": change.detail.product_id, **terms_document(change.detail)}
    return {"revision": change.revision, **terms, **when}


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"

"""The operator's bookings as actions of staff: who may order them, in whose book, and which amount a policy compares.

Arguments are texts and numbers: `amount` (decimal), `asset`, `reason`, `document` (or none), and what each names more.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final, TypeVar

from bursar.accounting.model import Grounds, Purse, Source
from bursar.accounting.service import Accounting
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.ledger.decisions import Decided
from bursar.staff.approvals.model import Action, Arguments
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.roles import Permission

MERCHANT: Final = "merchant"
RECEIVED: Final = "received"

C = TypeVar("C", bound=StrEnum)


def money_actions(accounting: Accounting) -> Iterator[Action]:
    """All actions that book."""

    async def fund(ctx: Context, said: Arguments) -> Decided[Any]:
        source, purse = _choice(said, "source", Source), _choice(said, "purse", Purse)
        return await accounting.fund(ctx, source, purse, _amount(said), _grounds(said))

    async def pay_out(ctx: Context, said: Arguments) -> Decided[Any]:
        return await accounting.pay_out(ctx, _choice(said, "purse", Purse), _amount(said), _grounds(said))

    async def settle(ctx: Context, said: Arguments) -> Decided[Any]:
        received = said.get(RECEIVED)
        if not isinstance(received, bool):
            raise ArgumentsUnusable("received is true or false")
        clearing = _text(said, "clearing")
        return await accounting.settle(ctx, clearing, _amount(said), _grounds(said), received=received)

    async def collect_fees(ctx: Context, said: Arguments) -> Decided[Any]:
        return await accounting.collect_fees(ctx, _amount(said), _grounds(said))

    async def suspend(ctx: Context, said: Arguments) -> Decided[Any]:
        return await accounting.suspend(ctx, _amount(said), _grounds(said))

    async def send_back(ctx: Context, said: Arguments) -> Decided[Any]:
        return await accounting.send_back(ctx, _amount(said), _grounds(said))

    async def adjust(ctx: Context, said: Arguments) -> Decided[Any]:
        debit, credit = _text(said, "debit"), _text(said, "credit")
        return await accounting.adjust(ctx, debit, credit, _amount(said), _grounds(said))

    yield Action("money.fund", Permission.MONEY_FUND, fund, _book, _amount)
    yield Action("money.pay_out", Permission.MONEY_PAY_OUT, pay_out, _book, _amount)
    yield Action("money.settle", Permission.MONEY_SETTLE, settle, _book, _amount)
    yield Action("money.collect_fees", Permission.MONEY_COLLECT_FEES, collect_fees, _book, _amount)
    yield Action("money.suspend", Permission.MONEY_SETTLE, suspend, amount=_amount)
    yield Action("money.send_back", Permission.MONEY_PAY_OUT, send_back, amount=_amount)
    yield Action("money.adjust", Permission.MONEY_ADJUST, adjust, _book, _amount)


def _book(said: Arguments) -> int:
    merchant_id = said.get(MERCHANT)
    if type(merchant_id) is not int or merchant_id < 0:
        raise ArgumentsUnusable("merchant is the number of a book")
    return merchant_id


def _amount(said: Arguments) -> Money:
    """Raises NotAnAmount, TooPrecise or UnknownAsset."""
    return Money.parse(_text(said, "amount"), _text(said, "asset"))


def _grounds(said: Arguments) -> Grounds:
    """Raises ReasonInvalid."""
    document = said.get("document")
    return Grounds(_text(said, "reason"), None if document is None else _text(said, "document"))


def _text(said: Arguments, name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str):
        raise ArgumentsUnusable(f"{name} is a text")
    return value


def _choice(said: Arguments, name: str, choices: type[C]) -> C:
    try:
        return choices(_text(said, name))
    except ValueError:
        raise ArgumentsUnusable(f"{name} is one of {', '.join(choices)}") from None

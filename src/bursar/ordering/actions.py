"""The actions by which users of a merchant take money out: a withdrawal, and a batch of payouts.

Each is decided by the use case that the merchant's programs call, and committed under the key of the approval, in the
operation that stores it: nothing is paid twice, whatever is killed in between. The second factor of whoever approves
stands in the place of the merchant's verification password.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from bursar.kernel.context import Context
from bursar.kernel.money import Money, NotAnAmount, TooPrecise, UnknownAsset
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Part
from bursar.merchants.errors import MerchantSuspended
from bursar.merchants.model import Permission
from bursar.merchants.service import Merchants
from bursar.ordering import store
from bursar.ordering.drafts import Drafts
from bursar.ordering.errors import DraftChanged, DraftEnded, NotForMerchant
from bursar.ordering.model import PLAIN_AMOUNT, digest_of, read_row, sums_of
from bursar.payouts.batches import PayoutBatches
from bursar.staff.approvals.model import Action, Arguments
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.merchant_roles import MerchantPermission
from bursar.wallet.withdrawals.model import NewWithdrawal
from bursar.wallet.withdrawals.service import Withdrawals

WITHDRAW: Final = "withdrawals.ask"
SEND: Final = "payouts.send"


@dataclass(frozen=True, slots=True)
class OrderDependencies:
    """The services whose use cases are carried out."""

    merchants: Merchants
    drafts: Drafts
    batches: PayoutBatches
    withdrawals: Withdrawals


def order_actions(parts: OrderDependencies) -> Iterator[Action]:
    """`withdrawals.ask` (`coin`, `chain_id`, `address`, `amount`), and `payouts.send` (`draft_id`, `revision`, `digest`
    and the `sums` by currency).
    """

    async def withdraw(ctx: Context, arguments: Arguments) -> Decided[Any]:
        await _check_may(ctx, parts.merchants, Permission.WALLET)
        amount = _amount(arguments)
        coin, chain_id, address = (_text(arguments, name) for name in ("coin", "chain_id", "address"))
        asked = NewWithdrawal(coin, chain_id, address, Decimal(str(amount)), None)
        return await parts.withdrawals.decide(ctx, asked, _nothing_more)

    async def send(ctx: Context, arguments: Arguments) -> Decided[Any]:
        await _check_may(ctx, parts.merchants, Permission.PAYOUT)
        draft_id, revision = _number(arguments, "draft_id"), _number(arguments, "revision")
        draft = await parts.drafts.find(ctx, draft_id)
        rows = await parts.drafts.rows_of(ctx, draft)
        if draft.sent_at is not None or draft.dropped_at is not None:
            raise DraftEnded(draft_id)
        approved = draft.approval_id is not None and ctx.request_key == f"approval:{draft.approval_id}"
        if draft.revision != revision + approved or digest_of(rows) != arguments.get("digest"):
            raise DraftChanged(draft_id)
        decided = await parts.batches.decide(ctx, draft.batch_id, [read_row(row) for row in rows])
        if sums_of(decided.outcome.totals) != arguments.get("sums"):
            raise DraftChanged(draft_id)
        return decided + store.moved(draft, sent_at=ctx.now())

    def waits(_: Context, arguments: Arguments, approval_id: int) -> Part:
        return store.asked_for(_number(arguments, "draft_id"), _number(arguments, "revision"), approval_id)

    yield Action(WITHDRAW, MerchantPermission.WITHDRAWALS_ASK, withdraw, amount=_amount)
    yield Action(SEND, MerchantPermission.PAYOUTS_ASK, send, amount=_sum, asked=waits)


async def _check_may(ctx: Context, merchants: Merchants, permission: Permission) -> None:
    """Raises NotForMerchant or MerchantSuspended; the commit judges the suspension once more."""
    merchant = await merchants.get(ctx)
    if permission not in merchant.permissions:
        raise NotForMerchant(permission)
    if merchant.suspension is not None:
        raise MerchantSuspended


async def _nothing_more() -> None:
    """The second factor was proved before the approval."""


def _amount(arguments: Arguments) -> Money:
    return _money(_text(arguments, "amount"), _text(arguments, "coin"))


def _sum(arguments: Arguments) -> Money | None:
    """The sum of a batch in one currency; None of several, for which a policy with an amount always needs somebody."""
    sums = arguments.get("sums")
    if not isinstance(sums, Mapping) or len(sums) != 1:
        return None
    ((currency, amount),) = sums.items()
    return _money(str(amount), str(currency))


def _money(amount: str, asset: str) -> Money:
    if not PLAIN_AMOUNT.fullmatch(amount):
        raise ArgumentsUnusable("an amount is written with digits and a point")
    try:
        return Money.parse(amount, asset)
    except (NotAnAmount, TooPrecise, UnknownAsset) as fault:
        raise ArgumentsUnusable(str(fault)) from None


def _text(arguments: Arguments, name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str):
        raise ArgumentsUnusable(f"{name} is a text")
    return value


def _number(arguments: Arguments, name: str) -> int:
    value = arguments.get(name)
    if type(value) is not int:
        raise ArgumentsUnusable(f"{name} is a number")
    return value

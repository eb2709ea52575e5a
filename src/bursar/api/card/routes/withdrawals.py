"""Withdrawals: asked for, and looked at."""

from functools import partial

from bursar.api.card.call import Call
from bursar.api.card.codes import Code
from bursar.api.card.endpoint import Route
from bursar.api.card.schemas.wire import PageOut
from bursar.api.card.schemas.withdrawals import (
    Withdraw,
    WithdrawalListQuery,
    WithdrawalOut,
    WithdrawalQuery,
    WithdrawalTaken,
)
from bursar.merchants.model import Permission

route = Route(Permission.WALLET)

_CODES = [
    Code.COIN_UNKNOWN,
    Code.CHAIN_UNKNOWN,
    Code.CONFIG_UNKNOWN,
    Code.ADDRESS_MALFORMED,
    Code.WITHDRAWAL_NOT_POSITIVE,
    Code.WITHDRAWAL_CLOSED,
    Code.WITHDRAWAL_TO_ONESELF,
    Code.ADDRESS_NOT_NOW,
    Code.BELOW_WALLET_MINIMUM,
    Code.ABOVE_WALLET_MAXIMUM,
    Code.BELOW_TRANSACTION_MINIMUM,
    Code.ABOVE_TRANSACTION_MAXIMUM,
    Code.LIMIT_1H,
    Code.LIMIT_24H,
    Code.VERIFY_PASSWORD_REQUIRED,
    Code.VERIFY_PASSWORD_WRONG,
    Code.VERIFY_PASSWORD_LOCKED,
    Code.BALANCE_INSUFFICIENT,
    Code.WITHDRAWAL_FAILED,
]


@route.post("/wallet/withdraw", encrypted=True, mutating=True, money_out=True, codes=_CODES)
async def withdraw(call: Call, body: Withdraw) -> WithdrawalTaken:
    """Take coins out of your wallet: amount and fee are frozen, and the withdrawal is reviewed."""
    allow = partial(call.services.verification.check, call.ctx, body.verify_password)
    return WithdrawalTaken.of(await call.services.withdrawals.withdraw(call.ctx, body.asked, allow))


@route.post("/wallet/withdraw/list")
async def withdrawal_list(call: Call, body: WithdrawalListQuery) -> PageOut[WithdrawalOut]:
    """Your withdrawals, newest first."""
    page = await call.services.withdrawals.list_page(call.ctx, body.which, body.page)
    return PageOut.of(page.of(WithdrawalOut.of))


@route.post("/wallet/withdraw/info", codes=[Code.WALLET_ORDER_UNKNOWN])
async def withdrawal_info(call: Call, body: WithdrawalQuery) -> WithdrawalOut:
    """One of them."""
    return WithdrawalOut.of(await call.services.withdrawals.get(call.ctx, body.order_no))

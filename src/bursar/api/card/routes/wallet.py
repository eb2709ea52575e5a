"""The wallet: coins and chains, addresses that customers pay to, and what arrived there."""

from dataclasses import replace

from bursar.api.card.call import Call
from bursar.api.card.codes import Code
from bursar.api.card.endpoint import Route
from bursar.api.card.schemas.wallet import (
    AddressApplication,
    AddressesOut,
    AddressListQuery,
    ChainOut,
    CoinOut,
    CoinQuery,
    DepositAddressOut,
    DepositListQuery,
    DepositOut,
    DepositQuery,
    HoldingOut,
    PoolQuery,
    WalletConfigOut,
)
from bursar.api.card.schemas.wire import Nothing, PageOut
from bursar.merchants.model import Permission

route = Route(Permission.WALLET)


@route.post("/wallet/info", codes=[Code.WALLET_UNAVAILABLE])
async def wallet_info(call: Call, body: Nothing) -> list[HoldingOut]:
    """What you hold of each coin, as long as its chains can be seen."""
    return [HoldingOut.of(account) for account in await call.services.wallet.balances(call.ctx)]


@route.post("/wallet/coin/list")
async def coin_list(call: Call, body: CoinQuery) -> list[CoinOut]:
    """The coins that can be received, and whether they are paid out."""
    return [CoinOut.of(coin) for coin in await call.services.wallet.coins(call.ctx, body.coin_id)]


@route.post("/wallet/chain/list")
async def chain_list(call: Call, body: CoinQuery) -> list[ChainOut]:
    """The chains that carry each coin."""
    return [ChainOut.of(placed) for placed in call.services.wallet.tokens(body.coin_id)]


@route.post("/wallet/config", codes=[Code.COIN_UNKNOWN, Code.CHAIN_UNKNOWN, Code.CONFIG_UNKNOWN])
async def wallet_config(call: Call, body: PoolQuery) -> WalletConfigOut:
    """What bounds withdrawals and deposits of a coin on a chain, and what a withdrawal costs."""
    return WalletConfigOut.of(await call.services.wallet.limits(call.ctx, body.coin_id, body.chain_id))


@route.post(
    "/wallet/address/apply",
    mutating=True,
    codes=[
        Code.COIN_UNKNOWN,
        Code.CHAIN_UNKNOWN,
        Code.TOO_MANY_ADDRESSES,
        Code.ADDRESS_POOL_EMPTY,
        Code.ADDRESS_DERIVATION_FAILED,
    ],
)
async def address_apply(call: Call, body: AddressApplication) -> AddressesOut:
    """New addresses for your customers to pay to: all that you ask for, or none."""
    taken = await call.services.addresses.apply(call.ctx, body.coin_id, body.chain_id, body.quantity)
    return AddressesOut.of(taken)


@route.post("/wallet/address/list", codes=[Code.CHAIN_UNKNOWN])
async def address_list(call: Call, body: AddressListQuery) -> PageOut[DepositAddressOut]:
    """Your addresses, newest first."""
    page = await call.services.addresses.list_page(call.ctx, body.chain_id, body.address, body.page)
    return PageOut.of(page.of(DepositAddressOut.of))


@route.post("/wallet/deposit/list")
async def deposit_list(call: Call, body: DepositListQuery) -> PageOut[DepositOut]:
    """What arrived at your addresses, newest first."""
    which = replace(body.which, recipient=call.services.addresses.canonical(body.address))
    return PageOut.of((await call.services.deposits.list_page(call.ctx, which, body.page)).of(DepositOut.of))


@route.post("/wallet/deposit/info", codes=[Code.WALLET_ORDER_UNKNOWN])
async def deposit_info(call: Call, body: DepositQuery) -> DepositOut:
    """One of them."""
    return DepositOut.of(await call.services.deposits.get(call.ctx, body.order_no))

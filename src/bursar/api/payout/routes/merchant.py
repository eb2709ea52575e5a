"""The merchant's payout balances, its countries and banks, and its rates."""

from bursar.api.payout.call import Call
from bursar.api.payout.endpoint import Route
from bursar.api.payout.schemas.merchant import BalanceOut, BankOut, BankQuery, ExchangeRateOut
from bursar.merchants.model import Permission
from bursar.payouts.payees.banks import list_banks

route = Route(Permission.PAYOUT)


@route.get("/merchant/balance")
async def merchant_balance(call: Call) -> list[BalanceOut]:
    """What is left to pay out, in each currency that the merchant has an account in."""
    return [BalanceOut.of(account) for account in await call.services.merchants.accounts(call.ctx)]


@route.get("/payee/banks")
async def banks(_: Call, body: BankQuery) -> list[BankOut]:
    """The banks of a country that money can be sent to."""
    return [BankOut.of(bank) for bank in list_banks(None if body.country == "ALL" else body.country)]


@route.get("/payee/exchangeRate")
async def exchange_rate(call: Call) -> list[ExchangeRateOut]:
    """The rates at which payouts without an account in their currency are taken."""
    return [ExchangeRateOut.of(rate) for rate in await call.services.exchange.list_rates()]

"""The operator's exchange rates."""

from datetime import datetime
from functools import partial

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_cursor, read_times, write_cursor
from bursar.api.operator.schemas.approvals import DoneOut, Waits
from bursar.api.operator.schemas.rates import (
    Asset,
    RateChangeOut,
    RateFileOut,
    RateHistoryQuery,
    RateIn,
    RateOut,
    RateQuery,
)
from bursar.api.operator.schemas.wire import Listed
from bursar.exchange.service import RateImpossible, RateNotKept
from bursar.staff.roles import Permission

route = Route("Rates", "Exchange rates that the install keeps, each from an instant on.")


@route.get("/rates", Permission.RATES_READ)
async def list_rates(call: Call, query: RateQuery) -> Listed[RateOut]:
    """List the rates that hold now."""
    after = read_cursor(query.after, query.sort, str, str) or ("", "")
    exchange = call.services.exchange
    found = [rate for rate in await exchange.list_kept() if (rate.target, rate.source) > after]
    render = partial(RateOut.of, exchange)
    return page(found, query.limit, render, lambda rate: write_cursor(query.sort, rate.target, rate.source))


@route.get("/rates/file", Permission.RATES_READ)
async def get_rate_file(call: Call) -> RateFileOut:
    """Show the last tries to fetch the file of rates, and the pairs that are taken from it.

    A rate of the file that has jumped is among the decisions, as `rate`.
    """
    quotes = call.services.quotes
    return RateFileOut.of(quotes.rules.pairs if quotes.is_fetched else (), await quotes.find_feed())


@route.get("/rates/{source}/{target}", Permission.RATES_READ, refuses=(RateNotKept,))
async def get_rate(call: Call, source: Asset, target: Asset) -> RateOut:
    """Show the rate of a pair that holds now."""
    exchange = call.services.exchange
    return RateOut.of(exchange, await exchange.get_kept(source, target))


@route.get("/rates/{source}/{target}/history", Permission.RATES_READ)
async def list_rate_changes(call: Call, source: Asset, target: Asset, query: RateHistoryQuery) -> Listed[RateChangeOut]:
    """List the rates of a pair that hold later, now, and held before, the latest first."""
    after = read_times(query.after, query.sort)
    found = await call.services.exchange.list_changes(source, target, after, query.limit + 1)

    def cursor_of(holds_from: datetime, made_at: datetime, number: int) -> str:
        return write_cursor(query.sort, holds_from.isoformat(), made_at.isoformat(), number)

    return page(found, query.limit, RateChangeOut.of, lambda each: cursor_of(*each.place))


@route.post("/rates", Permission.RATES_CHANGE, refuses=(RateImpossible,))
async def change_rate(call: Call, body: RateIn) -> DoneOut | Waits:
    """Keep a rate, at once or from an instant on; orders that were taken on before keep theirs."""
    return await call.perform("rates.change", body.said, body.reason)

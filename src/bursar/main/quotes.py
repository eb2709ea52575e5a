"""The room of quotes by the settings, and rates that wait among the decisions."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from bursar.db.database import Database
from bursar.decisions.assembly import DecisionRoom
from bursar.decisions.sources.rates import rate_actions, rate_source
from bursar.exchange.service import Exchange as Exchange
from bursar.ground import Ground
from bursar.install.rates import RateSettings
from bursar.install.settings import Settings
from bursar.kernel.clock import SystemClock
from bursar.kernel.errors import Fact
from bursar.providers.rates.web import WebRates
from bursar.quotes.assembly import build_quotes
from bursar.quotes.model import Rules, read_sheet
from bursar.quotes.service import Quotes as Quotes
from bursar.quotes.service import standing_of
from bursar.staff.assembly import StaffRoom

OF_NOTHING: Final = Rules((), timedelta(days=1), timedelta(days=1), Decimal(0))


class RatesNotKept(Fact):
    """Rates of the file are missing, old, or wait for a person."""

    wrong: tuple[str, ...]

    def __str__(self) -> str:
        return f"Rates of the file: {'; '.join(self.wrong)}"


def rules_of(settings: RateSettings | None) -> Rules:
    """The rules that the settings have."""
    if settings is None:
        return OF_NOTHING
    every, age_max = timedelta(seconds=settings.every_s), timedelta(seconds=settings.age_max_s)
    return Rules(settings.pairs, every, age_max, Decimal(settings.jump_percent) / 100)


def exchange_of(ground: Ground, settings: RateSettings | None) -> Exchange:
    """The install's rates; those of a file have a greatest age."""
    return Exchange(ground, None if settings is None else rules_of(settings).age_max)


def quotes_of(ground: Ground, exchange: Exchange, staff: StaffRoom, settings: RateSettings | None) -> Quotes:
    """The room on this ground, with the file that the settings name."""
    source = None if settings is None else WebRates(settings.url)
    return build_quotes(ground, exchange, staff, source, rules_of(settings))


def with_held_rates(decisions: DecisionRoom, quotes: Quotes, exchange: Exchange, staff: StaffRoom) -> DecisionRoom:
    """The queue of decisions with rates that wait for a person among them."""
    for action in rate_actions(quotes, decisions.actions):
        staff.actions.add(action)
    decisions.sources.add(rate_source(quotes, exchange, staff.approvals))
    return decisions


async def reach_rates(settings: Settings) -> str:
    """The file of rates, fetched and read now, and the ages of what it has said; or the operator's table.

    Raises SheetUnreachable, SheetUnreadable or RatesNotKept.
    """
    if settings.rates is None:
        return "set by people alone"
    now, rules, source = SystemClock().now(), rules_of(settings.rates), WebRates(settings.rates.url)
    quoted = read_sheet(await source.fetch(), rules.pairs, now)
    database = Database(settings.database_url)
    await database.open()
    try:
        standing = await standing_of(database)
    finally:
        await database.close()
    kept = {each.pair: each.as_of for each in standing if each.change_id is not None and each.as_of is not None}
    wrong = [
        *(f"{'/'.join(pair)} is not in the file" for pair in rules.pairs if pair not in quoted),
        *(f"{'/'.join(pair)} was never taken" for pair in rules.pairs if pair not in kept),
        *(f"{'/'.join(pair)} is of {at:%Y-%m-%d %H:%M}" for pair, at in kept.items() if at < now - rules.age_max),
        *(f"{'/'.join(each.pair)} waits for a person" for each in standing if each.held_id and not each.held_refused),
    ]
    if wrong:
        raise RatesNotKept(tuple(wrong))
    oldest = now - min(kept.values())
    return f"{source.place}, {len(kept)} pairs, the oldest {int(oldest.total_seconds() // 60)} min"

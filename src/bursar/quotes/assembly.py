"""The room of quotes put together."""

from bursar.exchange.service import Exchange
from bursar.ground import Ground
from bursar.quotes.model import Rules
from bursar.quotes.ports import RateSource
from bursar.quotes.service import Quotes
from bursar.staff.assembly import StaffRoom


def build_quotes(
    ground: Ground, exchange: Exchange, staff: StaffRoom, source: RateSource | None, rules: Rules
) -> Quotes:
    """The room on this ground."""
    return Quotes(ground, exchange, staff.recorder, source, rules)

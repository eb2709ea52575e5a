"""The design of the console on a page of its own: tokens, and each component in all its states."""

from datetime import timedelta
from typing import Any, Final

from bursar.console.formats import TONES
from bursar.console.machines import MACHINES
from bursar.console.page import Access, Page, Shown
from bursar.console.visit import Visit
from bursar.kernel.money import Money

page: Final[Page[Any]] = Page("/design", Access.SIGNED_IN)
COLOURS: Final = ("page", "raised", "sunk", "line", "text", "soft", "accent", "accent-soft")
"""Tokens of colours, without those of the tones."""


@page.shows
async def show(visit: Visit[Any]) -> Shown:
    """All of it, with values that are examples."""
    tones: dict[str, str] = {}
    for word, tone in TONES.items():
        tones.setdefault(tone, word)
    values = {
        "colours": COLOURS,
        "tones": {**tones, "calm": "deleted"},
        "machine": MACHINES["withdrawal"],
        "since": visit.ctx.now() - timedelta(hours=3, minutes=12),
        "amounts": [Money.parse("1250000.5", "USDT"), Money.parse("-75.25", "SAR"), Money.parse("0.00041", "BTC")],
    }
    return Shown("design.html", values)

"""Values as people read them: instants, ages, amounts, ids and statuses, as safe HTML. Pure.

Figures have Western digits in every language, since they are compared with files, chains and other people's screens.
Whatever is not prose (an id, a hash, an amount) keeps its direction from left to right.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from babel.dates import format_date, format_timedelta
from markupsafe import Markup

from bursar.console.look import Look
from bursar.console.messages import Messages
from bursar.kernel.money import Money

TONES: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "active",
            "normal",
            "succeeded",
            "transferred",
            "credited",
            "approved",
            "approve",
            "delivered",
            "done",
            "live",
            "proven",
            "answers",
        ),
        "good",
    ),
    **dict.fromkeys(
        (
            "pending",
            "under_review",
            "submitted",
            "awaiting_initial_review",
            "awaiting_review",
            "held",
            "asked",
            "open",
            "invited",
        ),
        "wait",
    ),
    **dict.fromkeys(
        (
            "failed",
            "rejected",
            "reject",
            "banned",
            "withdrawal_rejected",
            "frozen",
            "dead",
            "orphaned",
            "refused",
            "suspended",
            "differs",
            "at_fault",
        ),
        "bad",
    ),
    **dict.fromkeys(
        ("processing", "confirming", "awaiting_withdrawal", "awaiting_payment", "returning", "pending_activation"),
        "move",
    ),
    "live": "good",
    **dict.fromkeys(("invited", "next"), "wait"),
    **dict.fromkeys(("suspended", "revoked", "disabled"), "bad"),
    "retiring": "move",
}
"""The tone of a status: `good`, `wait` for a person, `bad`, or on the `move`; any other one is `calm`."""

_MINUTE: Final = timedelta(minutes=1)
_WORD: Final = re.compile(r"[a-z]+(?:_[a-z]+)+", re.ASCII)
_BROWSERS: Final = (("Firefox/", "Firefox"), ("Edg/", "Edge"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS: Final = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("Android", "Android"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats of one page: its language, its zone, and the present."""

    messages: Messages
    look: Look
    now: datetime

    def moment(self, at: datetime | str | None) -> Markup:
        """An instant in the viewer's zone, with that of UTC beside it."""
        if at is None:
            return Markup('<span class="none">–</span>')
        instant = (datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(UTC)
        local = instant.astimezone(self.look.place)
        shown = f"{format_date(local, 'medium', locale=self.messages.locale)}, {local:%H:%M:%S}"
        exact = f"{instant:%Y-%m-%d %H:%M:%S}.{instant.microsecond // 1000:03d} UTC"
        return Markup('<time datetime="{}" title="{}">{}</time>').format(instant.isoformat(), exact, _western(shown))

    def age(self, since: datetime) -> Markup:
        """The time that has passed, in its largest unit, with the instant beside it."""
        passed = max((self.now - since) // _MINUTE, 0) * _MINUTE
        shown = format_timedelta(passed, granularity="minute", threshold=1, locale=self.messages.locale)
        exact = f"{since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        return Markup('<time datetime="{}" title="{}">{}</time>').format(since.isoformat(), exact, _western(shown))

    def money(self, amount: Money | None) -> Markup:
        """An amount with all decimals of its asset."""
        if amount is None:
            return Markup('<span class="none">–</span>')
        return self.figure(str(amount), amount.asset)

    def minor(self, amount: int, asset: str) -> Markup:
        """An amount in minor units of its asset."""
        return self.money(Money(amount, asset))

    def figure(self, text: str, asset: str) -> Markup:
        """An amount that is a text already."""
        whole, point, rest = text.partition(".")
        sign, digits = ("−", whole[1:]) if whole.startswith("-") else ("", whole)
        grouped = f"{int(digits):,}" if digits.isascii() and digits.isdigit() else digits
        return Markup('<span class="money" dir="ltr"><b>{}{}{}{}</b> {}</span>').format(
            sign, grouped, point, rest, asset
        )

    def code(self, text: object, *, copy: bool = True) -> Markup:
        """An id, a hash or an address, to be copied by a button."""
        if not copy:
            return Markup('<code class="id" dir="ltr">{}</code>').format(text)
        button = Markup('<button type="button" class="copy" data-copy="{}" aria-label="{}"></button>').format(
            text, self.messages("shell.copy", what=text)
        )
        return Markup('<span class="copied"><code class="id" dir="ltr">{}</code>{}</span>').format(text, button)

    def marked(self, text: str) -> Markup:
        """A sentence in which backticks enclose what is code."""
        parts = text.split("`")
        code = Markup('<code dir="ltr">{}</code>')
        return Markup("").join(code.format(part) if index % 2 else part for index, part in enumerate(parts))

    def plain(self, value: object) -> str:
        """A value that a service says; a word of the program's is written as prose."""
        text = str(value)
        return text.replace("_", " ") if _WORD.fullmatch(text) else text

    def device(self, agent: str | None) -> Markup:
        """The name of a browser and its system, with all that it says of itself beside it."""
        said = agent or "–"
        found = (next((name for sign, name in known if sign in said), "") for known in (_BROWSERS, _SYSTEMS))
        short = " · ".join(filter(None, found)) if said.startswith("Mozilla/") else ""
        return Markup('<bdi title="{}">{}</bdi>').format(said, short or said)

    def status(self, word: str | None, family: str = "status") -> Markup:
        """A status as a word with its colour."""
        if word is None:
            return Markup('<span class="none">–</span>')
        tone = TONES.get(word, "calm")
        return Markup('<span class="status {}">{}</span>').format(tone, self.messages.word(family, word))


def _western(text: str) -> str:
    """The text with Western digits."""
    return "".join(str(int(char)) if char.isdecimal() and not char.isascii() else char for char in text)

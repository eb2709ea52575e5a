"""The ports of webhooks: a dialect for each API, and a sender."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from bursar.kernel.context import Context
from bursar.webhooks.model import Answer, Delivery, HttpPost, PushDelay


class Dialect(Protocol):
    """The form of one API's webhooks, and the answers that count as success. Published names are known here alone."""

    @property
    def api(self) -> str:
        """The `api` of its announcements."""
        ...

    @property
    def retry_delays_s(self) -> tuple[float, ...]:
        """The pauses between pushes that fail; one more push than there are pauses."""
        ...

    @property
    def timeout_s(self) -> float:
        """The longest time that a receiver may take."""
        ...

    @property
    def verifies_urls(self) -> bool:
        """True if a URL must answer a challenge (the event URL_CHALLENGED) before it is used."""
        ...

    @property
    def dates_by_push(self) -> bool:
        """True if a message shows the instant of its first push; otherwise it shows that of its event."""
        ...

    def name_of(self, event: str) -> str:
        """The published name of a domain event of this API."""
        ...

    def event_named(self, name: str) -> str | None:
        """The domain event with this published name."""
        ...

    async def plaintext(self, ctx: Context, delivery: Delivery, body: bytes | None) -> Mapping[str, Any]:
        """The message in clear, for the merchant's list and the log; `body` is the one that went out, if any did.

        Secrets that are of no use any more are left out. Any fact it raises means that it cannot be said now.
        """
        ...

    async def form(self, ctx: Context) -> str:
        """Names all of the merchant's settings and keys that a body depends on: a body in another form is of no use to
        the merchant any more and is rendered anew."""
        ...

    async def body(self, ctx: Context, delivery: Delivery, first_pushed_at: datetime) -> bytes:
        """The message as it goes out, sealed to the merchant. Asked once; the same bytes go out each time.

        Any fact it raises counts as a push that failed.
        """
        ...

    async def headers(
        self, ctx: Context, delivery: Delivery, first_pushed_at: datetime, url: str, body: bytes
    ) -> Mapping[str, str]:
        """Headers of one push, with Content-Type and signature. Asked each time, as URL and keys may have changed."""
        ...

    def accepted(self, answer: Answer) -> bool:
        """True if the receiver has taken the message."""
        ...


class Sender(Protocol):
    """Sends one POST to somewhere outside."""

    async def post(self, outgoing: HttpPost) -> Answer:
        """The answer, of any status; raises PushFailed when there is none."""
        ...


class Prober(Sender, Protocol):
    """A sender that can also say of a URL whether it would ever send there."""

    async def check(self, url: str) -> None:
        """Raises UrlRefused."""
        ...


class PushDelays(Protocol):
    """Delays of pushes; a sandbox's way to play a network."""

    async def hold(self, ctx: Context, delivery_id: int) -> PushDelay | None:
        """Until when the next push of a delivery is to wait."""
        ...

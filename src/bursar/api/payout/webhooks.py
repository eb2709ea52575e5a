"""Callbacks as the payout API has published them: their names, their signature, and the answers that count as
received.

An event's `data` is made by renderers, one for each event, which read the object as it is and write it as the endpoints
do.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from bursar.api.declarations import row_of
from bursar.api.payout.answers import Cryptography
from bursar.api.payout.json_text import content_of, written
from bursar.api.payout.schemas.wire import Wire, unix_seconds
from bursar.api.payout.signing import VERSIONS, Version
from bursar.kernel.context import Context
from bursar.merchants.payout.model import PayoutCredential
from bursar.merchants.payout.service import API, PayoutMerchants
from bursar.webhooks.model import EXAMPLE, URL_CHALLENGED, Answer, Delivery

RETRY_DELAYS_S: Final = (5.0, 5.0, 5.0, 5.0)
TIMEOUT_S: Final = 5.0

EVENTS: Final[Mapping[str, str]] = {
    "payee_status_changed": "CUSTOM_STATUS_CHANGE",
    "payout_status_changed": "SALARY_STATUS_CHANGE",
}
"""Published names of the domain's events."""
VERIFICATION: Final = "NE_VERIFY"
"""The event that a URL must answer before the merchant can set it through the API."""
_DOMAIN: Final = {name: event for event, name in EVENTS.items()}

Render = Callable[[Context, Delivery], Awaitable[Wire]]
"""The content of `data`, in clear; raises a fact if it cannot be had now."""


class PayoutWebhooks:
    """The callbacks of this API: their form, and the answers that count as success."""

    api: Final = API
    retry_delays_s: Final = RETRY_DELAYS_S
    timeout_s: Final = TIMEOUT_S
    verifies_urls: Final = False
    dates_by_push: Final = False

    def __init__(self, merchants: PayoutMerchants, cryptography: Cryptography, renderers: Mapping[str, Render]) -> None:
        self._merchants = merchants
        self._cryptography = cryptography
        self._renderers = renderers

    def name_of(self, event: str) -> str:
        """The published name of a domain event; raises DeclarationIncomplete for one that has none."""
        if event == URL_CHALLENGED:
            return VERIFICATION
        return row_of(event, EVENTS, "EVENTS in src/bursar/api/payout/webhooks.py")

    def event_named(self, name: str) -> str | None:
        """The domain event with this published name."""
        return _DOMAIN.get(name)

    async def form(self, ctx: Context) -> str:
        """The version that callbacks are sealed in, and the key that they are sealed to."""
        settings = (await self._merchants.credential(ctx.merchant_id)).settings
        return f"{settings.callback_version}:{_fingerprint(settings.public_key or '')}"

    async def body(self, ctx: Context, delivery: Delivery, first_pushed_at: datetime) -> bytes:  # noqa: ARG002
        """The event with its object, sensitive fields sealed to the merchant."""
        return written(await self._written(ctx, delivery))

    async def plaintext(self, ctx: Context, delivery: Delivery, body: bytes | None) -> Mapping[str, Any]:
        """The event as it went out, or as it would; sensitive fields are sealed in both."""
        if body is not None:
            sent: Mapping[str, Any] = json.loads(body, parse_float=Decimal)  # amounts keep their digits
            return sent
        return await self._written(ctx, delivery)

    async def _written(self, ctx: Context, delivery: Delivery) -> dict[str, Any]:
        event = {"event": self.name_of(delivery.event), "time": unix_seconds(delivery.created_at)}
        if delivery.event == URL_CHALLENGED:
            return {**event, "data": {}, "challenge": delivery.detail["challenge"]}
        credential = await self._merchants.credential(ctx.merchant_id)
        data = content_of(await self._renderers[delivery.event](ctx, delivery))
        public_key = credential.settings.public_key or ""
        await self._cryptography.seal_content(public_key, _version(credential), data)
        example = {EXAMPLE: True} if delivery.is_example else {}
        return {"event": event["event"], **example, "data": data, "time": event["time"], "sequence": delivery.sequence}

    async def headers(
        self,
        ctx: Context,
        delivery: Delivery,  # noqa: ARG002 - the port's signature
        first_pushed_at: datetime,  # noqa: ARG002 - as above: each push is signed with its own time
        url: str,
        body: bytes,
    ) -> Mapping[str, str]:
        """The five headers; signed are path and query of the URL."""
        credential = await self._merchants.credential(ctx.merchant_id)
        five = await self._cryptography.signed_headers(
            credential.for_callbacks, _version(credential), _path_and_query(url), "POST", body.decode("utf-8")
        )
        return {"Content-Type": "application/json", **five}

    def accepted(self, answer: Answer) -> bool:
        """HTTP 200, with any body."""
        return answer.http_status == 200


def _fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _version(credential: PayoutCredential) -> Version:
    """The version that the merchant chose for callbacks, independent of that of its calls."""
    return VERSIONS[credential.settings.callback_version]


def _path_and_query(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if "?" in url.partition("#")[0] else "")

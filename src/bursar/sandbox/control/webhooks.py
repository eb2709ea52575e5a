"""The calls of the control API on webhooks: URLs, the log of pushes, faults on the sender's side, examples, and the
stream of all that happens.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Final, Literal, cast

from fastapi import Query
from fastapi.encoders import jsonable_encoder

from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.ledger.model import Operation, fingerprint
from bursar.sandbox.control.answers import WebhookFaultsOut
from bursar.sandbox.control.errors import ControlRefusal
from bursar.sandbox.control.examples import Examples
from bursar.sandbox.control.log_answers import (
    ApiName,
    AttemptOut,
    DeletedOut,
    DeliveriesOut,
    DeliveryOut,
    PushesOut,
    PushOut,
    WebhookUrlsOut,
)
from bursar.sandbox.control.route import Calls
from bursar.sandbox.control.schemas import ID_DIGITS_MAX, ExampleWanted, WebhookFaultPlan, WebhookUrls, number
from bursar.sandbox.control.services import Sandbox
from bursar.sandbox.control.stream import StreamCalls
from bursar.sandbox.webhooks.faults import WebhookFaults
from bursar.webhooks.model import Attempt, Delivery, DeliveryFilter, DeliveryStatus, LoggedDelivery
from bursar.webhooks.service import LOGGED_MAX, announce

APIS: Final = ("card", "payout")
MESSAGES_MAX: Final = 100
"""Pushes that are rendered at once."""
NUMBER_MAX: Final = 10**18
EXAMPLE_URL: Final = "http://localhost/"
"""The URL of pushes that are to go nowhere; the payout API signs its path."""


class WebhookCalls:
    """The calls, bound to one sandbox; `ctx` makes the context of a call."""

    def __init__(self, sandbox: Sandbox, ctx: Callable[[], Context]) -> None:
        self._sandbox = sandbox
        self._webhooks = sandbox.services.webhooks
        self._examples = Examples(sandbox)
        self._ctx = ctx

    def calls(self) -> Calls:
        """All of them under their methods and paths."""
        return {
            ("PUT", "/webhooks"): self.set_urls,
            ("GET", "/webhooks"): self.list_log,
            ("DELETE", "/webhooks"): self.clear_log,
            ("GET", "/webhooks/messages"): self.list_messages,
            ("GET", "/webhooks/{delivery_id}/message"): self.show_message,
            ("POST", "/webhooks/{delivery_id}/replay"): self.replay,
            ("PUT", "/webhooks/faults"): self.plant_faults,
            ("GET", "/webhooks/faults"): self.list_faults,
            ("DELETE", "/webhooks/faults"): self.clear_faults,
            ("POST", "/trigger"): self.trigger,
            **StreamCalls(self._sandbox).calls(),
        }

    async def set_urls(self, body: WebhookUrls) -> WebhookUrlsOut:
        """Set the merchant's webhook URLs; the card API's must answer a challenge first. Null: none."""
        for api in sorted(body.model_fields_set):
            await self._webhooks.set_url(self._ctx(), api, getattr(body, api))
        urls = await self._webhooks.list_urls(self._ctx())
        return {"card": urls.get("card"), "payout": urls.get("payout")}

    async def list_log(
        self,
        object_id: Annotated[str | None, Query(alias="object", max_length=64)] = None,
        status: DeliveryStatus | None = None,
        event: Annotated[str | None, Query(max_length=64)] = None,
        api: Literal["card", "payout"] | None = None,
        limit: Annotated[int, Query(ge=1, le=LOGGED_MAX)] = LOGGED_MAX,
        before: Annotated[str | None, Query(pattern=f"^[0-9]{{1,{ID_DIGITS_MAX}}}$")] = None,
    ) -> DeliveriesOut:
        """The delivery log, newest first; `before` is the id of a delivery, for the page behind it."""
        which = DeliveryFilter(api, object_id, status, self._domain(event), None if before is None else int(before))
        rows = await self._webhooks.list_deliveries(self._ctx(), which, most=limit)
        return {"webhooks": [await self._shown(row) for row in rows]}

    async def clear_log(self) -> DeletedOut:
        """Empties the log; waiting deliveries are not pushed any more. URLs and faults stay."""
        deleted = await self._webhooks.clear(self._ctx())
        await self._sandbox.webhook_faults.let_all_go(self._sandbox.merchant_id)
        return {"deleted": deleted}

    async def list_messages(
        self,
        api: Literal["card", "payout"],
        after: Annotated[int | None, Query(ge=0, le=NUMBER_MAX)] = None,
        url: Annotated[str, Query(max_length=512)] = EXAMPLE_URL,
        limit: Annotated[int, Query(ge=1, le=MESSAGES_MAX)] = MESSAGES_MAX,
    ) -> PushesOut:
        """The pushes behind a number, oldest first, as they would go to a URL of yours, with headers and body.

        For a receiver that the sandbox cannot reach: nothing is sent, and the log stays as it is. `last` is the newest
        number; without `after` it is all that is answered. Planted faults of pushes do not strike here.
        """
        ctx = self._ctx()
        last = await self._webhooks.last_number(ctx, api)
        found = [] if after is None else await self._webhooks.list_after(ctx, api, after, most=limit)
        return {"last": last, "messages": [await self._message(delivery, url) for delivery in found]}

    async def show_message(self, delivery_id: str, url: Annotated[str, Query(max_length=512)] = EXAMPLE_URL) -> PushOut:
        """One push as it would go to a URL of yours, with headers and body; nothing is sent."""
        found = await self._webhooks.get_delivery(self._ctx(), number(delivery_id))
        return await self._message(found.delivery, url)

    async def replay(self, delivery_id: str) -> DeliveryOut:
        """Pushes it again."""
        return await self._shown(await self._webhooks.replay(self._ctx(), number(delivery_id)))

    async def trigger(self, body: ExampleWanted) -> DeliveryOut:
        """Push an example of an event, of one of the merchant's objects or of a sample; nothing happens."""
        sandbox, ctx = self._sandbox, self._ctx()
        await sandbox.ids.top_up()
        example = await self._examples.make(ctx, body.api, body.event, body.object)
        asked = Operation(
            f"webhooks.example:{ctx.request_key}",
            fingerprint("webhooks.example", example.api, example.event, example.object),
            "webhooks.example",
            f"webhook_example:{example.object}",
        )
        await sandbox.wallet.ledger.commit(ctx, asked + announce(sandbox.ids, ctx, example))
        which = DeliveryFilter(example.api, example.object, None, example.event)
        newest = await self._webhooks.list_deliveries(ctx, which, most=10)
        return await self._shown(next(row for row in newest if row.delivery.is_example))

    async def plant_faults(self, body: WebhookFaultPlan) -> WebhookFaultsOut:
        """Faults on the sender's side: these, and no others."""
        planted = WebhookFaults(**body.model_dump())
        await self._sandbox.webhook_faults.plant(self._sandbox.merchant_id, planted)
        return _faults(planted)

    async def list_faults(self) -> WebhookFaultsOut:
        """The planted faults that have not struck yet."""
        return _faults(await self._sandbox.webhook_faults.planted(self._sandbox.merchant_id))

    async def clear_faults(self) -> WebhookFaultsOut:
        """Nothing goes wrong any more."""
        await self._sandbox.webhook_faults.plant(self._sandbox.merchant_id, WebhookFaults())
        return await self.list_faults()

    async def _message(self, delivery: Delivery, url: str) -> PushOut:
        """A push; without headers and body, and with the name of the fault, where it cannot be made now."""
        made: PushOut = {
            "id": str(delivery.id),
            "api": cast(ApiName, delivery.api),
            "event": self._webhooks.name_of(delivery.api, delivery.event),
            "object": delivery.object,
            "sequence": delivery.sequence,
            "round": delivery.round,
            "url": url,
            "headers": {},
            "body": "",
            "error": None,
        }
        try:
            push = await self._webhooks.message(self._ctx(), delivery, url)
        except Fact as fault:  # no key of the merchant's, or a store that is down
            return {**made, "error": type(fault).__name__}
        return {**made, "headers": dict(push.headers), "body": push.body.decode("utf-8")}

    def _domain(self, event: str | None) -> str | None:
        """A published name as the domain calls it."""
        if event is None:
            return None
        for api in APIS:
            found = self._webhooks.event_named(api, event)
            if found is not None:
                return found
        raise ControlRefusal(422, "event_unknown", "There is no event with this published name.")

    async def _shown(self, row: LoggedDelivery) -> DeliveryOut:
        delivery = row.delivery
        plaintext = None
        with suppress(Fact):  # what it says cannot be read now: no key of the merchant's, or a store that is down
            plaintext = jsonable_encoder(await self._webhooks.plaintext(self._ctx(), delivery))  # amounts as numbers
        return {
            "id": str(delivery.id),
            "api": cast(ApiName, delivery.api),
            "event": self._webhooks.name_of(delivery.api, delivery.event),
            "object": delivery.object,
            "sequence": delivery.sequence,
            "url": delivery.url,
            "plaintext": plaintext,
            "status": delivery.status,
            "created_at": delivery.created_at.isoformat(),
            "next_at": delivery.due_at.isoformat() if delivery.status is DeliveryStatus.PENDING else None,
            "attempts": [_attempt(attempt) for attempt in row.attempts],
        }


def _faults(planted: WebhookFaults) -> WebhookFaultsOut:
    return {
        "drop": planted.drop,
        "duplicate": planted.duplicate,
        "delay_s": planted.delay_s,
        "reorder": planted.reorder,
        "corrupt": planted.corrupt,
    }


def _attempt(attempt: Attempt) -> AttemptOut:
    return {
        "at": attempt.at.isoformat(),
        "http_status": attempt.http_status,
        "error": attempt.error,
        "duration_ms": attempt.duration_ms,
        "answer": attempt.answer,
    }

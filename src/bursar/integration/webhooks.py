"""The webhooks of a merchant's own, for its users: URLs, the log with messages in clear, gaps, and replays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bursar.kernel.context import Context
from bursar.staff.audit.model import Event
from bursar.staff.audit.recorder import Recorder
from bursar.staff.merchant_roles import MerchantPermission
from bursar.staff.model import Principal
from bursar.staff.users.permissions import UserPermissions
from bursar.webhooks.model import DeliveryFilter, LoggedDelivery, QueueCount
from bursar.webhooks.service import Webhooks


@dataclass(frozen=True, slots=True)
class Stream:
    """One API's pushes as they stand."""

    api: str
    url: str | None
    count: QueueCount
    last: int
    """The newest number; 0 before there is one."""


class OwnWebhooks:
    """The webhooks of the context's merchant; each use case raises PermissionMissing."""

    def __init__(self, webhooks: Webhooks, permissions: UserPermissions, recorder: Recorder) -> None:
        self._webhooks = webhooks
        self._permissions = permissions
        self._recorder = recorder

    async def list_streams(self, book: Context, by: Principal) -> Sequence[Stream]:
        """URL, what waits and what has failed, and the newest number of each API."""
        await self._check(book, by, MerchantPermission.WEBHOOKS_READ)
        urls = await self._webhooks.list_urls(book)
        return [
            Stream(
                api,
                urls.get(api),
                await self._webhooks.count_waiting(book, api),
                await self._webhooks.last_number(book, api),
            )
            for api in self._webhooks.apis
        ]

    async def list_deliveries(
        self, book: Context, by: Principal, which: DeliveryFilter, limit: int
    ) -> Sequence[LoggedDelivery]:
        """The log, newest first, with each push."""
        await self._check(book, by, MerchantPermission.WEBHOOKS_READ)
        return await self._webhooks.list_deliveries(book, which, most=limit)

    async def get(self, book: Context, by: Principal, delivery_id: int) -> tuple[LoggedDelivery, Mapping[str, Any]]:
        """One delivery with its pushes and its message in clear; raises NoSuchDelivery, and the facts of whatever has
        to be read for it.
        """
        logged = await self.get_logged(book, by, delivery_id)
        return logged, await self._webhooks.plaintext(book, logged.delivery)

    async def get_logged(self, book: Context, by: Principal, delivery_id: int) -> LoggedDelivery:
        """One delivery with its pushes; raises NoSuchDelivery."""
        await self._check(book, by, MerchantPermission.WEBHOOKS_READ)
        return await self._webhooks.get_delivery(book, delivery_id)

    def name_of(self, logged: LoggedDelivery) -> str:
        """The published name of its event."""
        return self._webhooks.name_of(logged.delivery.api, logged.delivery.event)

    async def set_url(self, book: Context, by: Principal, api: str, url: str | None) -> None:
        """Be told at a URL from now on, which must answer a challenge first; None: nowhere.

        Raises UrlRefused, UrlNotVerified or NoSuchApi.
        """
        await self._check(book, by, MerchantPermission.WEBHOOKS_MANAGE)
        before = await self._webhooks.find_url(book, api)
        await self._webhooks.set_url(book, api, url, challenged=url is not None)
        await self._told(book, by, "webhooks.url", f"webhook_url:{api}", {"url": before}, {"url": url})

    async def replay(self, book: Context, by: Principal, delivery_id: int) -> None:
        """Push one again with all its retries; raises NoSuchDelivery."""
        await self._check(book, by, MerchantPermission.WEBHOOKS_MANAGE)
        await self._webhooks.replay(book, delivery_id)
        await self._told(book, by, "webhooks.replay", f"webhook:{delivery_id}", {}, {})

    async def replay_range(self, book: Context, by: Principal, api: str, first: int, last: int | None) -> int:
        """Push those with such numbers again; how many. Raises NothingToReplay or ReplayTooLarge."""
        await self._check(book, by, MerchantPermission.WEBHOOKS_MANAGE)
        pushed = await self._webhooks.replay_range(book, api, first, last)
        await self._told(book, by, "webhooks.replay", f"webhook_stream:{api}", {}, {"first": first, "last": last})
        return pushed

    async def _told(
        self,
        book: Context,
        by: Principal,
        action: str,
        subject: str,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
    ) -> None:
        await self._recorder.record(book, by, Event(action, subject, before, after))

    async def _check(self, book: Context, by: Principal, permission: MerchantPermission) -> None:
        await self._permissions.check(book, by, permission, f"merchant:{book.merchant_id}")

"""The merchants of a sandbox: the first one, which every install has, and further ones for tests of their own.

A further merchant has books, keys, webhooks and a log of its own. What an install has once, all its merchants share:
clock, planted faults, products, pools and chains, and the outbox. Private keys are made for whoever asks, answered once
and kept nowhere; only the first merchant's are, since `sandbox.json` is written anew at each start.

A merchant that was removed is closed for ever, and the control API does not know it any longer. Its books stay, as all
books do.
"""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from bursar.administration.model import MerchantPlan
from bursar.administration.service import Administration
from bursar.api.card.jwe import OwnKey
from bursar.api.payout.keys import SystemKey
from bursar.db.queries import load_queries
from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.errors import LimitReached, Refused
from bursar.kernel.keys import KeyKind
from bursar.kernel.money import Money
from bursar.ledger.model import fingerprint
from bursar.merchants.errors import MerchantUnknown
from bursar.merchants.keys.model import Api, new_key
from bursar.merchants.model import Merchant, MerchantChange, MerchantStatus, Permission
from bursar.merchants.payout.service import PayoutMerchants
from bursar.merchants.service import Merchants
from bursar.sandbox.webhooks.faults import WebhookFaults, WebhookFaultStore
from bursar.staff.approvals.model import Changed
from bursar.vault.pairs import Pairs
from bursar.vault.rsa import new_rsa_key
from bursar.webhooks.service import Webhooks

STANDING_MAX: Final = 100
"""Further merchants that an install has at once."""
MADE_PER_MINUTE_MAX: Final = 60
"""Further merchants that are made in a minute of real time; each costs three key pairs."""
FUNDS: Final = (Money.parse("1000000", "USDT"), Money.zero("BTC"), Money.zero("ETH"))
PAYOUT_FUNDS: Final = (
    Money.parse("1000000", "SAR"),
    Money.parse("100000", "AED"),
    Money.parse("100000", "KWD"),
)
PRODUCT_NAMES: Final = ("Bursar", "Demo")
PERMISSIONS: Final = tuple(map(str, Permission))

queries = load_queries(__package__)


class MerchantsTooMany(LimitReached):
    """The sandbox has as many further merchants as it may have: remove some."""

    most: int


class MerchantsTooFrequent(LimitReached):
    """As many merchants as may be were made within the last minute."""

    most: int


class FirstMerchantStays(Refused):
    """The sandbox's first merchant is not removed: `sandbox.json` has its keys."""


@dataclass(frozen=True, slots=True)
class PrivateKeys:
    """A merchant's own halves, PKCS#8 in PEM."""

    card: bytes
    payout: bytes


@dataclass(frozen=True, slots=True)
class MerchantRooms:
    """The rooms in which a merchant of a sandbox is made and ended."""

    merchants: Merchants
    payout: PayoutMerchants
    administration: Administration
    webhooks: Webhooks
    webhook_faults: WebhookFaultStore
    pairs: Pairs


class SandboxMerchants:
    """Makes, lists and removes the merchants of a sandbox, whose API is at `base_url`."""

    def __init__(self, ground: Ground, rooms: MerchantRooms, base_url: str, first_id: int) -> None:
        self._ground = ground
        self._rooms = rooms
        self._base_url = base_url
        self.first_id = first_id

    async def check(self, merchant_id: int) -> None:
        """Raises MerchantUnknown for a merchant that never was, or was removed."""
        if merchant_id == self.first_id:
            return
        named = {"merchant_id": merchant_id}
        if merchant_id <= INSTALL or await self._ground.database.fetch_value(queries.is_merchant_removed, named):
            raise MerchantUnknown
        await self._rooms.merchants.get(self._of(merchant_id, "looked up"))

    async def list_standing(self) -> list[Merchant]:
        """The first merchant and those that were made since, in that order; STANDING_MAX and one at the most."""
        rows = await self._ground.database.fetch_rows(queries.list_made_merchants, {})
        numbers = [self.first_id, *(number for (number,) in rows)]
        return [await self._rooms.merchants.get(self._of(number, "listed")) for number in numbers]

    async def make(self, ctx: Context, plan: "Wanted") -> dict[str, Any]:
        """A further merchant, as its engineer needs it: the document that `sandbox.json` has of the first one.

        `ctx` is the install's. Raises MerchantNameTaken, SettingInvalid, MerchantsTooMany or MerchantsTooFrequent.
        """
        place = await self._claim()
        own = PrivateKeys(*await asyncio.gather(asyncio.to_thread(new_rsa_key), asyncio.to_thread(new_rsa_key)))
        made = partial(self._rooms.administration.decide_create, ctx, plan.with_keys(own))
        await self._ground.ledger.decide(ctx, ctx.request_key, fingerprint(plan.name), made, first=made_before)
        merchant_id = await self._rooms.merchants.find_named(plan.name)
        assert merchant_id is not None, "it was committed under this name"
        await self._ground.database.execute(queries.keep_merchant, {"merchant_id": merchant_id, "id": place})
        await self._rooms.administration.forget()
        return await self.document(merchant_id, own)

    async def document(self, merchant_id: int, own: PrivateKeys) -> dict[str, Any]:
        """The address and the keys of a merchant, in the form of `sandbox.json`."""
        credential = await self._rooms.merchants.card_credential(merchant_id)
        payout = await self._rooms.payout.credential(merchant_id)
        pairs = await self._rooms.pairs.accepted(INSTALL, KeyKind.CARD_PLATFORM, self._ground.clock.now())
        platform = OwnKey.from_pem(pairs[0].private_key.decode("ascii"))
        return {
            "base_url": self._base_url,
            "card": {
                "merchant_no": str(merchant_id),
                "api_key": credential.key,
                "secret_key": credential.secret,
                "platform_public_key": platform.recipient.base64_der,
                "merchant_private_key": own.card.decode("ascii"),
            },
            "payout": {
                "merchant_id": str(merchant_id),
                "api_key": payout.key,
                "system_public_key": SystemKey.from_pem(payout.system_key).public_der,
                "merchant_private_key": own.payout.decode("ascii"),
            },
        }

    async def remove(self, merchant_id: int) -> None:
        """End what a run of tests leaves behind: nothing is pushed or accepted for the merchant any more.

        Its URLs go first, so that what happens later finds nobody to tell. Each step may be done twice: one that was
        cut off is finished by the next call. Raises MerchantUnknown or FirstMerchantStays.
        """
        if merchant_id == self.first_id:
            raise FirstMerchantStays
        await self.check(merchant_id)
        ctx, rooms = self._of(merchant_id, f"removed:{self._ground.ids.next()}"), self._rooms
        for api in await rooms.webhooks.list_urls(ctx):
            await rooms.webhooks.set_url(ctx, api, None)
        await rooms.webhooks.clear(ctx)
        await rooms.webhook_faults.plant(merchant_id, WebhookFaults())
        await rooms.webhook_faults.let_all_go(merchant_id)
        await rooms.merchants.change(ctx, MerchantChange(status=MerchantStatus.CLOSED.value))
        await self._ground.database.execute(queries.remove_merchant, {"merchant_id": merchant_id})

    async def _claim(self) -> int:
        async with self._ground.database.connection() as connection, connection.transaction():
            await connection.execute(queries.lock_merchants.sql)
            counted = await (await connection.execute(queries.count_merchants.sql)).fetchone()
            standing, recent = counted or (0, 0)
            if standing >= STANDING_MAX:
                raise MerchantsTooMany(STANDING_MAX)
            if recent >= MADE_PER_MINUTE_MAX:
                raise MerchantsTooFrequent(MADE_PER_MINUTE_MAX)
            claimed = await (await connection.execute(queries.claim_merchant.sql)).fetchone()
        assert claimed is not None
        return int(claimed[0])

    def _of(self, merchant_id: int, key: str) -> Context:
        return Context(merchant_id, self._ground.clock, f"sandbox:{key}", "sandbox")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A merchant that is to be made; an asset without funds has an account with nothing on it."""

    name: str
    permissions: tuple[str, ...] = PERMISSIONS
    coins: tuple[Money, ...] = FUNDS
    money: tuple[Money, ...] = PAYOUT_FUNDS

    def with_keys(self, own: PrivateKeys) -> MerchantPlan:
        """The plan of a merchant that may call both APIs."""
        return MerchantPlan(
            self.name,
            self.permissions,
            {
                Api.CARD: OwnKey.from_pem(own.card.decode("ascii")).recipient.base64_der,
                Api.PAYOUT: SystemKey.from_pem(own.payout).public_der,
            },
            {api: new_key(api, live=False) for api in Api},
            self.coins,
            self.money,
            PRODUCT_NAMES,
            callback_version=1,  # what clients of the published API verify; an engineer may try 2 by changing it
        )


async def made_before(_: Context, __: int) -> Changed:
    """The change of a merchant that was made by a call before."""
    return Changed({}, {})

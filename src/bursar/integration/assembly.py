"""The room of merchants' integrations put together."""

from dataclasses import dataclass

from bursar.administration.service import Administration
from bursar.ground import Ground
from bursar.integration.keys import OwnKeys
from bursar.integration.overview import Overview
from bursar.integration.requests import OwnRequests
from bursar.integration.settings import OwnSettings
from bursar.integration.webhooks import OwnWebhooks
from bursar.kernel.context import Context
from bursar.lookup.requests.explainer import Explainer
from bursar.merchants.assembly import MerchantRoom
from bursar.requests.records.service import RequestRecords
from bursar.staff.audit.recorder import Recorder
from bursar.staff.users.assembly import UserRoom
from bursar.webhooks.service import Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationRoom:
    """The use cases of merchants' users about their own integration."""

    keys: OwnKeys
    requests: OwnRequests
    webhooks: OwnWebhooks
    settings: OwnSettings
    overview: Overview


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrated:
    """The rooms that an integration consists of."""

    merchants: MerchantRoom
    administration: Administration
    users: UserRoom
    webhooks: Webhooks
    records: RequestRecords
    explainer: Explainer


def build_integration(ground: Ground, rooms: Integrated) -> IntegrationRoom:
    """The room on this ground."""
    permissions, recorder = rooms.users.permissions, Recorder(ground)
    merchants = rooms.merchants

    async def recorded(ctx: Context) -> bool:
        return (await merchants.merchants.get(ctx)).is_recorded(ctx.now())

    return IntegrationRoom(
        keys=OwnKeys(merchants.keys, rooms.administration, ground.ledger, permissions, recorder),
        requests=OwnRequests(rooms.records, rooms.explainer, permissions, recorded),
        webhooks=OwnWebhooks(rooms.webhooks, permissions, recorder),
        settings=OwnSettings(rooms.administration, ground.ledger, permissions, recorder),
        overview=Overview(ground, merchants, permissions),
    )

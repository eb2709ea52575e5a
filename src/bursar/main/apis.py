"""The services that the two merchant APIs offer of a process's rooms."""

from dataclasses import dataclass

from bursar.api.card.call import Services
from bursar.api.card.webhooks import CardWebhooks
from bursar.api.payout import call as payout_call
from bursar.api.payout.answers import Cryptography
from bursar.api.payout.customers import CustomerPresenter
from bursar.api.payout.photos import Photos
from bursar.api.payout.webhooks import PayoutWebhooks
from bursar.ground import Ground
from bursar.main.rooms import Rooms
from bursar.outside import Outside
from bursar.payouts.events import STATUS_CHANGED as PAYOUT_CHANGED
from bursar.payouts.payees.events import STATUS_CHANGED as PAYEE_CHANGED
from bursar.webhooks.service import Webhooks


@dataclass(frozen=True, slots=True)
class ApiServices:
    """The merchants' side of the rooms: the use cases of each API, links to photos, and webhooks of both."""

    card: Services
    payout: payout_call.Services
    photos: Photos
    webhooks: Webhooks


def build_apis(
    base_url: str, ground: Ground, outside: Outside, rooms: Rooms, cryptography: Cryptography
) -> ApiServices:
    """The services of both APIs of a process."""
    photos = Photos(base_url, rooms.payees.payees, ground.vault.keyed_hash, ground.clock)
    presenter = CustomerPresenter(rooms.payees.payees, rooms.payouts.payouts, photos)
    renderers = {PAYEE_CHANGED: presenter.customer_event, PAYOUT_CHANGED: presenter.order_event}
    dialects = (
        CardWebhooks(rooms.merchants.merchants, rooms.cards.challenges),
        PayoutWebhooks(rooms.merchants.payout, cryptography, renderers),
    )
    webhooks = Webhooks(ground, dialects, outside.sender, outside.prober, pace=outside.pace)
    return ApiServices(_card_services(rooms, webhooks), _payout_services(rooms, webhooks, presenter), photos, webhooks)


def _card_services(rooms: Rooms, webhooks: Webhooks) -> Services:
    customers, cards, wallet = rooms.customers, rooms.cards, rooms.wallet
    return Services(
        rooms.merchants.merchants,
        customers.groups,
        customers.customers,
        customers.kyc,
        rooms.files,
        cards.catalogue,
        cards.rates,
        cards.cards,
        cards.orders,
        webhooks,
        cards.lifecycle,
        cards.cancellations,
        cards.challenges,
        cards.logistics,
        cards.offers,
        rooms.merchants.verification,
        customers.binding,
        wallet.wallet,
        wallet.addresses,
        wallet.deposits,
        rooms.paying.withdrawals,
    )


def _payout_services(rooms: Rooms, webhooks: Webhooks, presenter: CustomerPresenter) -> payout_call.Services:
    return payout_call.Services(
        merchants=rooms.merchants.payout,
        exchange=rooms.exchange,
        otp=rooms.otp,
        payees=rooms.payees.payees,
        payee_batches=rooms.payees.batches,
        payouts=rooms.payouts.payouts,
        payout_batches=rooms.payouts.batches,
        presenter=presenter,
        statements=rooms.statements.statements,
        webhooks=webhooks,
    )

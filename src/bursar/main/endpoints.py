"""The endpoints of both merchant APIs that a process serves, with their documentation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

from bursar.api.body import Intake
from bursar.api.card import app as card_api
from bursar.api.card import openapi
from bursar.api.card.dispatch import Dispatcher
from bursar.api.card.endpoint import Endpoint
from bursar.api.card.gate import API as CARD
from bursar.api.card.gate import Decryption, Gate
from bursar.api.card.pushes import PUSHES
from bursar.api.docs.pages import Document, mount_docs
from bursar.api.key_process import RenewedKeys
from bursar.api.payout import app as payout_api
from bursar.api.payout import gate as payout_gate
from bursar.api.payout import openapi as payout_openapi
from bursar.api.payout import photos
from bursar.api.payout.endpoint import Endpoint as PayoutEndpoint
from bursar.api.payout.pushes import PUSHES as PAYOUT_PUSHES
from bursar.api.server import Application
from bursar.install.modules import Module
from bursar.main.failed_authentications import FailureLog
from bursar.main.parts import Parts
from bursar.main.people import mount_people
from bursar.merchants.model import Permission
from bursar.merchants.payout.service import API as PAYOUT
from bursar.requests.nonces.service import Nonces
from bursar.requests.rates.service import RateLimitLeases


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Those of each API that an install serves; the others answer as unknown paths."""

    card: Sequence[Endpoint]
    payout: Sequence[PayoutEndpoint]

    @classmethod
    def of(cls, modules: frozenset[Module]) -> Self:
        """Those of these modules; needs that several modules share are served with any of them."""
        families = frozenset(map(Permission, modules))
        return cls(
            [endpoint for endpoint in card_api.ENDPOINTS if families.intersection(endpoint.permissions)],
            [endpoint for endpoint in payout_api.ENDPOINTS if endpoint.permission in families],
        )


def mount(
    app: Application,
    parts: Parts,
    platform_key: RenewedKeys,
    leases: RateLimitLeases,
    failures: FailureLog,
    others: Mapping[str, Callable[[str], Document]],
) -> None:
    """Serve all APIs and their documentation from `app`; `others` make documents of what is served beside them."""
    tick = failures.tick
    served, base_url = Endpoints.of(parts.settings.modules), parts.settings.base_url
    apis, clock, intake = parts.apis, parts.ground.clock, Intake()
    documents = {
        "card": (served.card, partial(openapi.document, served.card, base_url, PUSHES)),
        "payout": (served.payout, partial(payout_openapi.document, served.payout, base_url, PAYOUT_PUSHES)),
    }
    described = {name: document for name, (endpoints, document) in documents.items() if endpoints}
    beside = {name: partial(document, base_url) for name, document in others.items()}
    mount_docs(app, {**described, **beside, **mount_people(app, parts, failures)})
    gate = Gate(apis.card.merchants, Decryption(platform_key).decrypt, leases, tick, intake, failures.of(CARD))

    def dispatcher(endpoint: Endpoint) -> Dispatcher:
        return Dispatcher(endpoint, gate, parts.requests, apis.card, clock, parts.strike)

    card_api.mount(app, served.card, dispatcher)
    photos.mount(app, apis.photos)
    nonces = Nonces(parts.ground.database, payout_gate.NONCE_WINDOW)
    payouts = payout_gate.Gate(apis.payout.merchants, nonces, leases, tick, intake, failures.of(PAYOUT))
    payout_api.mount(app, payouts, parts.cryptography, apis.payout, clock, served.payout)

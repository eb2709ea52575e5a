"""The card API put together: its endpoints on their paths."""

from collections.abc import Sequence

from bursar.api.card.call import Services
from bursar.api.card.dispatch import Dispatcher, Dispatchers, Strike
from bursar.api.card.endpoint import PREFIX, Endpoint
from bursar.api.card.gate import Gate
from bursar.api.card.routes import (
    binding,
    cards,
    catalogue,
    customers,
    files,
    groups,
    lifecycle,
    merchant,
    rates,
    threeds,
    verification,
    wallet,
    webhooks,
    withdrawals,
)
from bursar.api.server import Application
from bursar.kernel.clock import Clock
from bursar.requests.service import IdempotentRequests

ENDPOINTS: Sequence[Endpoint] = tuple(
    endpoint
    for module in (
        merchant,
        verification,
        files,
        groups,
        rates,
        customers,
        binding,
        catalogue,
        cards,
        lifecycle,
        threeds,
        wallet,
        withdrawals,
        webhooks,
    )
    for endpoint in module.route.endpoints
)


async def _sound(place: str) -> None:
    """Nothing is ever planted."""


def mount(
    app: Application,
    gate: Gate,
    requests: IdempotentRequests,
    services: Services,
    clock: Clock,
    strike: Strike | None = None,
) -> None:
    """Serve the card API from `app`; a sandbox gives `strike`, which lets planted faults strike."""
    by_path = {
        endpoint.path: Dispatcher(endpoint, gate, requests, services, clock, strike or _sound) for endpoint in ENDPOINTS
    }
    app.serve_below(f"{PREFIX}/", Dispatchers(by_path))

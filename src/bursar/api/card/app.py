"""The card API put together: its endpoints on their paths."""

from collections.abc import Callable, Iterable, Sequence

from bursar.api.card.dispatch import Dispatcher, Dispatchers
from bursar.api.card.endpoint import PREFIX, Endpoint
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


def mount(app: Application, endpoints: Iterable[Endpoint], dispatcher: Callable[[Endpoint], Dispatcher]) -> None:
    """Serve these endpoints of the card API from `app`, each by its dispatcher."""
    app.serve_below(f"{PREFIX}/", Dispatchers({endpoint.path: dispatcher(endpoint) for endpoint in endpoints}))

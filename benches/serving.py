"""The API process of a bench: the product's own application with two endpoints more that do nothing.

One is signed, the other encrypted both ways as well.
"""

from bursar.api.card import app as card_api
from bursar.api.card.call import Call
from bursar.api.card.endpoint import Route
from bursar.api.card.schemas.wire import Nothing
from bursar.install.logs import configure_logs
from bursar.install.settings import read_settings
from bursar.main.processes import api, serve
from bursar.merchants.model import Permission

NOOP = "merchant/nothing"
SEALED_NOOP = "merchant/nothing/sealed"
route = Route(Permission.CARD)


@route.post(f"/{NOOP}")
async def noop(call: Call, body: Nothing) -> None:
    """Nothing."""


@route.post(f"/{SEALED_NOOP}", encrypted=True)
async def sealed_noop(call: Call, body: Nothing) -> None:
    """Nothing, which nobody else can read."""


def main() -> None:
    """Serve until stopped."""
    configure_logs("bench")
    card_api.ENDPOINTS = (*card_api.ENDPOINTS, *route.endpoints)
    settings = read_settings()
    serve(api(settings), settings)


if __name__ == "__main__":
    main()

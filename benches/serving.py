"""The API process of a bench: the product's own application with two endpoints more that do nothing.

One is signed, the other encrypted both ways as well. The signal SIGUSR1 switches the request log off, and on again.
"""

import signal
from typing import Final

from bursar.api import recorder
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
RECORDED: Final = recorder.PREFIXES
route = Route(Permission.CARD)


@route.post(f"/{NOOP}")
async def noop(call: Call, body: Nothing) -> None:
    """Nothing."""


@route.post(f"/{SEALED_NOOP}", encrypted=True)
async def sealed_noop(call: Call, body: Nothing) -> None:
    """Nothing, which nobody else can read."""


def switch_log(*_: object) -> None:
    """Record no request, or all as before."""
    setattr(recorder, "PREFIXES", () if recorder.PREFIXES else RECORDED)  # noqa: B010 - it is final for the product


def main() -> None:
    """Serve until stopped."""
    signal.signal(signal.SIGUSR1, switch_log)
    configure_logs("bench")
    card_api.ENDPOINTS = (*card_api.ENDPOINTS, *route.endpoints)
    settings = read_settings()
    serve(api(settings), settings)


if __name__ == "__main__":
    main()

"""Links to photos of payees' documents: its holder can see the photo for ten minutes, with no headers at all.

A link says whose photo it is and until when, under a keyed hash, so that none can be made up or kept. Nothing else is
served here, and a link that is no good says no more than that.
"""

import base64
import binascii
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from bursar.api.payout.schemas.wire import unix_seconds
from bursar.kernel.clock import Clock
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact, Unavailable
from bursar.payouts.payees.model import DocumentKind, Payee
from bursar.payouts.payees.service import Payees

PATH: Final = "/openApi/photos/"
LIVES: Final = timedelta(minutes=10)
TOKEN_CHARS_MAX: Final = 200
_HEADERS: Final = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}

KeyedHash = Callable[[str, str], bytes]
"""The hash of a purpose and a text, useless without the key."""


class Photos:
    """Makes links to photos, and serves the photos."""

    def __init__(self, base_url: str, payees: Payees, keyed_hash: KeyedHash, clock: Clock) -> None:
        self._base_url = base_url.rstrip("/")
        self._payees = payees
        self._keyed_hash = keyed_hash
        self._clock = clock

    def link(self, payee: Payee, kind: DocumentKind) -> str:
        """The link to the photo, which expires; empty if there is no photo."""
        if payee.photo(kind) is None:
            return ""
        until = unix_seconds(self._clock.now() + LIVES)
        said = f"{payee.merchant_id}.{payee.id}.{kind}.{until}"
        return f"{self._base_url}{PATH}{_encoded(said.encode())}.{_encoded(self._seal(said))}"

    async def serve(self, request: Request) -> Response:
        """The photo behind a link; 404 for any that is not good, or not any more."""
        known = self._read(str(request.path_params["token"]))
        if known is None:
            return Response(status_code=404, headers=_HEADERS)
        merchant_id, payee_id, kind = known
        ctx = Context(merchant_id, self._clock, f"photo:{payee_id}", "photo link")
        try:
            content = await self._payees.document(ctx, payee_id, kind)
        except Fact as fact:
            return Response(status_code=503 if isinstance(fact, Unavailable) else 404, headers=_HEADERS)
        return Response(content, media_type="image/jpeg", headers=_HEADERS)

    def _read(self, token: str) -> tuple[int, int, DocumentKind] | None:
        said, _, seal = token.partition(".")
        try:
            text = _decoded(said).decode("ascii")
            genuine = hmac.compare_digest(self._seal(text), _decoded(seal))
        except (binascii.Error, ValueError):
            return None
        if len(token) > TOKEN_CHARS_MAX or not genuine:
            return None
        merchant_id, payee_id, kind, until = text.split(".")
        if self._clock.now() >= datetime.fromtimestamp(int(until), UTC):
            return None
        return int(merchant_id), int(payee_id), DocumentKind(kind)

    def _seal(self, said: str) -> bytes:
        return self._keyed_hash("payout photo link", said)


def mount(app: FastAPI, photos: Photos) -> None:
    """Serve links from `app`; before the API itself, which takes every other path below it."""
    app.router.add_route(f"{PATH}{{token}}", photos.serve, methods=["GET"])


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))

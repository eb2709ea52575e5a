"""The debugger of requests in the control API: why a signature, an encryption or a sealed field does not fit."""

import asyncio
import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from bursar.api.card import app as card_api
from bursar.api.card import inspection as card
from bursar.api.card.envelope import SIGN_VERSION
from bursar.api.card.jwe import KeyNotAccepted, OwnKey, Recipient
from bursar.api.card.mistakes import Secrets
from bursar.api.inspection import Difference, Inspection, Presented
from bursar.api.payout import app as payout_api
from bursar.api.payout import inspection as payout
from bursar.api.payout.endpoint import PREFIX
from bursar.api.payout.headers import API_KEY, VERSION
from bursar.api.payout.keys import merchant_key, system_key
from bursar.api.payout.mistakes import Keys
from bursar.api.payout.signing import VERSIONS
from bursar.kernel.clock import Clock, SystemClock
from bursar.kernel.context import INSTALL
from bursar.kernel.keys import KeyKind
from bursar.merchants.payout.service import PayoutMerchants
from bursar.merchants.service import Merchants
from bursar.sandbox.control.errors import ControlRefusal
from bursar.sandbox.control.route import Calls
from bursar.sandbox.control.schemas import Control, Json
from bursar.vault.pairs import Pairs

BODY_CHARS_MAX: Final = 192 * 1024
HEADERS_MAX: Final = 64

_Text = Annotated[str, Field(max_length=8192)]


class InspectedRequest(Control):
    """A request as it was sent, and if you like the secret and the string that it was signed with."""

    model_config = ConfigDict(extra="forbid")

    api: Literal["card", "payout"]
    method: Annotated[str, Field(min_length=1, max_length=16)]
    path: Annotated[str, Field(min_length=1, max_length=8192)]
    """With the query."""
    headers: Annotated[dict[_Text, _Text], Field(max_length=HEADERS_MAX)]
    body: Annotated[str, Field(max_length=BODY_CHARS_MAX)] = ""
    body_base64: Annotated[str, Field(max_length=BODY_CHARS_MAX)] | None = None
    """In place of `body`, for one that is no text."""
    version: Literal[1, 2] | None = None
    """Of the signature, as you mean it."""
    secret: _Text | None = None
    string_to_sign: Annotated[str, Field(max_length=BODY_CHARS_MAX)] | None = None
    at: Annotated[float, Field(gt=0, lt=1e11)] | None = None
    """The Unix time in seconds when it was sent; left out, it is sent now."""


@dataclass(frozen=True, slots=True)
class Debugged:
    """The keys by which requests are inspected."""

    merchants: Merchants
    payout_merchants: PayoutMerchants
    pairs: Pairs
    clock: Clock


class InspectionCalls:
    """The calls, bound to the keys of a sandbox."""

    def __init__(self, debugged: Debugged) -> None:
        self._debugged = debugged

    def calls(self) -> Calls:
        """All of them under their methods and paths."""
        return {("POST", "/sign-check"): self.check}

    async def check(self, body: InspectedRequest) -> Json:
        """Says why a request does not fit, by the checks that it would meet."""
        request = _presented(body)
        inspect = self._card if body.api == "card" else self._payout
        return _told(await inspect(request, body.secret), _meant(body, request), body.string_to_sign)

    async def _card(self, request: Presented, given: str | None) -> Inspection:
        debugged = self._debugged
        credential = await debugged.merchants.find_credential("card", request.header(card.KEY_HEADER))
        pairs = await debugged.pairs.accepted(INSTALL, KeyKind.CARD_PLATFORM, debugged.clock.now())
        endpoint = _CARD_ENDPOINTS.get(request.path)
        known = card.Known(
            None if credential is None else Secrets(credential.secret, _others(given)),
            tuple(OwnKey.from_pem(pair.private_key.decode("ascii")) for pair in pairs),
            None if endpoint is None else endpoint.encrypted,
            upload=endpoint is not None and endpoint.upload,
            merchant_kid=_kid(None if credential is None else credential.merchant.card_public_key),
        )
        return await asyncio.to_thread(card.inspect, request, known)

    async def _payout(self, request: Presented, _: str | None) -> Inspection:
        credential = await self._debugged.payout_merchants.find_credential(request.header(API_KEY))
        key = None if credential is None else merchant_key(credential.settings.public_key or "")
        pems = [] if credential is None else [credential.system_key, *credential.other_keys]
        systems = tuple(map(system_key, pems))
        known = payout.Known(
            None if key is None else Keys(key.public_key),
            systems,
            is_key=credential is not None,
            is_path=(request.method, request.path) in _PAYOUT_CALLS,
        )
        return await asyncio.to_thread(payout.inspect, request, known)


_CARD_ENDPOINTS: Final = {endpoint.path: endpoint for endpoint in card_api.ENDPOINTS}
_PAYOUT_CALLS: Final = {
    (endpoint.method, f"{PREFIX}{version}{endpoint.path}") for endpoint in payout_api.ENDPOINTS for version in VERSIONS
}


def _presented(sent: InspectedRequest) -> Presented:
    """Raises ControlRefusal for a body that is no Base64."""
    body = sent.body.encode("utf-8", "surrogatepass")
    if sent.body_base64 is not None:
        try:
            body = base64.b64decode(sent.body_base64, validate=True)
        except (binascii.Error, ValueError):
            raise ControlRefusal(422, "invalid", "bodyBase64: it is no Base64") from None
    headers = {name.lower(): value for name, value in reversed(sent.headers.items())}
    return Presented(
        sent.method.upper(), sent.path, headers, body, SystemClock().now().timestamp() if sent.at is None else sent.at
    )


def _meant(sent: InspectedRequest, request: Presented) -> list[str]:
    """The mistake of a request that does not say the version of the signature that its sender means."""
    header, usual = (SIGN_VERSION, "1") if sent.api == "card" else (VERSION, "")
    said = request.header(header) or usual
    if sent.version is None or said == str(sent.version):
        return []
    return [f"You mean version {sent.version} of the signature, and {header} says {said or 'nothing'}."]


def _others(given: str | None) -> Mapping[str, str]:
    return {} if given is None else {"the secret that you gave": given}


def _kid(public_key: str | None) -> str | None:
    try:
        return None if public_key is None else Recipient.from_text(public_key).kid
    except KeyNotAccepted:
        return None


def _told(found: Inspection, meant: list[str], string: str | None) -> Json:
    ours = found.string_to_sign
    difference = None if ours is None or string is None else Difference.between(ours, string)
    mistakes = [*(meant if not found.fits else ()), *found.mistakes]
    return {
        "fits": found.fits,
        "says": mistakes[0] if mistakes else found.first,
        "mistakes": mistakes,
        "checks": [{"name": check.name, "passed": check.passed, "says": check.says} for check in found.checks],
        "string_to_sign": ours,
        "difference": None
        if difference is None
        else {"at": difference.at, "ours": difference.ours, "given": difference.given},
        "details": dict(found.details),
    }

"""The gate: what a request must pass before a use case sees it, in the published order.

Rate of the address · API key · address on the allow-list · timestamp · signature · merchant open · permission · rate of
the key. Encrypted parameters are decrypted before the signature is checked, which covers them in clear. What a request
without a valid signature learns is one and the same code, whatever is wrong with it.
"""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from starlette.requests import Request

from bursar.api import body
from bursar.api.card import signing
from bursar.api.card.codes import Code, Refusal
from bursar.api.card.endpoint import Endpoint
from bursar.api.card.envelope import REQUEST_ID
from bursar.api.card.json_text import JsonValue, Parsed, parse_object
from bursar.api.card.jwe import Recipient, Undecryptable
from bursar.api.rate_limit import RateLimiter, Tick
from bursar.kernel.networks import subscriber
from bursar.merchants.model import RATE_LIMITS, MerchantStatus
from bursar.merchants.service import Credential, Merchants
from bursar.requests.rates.service import RateLeases

API: Final = "card"
FRESH_MS: Final = 60_000
"""A request's timestamp may be this far from the clock, either way."""
REQUEST_ID_MAX: Final = 64
API_KEY_MAX: Final = 128
BODY_BYTES_MAX: Final = 2 * 1024 * 1024
"""A JSON body: the largest plaintext, encrypted and in base64, fits."""
BODY_TIMEOUT_S: Final = 15.0
"""How long a client may take to send its body."""

Decrypt = Callable[[str], Awaitable[bytes]]
"""The plaintext of a token that was encrypted to us; raises Undecryptable."""

_KEY = "X-UPA-APIKEY"
_TIMESTAMP = "X-UPA-TIMESTAMP"
_SIGN = "X-UPA-SIGN"
_DIGITS = re.compile(r"[0-9]{1,16}\Z")


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that came through: whose it is, and its parameters in clear."""

    credential: Credential
    request_id: str
    parsed: Parsed


class Gate:
    """Checks requests of the card API; one for a process."""

    def __init__(self, merchants: Merchants, decrypt: Decrypt, keys: RateLeases, tick: Tick = time.monotonic) -> None:
        self._merchants = merchants
        self._decrypt = decrypt
        self._keys = keys
        self._rates = RateLimiter(tick)

    async def admit(self, request: Request, endpoint: Endpoint) -> Admitted:
        """The request's merchant and parameters; raises Refusal with the first check it fails."""
        credential = await self._recognise(request)
        request_id = _request_id(request)
        _check_fresh(request)
        parsed = await self._read(request, endpoint)
        _check_signature(request, credential, request_id, parsed.params)
        await self._check_merchant(credential, endpoint)
        return Admitted(credential, request_id, parsed)

    async def _recognise(self, request: Request) -> Credential:
        address = request.client.host if request.client else ""
        key = request.headers.get(_KEY, "")
        credential = await self._owner(address, key)
        per_address = credential.merchant.rate_limit("per_address") if credential else RATE_LIMITS["per_address"]
        if not self._rates.allows(f"address {subscriber(address)}", per_address):
            raise Refusal(Code.TOO_FREQUENT)
        if credential is None:
            raise Refusal(Code.UNAUTHORIZED)
        if not credential.merchant.allows_address(address):
            raise Refusal(Code.FORBIDDEN)
        return credential

    async def _owner(self, address: str, key: str) -> Credential | None:
        """Whose key it is, so that a merchant's own limit holds from its first request on.

        A key that this process never saw has to be looked up: no address may cause that more often than anybody may
        call, so that made-up keys do not reach the database faster than requests may.
        """
        if not 0 < len(key) <= API_KEY_MAX:
            return None
        new = not self._merchants.remembers(API, key)
        if new and not self._rates.allows(f"new keys of {subscriber(address)}", RATE_LIMITS["per_address"]):
            raise Refusal(Code.TOO_FREQUENT)
        return await self._merchants.recognise(API, key)

    async def _read(self, request: Request, endpoint: Endpoint) -> Parsed:
        if endpoint.upload:
            return Parsed()
        parsed = parse_object(await read_body(request))
        return await self._in_clear(parsed) if endpoint.encrypted else parsed

    async def _in_clear(self, outer: Parsed) -> Parsed:
        token = outer.params.get("payload")
        if outer.malformed or type(token) is not str:
            raise Refusal(Code.BODY_MALFORMED)
        try:
            plaintext = await self._decrypt(token)
        except Undecryptable:
            raise Refusal(Code.BODY_MALFORMED) from None
        return parse_object(plaintext)

    async def _check_merchant(self, credential: Credential, endpoint: Endpoint) -> None:
        merchant = credential.merchant
        if merchant.status is MerchantStatus.CLOSED:
            raise Refusal(Code.MERCHANT_UNKNOWN)
        if merchant.status is MerchantStatus.SUSPENDED:
            raise Refusal(Code.FORBIDDEN)
        if merchant.permissions.isdisjoint(endpoint.permissions):
            raise Refusal(Code.WALLET_NOT_GRANTED if endpoint.wallet else Code.FORBIDDEN)
        if not await self._keys.allows(merchant.merchant_id, API, credential.key, merchant.rate_limit("per_key")):
            raise Refusal(Code.TOO_FREQUENT)


async def read_body(request: Request, most: int = BODY_BYTES_MAX) -> bytes:
    """The body, bounded in size and time; raises Refusal."""
    try:
        return await body.read_body(request, most, BODY_TIMEOUT_S)
    except body.BodyUnread:
        raise Refusal(Code.BODY_MALFORMED) from None


@lru_cache(maxsize=1024)
def recipient(public_key: str) -> Recipient:
    """A merchant's public key, parsed once."""
    return Recipient.from_text(public_key)


def _request_id(request: Request) -> str:
    request_id = request.headers.get(REQUEST_ID, "")
    if not request_id.strip():
        raise Refusal(Code.PARAMETER_EMPTY, REQUEST_ID)
    if len(request_id) > REQUEST_ID_MAX:
        raise Refusal(Code.PARAMETER_VALUE, REQUEST_ID)
    return request_id


def _check_fresh(request: Request) -> None:
    timestamp = request.headers.get(_TIMESTAMP, "")
    if not _DIGITS.match(timestamp) or abs(time.time() * 1000 - int(timestamp)) > FRESH_MS:
        raise Refusal(Code.UNAUTHORIZED)


def _check_signature(request: Request, credential: Credential, request_id: str, params: "dict[str, JsonValue]") -> None:
    path = request.scope["raw_path"].decode("latin-1")
    timestamp, signature = request.headers[_TIMESTAMP], request.headers.get(_SIGN, "")
    string = signing.string_to_sign(request.method, path, timestamp, request_id, signing.sign_param(params))
    if not signing.verify(credential.secret, string, signature):
        raise Refusal(Code.UNAUTHORIZED)

"""The gate: the checks of a request before a use case sees it, in the published order.

Rate of the address · API key · address on the allow-list · request id · timestamp · version of the signature · failures
of this caller · signature · borders of the signed string · merchant open · permission · rate of the key. Version 1
covers the parameters in clear, so that they are decrypted and read before it can be checked; version 2 covers the body
as sent and is checked before anything else looks at it. A request without a valid signature gets one and the same code
for any fault.
"""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from starlette.requests import Request

from bursar.api import body
from bursar.api.allowances import Failures, RateLimiter, Reason, Tick
from bursar.api.body import Intake, Room
from bursar.api.card import signing
from bursar.api.card.codes import Code, Refusal
from bursar.api.card.endpoint import Endpoint
from bursar.api.card.envelope import API_KEY, REQUEST_ID, SIGN_VERSION, SIGNATURE, TIMESTAMP, Head
from bursar.api.card.json_text import Parsed, parse_object
from bursar.api.card.jwe import MAX_TOKEN_CHARS, Recipient, Undecryptable
from bursar.api.key_process import KeyProcess, RenewedKeys
from bursar.api.large_bodies import LARGE_BYTES, beside
from bursar.api.limits import has_more_nodes
from bursar.api.request_log import CALLER
from bursar.api.request_target import path_and_query
from bursar.kernel.ip_networks import subscriber
from bursar.merchants.model import RATE_LIMITS, Merchant, MerchantStatus
from bursar.merchants.service import Credential, Merchants
from bursar.requests.rates.service import RateLimitLeases

API: Final = "card"
FRESH_MS: Final = 60_000
"""A request's timestamp may be this far from the clock, either way."""
REQUEST_ID_MAX: Final = 64
API_KEY_MAX: Final = 128

Decrypt = Callable[[str], Awaitable[bytes]]
"""The plaintext of a token that was encrypted to us; raises Undecryptable."""

_DIGITS = re.compile(r"[0-9]{1,16}\Z")
_REQUEST_ID = re.compile(rf"[\x21-\x7b\x7d\x7e]{{1,{REQUEST_ID_MAX}}}\Z")
"""Visible ASCII without the bar, which separates the parts of the signed string."""
_VERSIONS: Final = {str(version): version for version in signing.VERSIONS}


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that came through: whose it is, and its parameters in clear."""

    credential: Credential
    request_id: str
    parsed: Parsed
    form: bytes | None = None
    """The form of an upload, where the signature covers it; otherwise it is read later."""


@dataclass(frozen=True, slots=True)
class _Unverified:
    """A request that says whose it is."""

    request: Request
    head: Head
    endpoint: Endpoint
    credential: Credential
    address: str
    request_id: str

    def check(self, string: str) -> None:
        """Raises Refusal where the signature is not the one of `string`."""
        if not signing.verify(self.credential.secret, string, self.head.get(SIGNATURE)):
            raise _Failed(Reason.SIGNATURE, Code.UNAUTHORIZED)

    @property
    def told(self) -> tuple[str, str]:
        """Timestamp and request id as sent."""
        return self.head.get(TIMESTAMP), self.request_id


class _Failed(Refusal):
    """The request did not show that it is its key's owner's."""

    def __init__(self, reason: Reason, code: Code) -> None:
        super().__init__(code)
        self.reason = reason


class Decryption:
    """Decrypts tokens to the platform; its keys are in a process of their own, which runs `key_holder.py`."""

    def __init__(self, keys: KeyProcess | RenewedKeys) -> None:
        self._keys = keys

    async def decrypt(self, token: str) -> bytes:
        """The plaintext. Raises Undecryptable for any fault of the token, or KeysUnavailable."""
        if len(token) > MAX_TOKEN_CHARS or not token.isascii():
            raise Undecryptable
        plaintext = await self._keys.ask(token.encode("ascii"))
        if plaintext is None:
            raise Undecryptable
        return plaintext


class Gate:
    """Checks requests of the card API; one for a process."""

    def __init__(
        self,
        merchants: Merchants,
        decrypt: Decrypt,
        keys: RateLimitLeases,
        tick: Tick = time.monotonic,
        intake: Intake | None = None,
        failures: Failures | None = None,
    ) -> None:
        self._merchants = merchants
        self._decrypt = decrypt
        self._keys = keys
        self._rates = RateLimiter(tick)
        self._failures = failures or Failures(API, tick)
        self._intake = intake or Intake()

    async def admit(self, request: Request, head: Head, endpoint: Endpoint) -> Admitted:
        """The request's merchant and parameters; raises Refusal with the first check it fails."""
        address = request.client.host if request.client else ""
        key = head.get(API_KEY)
        try:
            credential = await self._recognise(request, address, key)
            request_id = _request_id(head)
            _check_fresh(head)
            version = _version(head, credential.merchant)
            if self._failures.refuses(key, address):
                raise _Failed(Reason.TOO_MANY_FAILURES, Code.TOO_FREQUENT)
        except _Failed as failed:
            self._failures.add(failed.reason, None if failed.reason is Reason.UNKNOWN_KEY else key, address)
            raise
        unverified = _Unverified(request, head, endpoint, credential, address, request_id)
        try:
            verified = self._read_by_body if version > 1 else self._read_by_parameters
            with self._failures.under_way(key, address):
                return await verified(unverified)
        except _Failed as failed:
            self._failures.count(failed.reason, key, address)
            raise

    async def _recognise(self, request: Request, address: str, key: str) -> Credential:
        credential = await self._owner(address, key)
        request.scope[CALLER] = credential and credential.merchant
        per_address = credential.merchant.rate_limit("per_address") if credential else RATE_LIMITS["per_address"]
        if not self._rates.allows(f"address {subscriber(address)}", per_address):
            raise Refusal(Code.TOO_FREQUENT)
        if credential is None:
            raise _Failed(Reason.UNKNOWN_KEY, Code.UNAUTHORIZED)
        if not credential.merchant.allows_address(address):
            raise _Failed(Reason.ADDRESS, Code.FORBIDDEN)
        return credential

    async def _owner(self, address: str, key: str) -> Credential | None:
        """The owner of a key, so that a merchant's own limit holds from its first request on.

        A key that this process never saw has to be looked up: no address may cause that more often than anybody may
        call, so that made-up keys do not reach the database faster than requests may.
        """
        if not 0 < len(key) <= API_KEY_MAX:
            return None
        new = not self._merchants.has_cached(API, key)
        if new and not self._rates.allows(f"new keys of {subscriber(address)}", RATE_LIMITS["per_address"]):
            raise Refusal(Code.TOO_FREQUENT)
        return await self._merchants.find_credential(API, key)

    # ── the two versions of the signature ────────────────────────────────────────────────────────────────────────

    async def _read_by_parameters(self, unverified: _Unverified) -> Admitted:
        """Version 1: the parameters are read, then their signature is checked."""
        request, endpoint = unverified.request, unverified.endpoint
        if endpoint.upload:
            parsed = Parsed()
        else:
            with self._intake.room(unverified.address) as room:
                parsed = await self._parsed(await read_body(request, endpoint.limits.bytes, room), endpoint)
        path = request.scope["raw_path"].decode("latin-1")
        unverified.check(
            signing.string_to_sign(request.method, path, *unverified.told, signing.sign_param(parsed.params))
        )
        endpoint.borders.check(parsed.params)
        await self._check_merchant(unverified, endpoint)
        return Admitted(unverified.credential, unverified.request_id, parsed)

    async def _parsed(self, raw: bytes, endpoint: Endpoint) -> Parsed:
        """The parameters that nobody has vouched for yet."""
        try:
            parsed = await self._in_clear(raw, endpoint)
        except Undecryptable:
            raise _Failed(Reason.UNDECRYPTABLE, Code.BODY_MALFORMED) from None
        if parsed is None:
            raise _Failed(Reason.TOO_LARGE, Code.BODY_MALFORMED)
        return parsed

    async def _read_by_body(self, unverified: _Unverified) -> Admitted:
        """Version 2: the signature of the body is checked, then it is read."""
        request, endpoint = unverified.request, unverified.endpoint
        with self._intake.room(unverified.address) as room:
            raw = await read_body(request, endpoint.limits.bytes, room)
            uri = path_and_query(request.scope).decode("latin-1")
            unverified.check(await beside(len(raw), signing.string_of_body, request.method, uri, *unverified.told, raw))
        await self._check_merchant(unverified, endpoint)
        if endpoint.upload:
            return Admitted(unverified.credential, unverified.request_id, Parsed(), raw)
        try:
            parsed = await self._in_clear(raw, endpoint)
        except Undecryptable:
            parsed = None
        return Admitted(unverified.credential, unverified.request_id, parsed or Parsed(malformed=True))

    async def _in_clear(self, raw: bytes, endpoint: Endpoint) -> Parsed | None:
        """The parameters of a body, None if it has too many nodes; raises Undecryptable."""
        parsed = await _read(raw, endpoint)
        if parsed is None or not endpoint.encrypted:
            return parsed
        token = parsed.params.get("payload")
        if parsed.malformed or type(token) is not str:
            raise Undecryptable
        return await _read(await self._decrypt(token), endpoint)

    async def _check_merchant(self, verified: _Unverified, endpoint: Endpoint) -> None:
        """The standing of the caller, which is known by its signature from here on."""
        credential = verified.credential
        merchant = credential.merchant
        self._merchants.uses.tell(merchant.merchant_id, credential.key_id, verified.address)
        if merchant.status is MerchantStatus.CLOSED:
            raise Refusal(Code.MERCHANT_UNKNOWN)
        if not merchant.may_call or (endpoint.money_out and merchant.holds_money):
            raise Refusal(Code.FORBIDDEN)
        if merchant.permissions.isdisjoint(endpoint.permissions):
            raise Refusal(Code.WALLET_NOT_GRANTED if endpoint.wallet else Code.FORBIDDEN)
        if not await self._keys.allows(merchant.merchant_id, API, credential.key, merchant.rate_limit("per_key")):
            raise Refusal(Code.TOO_FREQUENT)


async def _read(text: bytes, endpoint: Endpoint) -> Parsed | None:
    """A JSON text read, unless it has too many nodes; a short one has no room for them, and is read at once."""
    if len(text) < min(endpoint.limits.nodes, LARGE_BYTES):
        return parse_object(text)
    if has_more_nodes(text, endpoint.limits.nodes):
        return None
    return await beside(len(text), parse_object, text)


async def read_body(request: Request, most: int, room: Room | None = None) -> bytes:
    """The body, bounded in size and time; raises Refusal."""
    try:
        return await body.read_body(request, most, body.BODY_TIMEOUT_S, room)
    except body.BodyTooLarge:
        raise _Failed(Reason.TOO_LARGE, Code.BODY_MALFORMED) from None
    except body.BodyUnread:
        raise Refusal(Code.BODY_MALFORMED) from None
    except body.IntakeFull:
        raise Refusal(Code.TOO_FREQUENT) from None


@lru_cache(maxsize=1024)
def recipient(public_key: str) -> Recipient:
    """A merchant's public key, parsed once."""
    return Recipient.from_text(public_key)


def _request_id(head: Head) -> str:
    request_id = head.get(REQUEST_ID)
    if not request_id.strip():
        raise Refusal(Code.PARAMETER_EMPTY, REQUEST_ID)
    if not _REQUEST_ID.match(request_id):
        raise Refusal(Code.PARAMETER_VALUE, REQUEST_ID)
    return request_id


def _check_fresh(head: Head) -> None:
    timestamp = head.get(TIMESTAMP)
    if not _DIGITS.match(timestamp) or abs(time.time() * 1000 - int(timestamp)) > FRESH_MS:
        raise _Failed(Reason.TIMESTAMP, Code.UNAUTHORIZED)


def _version(head: Head, merchant: Merchant) -> int:
    """Of the signature, by its header; one that stands twice is none that is offered."""
    offered = head.joined(SIGN_VERSION)
    version = 1 if offered is None else _VERSIONS.get(offered, 0)
    if version < merchant.min_sign_version or version == 0:
        raise _Failed(Reason.VERSION, Code.UNAUTHORIZED)
    return version

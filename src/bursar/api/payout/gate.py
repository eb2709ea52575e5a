"""The gate: the checks of a request before a use case sees it, in the published order.

Rate of the address · user agent · API key there · other headers there · their form · version · key known and merchant
open · merchant's public key · address on the allow-list · timestamp · failures of this caller · signature · nonce ·
rate of the key · permission · suspension of money that goes out. The signature covers the body as sent and is checked
before anything else looks at that. A request that fails before its signature was verified is answered without a
signature of ours.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.requests import Request

from bursar.api.allowances import Failures, RateLimiter, Reason, Tick
from bursar.api.body import BODY_TIMEOUT_S, BodyTooLarge, BodyUnread, Intake, IntakeFull, read_body
from bursar.api.large_bodies import beside
from bursar.api.limits import Limits
from bursar.api.payout.codes import Code, Refusal
from bursar.api.payout.endpoint import Endpoint
from bursar.api.payout.headers import NONCE, SignedHeaders, plausible_key
from bursar.api.payout.keys import MerchantKey, merchant_key
from bursar.api.payout.signing import VERSIONS, Version, pieces
from bursar.api.request_log import CALLER
from bursar.api.request_target import path_and_query
from bursar.kernel.ip_networks import subscriber
from bursar.merchants.model import RATE_LIMITS, MerchantStatus
from bursar.merchants.payout.model import PayoutCredential
from bursar.merchants.payout.service import API, PayoutMerchants
from bursar.requests.nonces.service import Nonces
from bursar.requests.rates.service import RateLimitLeases

FRESH_S: Final = 300
"""A request's timestamp may be this far from the clock, either way."""
NONCE_WINDOW: Final = timedelta(seconds=2 * FRESH_S + 60)
"""The time that a nonce stays used: a timestamp from the far future is fresh until the far past, and clocks differ."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller, and the version and keys of the conversation."""

    credential: PayoutCredential
    version: Version
    headers: SignedHeaders
    key: MerchantKey
    address: str


def url_of(request: Request) -> str:
    """Path and query exactly as sent."""
    return path_and_query(request.scope).decode("utf-8", "surrogateescape")


class Gate:
    """Checks requests of the payout API; one for a process."""

    def __init__(
        self,
        merchants: PayoutMerchants,
        nonces: Nonces,
        keys: RateLimitLeases,
        tick: Tick = time.monotonic,
        intake: Intake | None = None,
        failures: Failures | None = None,
    ) -> None:
        self._merchants = merchants
        self._nonces = nonces
        self._keys = keys
        self._rates = RateLimiter(tick)
        self._failures = failures or Failures(API, tick)
        self._intake = intake or Intake()

    async def identify(self, request: Request, version: Version) -> Caller:
        """The claimed caller on a path of `version`; raises Refusal with the first check before the signature."""
        key = plausible_key(request.headers)
        address = request.client.host if request.client else ""
        await self._check_address_rate(address, key)
        credential = await self._merchants.find_credential(key) if key else None
        request.scope[CALLER] = credential and credential.merchant
        try:
            caller = _identified(request, version, credential, address)
        except Refusal as refusal:
            if refusal.code in _FAILURES:
                self._failures.add(_FAILURES[refusal.code], key if credential else None, address)
            raise
        if self._failures.refuses(key, address):
            self._failures.add(Reason.TOO_MANY_FAILURES, key, address)
            raise Refusal(Code.TOO_FREQUENT)
        return caller

    async def signed_body(self, caller: Caller, request: Request, limits: Limits | None) -> bytes:
        """The body, if the caller has signed it; without `limits` the signature covers an empty one. Raises Refusal."""
        key, address = caller.credential.key, caller.address
        with self._intake.room(address) as room, self._failures.under_way(key, address):
            try:
                body = b"" if limits is None else await read_body(request, limits.bytes, BODY_TIMEOUT_S, room)
                signed = await beside(len(body), _is_signed, caller, request.method, url_of(request), body)
            except IntakeFull:
                raise Refusal(Code.TOO_FREQUENT) from None
            except BodyUnread as fault:
                if isinstance(fault, BodyTooLarge):
                    self._failures.count(Reason.TOO_LARGE, key, address)
                raise Refusal(Code.PARAMETER_INVALID) from None
        if not signed:
            self._failures.count(Reason.SIGNATURE, key, address)
            raise Refusal(Code.SIGNATURE_WRONG)
        return body

    async def admit(self, caller: Caller, endpoint: Endpoint) -> None:
        """Let an authenticated request in.

        Raises Refusal for one that was let in before, for too many, where the merchant lacks the permission, and for
        one that takes money out while none goes out.
        """
        merchant = caller.credential.merchant
        self._merchants.uses.tell(merchant.merchant_id, caller.credential.key_id, caller.address)
        if not await self._nonces.use(merchant.merchant_id, caller.headers.nonce):
            raise Refusal.of_header(Code.HEADER_INVALID, NONCE)
        key, per_second = caller.credential.key, merchant.rate_limit("per_key")
        if not await self._keys.allows(merchant.merchant_id, API, key, per_second):
            raise Refusal(Code.TOO_FREQUENT)
        if endpoint.permission not in merchant.permissions:
            raise Refusal(Code.API_KEY_WRONG)
        if endpoint.money_out and merchant.holds_money:
            raise Refusal(Code.BALANCE_OPERATION_FAILED)

    async def _check_address_rate(self, address: str, key: str) -> None:
        known = await self._merchants.find_cached_credential(key)
        per_second = known.merchant.rate_limit("per_address") if known else RATE_LIMITS["per_address"]
        if not self._rates.allows(f"address {subscriber(address)}", per_second):
            raise Refusal(Code.TOO_FREQUENT)


_FAILURES: Final[Mapping[Code, Reason]] = {
    Code.API_KEY_WRONG: Reason.UNKNOWN_KEY,
    Code.VERSION_INVALID: Reason.VERSION,
    Code.ADDRESS_REFUSED: Reason.ADDRESS,
    Code.REQUEST_EXPIRED: Reason.TIMESTAMP,
}
"""Refusals that say that somebody may not be who he seems."""


def _identified(request: Request, version: Version, credential: PayoutCredential | None, address: str) -> Caller:
    _check_user_agent(request, credential)
    headers = SignedHeaders.read(request.headers)
    _check_version(headers, version, credential)
    caller = _caller(credential, version, headers, address)
    if not caller.credential.merchant.allows_address(address):
        raise Refusal(Code.ADDRESS_REFUSED)
    if abs(time.time() - headers.timestamp) > FRESH_S:
        raise Refusal(Code.REQUEST_EXPIRED)
    return caller


def _is_signed(caller: Caller, method: str, url: str, body: bytes) -> bool:
    headers, text = caller.headers, body.decode("utf-8", "surrogateescape")
    line = pieces(headers.api_key, headers.timestamp, headers.nonce, url, method, text)
    return caller.key.verifies(caller.version, line, headers.signature)


def _check_user_agent(request: Request, credential: PayoutCredential | None) -> None:
    user_agent = request.headers.get("user-agent", "")
    if not user_agent.strip() or (credential is not None and credential.settings.denies_user_agent(user_agent)):
        raise Refusal(Code.USER_AGENT_REFUSED)


def _check_version(headers: SignedHeaders, version: Version, credential: PayoutCredential | None) -> None:
    least = credential.settings.min_api_version if credential else min(VERSIONS)
    if headers.version != version.number or headers.version < least:
        raise Refusal(Code.VERSION_INVALID)


def _caller(credential: PayoutCredential | None, version: Version, headers: SignedHeaders, address: str) -> Caller:
    if credential is None or credential.merchant.status is MerchantStatus.CLOSED or not credential.merchant.may_call:
        raise Refusal(Code.API_KEY_WRONG)
    key = merchant_key(credential.settings.public_key or "")
    if key is None:
        raise Refusal(Code.MERCHANT_KEY_WRONG)
    return Caller(credential, version, headers, key, address)

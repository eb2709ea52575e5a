"""The inspection of requests to both merchant APIs with the keys of an install.

In a sandbox it opens what is sealed, with the platform's keys. In a live install no private key of ours is used: tokens
and sealed fields are judged by what can be seen of them from outside.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from bursar.api.card import app as card_api
from bursar.api.card import envelope
from bursar.api.card import inspection as card
from bursar.api.card.inspection import PublicHalf
from bursar.api.card.jwe import KeyNotAccepted, OwnKey, Recipient
from bursar.api.card.mistakes import Secrets
from bursar.api.inspection import Inspection, Presented
from bursar.api.payout import app as payout_api
from bursar.api.payout import inspection as payout
from bursar.api.payout.endpoint import PREFIX
from bursar.api.payout.headers import API_KEY
from bursar.api.payout.keys import merchant_key, system_key
from bursar.api.payout.mistakes import Keys
from bursar.api.payout.signing import VERSIONS
from bursar.kernel.clock import Clock
from bursar.kernel.context import INSTALL
from bursar.kernel.keys import KeyKind
from bursar.merchants.payout.service import PayoutMerchants
from bursar.merchants.service import Merchants
from bursar.vault.pairs import Pairs


class Inspector:
    """Inspects requests to both merchant APIs."""

    def __init__(
        self, merchants: Merchants, payout_merchants: PayoutMerchants, pairs: Pairs, clock: Clock, *, opens: bool
    ) -> None:
        """`opens`: with the private keys of the platform, which is for a sandbox only."""
        self._merchants = merchants
        self._payout_merchants = payout_merchants
        self._pairs = pairs
        self._clock = clock
        self._opens = opens

    async def inspect(
        self, api: str, request: Presented, given: str | None = None, *, only_of: int | None = None
    ) -> Inspection:
        """The checks that a request meets; `given` is a secret that its sender may have signed with. A key of another
        merchant than `only_of` is as unknown as one that nobody has.
        """
        return await (self._card(request, given, only_of) if api == "card" else self._payout(request, only_of))

    async def _card(self, request: Presented, given: str | None, only_of: int | None) -> Inspection:
        credential = await self._merchants.find_credential("card", request.header(envelope.API_KEY))
        if credential is not None and only_of not in (None, credential.merchant.merchant_id):
            credential = None
        platform = await self._platform()
        endpoint = _CARD_ENDPOINTS.get(request.path)
        known = card.Known(
            None if credential is None else Secrets(credential.secret, _others(given)),
            platform,
            None if endpoint is None else endpoint.encrypted,
            upload=endpoint is not None and endpoint.upload,
            merchant_kid=_kid(None if credential is None else credential.merchant.card_public_key),
        )
        return await asyncio.to_thread(card.inspect, request, known)

    async def _platform(self) -> tuple[OwnKey | PublicHalf, ...]:
        """The keys to which merchants encrypt, the active one first; their public halves where nothing is opened."""
        now = self._clock.now()
        if self._opens:
            pairs = await self._pairs.accepted(INSTALL, KeyKind.CARD_PLATFORM, now)
            return tuple(OwnKey.from_pem(pair.private_key.decode("ascii")) for pair in pairs)
        halves = await self._pairs.public_halves(INSTALL, KeyKind.CARD_PLATFORM, now)
        return tuple(PublicHalf(Recipient.from_text(half).kid) for half in halves)

    async def _payout(self, request: Presented, only_of: int | None) -> Inspection:
        credential = await self._payout_merchants.find_credential(request.header(API_KEY))
        if credential is not None and only_of not in (None, credential.merchant.merchant_id):
            credential = None
        key = None if credential is None else merchant_key(credential.settings.public_key or "")
        pems = [] if credential is None or not self._opens else [credential.system_key, *credential.other_keys]
        systems = tuple(map(system_key, pems))
        known = payout.Known(
            None if key is None else Keys(key.public_key),
            systems,
            is_key=credential is not None,
            is_path=(request.method, request.path) in _PAYOUT_CALLS,
            opens=self._opens,
        )
        return await asyncio.to_thread(payout.inspect, request, known)


_CARD_ENDPOINTS: Final = {endpoint.path: endpoint for endpoint in card_api.ENDPOINTS}
_PAYOUT_CALLS: Final = {
    (endpoint.method, f"{PREFIX}{version}{endpoint.path}") for endpoint in payout_api.ENDPOINTS for version in VERSIONS
}


def _others(given: str | None) -> Mapping[str, str]:
    return {} if given is None else {"the secret that you gave": given}


def _kid(public_key: str | None) -> str | None:
    try:
        return None if public_key is None else Recipient.from_text(public_key).kid
    except KeyNotAccepted:
        return None

"""The keys of a merchant's own, for its users: listed, rotated with an overlap, shown once, ended.

Whoever changes one has proved a second factor a moment ago, which the page asks for.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from bursar.administration.service import Administration
from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.ledger.engine import Ledger
from bursar.ledger.model import fingerprint
from bursar.merchants.keys.errors import KeyExpiryInvalid, SecretShown
from bursar.merchants.keys.model import Api, KeyStatus, MerchantKey, read_public_key
from bursar.merchants.keys.service import MerchantKeys
from bursar.staff.approvals.model import Changed
from bursar.staff.audit.model import Event
from bursar.staff.audit.recorder import Recorder
from bursar.staff.errors import SecondFactorStale
from bursar.staff.merchant_roles import MerchantPermission
from bursar.staff.model import Principal
from bursar.staff.users.permissions import UserPermissions

OVERLAP_MAX: Final = timedelta(days=90)
"""The time for which a key that is replaced goes on being accepted, at the most."""


class OwnKeys:
    """The keys of the context's merchant; each use case raises PermissionMissing."""

    def __init__(
        self,
        keys: MerchantKeys,
        administration: Administration,
        ledger: Ledger,
        permissions: UserPermissions,
        recorder: Recorder,
    ) -> None:
        self._keys = keys
        self._administration = administration
        self._ledger = ledger
        self._permissions = permissions
        self._recorder = recorder

    async def list_keys(self, book: Context, by: Principal) -> Sequence[MerchantKey]:
        """All keys, oldest first, without their secrets; also those that are over."""
        await self._permissions.check(book, by, MerchantPermission.KEYS_READ, _merchant(book))
        return await self._keys.list_keys(book)

    async def get(self, book: Context, by: Principal, key_id: int) -> MerchantKey:
        """One key; raises MerchantKeyUnknown."""
        await self._permissions.check(book, by, MerchantPermission.KEYS_READ, f"merchant_key:{key_id}")
        return await self._keys.get(book, key_id)

    async def rotate(self, book: Context, by: Principal, api: Api, public_key: str | None, overlap: timedelta) -> None:
        """Another key of an API; the ones that live end after the overlap, at once where there is none.

        Without a public key it has the merchant's. Raises SecondFactorStale, KeyExpiryInvalid, PublicKeyUnusable,
        MerchantKeysTooMany, and what `Administration.decide_key` raises.
        """
        await self._check(book, by, _merchant(book))
        if not timedelta(0) <= overlap <= OVERLAP_MAX:
            raise KeyExpiryInvalid(0)
        given = None if public_key is None else read_public_key(public_key)

        async def rotated() -> Decided[Changed]:
            until = book.now() + overlap
            decided = await self._administration.decide_key(book, api, given, None)
            for key in await self._keys.list_keys(book):
                if key.api is api and _lives_beyond(key, book.now(), until):
                    ended = await self._administration.decide_key_end(book, key.id, until if overlap else None)
                    decided += ended.part
            return decided

        asked = (api.value, given, int(overlap.total_seconds()))
        await self._commit(book, by, "merchant_keys.rotate", asked, rotated)

    async def revoke(self, book: Context, by: Principal, key_id: int) -> None:
        """Accept a key no more; raises SecondFactorStale, MerchantKeyUnknown or MerchantKeyRevoked."""
        await self._check(book, by, f"merchant_key:{key_id}")

        async def ended() -> Decided[Changed]:
            return await self._administration.decide_key_end(book, key_id, None)

        await self._commit(book, by, "merchant_keys.revoke", (key_id,), ended)

    async def show_secret(self, book: Context, by: Principal, key_id: int) -> str:
        """The secret of a key of the card API, once for all; that somebody saw it is on record before.

        Raises SecondFactorStale, MerchantKeyUnknown or SecretShown.
        """
        subject = f"merchant_key:{key_id}"
        await self._check(book, by, subject)
        key = await self._keys.get(book, key_id)
        if key.shown_at is not None or key.api is not Api.CARD:
            raise SecretShown(key_id)
        await self._recorder.record(book, by, Event("merchant_keys.show", subject, after={"key": key.key}))
        return await self._keys.show_secret(book, key_id)

    async def _check(self, book: Context, by: Principal, subject: str) -> None:
        await self._permissions.check(book, by, MerchantPermission.KEYS_MANAGE, subject)
        if not by.has_proved(book.now()):
            raise SecondFactorStale(by.actor)

    async def _commit(
        self,
        book: Context,
        by: Principal,
        action: str,
        asked: tuple[object, ...],
        decide: Callable[[], Awaitable[Decided[Changed]]],
    ) -> None:
        """Commit a change of keys with its record in the audit; a repeat of the request changes nothing."""

        async def recorded() -> Decided[Changed]:
            decided = await decide()
            event = Event(action, decided.subject, decided.outcome.before, decided.outcome.after)
            return decided + self._recorder.part(book, by, event)

        key = f"{book.request_key}:{action}"
        await self._ledger.decide(book, key, fingerprint(action, *asked), recorded, first=_repeated)
        await self._administration.forget()


async def _repeated(_: Context, __: int) -> Changed:
    return Changed({}, {})


def _lives_beyond(key: MerchantKey, now: datetime, until: datetime) -> bool:
    return key.status(now) is KeyStatus.LIVE and (key.expires_at is None or key.expires_at > until)


def _merchant(book: Context) -> str:
    return f"merchant:{book.merchant_id}"

"""Sessions on the server: begun by a sign-in, known by a secret of which a keyed hash is stored, listed and ended."""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.ledger.model import Part, Write
from bursar.staff.audit.model import Event
from bursar.staff.changes import Changes
from bursar.staff.errors import PersonUnknown, SessionUnknown
from bursar.staff.merchant_roles import MerchantRole
from bursar.staff.model import Membership, Origin, Principal, Status
from bursar.staff.permissions import Permissions
from bursar.staff.realm import Realm
from bursar.staff.roles import Permission, Role
from bursar.staff.signin.model import (
    ENROLMENT_LIVES,
    SEEN_EVERY,
    SESSION_LIVES,
    SESSIONS_MAX,
    Purpose,
    Session,
    find_id,
    new_secret,
)
from bursar.staff.signin.store import SignInStore, queries

_SESSION: Final = "staff session"


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to begin, with the secret that its holder is given."""

    id: int
    token: str
    expires_at: datetime
    part: Part


Stands = Callable[[int], Awaitable[bool]]
"""True if people of a merchant, by its number, may act; 0 is the install."""


async def always(_: int) -> bool:
    """The install's own staff may, as long as each of them does."""
    return True


class Sessions:
    """Sessions of the people of one realm."""

    def __init__(
        self,
        ground: Ground,
        permissions: Permissions,
        changes: Changes,
        realm: Realm = Realm.STAFF,
        stands: Stands = always,
    ) -> None:
        self.stands = stands
        self.realm = realm
        self._store = SignInStore(ground.database)
        self._ids = ground.ids
        self._vault = ground.vault
        self._clock = ground.clock
        self._permissions = permissions
        self._changes = changes

    async def recognise(self, token: str, origin: Origin, *, awake: bool = True) -> Principal:
        """Whoever holds the secret of an open session; raises SessionUnknown.

        A request that a page makes by itself is not `awake`: the session ends as if it had not been made.
        """
        now = self._clock.now()
        session_id = find_id(self.realm.session_prefix, token)
        stored = await self._store.find_session(session_id) if session_id is not None else None
        if stored is None or stored.status is Status.DISABLED or not stored.session.is_open(now):
            raise SessionUnknown
        if Realm.of(stored.of_merchant) is not self.realm or not await self.stands(stored.of_merchant):
            raise SessionUnknown
        session = stored.session
        if not hmac.compare_digest(self._proof(session.staff_id, session.purpose, token), stored.proof):
            raise SessionUnknown
        if awake and now >= session.seen_at + SEEN_EVERY:
            await self._store.see_session(session.id, now)
        working = session.purpose == Purpose.WORK
        roles = stored.roles if working else ()
        of_staff = self.realm is Realm.STAFF
        return Principal(
            f"{self.realm}:{session.staff_id}",
            frozenset(map(Role, roles)) if of_staff else frozenset(),
            session.staff_id,
            f"session:{session.id}",
            origin,
            session.proved_at,
            made_by=session.staff_id,
            enrolling=not working,
            membership=None if of_staff else Membership(stored.of_merchant, frozenset(map(MerchantRole, roles))),
        )

    def new(self, ctx: Context, person_id: int, purpose: Purpose, factors: str, origin: Origin) -> NewSession:
        """A session to be begun by the operation that carries the part."""
        now = ctx.now()
        session_id = self._ids.next()
        token = new_secret(f"{self.realm.session_prefix}{session_id}_")
        expires_at = now + (SESSION_LIVES if purpose is Purpose.WORK else ENROLMENT_LIVES)
        row = {
            "id": session_id,
            "staff_id": person_id,
            "proof": self._proof(person_id, purpose, token),
            "purpose": purpose,
            "factors": factors,
            "address": origin.address,
            "device": origin.device,
            "created_at": now,
            "proved_at": now,
            "expires_at": expires_at,
            "others_max": SESSIONS_MAX - 1,
        }
        return NewSession(session_id, token, expires_at, Part(writes=(Write(queries.add_session, row),)))

    async def list_sessions(self, ctx: Context, by: Principal, person_id: int) -> Sequence[Session]:
        """Open sessions of somebody, newest first: one's own, or others' of the realm by permission.

        Raises PermissionMissing or PersonUnknown.
        """
        if by.person_id != person_id:
            await self._permissions.check(ctx, by, Permission.STAFF_READ, f"{self.realm}:{person_id}")
            of_merchant = await self._store.find_merchant(person_id)
            if of_merchant is None or Realm.of(of_merchant) is not self.realm:
                raise PersonUnknown(str(person_id))
        found = await self._store.list_sessions(person_id)
        return [session for session in found if session.is_open(ctx.now())]

    async def end(self, ctx: Context, by: Principal, session_id: int) -> None:
        """No request may use the session any more: one's own, or another's of the realm by permission of the staff.

        Raises SessionUnknown or PermissionMissing. A session that has ended stays as it is.
        """
        found = await self._store.find_session(session_id)
        if found is None or Realm.of(found.of_merchant) is not self.realm:
            raise SessionUnknown
        session = found.session
        if by.person_id != session.staff_id:
            if by.membership is not None:
                raise SessionUnknown  # to a merchant's user, others' sessions do not exist
            await self._permissions.check(ctx, by, Permission.STAFF_MANAGE, f"session:{session_id}")
        if session.ended_at is not None:
            return
        ended = Part(writes=(Write(queries.end_session, {"id": session_id, "now": ctx.now()}),))
        event = Event("session.end", f"session:{session_id}", after={"person": f"{self.realm}:{session.staff_id}"})
        once = replace(ctx, request_key=f"session:{session_id}")
        await self._changes.commit(once, by, event, ended)

    def _proof(self, person_id: int, purpose: str, token: str) -> bytes:
        """The stored form of a secret, of no use in the row of another person."""
        return self._vault.keyed_hash(_SESSION, f"{person_id}|{purpose}|{token}")

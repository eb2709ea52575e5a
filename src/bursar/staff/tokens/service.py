"""Use cases of tokens: made by a person for their programs, recognised, listed and revoked.

A token belongs to a person and counts as that person. It may do what its roles allow as far as the person's own roles
do at the time of use, so that a role that is taken away is gone from all tokens at once. One that is made at the
console for somebody approves nothing: nobody else speaks for a second person.
"""

import hmac
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.ledger.model import Part, Write
from bursar.staff.audit.model import Event
from bursar.staff.changes import Changes
from bursar.staff.errors import (
    ConsoleOnly,
    LimitOfPeople,
    PersonDisabled,
    PersonUnknown,
    RolesAbovePerson,
    SecondFactorStale,
    TokenUnknown,
)
from bursar.staff.model import CONSOLE, NAME_CHARS_MAX, Origin, Person, Principal, Status, read_text
from bursar.staff.people.service import read_roles
from bursar.staff.people.store import PeopleStore
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission, Role, covers
from bursar.staff.signin.model import SEEN_EVERY
from bursar.staff.tokens.model import (
    LISTED_MAX,
    TOKENS_MAX,
    ApiToken,
    MadeToken,
    NewToken,
    find_prefix,
    life_of,
    new_token,
)
from bursar.staff.tokens.store import TokenStore, queries

_TOKEN: Final = "staff token"  # noqa: S105 - a purpose of the vault


class Tokens:
    """API tokens of staff."""

    def __init__(self, ground: Ground, permissions: Permissions, changes: Changes) -> None:
        self._store = TokenStore(ground.database)
        self._people = PeopleStore(ground.database)
        self._ids = ground.ids
        self._vault = ground.vault
        self._clock = ground.clock
        self._permissions = permissions
        self._changes = changes

    async def recognise(self, text: str, origin: Origin) -> Principal:
        """The person whose token it is, with the roles that both have; raises TokenUnknown."""
        now, prefix = self._clock.now(), find_prefix(text)
        stored = await self._store.find_by_prefix(prefix) if prefix else None
        if stored is None or not hmac.compare_digest(self._proof(stored.token, text), stored.proof):
            raise TokenUnknown
        if stored.status is Status.DISABLED or not stored.token.is_open(now):
            raise TokenUnknown
        token = stored.token
        if token.used_at is None or now >= token.used_at + SEEN_EVERY:
            await self._store.use(token.id, now)
        roles = frozenset(role for role in map(Role, token.roles) if covers(map(Role, stored.person_roles), [role]))
        credential = f"token:{token.id}"
        return Principal(credential, roles, token.staff_id, credential, origin, made_by=token.made_by)

    async def create(self, ctx: Context, by: Principal, new: NewToken, *, for_person: int | None = None) -> MadeToken:
        """A token of whoever asks, in a session in which a second factor was proved a moment ago; at the console, of
        somebody else.

        Raises SecondFactorStale, ConsoleOnly, PersonUnknown, PersonDisabled; TextUnusable, TokenLifeUnusable,
        RoleUnknown, RolesMissing or RolesAbovePerson; LimitOfPeople with TOKENS_MAX.
        """
        person = await self._owner(ctx, by, for_person)
        name, roles, now = read_text("name", new.name, NAME_CHARS_MAX), read_roles(new.roles), ctx.now()
        above = tuple(role for role in roles if not covers(person.roles, [role]))
        if above:
            raise RolesAbovePerson(above)
        expires_at = now + life_of(new.days)
        if await self._store.count_live(person.id, now) >= TOKENS_MAX:
            raise LimitOfPeople("tokens", TOKENS_MAX)
        prefix, secret = new_token()
        token = ApiToken(self._ids.next(), person.id, name, prefix, roles, by.person_id, now, expires_at, None, None)
        await self._add(ctx, by, token, self._proof(token, secret))
        return MadeToken(token, secret)

    async def _add(self, ctx: Context, by: Principal, token: ApiToken, proof: bytes) -> None:
        row = {
            "id": token.id,
            "staff_id": token.staff_id,
            "name": token.name,
            "prefix": token.prefix,
            "proof": proof,
            "roles": list(token.roles),
            "made_by": token.made_by,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
        }
        after = {
            "person": f"staff:{token.staff_id}",
            "name": token.name,
            "prefix": token.prefix,
            "roles": list(token.roles),
            "expires_at": token.expires_at.isoformat(),
        }
        event = Event("token.create", f"token:{token.id}", after=after)
        part = Part(writes=(Write(queries.add_token, row),))
        # a secret is told once: a repeat of the request is refused
        await self._changes.commit(ctx, by, event, part, asked=(token.id,))

    async def _owner(self, ctx: Context, by: Principal, for_person: int | None) -> Person:
        """The person that the token will belong to."""
        if by.person_id is None:
            await self._permissions.check(ctx, by, Permission.TOKENS_MANAGE)
            if by.actor != CONSOLE or for_person is None:
                raise ConsoleOnly
        elif for_person not in (None, by.person_id):
            raise ConsoleOnly
        elif not by.has_proved(ctx.now()):
            raise SecondFactorStale(by.actor)
        person_id = for_person or by.person_id or 0
        person = await self._people.find(person_id=person_id)
        if person is None:
            raise PersonUnknown(str(person_id))
        if person.status is Status.DISABLED:
            raise PersonDisabled(person_id)
        return person

    async def list_tokens(
        self,
        ctx: Context,
        by: Principal,
        person_id: int,
        *,
        before: tuple[datetime, int] | None = None,
        limit: int = LISTED_MAX,
    ) -> Sequence[ApiToken]:
        """Tokens of somebody, newest first, also those that are over: one's own, or others' by permission.

        LISTED_MAX at the most; `before` is the making and the number of the last one of the page before. Raises
        PermissionMissing.
        """
        if by.person_id != person_id:
            await self._permissions.check(ctx, by, Permission.TOKENS_READ, f"staff:{person_id}")
        return await self._store.list_tokens(person_id, before, max(1, min(limit, LISTED_MAX)))

    async def revoke(self, ctx: Context, by: Principal, token_id: int) -> None:
        """No request may use the token any more: one's own, or another's by permission.

        Raises TokenUnknown or PermissionMissing. A token that was revoked stays as it is.
        """
        token = await self._store.find(token_id)
        if token is None:
            raise TokenUnknown
        if by.person_id != token.staff_id:
            await self._permissions.check(ctx, by, Permission.TOKENS_MANAGE, f"token:{token_id}")
        if token.revoked_at is not None:
            return
        revoked = Part(writes=(Write(queries.revoke_token, {"id": token_id, "now": ctx.now()}),))
        event = Event("token.revoke", f"token:{token_id}", after={"person": f"staff:{token.staff_id}"})
        await self._changes.commit(replace(ctx, request_key=f"token:{token_id}"), by, event, revoked)

    def _proof(self, token: ApiToken, text: str) -> bytes:
        """The stored form of a secret, of no use in the row of another person or with other roles."""
        return self._vault.keyed_hash(_TOKEN, f"{token.staff_id}|{token.made_by}|{','.join(token.roles)}|{text}")

"""The users of a sandbox's first merchant: an admin and a second person, so that one asks and another one approves.

Their passwords are made by the first start and kept sealed, as those of the staff are; they have no second factor.
"""

import secrets
from collections.abc import Sequence
from typing import Any, Final

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.merchants.service import Merchants
from bursar.sandbox.people import new_password
from bursar.staff.model import Origin, Person, Principal
from bursar.staff.users.assembly import UserRoom
from bursar.staff.users.service import NewUser

ADMIN: Final = NewUser("admin@sandbox.example", "Amal Admin", ("admin", "maker", "checker", "developer"))
SECOND: Final = NewUser("checker@sandbox.example", "Chen Checker", ("maker", "checker", "viewer"))
_PASSWORD: Final = "sandbox user password"  # noqa: S105 - the name under which it is kept


class SandboxUsers:
    """Makes the two, once, and tells how they sign in."""

    def __init__(self, ground: Ground, users: UserRoom, secrets_kept: Merchants) -> None:
        self._ground = ground
        self._users = users
        self._kept = secrets_kept
        self._console = Principal.console()

    async def ensure(self, merchant_id: int) -> Sequence[dict[str, Any]]:
        """Both, as `sandbox.json` has them: e-mail address, name, roles and password."""
        return [await self._ensure(merchant_id, new) for new in (ADMIN, SECOND)]

    async def _ensure(self, merchant_id: int, new: NewUser) -> dict[str, Any]:
        name = f"{_PASSWORD} of {new.email}"
        password = (await self._kept.ensure_platform_key(name, new_password)).decode("ascii")
        ctx = self._ctx(f"{new.email} is added", merchant_id)
        person = await self._users.users.find_by_email(ctx, self._console, new.email)
        if person is None:
            person = await self._users.users.add(ctx, self._console, new)
        if not person.has_password:
            try:
                await self._set_password(person, password, merchant_id)
            except Fact:
                found = await self._users.users.find_by_email(ctx, self._console, new.email)
                if found is None or not found.has_password:  # no other start was quicker
                    raise
        return {"email": new.email, "password": password, "name": new.name, "roles": list(new.roles)}

    async def _set_password(self, person: Person, password: str, merchant_id: int) -> None:
        """As a person does it: through a one-time link, in the session of it."""
        users, nowhere = self._users, Origin.of(None, "bursar")
        link = await users.links.reveal(self._once(merchant_id), self._console, person)
        session = await users.signin.with_link(nowhere, link.partition("#")[2])
        by = await users.sessions.recognise(session.token, nowhere)
        await users.factors.set_password(self._once(merchant_id), by, password)
        await users.sessions.end(self._once(merchant_id), by, session.session_id)

    def _once(self, merchant_id: int) -> Context:
        return self._ctx(secrets.token_hex(8), merchant_id)

    def _ctx(self, key: str, merchant_id: int) -> Context:
        return self._console.context(self._ground.clock, f"sandbox users:{key}").of(merchant_id)

"""The people of a sandbox: an owner and a second person, so that whoever tries it can decide and approve.

Their passwords are made by the first start and kept sealed, since `sandbox.json` is written anew at each start. They
have no second factor, which a sandbox does not demand; one of theirs is theirs to add.
"""

import secrets
from collections.abc import Sequence
from typing import Any, Final

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.merchants.service import Merchants
from bursar.staff.approvals.service import Request
from bursar.staff.assembly import StaffRoom
from bursar.staff.errors import PersonUnknown
from bursar.staff.model import Origin, Person, Principal
from bursar.staff.people.service import NewPerson
from bursar.staff.roles import Role

OWNER: Final = NewPerson("owner@sandbox.example", "Olga Owner", (Role.FINANCE,))
"""Made without the role of an owner, which the sandbox gives as one of two people would."""
SECOND: Final = NewPerson("second@sandbox.example", "Sam Second", (Role.FINANCE, Role.COMPLIANCE, Role.OPERATIONS))
_PASSWORD: Final = "sandbox staff password"  # noqa: S105 - the name under which it is kept


class SandboxPeople:
    """Makes the two, once, and tells how they sign in."""

    def __init__(self, ground: Ground, staff: StaffRoom, secrets_kept: Merchants) -> None:
        self._ground = ground
        self._staff = staff
        self._kept = secrets_kept
        self._console = Principal.console()

    async def ensure(self) -> Sequence[dict[str, Any]]:
        """Both, as `sandbox.json` has them: e-mail address, name, roles and password."""
        return [await self._ensure(OWNER, owner=True), await self._ensure(SECOND)]

    async def _ensure(self, new: NewPerson, *, owner: bool = False) -> dict[str, Any]:
        name = f"{_PASSWORD} of {new.email}"
        password = (await self._kept.ensure_platform_key(name, new_password)).decode("ascii")
        person = await self._person(new)
        if not person.has_password:
            try:
                await self._set_password(person, password)
            except Fact:
                if not (await self._person(new)).has_password:  # no other start was quicker
                    raise
        if owner and Role.OWNER not in person.roles:
            await self._make_owner(person)
        roles = (Role.OWNER,) if owner else new.roles
        return {"email": new.email, "password": password, "name": new.name, "roles": [str(role) for role in roles]}

    async def _person(self, new: NewPerson) -> Person:
        ctx = self._ctx(f"{new.email} is added")
        try:
            return await self._staff.people.get(ctx, self._console, new.email)
        except PersonUnknown:
            return await self._staff.people.add(ctx, self._console, new)

    async def _set_password(self, person: Person, password: str) -> None:
        """As a person does it: through a one-time link, in the session of it."""
        staff, nowhere = self._staff, Origin.of(None, "bursar")
        link = await staff.links.show(self._ctx(secrets.token_hex(8)), self._console, person.id)
        session = await staff.signin.with_link(nowhere, link.partition("#")[2])
        by = await staff.sessions.recognise(session.token, nowhere)
        await staff.factors.set_password(self._ctx(secrets.token_hex(8)), by, password)
        await staff.sessions.end(self._ctx(secrets.token_hex(8)), by, session.session_id)

    async def _make_owner(self, person: Person) -> None:
        by = Principal.sandbox()
        request = Request("staff.owner", {"person_id": person.id, "roles": [str(Role.OWNER)]}, "the sandbox's owner")
        ctx = by.context(self._ground.clock, f"sandbox staff:{person.id} is an owner")
        await self._staff.approvals.perform(ctx, by, request)

    def _ctx(self, key: str) -> Context:
        return self._console.context(self._ground.clock, f"sandbox staff:{key}")


def new_password() -> bytes:
    """A password of somebody in a sandbox."""
    return secrets.token_urlsafe(12).encode()

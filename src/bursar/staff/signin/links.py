"""One-time links by which somebody sets up ways to sign in: mailed to them, and to nobody else.

Whoever may ask for a link does not see it, or an owner could become anybody. At the console, where whoever has the
database and its keys could do so anyway, the link of somebody without any way to sign in is shown: the first owner's.
"""

from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.ledger.model import Part, Write
from bursar.messages.mail import Mail
from bursar.staff.audit.model import Event
from bursar.staff.changes import Changes
from bursar.staff.errors import ConsoleOnly, PersonDisabled, PersonUnknown
from bursar.staff.model import CONSOLE, Person, Principal, Status
from bursar.staff.people.store import PeopleStore
from bursar.staff.permissions import Permissions
from bursar.staff.realm import Realm
from bursar.staff.roles import Permission
from bursar.staff.signin.model import LINK_LIVES, new_secret
from bursar.staff.signin.store import queries
from bursar.vault.service import Vault

SUBJECT: Final = "Set up how you sign in to Bursar"


def link_proof(vault: Vault, person_id: int, secret: str) -> bytes:
    """The stored form of the secret of a link, of no use in the row of another person."""
    return vault.keyed_hash("staff link", f"{person_id}|{secret}")


class Links:
    """One-time links."""

    def __init__(self, ground: Ground, permissions: Permissions, changes: Changes, mail: Mail, url: str) -> None:
        self._people = PeopleStore(ground.database)
        self._ids = ground.ids
        self._vault = ground.vault
        self._permissions = permissions
        self._changes = changes
        self._mail = mail
        self._url = url

    async def send(self, ctx: Context, by: Principal, person_id: int) -> None:
        """Mail somebody a new link, good for LINK_LIVES; the ones before are no use any more.

        Raises PermissionMissing, PersonUnknown, PersonDisabled, or what the mail port raises; then nobody knows whether
        it went out, and another one may be sent.
        """
        person = await self._get(ctx, by, person_id)
        await self.mail(ctx, by, person)

    async def mail(self, ctx: Context, by: Principal, person: Person) -> None:
        """The same for somebody of either realm, where another service has judged who may ask for it."""
        link = await self._make(ctx, by, person, "link.send")
        minutes = int(LINK_LIVES.total_seconds() // 60)
        text = f"Open this link within {minutes} minutes to set up how you sign in. It works once.\n\n{link}\n"
        await self._mail.send(person.email, SUBJECT, text)

    async def show(self, ctx: Context, by: Principal, person_id: int) -> str:
        """A new link for somebody who has no way to sign in yet, at the console.

        Raises PermissionMissing, PersonUnknown, PersonDisabled or ConsoleOnly.
        """
        return await self.reveal(ctx, by, await self._get(ctx, by, person_id))

    async def reveal(self, ctx: Context, by: Principal, person: Person) -> str:
        """The same for somebody of either realm; raises ConsoleOnly."""
        if by.actor != CONSOLE or person.has_password or person.passkeys:
            raise ConsoleOnly
        return await self._make(ctx, by, person, "link.show")

    async def _get(self, ctx: Context, by: Principal, person_id: int) -> Person:
        await self._permissions.check(ctx, by, Permission.STAFF_MANAGE, f"staff:{person_id}")
        person = await self._people.find(person_id=person_id)
        if person is None:
            raise PersonUnknown(str(person_id))
        if person.status is Status.DISABLED:
            raise PersonDisabled(person_id)
        return person

    async def _make(self, ctx: Context, by: Principal, person: Person, action: str) -> str:
        link_id, now = self._ids.next(), ctx.now()
        secret = new_secret(f"{link_id}_")
        row = {
            "id": link_id,
            "staff_id": person.id,
            "proof": link_proof(self._vault, person.id, secret),
            "created_at": now,
            "expires_at": now + LINK_LIVES,
        }
        event = Event(action, person.subject, after={"link": link_id})
        asked = (person.id, link_id)  # a secret is told once: a repeat of the request is refused
        await self._changes.commit(ctx, by, event, Part(writes=(Write(queries.add_link, row),)), asked=asked)
        return f"{self._url}{Realm.of(person.of_merchant).link_path}{secret}"

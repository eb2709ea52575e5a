"""Use cases of the users of merchants: invited, with roles within their merchant, removed.

The staff manage them by a permission of theirs, and an admin those of the own merchant. Whoever is asked for of another
merchant is unknown. Nobody is deleted: a removed user can do nothing, and what they did stays theirs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Part, Write, fingerprint
from bursar.merchants.errors import MerchantClosed, MerchantUnknown
from bursar.merchants.model import MerchantStatus
from bursar.merchants.service import Merchants
from bursar.merchants.suspension import not_closed
from bursar.staff.audit.model import Event
from bursar.staff.audit.recorder import Recorder
from bursar.staff.changes import Changes
from bursar.staff.errors import (
    EmailTaken,
    PermissionMissing,
    PersonDisabled,
    PersonUnknown,
    RolesMissing,
    RoleUnknown,
    UserIsYourself,
)
from bursar.staff.merchant_roles import MerchantPermission, MerchantRole, merchant_permissions_of
from bursar.staff.model import NAME_CHARS_MAX, Person, Principal, Status, read_email, read_reason, read_text
from bursar.staff.people.service import PAGE_MAX
from bursar.staff.people.store import PeopleStore, as_read, roles_moved, standing_moved
from bursar.staff.people.store import queries as people
from bursar.staff.permissions import Permissions
from bursar.staff.realm import Realm
from bursar.staff.roles import Permission
from bursar.staff.signin.links import Links
from bursar.staff.signin.store import queries as signin
from bursar.staff.users.permissions import UserPermissions

_OF_STAFF: Final = {
    MerchantPermission.USERS_READ: Permission.MERCHANTS_READ,
    MerchantPermission.USERS_MANAGE: Permission.MERCHANT_USERS_MANAGE,
}
"""The permission by which the staff may do the same for any merchant."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """Somebody to belong to a merchant; roles by their words, as `maker`."""

    email: str
    name: str
    roles: tuple[str, ...]


def read_merchant_roles(words: Iterable[str]) -> tuple[MerchantRole, ...]:
    """Roles by their words, each once, in the order of the table; raises RoleUnknown or RolesMissing."""
    given = {str(word) for word in words}
    unknown = {word for word in given if MerchantRole.of(word) is None}
    if unknown:
        raise RoleUnknown(min(unknown))
    if not given:
        raise RolesMissing
    return tuple(role for role in MerchantRole if role.word in given)


@dataclass(frozen=True, slots=True)
class Judges:
    """The checks of permissions of both realms."""

    staff: Permissions
    users: UserPermissions


@dataclass(frozen=True, slots=True)
class Profile:
    """A merchant's user, as they see themselves."""

    person: Person
    merchant: str
    """The name of the merchant."""


class Users:
    """The users of merchants; each use case raises PermissionMissing, and to the staff MerchantUnknown."""

    def __init__(self, ground: Ground, merchants: Merchants, judges: Judges, changes: Changes, links: Links) -> None:
        self._store = PeopleStore(ground.database, Realm.MERCHANT)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._clock = ground.clock
        self._recorder = Recorder(ground)
        self._merchants = merchants
        self._judges = judges
        self._changes = changes
        self._links = links

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, book: Context, by: Principal, user_id: int) -> Person:
        """A user of the context's merchant; raises PersonUnknown."""
        await self._check(book, by, MerchantPermission.USERS_READ)
        return await self._get(book, user_id)

    async def find_by_email(self, book: Context, by: Principal, email: str) -> Person | None:
        """A user of the context's merchant by e-mail address."""
        await self._check(book, by, MerchantPermission.USERS_READ)
        return await self._store.find(email=email, of_merchant=book.merchant_id)

    async def list_users(
        self, book: Context, by: Principal, *, after: str = "", limit: int = PAGE_MAX
    ) -> Sequence[Person]:
        """Users of the context's merchant by e-mail address, PAGE_MAX at the most; `after` is the last one's of the
        page before.
        """
        await self._check(book, by, MerchantPermission.USERS_READ)
        return await self._store.list_people(after, max(1, min(limit, PAGE_MAX)), book.merchant_id)

    async def profile(self, book: Context, by: Principal) -> Profile:
        """Whoever asks, of the context's merchant; raises PersonUnknown."""
        person = await self._get(book, by.person_id or 0)
        return Profile(person, (await self._merchants.get(book)).name)

    async def _get(self, book: Context, user_id: int) -> Person:
        found = await self._store.find(person_id=user_id, of_merchant=book.merchant_id)
        if found is None:
            raise PersonUnknown(str(user_id))
        return found

    # ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def invite(self, book: Context, by: Principal, new: NewUser) -> Person:
        """Somebody new, who is mailed a link, good for an hour and once, to set up ways to sign in.

        Raises MerchantClosed, EmailUnusable, TextUnusable, RoleUnknown, RolesMissing or EmailTaken, and what the mail
        port raises: then the user is there, and is sent another link. A repeat of the request is refused with
        KeyReused, since a link is sent once.
        """
        person = await self.add(book, by, new)
        await self._links.mail(book, by, person)
        return person

    async def add(self, book: Context, by: Principal, new: NewUser) -> Person:
        """Somebody new, whom nothing is mailed to; raises what `invite` raises of its own."""
        await self._check(book, by, MerchantPermission.USERS_MANAGE)
        await self._check_open(book)
        email, name = read_email(new.email), read_text("name", new.name, NAME_CHARS_MAX)
        roles = read_merchant_roles(new.roles)
        await self._ids.top_up()
        user_id = self._ids.next()
        row = {"id": user_id, "email": email, "name": name, "roles": list(roles), "created_at": book.now()}
        part = await self._acting(book, by) + Part(
            transitions=(not_closed(book),),
            writes=(Write(people.add_person, {**row, "of_merchant": book.merchant_id}),),
            refusals={"staff_email_of": lambda: EmailTaken(email)},
        )
        after = {"merchant": book.merchant_id, "email": email, "name": name, **_shown(roles)}
        event = Event("merchant_users.invite", f"{Realm.MERCHANT}:{user_id}", after=after)
        receipt = await self._changes.commit_in(book, by, event, part, asked=(email, name, list(roles)))
        return await self._get(book, receipt.subject_id)

    async def send_link(self, book: Context, by: Principal, user_id: int) -> None:
        """Mail a user a new link; the ones before are no use any more. Raises PersonUnknown, PersonDisabled or
        MerchantClosed, and what the mail port raises.
        """
        await self._check(book, by, MerchantPermission.USERS_MANAGE)
        await self._check_open(book)
        person = await self._get(book, user_id)
        if person.status is Status.DISABLED:
            raise PersonDisabled(user_id)
        await self._links.mail(book, by, person)

    async def change_roles(
        self, book: Context, by: Principal, user_id: int, roles: Iterable[str], reason: str
    ) -> Person:
        """Other roles for a user, from the next request on.

        Raises TextUnusable, RoleUnknown, RolesMissing, PersonUnknown, PersonDisabled, or UserIsYourself: an admin's own
        roles are changed by another one, or by the staff.
        """
        await self._check(book, by, MerchantPermission.USERS_MANAGE)
        wanted, why = read_merchant_roles(roles), read_reason(reason)
        _check_another(by, user_id)

        async def decide() -> Decided[int]:
            person = await self._standing(book, user_id)
            event = Event("merchant_users.roles", person.subject, _of(person), _shown(wanted), why)
            part = roles_moved(person, wanted) + await self._acting(book, by)
            return Decided(user_id, event.action, person.subject, part + self._recorder.part(book, by, event))

        asked = fingerprint("merchant_users.roles", user_id, list(wanted))
        await self._ledger.decide(book, f"{book.request_key}:merchant_users.roles", asked, decide, first=_number)
        return await self._get(book, user_id)

    async def remove(self, book: Context, by: Principal, user_id: int, reason: str) -> Person:
        """A user may do nothing from now on: sessions and links are refused at once.

        Raises TextUnusable, PersonUnknown, PersonDisabled or UserIsYourself.
        """
        await self._check(book, by, MerchantPermission.USERS_MANAGE)
        why = read_reason(reason)
        _check_another(by, user_id)

        async def decide() -> Decided[int]:
            person = await self._standing(book, user_id)
            whose = {"staff_id": user_id, "now": book.now()}
            ended = (Write(signin.end_sessions, whose), Write(signin.drop_links, {"staff_id": user_id}))
            part = standing_moved(person, Status.DISABLED) + Part(writes=ended) + await self._acting(book, by)
            before, after = {"status": person.status}, {"status": Status.DISABLED}
            event = Event("merchant_users.remove", person.subject, before, after, why)
            return Decided(user_id, event.action, person.subject, part + self._recorder.part(book, by, event))

        asked = fingerprint("merchant_users.remove", user_id)
        await self._ledger.decide(book, f"{book.request_key}:merchant_users.remove", asked, decide, first=_number)
        return await self._get(book, user_id)

    async def _standing(self, book: Context, user_id: int) -> Person:
        person = await self._get(book, user_id)
        if person.status is Status.DISABLED:
            raise PersonDisabled(user_id)
        return person

    async def _check_open(self, book: Context) -> None:
        if (await self._merchants.get(book)).status is MerchantStatus.CLOSED:
            raise MerchantClosed

    async def stands(self, merchant_id: int) -> bool:
        """True while users of a merchant may act: it is not closed."""
        try:
            merchant = await self._merchants.get(Context(merchant_id, self._clock, "users", "users"))
        except MerchantUnknown:
            return False
        return merchant.status is not MerchantStatus.CLOSED

    async def _acting(self, book: Context, by: Principal) -> Part:
        """The condition that a user who changes others still may at the commit; raises PermissionMissing.

        Else two admins who remove each other at once would leave the merchant without any.
        """
        if by.membership is None or by.person_id is None:
            return Part()
        person = await self._store.find(person_id=by.person_id, of_merchant=book.merchant_id)
        standing = person is not None and person.status is not Status.DISABLED
        if (
            person is None
            or not standing
            or MerchantPermission.USERS_MANAGE not in merchant_permissions_of(person.merchant_roles)
        ):
            raise PermissionMissing(MerchantPermission.USERS_MANAGE, by.actor)
        return as_read(person)

    # ── permissions ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _check(self, book: Context, by: Principal, permission: MerchantPermission) -> None:
        """Raises PermissionMissing, which is on record then; MerchantUnknown for the staff alone."""
        subject = f"merchant:{book.merchant_id}"
        if by.membership is None:
            await self._judges.staff.check(book.of(INSTALL), by, _OF_STAFF[permission], subject)
            await self._merchants.get(book)
        else:
            await self._judges.users.check(book, by, permission, subject)


async def _number(_: Context, user_id: int) -> int:
    return user_id


def _check_another(by: Principal, user_id: int) -> None:
    if by.person_id == user_id:
        raise UserIsYourself(user_id)


def _of(person: Person) -> dict[str, object]:
    return _shown(person.merchant_roles)


def _shown(roles: Iterable[MerchantRole]) -> dict[str, object]:
    return {"roles": [role.word for role in roles]}

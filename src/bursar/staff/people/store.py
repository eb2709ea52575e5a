"""People as rows."""

from collections.abc import Sequence
from typing import Any, Final

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.ledger.model import Machine, Part, Transition
from bursar.staff.merchant_roles import MerchantRole
from bursar.staff.model import Person, Status
from bursar.staff.realm import Realm
from bursar.staff.roles import Role

queries = load_queries(__package__)

PEOPLE: Final = Machine("staff", queries.lock_people, queries.move_people)
"""Of people of both realms: their standing."""
ROLES: Final = Machine("staff's roles", queries.lock_roles, queries.move_roles)
"""Of people of both realms: their roles, with commas between."""


def as_read(person: Person) -> Part:
    """The condition that a person's standing and roles are those that were read."""
    return _moved(person, None, None)


def standing_moved(person: Person, to: Status) -> Part:
    """From the standing that was read to another, with the roles that were read."""
    return _moved(person, to.value, None)


def roles_moved(person: Person, to: Sequence[Role | MerchantRole]) -> Part:
    """From the roles that were read to others, with the standing that was read."""
    return _moved(person, None, ",".join(to))


def _moved(person: Person, status: str | None, roles: str | None) -> Part:
    """Both states from those that were read; None: it stays."""
    standing = Transition(PEOPLE, person.id, frozenset({person.status.value}), status)
    return Part(transitions=(standing, Transition(ROLES, person.id, frozenset({_roles_of(person)}), roles)))


def _roles_of(person: Person) -> str:
    return ",".join((*person.roles, *person.merchant_roles))


class PeopleStore:
    """The SQL on the table of people, for those of one realm."""

    def __init__(self, database: Database, realm: Realm = Realm.STAFF) -> None:
        self._database = database
        self._realm = realm

    async def find(
        self, *, person_id: int | None = None, email: str | None = None, of_merchant: int | None = None
    ) -> Person | None:
        """By number or e-mail address, one of which is given; of a merchant, or of any, where one alone has the
        address.
        """
        named = {"id": person_id, "email": email, "of_merchant": of_merchant}
        named |= {"of_merchants": self._realm is Realm.MERCHANT}
        rows = await self._database.fetch_rows(queries.find_person, named)
        return _person(rows[0]) if len(rows) == 1 else None

    async def list_people(self, after: str, limit: int, of_merchant: int = 0) -> list[Person]:
        """Of the staff or of a merchant, by e-mail address, those after one."""
        named = {"after": after, "limit": limit, "of_merchant": of_merchant}
        return [_person(row) for row in await self._database.fetch_rows(queries.list_people, named)]

    async def list_users(self, after: int, limit: int) -> list[Person]:
        """Users of all merchants, by number, those after one."""
        rows = await self._database.fetch_rows(queries.list_users, {"after": after, "limit": limit})
        return [_person(row) for row in rows]

    async def list_owners(self) -> list[int]:
        """Numbers of the owners who are not disabled, ascending."""
        return [person_id for (person_id,) in await self._database.fetch_rows(queries.list_owners, {})]


def _person(row: tuple[Any, ...]) -> Person:
    person_id, email, name, roles, status, has_password, has_totp, passkeys, created_at, of_merchant = row
    ways = has_password, has_totp, passkeys
    staff = tuple(role for role in Role if role in roles and not of_merchant)
    there = tuple(role for role in MerchantRole if role in roles and of_merchant)
    return Person(person_id, email, name, staff, Status(status), *ways, created_at, of_merchant, there)

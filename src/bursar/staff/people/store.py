"""People as rows."""

from typing import Any, Final

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.ledger.model import Machine, Transition
from bursar.staff.model import Person, Status
from bursar.staff.roles import Role

queries = load_queries(__package__)

PEOPLE: Final = Machine("staff", queries.lock_people, queries.move_people)
ROLES_HELD: Final = Machine("staff's roles", queries.lock_roles)
OWNERS: Final = Machine("owners", queries.lock_owners)
"""The one object with the number 0: its status is the numbers of all owners, with commas between."""


def as_read(person: Person) -> Transition:
    """The condition that a person's standing and roles are those that were read."""
    return Transition(ROLES_HELD, person.id, frozenset({f"{person.status}:{','.join(person.roles)}"}))


class PeopleStore:
    """The SQL on the table of people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, *, person_id: int | None = None, email: str | None = None) -> Person | None:
        """By number or e-mail address, one of which is given."""
        rows = await self._database.fetch_rows(queries.find_person, {"id": person_id, "email": email})
        return _person(rows[0]) if rows else None

    async def list_people(self, after: str, limit: int) -> list[Person]:
        """By e-mail address, those after one."""
        rows = await self._database.fetch_rows(queries.list_people, {"after": after, "limit": limit})
        return [_person(row) for row in rows]

    async def list_owners(self) -> list[int]:
        """Numbers of the owners who are not disabled, ascending."""
        return [person_id for (person_id,) in await self._database.fetch_rows(queries.list_owners, {})]


def _person(row: tuple[Any, ...]) -> Person:
    person_id, email, name, roles, status, has_password, has_totp, passkeys, created_at = row
    its_roles = tuple(role for role in Role if role in roles)
    return Person(person_id, email, name, its_roles, Status(status), has_password, has_totp, passkeys, created_at)

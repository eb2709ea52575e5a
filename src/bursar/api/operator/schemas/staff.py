"""People on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from bursar.api.operator.schemas.wire import Change, ListQuery, Wire
from bursar.staff.model import EMAIL_CHARS_MAX, NAME_CHARS_MAX, Person, Status
from bursar.staff.roles import Role

Email = Annotated[str, Field(min_length=3, max_length=EMAIL_CHARS_MAX, examples=["ada@example.com"])]
Roles = Annotated[list[Role], Field(min_length=1, max_length=len(Role), examples=[["finance"]])]


class PeopleQuery(ListQuery):
    """A page of people."""

    sort: Literal["email"] = "email"
    """The order: by e-mail address."""


class PersonOut(Wire):
    """One of the staff."""

    id: Annotated[int, Field(examples=[17])]
    """The number of the person."""
    email: Email
    """The address, in lower case."""
    name: Annotated[str, Field(examples=["Ada"])]
    """The name."""
    roles: Roles
    """The person's roles, which say all that they may do."""
    status: Status
    """`invited` until a way to sign in was set up, `active`, or `disabled`."""
    has_password: bool
    """Signs in with a password."""
    has_authenticator: bool
    """Has a second factor besides passkeys."""
    passkeys: int
    """Passkeys that are registered."""
    created_at: datetime
    """The instant when the person was added."""

    @classmethod
    def of(cls, person: Person) -> "PersonOut":
        """A person rendered."""
        return cls(
            id=person.id,
            email=person.email,
            name=person.name,
            roles=list(person.roles),
            status=person.status,
            has_password=person.has_password,
            has_authenticator=person.has_totp,
            passkeys=person.passkeys,
            created_at=person.created_at,
        )


class NewPersonIn(Change):
    """Somebody to belong to the staff."""

    email: Email
    """The address, by which the person signs in and gets links."""
    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX, examples=["Ada"])]
    """The name that others see."""
    roles: Roles
    """The roles, without that of an owner, which two people give."""


class RolesIn(Change):
    """Other roles for somebody."""

    roles: Roles
    """All roles that the person has from then on."""

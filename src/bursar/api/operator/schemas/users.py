"""Users of merchants on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from bursar.api.operator.schemas.staff import Email
from bursar.api.operator.schemas.wire import Change, ListQuery, Wire
from bursar.staff.merchant_roles import MerchantRole
from bursar.staff.model import NAME_CHARS_MAX, Person, Status

RoleWord = Annotated[Literal["admin", "maker", "checker", "developer", "viewer"], Field(examples=["maker"])]
RoleWords = Annotated[list[RoleWord], Field(min_length=1, max_length=len(MerchantRole), examples=[["maker"]])]


class UserQuery(ListQuery):
    """A page of a merchant's users."""

    sort: Literal["email"] = "email"
    """The order: by e-mail address."""


class UserOut(Wire):
    """A user of a merchant."""

    id: Annotated[int, Field(examples=[17])]
    """The number of the user."""
    merchant_id: Annotated[int, Field(examples=[4])]
    """The merchant."""
    email: Email
    """The address, in lower case."""
    name: Annotated[str, Field(examples=["Anna"])]
    """The name."""
    roles: RoleWords
    """The roles within the merchant."""
    status: Status
    """`invited` until a way to sign in was set up, `active`, or `disabled`: removed."""
    has_password: bool
    """Signs in with a password."""
    has_authenticator: bool
    """Has a second factor besides passkeys."""
    passkeys: int
    """Passkeys that are registered."""
    created_at: datetime
    """The instant of the invitation."""

    @classmethod
    def of(cls, user: Person) -> "UserOut":
        """A user rendered."""
        return cls.model_validate(
            {
                "id": user.id,
                "merchant_id": user.of_merchant,
                "email": user.email,
                "name": user.name,
                "roles": [role.word for role in user.merchant_roles],
                "status": user.status,
                "has_password": user.has_password,
                "has_authenticator": user.has_totp,
                "passkeys": user.passkeys,
                "created_at": user.created_at,
            }
        )


class NewUserIn(Change):
    """Somebody to belong to a merchant."""

    email: Email
    """The address, by which the user signs in and gets links."""
    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX, examples=["Anna"])]
    """The name that others see."""
    roles: RoleWords
    """The roles within the merchant."""


class UserRolesIn(Change):
    """Other roles for a user."""

    roles: RoleWords
    """All roles that the user has from then on."""

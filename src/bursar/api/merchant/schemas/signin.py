"""Signing in of merchants' users on the wire, as far as it differs from that of the staff."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from bursar.api.operator.gate import session_of
from bursar.api.operator.schemas.signin import Code, LinkIn, Password, PasswordIn
from bursar.api.operator.schemas.staff import Email
from bursar.api.operator.schemas.users import RoleWords
from bursar.api.operator.schemas.wire import Asked, Id, Wire
from bursar.staff.merchant_roles import merchant_permissions_of
from bursar.staff.model import Principal
from bursar.staff.users.service import Profile


class UserPasswordIn(PasswordIn):
    """A sign-in with a password."""

    merchant_id: Id | None = None
    """The merchant, where users of several have the address."""


class ResetAskedIn(Asked):
    """A forgotten password."""

    email: Email
    """The address of the user."""
    merchant_id: Id | None = None
    """The merchant, where users of several have the address."""


class ResetIn(LinkIn):
    """A new password by a link."""

    password: Password
    """Twelve characters or more."""
    code: Code | None = None
    """The code of the authenticator, or a recovery code; of whoever has an authenticator."""


class UserMeOut(Wire):
    """Whoever calls."""

    id: Annotated[int, Field(examples=[17])]
    """The number of the user."""
    merchant_id: Annotated[int, Field(examples=[4])]
    """The merchant."""
    merchant: Annotated[str, Field(examples=["Bazaar"])]
    """The name of the merchant."""
    email: Email
    """The address, in lower case."""
    name: Annotated[str, Field(examples=["Anna"])]
    """The name."""
    roles: RoleWords
    """The roles within the merchant."""
    permissions: Annotated[list[str], Field(examples=[["users.read"]])]
    """All that the session may do."""
    has_password: bool
    """Signs in with a password."""
    has_authenticator: bool
    """Has a second factor besides passkeys."""
    passkeys: int
    """Passkeys that are registered."""
    session_id: int
    """The number of this session."""
    proved_at: datetime | None
    """The newest proof of a second factor in this session."""
    enrolling: bool
    """The session sets up ways to sign in, and nothing else."""
    csrf_token: Annotated[str, Field(examples=["wJ8x"])]
    """For changes in this session."""

    @classmethod
    def of(cls, by: Principal, profile: Profile, csrf_token: str) -> "UserMeOut":
        """A caller rendered."""
        person, roles = profile.person, by.membership.roles if by.membership else ()
        return cls.model_validate(
            {
                "id": person.id,
                "merchant_id": person.of_merchant,
                "merchant": profile.merchant,
                "email": person.email,
                "name": person.name,
                "roles": [role.word for role in person.merchant_roles],
                "permissions": sorted(merchant_permissions_of(roles)),
                "has_password": person.has_password,
                "has_authenticator": person.has_totp,
                "passkeys": person.passkeys,
                "session_id": session_of(by) or 0,
                "proved_at": by.proved_at,
                "enrolling": by.enrolling,
                "csrf_token": csrf_token,
            }
        )

"""Tokens on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from bursar.api.operator.schemas.staff import Roles
from bursar.api.operator.schemas.wire import Asked, Id, ListQuery, Text, Wire
from bursar.staff.model import NAME_CHARS_MAX
from bursar.staff.tokens.model import DAYS_MAX, ApiToken, MadeToken


class TokenQuery(ListQuery):
    """A page of tokens."""

    person_id: Id | None = None
    """The owner of the tokens: you unless it is given, somebody else with `tokens.read`."""
    sort: Literal["-created_at"] = "-created_at"
    """The order: newest first."""


class TokenOut(Wire):
    """A token, without its secret."""

    id: int
    """The number of the token."""
    person_id: int
    """The person whose token it is, and as whom it counts."""
    name: Annotated[str, Field(examples=["nightly report"])]
    """The name."""
    prefix: Annotated[str, Field(examples=["0f2a9c7e5b1d"])]
    """The part of the secret that tells which token it is."""
    roles: Annotated[list[str], Field(examples=[["finance"]])]
    """Its roles, which count as far as the person's own do."""
    may_approve: bool
    """False for one that was made at the console: nobody else speaks for a second person."""
    created_at: datetime
    """The instant when it was made."""
    expires_at: datetime
    """The instant of its end."""
    used_at: datetime | None
    """The newest use, to the minute."""
    revoked_at: datetime | None
    """The instant from which on it is refused."""

    @classmethod
    def of(cls, token: ApiToken) -> "TokenOut":
        """A token rendered."""
        return cls(
            id=token.id,
            person_id=token.staff_id,
            name=token.name,
            prefix=token.prefix,
            roles=list(token.roles),
            may_approve=token.made_by == token.staff_id,
            created_at=token.created_at,
            expires_at=token.expires_at,
            used_at=token.used_at,
            revoked_at=token.revoked_at,
        )


class NewTokenIn(Asked):
    """A token to be made."""

    name: Annotated[Text, Field(max_length=NAME_CHARS_MAX, examples=["nightly report"])]
    """The name by which it is known in lists."""
    roles: Roles
    """Roles of yours."""
    days: Annotated[int, Field(ge=1, le=DAYS_MAX, examples=[90])]
    """The days until it ends."""


class MadeTokenOut(Wire):
    """A new token with its secret, which is shown once."""

    token: TokenOut
    """The token."""
    secret: Annotated[str, Field(examples=["bst_0f2a9c7e5b1d_kT0pXw3m"])]
    """For the header `Authorization: Bearer`."""

    @classmethod
    def of(cls, made: MadeToken) -> "MadeTokenOut":
        """A new token rendered."""
        return cls(token=TokenOut.of(made.token), secret=made.secret)

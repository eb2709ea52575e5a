"""Signing in, sessions and ways to sign in, on the wire."""

from datetime import datetime
from typing import Annotated, Any

import orjson
from pydantic import Field

from bursar.api.operator.schemas.staff import Email, Roles
from bursar.api.operator.schemas.wire import Asked, Id, Text, Wire
from bursar.staff.model import NAME_CHARS_MAX, Principal
from bursar.staff.signin.factors import NewAuthenticator
from bursar.staff.signin.model import (
    CODE_CHARS_MAX,
    PASSWORD_CHARS_MAX,
    TOKEN_CHARS_MAX,
    Challenge,
    Passkey,
    Purpose,
    Session,
    SignedIn,
)

Password = Annotated[str, Field(min_length=1, max_length=PASSWORD_CHARS_MAX, examples=["correct horse battery"])]
Code = Annotated[str, Field(min_length=1, max_length=CODE_CHARS_MAX, examples=["123456"])]
Authenticator = Annotated[str, Field(min_length=1, max_length=TOKEN_CHARS_MAX, examples=["JBSWY3DPEHPK3PXP"])]


class PasswordIn(Asked):
    """A sign-in with a password."""

    email: Email
    """The address of the person."""
    password: Password
    """The password."""
    code: Code | None = None
    """The code of the authenticator, or a recovery code."""


class LinkIn(Asked):
    """A sign-in with a one-time link."""

    secret: Annotated[str, Field(min_length=1, max_length=TOKEN_CHARS_MAX, examples=["17_kT0pXw3m"])]
    """The part of the link behind its `#`."""


class PasskeyIn(Asked):
    """The answer of a passkey to a challenge."""

    challenge_id: Id
    """The number that came with the options."""
    answer: dict[str, Any]
    """The credential that `navigator.credentials` gave, as JSON."""

    @property
    def text(self) -> str:
        """The answer as it is verified."""
        return orjson.dumps(self.answer).decode()


class SignedInOut(Wire):
    """A session has begun; its cookie came with the answer."""

    person_id: int
    """The person."""
    session_id: int
    """The number of the session."""
    purpose: Purpose
    """`work`, or `enrolment` for a session that sets up ways to sign in."""
    expires_at: datetime
    """The instant at which it ends in any case."""
    csrf_token: Annotated[str, Field(examples=["wJ8x"])]
    """For the header `X-CSRF-Token` of changes in this session."""
    new_device: bool
    """The person has not signed in from this device before, and is told by mail."""

    @classmethod
    def of(cls, signed_in: SignedIn, csrf_token: str) -> "SignedInOut":
        """A session rendered."""
        return cls(
            person_id=signed_in.person_id,
            session_id=signed_in.session_id,
            purpose=signed_in.purpose,
            expires_at=signed_in.expires_at,
            csrf_token=csrf_token,
            new_device=signed_in.new_device,
        )


class ChallengeOut(Wire):
    """Options for a passkey, good once and for five minutes."""

    challenge_id: int
    """To be sent with the answer."""
    options: dict[str, Any]
    """For `navigator.credentials`."""

    @classmethod
    def of(cls, challenge: Challenge) -> "ChallengeOut":
        """A challenge rendered."""
        return cls(challenge_id=challenge.id, options=orjson.loads(challenge.options))


class MeOut(Wire):
    """The caller."""

    actor: Annotated[str, Field(examples=["staff:17"])]
    """The name in the audit."""
    person_id: int | None
    """The person."""
    credential: str | None
    """The session or token."""
    roles: Roles | list[Any]
    """The roles that count for this call."""
    permissions: list[str]
    """All that they may do."""
    proved_at: datetime | None
    """The newest proof of a second factor in this session; null for a token."""
    enrolling: bool
    """The session sets up ways to sign in, and nothing else."""
    csrf_token: str | None
    """For changes in this session; null for a token."""

    @classmethod
    def of(cls, by: Principal, csrf_token: str | None) -> "MeOut":
        """A caller rendered."""
        return cls(
            actor=by.actor,
            person_id=by.person_id,
            credential=by.credential,
            roles=sorted(by.roles),
            permissions=sorted(by.permissions),
            proved_at=by.proved_at,
            enrolling=by.enrolling,
            csrf_token=csrf_token,
        )


class SessionOut(Wire):
    """An open session."""

    id: int
    """The number of the session."""
    person_id: int
    """The person whose session it is."""
    purpose: str
    """`work` or `enrolment`."""
    factors: Annotated[str, Field(examples=["password+totp"])]
    """The ways in which it was begun."""
    address: str | None
    """The address it was begun from."""
    device: str | None
    """The name that the browser gave itself."""
    created_at: datetime
    """The instant of the sign-in."""
    seen_at: datetime
    """The newest request, to the minute."""
    expires_at: datetime
    """The instant at which it ends in any case."""

    @classmethod
    def of(cls, session: Session) -> "SessionOut":
        """A session rendered."""
        return cls(
            id=session.id,
            person_id=session.staff_id,
            purpose=session.purpose,
            factors=session.factors,
            address=session.address,
            device=session.device,
            created_at=session.created_at,
            seen_at=session.seen_at,
            expires_at=session.expires_at,
        )


class CodeIn(Asked):
    """A second factor, proved again."""

    code: Code
    """The code of the authenticator, or a recovery code."""


class NewPasswordIn(Asked):
    """A password from now on."""

    password: Password
    """Twelve characters or more."""


class AuthenticatorIn(Asked):
    """An authenticator from now on."""

    secret: Authenticator
    """The secret that was told before."""
    code: Code
    """The code that the authenticator shows for it."""


class AuthenticatorOut(Wire):
    """A secret for an authenticator, in use once a code of it was given."""

    secret: Authenticator
    """In Base32."""
    uri: Annotated[str, Field(examples=["otpauth://totp/Bursar:ada%40example.com?secret=JBSWY3DPEHPK3PXP"])]
    """For a picture that authenticator programs read."""

    @classmethod
    def of(cls, made: NewAuthenticator) -> "AuthenticatorOut":
        """A secret rendered."""
        return cls(secret=made.secret, uri=made.uri)


class RecoveryCodesOut(Wire):
    """Recovery codes, shown once."""

    codes: Annotated[list[str], Field(examples=[["1a2b3-c4d5e"]])]
    """Each is good once in place of an authenticator's code."""


class RecoveryCodesLeft(Wire):
    """Recovery codes that were not used."""

    left: int
    """Their number."""


class NewPasskeyIn(PasskeyIn):
    """A passkey that a device has made."""

    name: Annotated[Text, Field(max_length=NAME_CHARS_MAX, examples=["Laptop"])]
    """The name by which the person knows it."""


class PasskeyOut(Wire):
    """A passkey."""

    id: int
    """The number of the passkey."""
    name: str
    """The name that the person gave it."""
    created_at: datetime
    """The instant of its registration."""
    used_at: datetime | None
    """The newest sign-in with it."""

    @classmethod
    def of(cls, passkey: Passkey) -> "PasskeyOut":
        """A passkey rendered."""
        return cls(id=passkey.id, name=passkey.name, created_at=passkey.created_at, used_at=passkey.used_at)

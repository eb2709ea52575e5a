"""Refusals of what staff ask for. No fact carries a secret."""

from datetime import datetime

from bursar.kernel.errors import BrokenInvariant, Conflict, LimitReached, NotFound, Refused

# ── what is typed ────────────────────────────────────────────────────────────────────────────────────────────────────


class EmailUnusable(Refused):
    """This is not an e-mail address that people can have."""


class TextUnusable(Refused):
    """The text is empty, too long, or has characters that nobody can see."""

    field: str
    chars_max: int


# ── what somebody may do ─────────────────────────────────────────────────────────────────────────────────────────────


class PermissionMissing(Refused):
    """The roles of who asks do not have the permission."""

    permission: str
    actor: str


class UserIsYourself(Refused):
    """Somebody's own roles and standing are changed by somebody else."""

    user_id: int


class SecondFactorStale(Refused):
    """A second factor must be proved again before a secret is shown; a token cannot."""

    actor: str


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class PersonUnknown(NotFound):
    """There is no such person."""

    person: str


class EmailTaken(Conflict):
    """Somebody has this e-mail address."""

    email: str


class PersonDisabled(Refused):
    """The person is disabled."""

    person_id: int


class PersonNotDisabled(Refused):
    """The person is not disabled."""

    person_id: int


class OwnerNeedsTwo(Refused):
    """The role of an owner is given, taken and given back by two people: ask for an approval."""


class RoleUnknown(NotFound):
    """There is no such role."""

    role: str


class RolesMissing(Refused):
    """Somebody must have a role."""


class FirstOwnerMade(Conflict):
    """The install has its first owner; others are given the role by two people."""


class LastOwner(Refused):
    """The install would be without an owner."""

    person_id: int


# ── signing in ───────────────────────────────────────────────────────────────────────────────────────────────────────


class SignInWrong(Refused):
    """E-mail, password, code or passkey are not right."""


class SignInLocked(LimitReached):
    """Too many wrong tries; signing in with a password is locked for a while."""


class SecondFactorNeeded(Refused):
    """The password is right; a code of the second factor is needed as well."""


class SecondFactorMissing(Refused):
    """The person has no second factor, and a live install demands one: ask for a one-time link."""


class SessionUnknown(NotFound):
    """The session does not exist, has ended or expired, or its person is disabled."""


class LinkUnusable(Refused):
    """The one-time link does not exist, was used, or has expired."""


class PasswordUnusable(Refused):
    """The password is too short or too long."""

    chars_min: int
    chars_max: int


class CodeWrong(Refused):
    """This is not the code that the authenticator shows, or it was used before."""


class ChallengeUnusable(Refused):
    """The passkey answers a challenge that does not exist, was used, or has expired."""


class PasskeyUnusable(Refused):
    """The passkey's answer is not right, or it is registered already."""


class ConsoleOnly(Refused):
    """A one-time link is shown at the console alone, to somebody who has no way to sign in yet; others are mailed."""


class PasskeyUnknown(NotFound):
    """The person has no such passkey."""

    passkey_id: int


class LimitOfPeople(LimitReached):
    """A person has as many of these as one may have."""

    limit: str
    most: int


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class TokenUnknown(NotFound):
    """The token does not exist, was revoked or has expired, or its person is disabled."""


class TokenLifeUnusable(Refused):
    """A token lives for a while that has an end."""

    days_max: int


class RolesAbovePerson(Refused):
    """A token may not have a role that its person does not have."""

    roles: tuple[str, ...]


# ── approvals ────────────────────────────────────────────────────────────────────────────────────────────────────────


class ActionUnknown(NotFound):
    """There is no such action."""

    action: str


class ArgumentsUnusable(Refused):
    """The arguments of an action are texts, whole numbers, true, false, lists and objects, and not too many of them."""

    reason: str


class ApprovalUnknown(NotFound):
    """There is no such approval."""

    approval_id: int


class ApprovalOfOwn(Refused):
    """Nobody approves or rejects what they asked for themselves, whichever session or token they use."""

    approval_id: int


class AskerMayNot(Refused):
    """Whoever asked may not ask for it any more; somebody who may has to ask for it again."""

    approval_id: int


class ApprovalNotYours(Refused):
    """The policy of the action lets others approve it."""

    approval_id: int
    roles: tuple[str, ...]


class ApproverNoPerson(Refused):
    """Only a person approves; the console may ask."""

    actor: str


class ApprovalDecided(Conflict):
    """The approval was approved, rejected or withdrawn before."""

    approval_id: int


class ApprovalExpired(Refused):
    """Nobody approved or rejected it in time; it has to be asked for again."""

    approval_id: int
    expired_at: datetime


class ApprovalForged(BrokenInvariant):
    """The request does not carry this install's seal: it was not made through the program, or was changed since."""

    approval_id: int


class PolicyUnusable(Refused):
    """A policy names an action that exists, and roles."""

    reason: str


class PolicyNotForLive(BrokenInvariant):
    """A policy lets the sandbox's actor pass without a second person, which a live install does not load."""

    policy_id: int


# ── audit ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class VerificationRunning(Conflict):
    """The audit is being verified by this process already."""


class CursorUnusable(Refused):
    """The cursor is not one that a list of the audit has given."""

"""Facts as the console tells them: a status and a sentence in the visitor's language.

A fact without a row is told by its family, with its own English sentence below.
"""

from collections.abc import Mapping
from typing import Final

from bursar.api.play import NotPlayed
from bursar.console.errors import FieldUnusable
from bursar.console.messages import Messages
from bursar.console.ordering_refusals import ROWS as ORDERING
from bursar.console.visit import Refusal
from bursar.customers.kyc.errors import NoVerification
from bursar.decisions.errors import (
    DecidedAlready,
    DecisionMalformed,
    MovedOn,
    NothingToDecide,
    ResultUnknown,
    ReviewedBySame,
)
from bursar.files.errors import FileMissing
from bursar.kernel.errors import BrokenInvariant, Conflict, Fact, LimitReached, NotFound, Unavailable
from bursar.lookup.errors import NothingToReveal, ObjectUnknown, SearchUnusable, StatusUnknown
from bursar.merchants.errors import (
    AllowListLocksOut,
    MerchantClosed,
    MerchantHasOpen,
    MerchantNameTaken,
    MerchantNotSuspended,
    MerchantUnknown,
    SettingInvalid,
)
from bursar.merchants.keys.errors import (
    KeyExpiryInvalid,
    MerchantKeyRevoked,
    MerchantKeysTooMany,
    MerchantKeyUnknown,
    PublicKeyUnusable,
    SecretShown,
)
from bursar.screening.errors import HitDecided
from bursar.staff.errors import (
    ApprovalNotYours,
    ApprovalOfOwn,
    ChallengeUnusable,
    CodeWrong,
    CursorUnusable,
    EmailTaken,
    EmailUnusable,
    PasskeyUnusable,
    PermissionMissing,
    PersonUnknown,
    RolesMissing,
    SecondFactorMissing,
    SecondFactorNeeded,
    SecondFactorStale,
    SessionUnknown,
    SignInLocked,
    SignInWrong,
    TextUnusable,
    UserIsYourself,
)
from bursar.webhooks.errors import NoSuchDelivery, NothingToReplay, UrlNotVerified, UrlRefused

ROWS: Final[Mapping[type[Fact], tuple[int, str]]] = {
    PermissionMissing: (403, "permission_missing"),
    SecondFactorStale: (403, "second_factor_stale"),
    SecondFactorNeeded: (403, "second_factor_needed"),
    SecondFactorMissing: (403, "second_factor_missing"),
    SignInWrong: (403, "sign_in_wrong"),
    SignInLocked: (429, "sign_in_locked"),
    SessionUnknown: (404, "session_unknown"),
    CodeWrong: (403, "code_wrong"),
    ChallengeUnusable: (403, "challenge_unusable"),
    PasskeyUnusable: (403, "passkey_unusable"),
    TextUnusable: (422, "text_unusable"),
    CursorUnusable: (422, "cursor_unusable"),
    SearchUnusable: (422, "search_unusable"),
    ObjectUnknown: (404, "object_unknown"),
    StatusUnknown: (422, "filter_unusable"),
    NothingToReveal: (422, "nothing_to_reveal"),
    NoVerification: (404, "no_verification"),
    FileMissing: (404, "file_missing"),
    HitDecided: (409, "hit_decided"),
    DecisionMalformed: (404, "nothing_to_decide"),
    NothingToDecide: (404, "nothing_to_decide"),
    DecidedAlready: (409, "decided_already"),
    MovedOn: (409, "moved_on"),
    ReviewedBySame: (403, "reviewed_by_same"),
    ResultUnknown: (422, "result_unknown"),
    ApprovalOfOwn: (403, "approval_of_own"),
    ApprovalNotYours: (403, "approval_not_yours"),
    MerchantKeyUnknown: (404, "key_unknown"),
    MerchantKeysTooMany: (429, "keys_too_many"),
    MerchantKeyRevoked: (409, "key_revoked"),
    SecretShown: (409, "secret_shown"),
    PublicKeyUnusable: (422, "public_key_unusable"),
    SettingInvalid: (422, "setting_invalid"),
    AllowListLocksOut: (422, "locks_out"),
    UrlRefused: (422, "url_refused"),
    UrlNotVerified: (422, "url_not_verified"),
    NothingToReplay: (404, "nothing_to_replay"),
    NoSuchDelivery: (404, "delivery_unknown"),
    PersonUnknown: (404, "person_unknown"),
    EmailTaken: (409, "email_taken"),
    EmailUnusable: (422, "email_unusable"),
    RolesMissing: (422, "roles_missing"),
    UserIsYourself: (403, "user_is_yourself"),
    NotPlayed: (422, "not_played"),
    FieldUnusable: (422, "field_unusable"),
    MerchantUnknown: (404, "merchant_unknown"),
    MerchantClosed: (409, "merchant_closed"),
    MerchantNameTaken: (409, "merchant_name_taken"),
    MerchantHasOpen: (409, "merchant_has_open"),
    MerchantNotSuspended: (409, "merchant_not_suspended"),
    KeyExpiryInvalid: (422, "key_expiry_invalid"),
    **ORDERING,
}
FAMILIES: Final[Mapping[type[Fact], tuple[int, str]]] = {
    NotFound: (404, "not_found"),
    Conflict: (409, "conflict"),
    LimitReached: (429, "limit_reached"),
    Unavailable: (503, "unavailable"),
    BrokenInvariant: (500, "fault"),
    Fact: (422, "refused"),
}
"""In the order of being asked."""
WORDED: Final = frozenset({"fault", "column"})
"""Fields of facts whose values are words, each of which has a text."""
PROTOCOL: Final[Mapping[str, int]] = {
    "forged": 403,
    "too_many": 429,
    "form_unusable": 422,
    "filter_unusable": 422,
    "batch_unusable": 422,
    "code_needed": 422,
    "page_unknown": 404,
    "method_unknown": 405,
    "fault": 500,
}
"""Refusals of the console itself, before or beside any use case."""


class Turned(Exception):
    """The request is refused by the console itself."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def refusal_of(fact: Fact | Turned, messages: Messages) -> Refusal:
    """The refusal in the language of the messages."""
    if isinstance(fact, Turned):
        return Refusal(PROTOCOL[fact.key], messages(f"refusal.{fact.key}"))
    row = ROWS.get(type(fact))
    if row is not None:
        values = {name: getattr(fact, name) for name in getattr(fact, "__dataclass_fields__", {})}
        values |= {name: messages.word(name, values[name]) for name in WORDED & values.keys()}
        return Refusal(row[0], messages(f"refusal.{row[1]}", **values))
    status, key = next(row for family, row in FAMILIES.items() if isinstance(fact, family))
    return Refusal(status, messages(f"refusal.{key}"), str(fact))

"""The one table of facts and the problems that they are answered with.

A row has the end of the problem's `type`, its HTTP status, and the fields of the fact that may be shown. The title is
the first sentence of the fact's docstring. A fact without a row is answered by its family, with nothing shown.
"""

from collections.abc import Mapping
from inspect import cleandoc
from typing import Final

from bursar.accounting import errors as accounting
from bursar.accounting.checks import errors as checks
from bursar.api.operator.compliance_facts import COMPLIANCE_FACTS
from bursar.api.operator.object_facts import OBJECT_FACTS
from bursar.api.operator.problems import (
    FAULT,
    KEY_REUSED,
    RETRY_AFTER_S,
    RUNNING,
    UNAVAILABLE,
    Kind,
    Problem,
)
from bursar.api.operator.report_facts import REPORT_FACTS
from bursar.api.operator.rows import Row as Row
from bursar.cards.catalogue import errors as catalogue
from bursar.cards.rates import errors as card_rates
from bursar.decisions import errors as decisions
from bursar.exchange import service as exchange
from bursar.kernel import errors as kernel
from bursar.kernel import money, succession
from bursar.kernel.errors import Fact
from bursar.keys import errors as keys
from bursar.ledger import errors as ledger
from bursar.lookup import errors as lookup
from bursar.merchants import errors as merchants
from bursar.merchants.keys import errors as merchant_keys
from bursar.messages import errors as messages
from bursar.quotes import errors as quotes
from bursar.requests.idempotency import errors as requests
from bursar.staff import errors as staff
from bursar.vault import errors as vault
from bursar.wallet import errors as wallet

FACTS: Final[Mapping[type[Fact], Row | Kind]] = {
    # ── permissions and people ──
    staff.PermissionMissing: Row("permission-missing", 403, ("permission",), passes=True),
    staff.SecondFactorStale: Row("second-factor-stale", 403, passes=True),
    staff.UserIsYourself: Row("user-is-yourself", 403, ("user_id",)),
    staff.PersonUnknown: Row("person-unknown", 404),
    staff.EmailTaken: Row("email-taken", 409),
    staff.EmailUnusable: Row("email-unusable", 422),
    staff.TextUnusable: Row("text-unusable", 422, ("field", "chars_max")),
    staff.PersonDisabled: Row("person-disabled", 409, ("person_id",)),
    staff.PersonNotDisabled: Row("person-not-disabled", 409, ("person_id",)),
    staff.OwnerNeedsTwo: Row("owner-needs-two", 409),
    staff.RoleUnknown: Row("role-unknown", 422, ("role",)),
    staff.RolesMissing: Row("roles-missing", 422),
    staff.FirstOwnerMade: Row("first-owner-made", 409),
    staff.LastOwner: Row("last-owner", 409, ("person_id",)),
    # ── signing in ──
    staff.SignInWrong: Row("sign-in-wrong", 401, passes=True),
    staff.SignInLocked: Row("sign-in-locked", 429, passes=True),
    staff.SecondFactorNeeded: Row("second-factor-needed", 401, passes=True),
    staff.SecondFactorMissing: Row("second-factor-missing", 403, passes=True),
    staff.SessionUnknown: Row("session-unknown", 404),
    staff.LinkUnusable: Row("link-unusable", 401, passes=True),
    staff.PasswordUnusable: Row("password-unusable", 422, ("chars_min", "chars_max")),
    staff.CodeWrong: Row("code-wrong", 422),
    staff.ChallengeUnusable: Row("challenge-unusable", 409),
    staff.PasskeyUnusable: Row("passkey-unusable", 422),
    staff.ConsoleOnly: Row("console-only", 403, passes=True),
    staff.PasskeyUnknown: Row("passkey-unknown", 404, ("passkey_id",)),
    staff.LimitOfPeople: Row("limit-of-people", 409, ("limit", "most")),
    # ── tokens ──
    staff.TokenUnknown: Row("token-unknown", 404),
    staff.TokenLifeUnusable: Row("token-life-unusable", 422, ("days_max",)),
    staff.RolesAbovePerson: Row("roles-above-person", 422, ("roles",)),
    # ── approvals, policies, audit ──
    staff.ActionUnknown: Row("action-unknown", 422, ("action",)),
    staff.ArgumentsUnusable: Row("arguments-unusable", 422, ("reason",)),
    staff.ApprovalUnknown: Row("approval-unknown", 404, ("approval_id",)),
    staff.ApprovalOfOwn: Row("approval-of-own", 403, ("approval_id",), passes=True),
    staff.AskerMayNot: Row("asker-may-not", 409, ("approval_id",), passes=True),
    staff.ApprovalNotYours: Row("approval-not-yours", 403, ("approval_id", "roles"), passes=True),
    staff.ApproverNoPerson: Row("approver-no-person", 403, passes=True),
    staff.ApprovalDecided: Row("approval-decided", 409, ("approval_id",)),
    staff.ApprovalExpired: Row("approval-expired", 409, ("approval_id", "expired_at")),
    staff.ApprovalForged: Row("approval-forged", 409, ("approval_id",)),
    staff.PolicyUnusable: Row("policy-unusable", 422, ("reason",)),
    staff.PolicyNotForLive: FAULT,
    staff.VerificationRunning: Row("verification-running", 409, passes=True),
    staff.CursorUnusable: Row("cursor-unusable", 422),
    # ── money ──
    accounting.ReasonInvalid: Row("reason-invalid", 422, ("reason_chars_max", "document_chars_max")),
    accounting.AmountInvalid: Row("amount-not-positive", 422),
    accounting.ClearingUnknown: Row("clearing-unknown", 404, ("code", "asset")),
    accounting.BookAccountUnknown: Row("account-unknown", 404, ("code", "asset")),
    accounting.NotAdjustable: Row("not-adjustable", 422, ("debit", "credit")),
    accounting.BookingUnknown: Row("booking-unknown", 404, ("booking_id",)),
    checks.CheckUnknown: Row("check-unknown", 404, ("check_id",)),
    checks.CheckRunning: Row("check-running", 409, passes=True),
    money.UnknownAsset: Row("asset-unknown", 422, ("asset",)),
    money.NotAnAmount: Row("not-an-amount", 422),
    money.TooPrecise: Row("amount-too-precise", 422, ("asset",)),
    exchange.RateNotKept: Row("rate-not-kept", 404, ("source", "target")),
    exchange.RateTooOld: Row("rate-too-old", 409, ("source", "target", "as_of"), passes=True),
    exchange.RateImpossible: Row("rate-impossible", 422, ("source", "target")),
    # ── merchants ──
    merchants.MerchantUnknown: Row("merchant-unknown", 404),
    merchants.SettingInvalid: Row("setting-invalid", 422, ("setting", "reason")),
    merchants.MerchantNameTaken: Row("merchant-name-taken", 409),
    merchants.MerchantClosed: Row("merchant-closed", 409),
    merchants.MerchantNotSuspended: Row("merchant-not-suspended", 409),
    merchants.MerchantHasOpen: Row("merchant-has-open", 409, ("open",)),
    merchants.AllowListLocksOut: Row("allow-list-locks-out", 409, ("addresses",)),
    merchants.PayoutAccountNotEmpty: Row("payout-account-not-empty", 409, ("currencies",)),
    merchant_keys.MerchantKeyUnknown: Row("merchant-key-unknown", 404, ("key_id",)),
    merchant_keys.MerchantKeyRevoked: Row("merchant-key-revoked", 409, ("key_id",)),
    merchant_keys.MerchantKeysTooMany: Row("merchant-keys-too-many", 409, ("api",)),
    merchant_keys.KeyExpiryInvalid: Row("key-expiry-invalid", 422, ("key_id",)),
    merchant_keys.SecretShown: Row("secret-shown", 409, ("key_id",)),
    merchant_keys.PublicKeyUnusable: Row("public-key-unusable", 422, ("reason",)),
    # ── keys ──
    keys.GenerationUnknown: Row("generation-unknown", 404, ("kind", "generation")),
    keys.KeyNotPrepared: Row("key-not-prepared", 409, ("kind",)),
    keys.KeyPreparedAlready: Row("key-prepared-already", 409, ("kind", "generation")),
    keys.KeyStepInvalid: Row("key-step-invalid", 409, ("kind", "state")),
    vault.KeyChangedMeanwhile: Row("key-changed-meanwhile", 409, passes=True),
    vault.GenerationsExhausted: Row("generations-exhausted", 409),
    # ── products and card fees ──
    catalogue.ProductUnknown: Row("product-unknown", 404, ("product_id",)),
    catalogue.ProductExists: Row("product-exists", 409, ("product_id",)),
    catalogue.ProductSettingInvalid: Row("product-setting-invalid", 422, ("setting", "reason")),
    catalogue.CatalogueFull: Row("catalogue-full", 409, ("most",)),
    card_rates.RateUnknown: Row("card-rate-unknown", 404),
    card_rates.RateTermInvalid: Row("card-term-invalid", 422, ("product_id", "term")),
    succession.InstantPast: Row("instant-past", 422, ("holds_from",)),
    succession.ChangesAheadTooMany: Row("changes-ahead-too-many", 409, ("most",)),
    # ── pools ──
    wallet.CoinUnknown: Row("coin-unknown", 404, ("coin",)),
    wallet.ChainUnknown: Row("chain-unknown", 404, ("chain_id",)),
    wallet.PoolConfigInvalid: Row("pool-setting-invalid", 422, ("setting", "reason")),
    wallet.AddressMalformed: Row("address-malformed", 422),
    quotes.SheetUnreadable: Row("sheet-unreadable", 409, ("why",)),
    quotes.SheetUnreachable: Row("sheet-unreachable", 503, ("why",), passes=True),
    quotes.HeldRateUnknown: Row("held-rate-unknown", 404),
    quotes.HeldRateChanged: Row("held-rate-changed", 409, passes=True),
    # ── decisions ──
    decisions.DecisionMalformed: Row("decision-malformed", 404),
    decisions.NothingToDecide: Row("nothing-to-decide", 404, ("name",)),
    decisions.ResultUnknown: Row("result-unknown", 422, ("results",)),
    decisions.DecidedAlready: Row("decided-already", 409, ("name", "result", "by", "at")),
    decisions.MovedOn: Row("moved-on", 409, ("name", "stage")),
    decisions.DecidedBefore: Row("decided-before", 409, ("name", "stage")),
    decisions.ReviewedBySame: Row("reviewed-by-same", 403, ("name",)),
    lookup.SearchUnusable: Row("search-unusable", 422),
    lookup.StatusUnknown: Row("status-unknown", 422, ("statuses",)),
    lookup.NothingToReveal: Row("nothing-to-reveal", 409, ("name",)),
    lookup.ObjectUnknown: Row("object-unknown", 404, ("name",)),
    **OBJECT_FACTS,
    **COMPLIANCE_FACTS,
    **REPORT_FACTS,
    # ── the ledger ──
    ledger.InsufficientFunds: Row("insufficient-funds", 409, ("account", "missing")),
    ledger.StateChanged: Row("state-changed", 409, passes=True),
    ledger.DecisionOvertaken: Row("overtaken", 409, passes=True),
    ledger.KeyReused: KEY_REUSED,
    ledger.ConstraintViolated: FAULT,
    ledger.NeverProven: Row("never-proven", 404),
    # ── what stands below ──
    requests.RequestRunning: RUNNING,
    requests.RequestIdReused: KEY_REUSED,
    messages.GatewayFailed: UNAVAILABLE,
    messages.GatewayUnreachable: UNAVAILABLE,
}

_FAMILIES: Final[Mapping[type[Fact], Kind]] = {
    kernel.NotFound: Kind("not-found", 404, "There is no such thing."),
    kernel.Conflict: Kind("conflict", 409, "It contradicts something that is already so."),
    kernel.LimitReached: Kind("limit-reached", 429, "A limit is used up; later it may not be.", passes=True),
    kernel.Unavailable: UNAVAILABLE,
    kernel.BrokenInvariant: FAULT,
    kernel.Refused: Kind("refused", 409, "The rules do not allow it now."),
}
FAMILIES: Final = tuple(dict.fromkeys(_FAMILIES.values()))
"""The kinds of facts without a row."""


def kind_of(fact: type[Fact]) -> Kind:
    """The kind of problem that a fact is answered with."""
    row = FACTS.get(fact)
    if isinstance(row, Kind):
        return row
    if row is None:
        return next((kind for family, kind in _FAMILIES.items() if issubclass(fact, family)), FAULT)
    return Kind(row.name, row.status, sentence_of(fact), row.passes)


def problem_of(fact: Fact) -> Problem:
    """The problem that a fact is answered with, showing the fields that its row allows."""
    row, kind = FACTS.get(type(fact)), kind_of(type(fact))
    shown = row.shows if isinstance(row, Row) else ()
    headers = {"Retry-After": str(RETRY_AFTER_S)} if kind.status in (429, 503) else {}
    return Problem(kind, {name: getattr(fact, name) for name in shown}, headers)


def sentence_of(fact: type[Fact]) -> str:
    """The first sentence of a fact's docstring, whose words never depend on what has happened."""
    text = " ".join(cleandoc(fact.__doc__ or "").partition("\n\n")[0].split())
    first, stop, _ = text.partition(". ")
    return first + "." if stop else text

"""Bursar's card, wallet, payout and one-time password APIs: signed, encrypted, typed, and never paid twice.

    from bursar_sdk import BursarCard

    with BursarCard.from_sandbox("var/sandbox.json") as bursar:
        for account in bursar.accounts.list():
            print(account.coin_id, f"{account.balance:f}")

Errors of single codes stand in `bursar_sdk.card_errors` and `bursar_sdk.payout_errors`, objects in `card_types` and
`payout_types`, events in `card_events` and `payout_events`.
"""

from bursar_sdk.calls import Options
from bursar_sdk.client import AsyncBursarCard, AsyncBursarPayout, BursarCard, BursarPayout, Settled
from bursar_sdk.config import CardConfig, PayoutConfig
from bursar_sdk.errors import (
    ApiError,
    AuthenticationError,
    BursarError,
    ConfigurationError,
    ConnectionFailed,
    JournalError,
    OutcomeUnknown,
    ParameterError,
    PermissionRefused,
    RateLimited,
    Refused,
    SandboxRefused,
    ServiceFaultError,
    UnreadableAnswer,
    WebhookInvalid,
)
from bursar_sdk.events import Sequence
from bursar_sdk.forms import File
from bursar_sdk.journal import Entry, FileJournal, Journal, SqliteJournal
from bursar_sdk.sandbox import AsyncSandbox, Sandbox
from bursar_sdk.version import __version__
from bursar_sdk.webhooks import PushAnswer

__all__ = [
    "ApiError",
    "AsyncBursarCard",
    "AsyncBursarPayout",
    "AsyncSandbox",
    "AuthenticationError",
    "BursarCard",
    "BursarError",
    "BursarPayout",
    "CardConfig",
    "ConfigurationError",
    "ConnectionFailed",
    "Entry",
    "File",
    "FileJournal",
    "Journal",
    "JournalError",
    "Options",
    "OutcomeUnknown",
    "ParameterError",
    "PayoutConfig",
    "PermissionRefused",
    "PushAnswer",
    "RateLimited",
    "Refused",
    "Sandbox",
    "SandboxRefused",
    "Sequence",
    "ServiceFaultError",
    "Settled",
    "SqliteJournal",
    "UnreadableAnswer",
    "WebhookInvalid",
    "__version__",
]

"""The payout API against its published contract: its codes, its paths, and that no fact it can meet lacks an answer."""

import csv
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import bursar
from bursar.api.payout.app import ENDPOINTS
from bursar.api.payout.codes import Code
from bursar.api.payout.endpoint import Endpoint
from bursar.api.payout.errors import FAMILIES
from bursar.api.payout.facts import FACTS
from bursar.kernel.errors import Fact
from bursar.payouts.payees.banks import list_banks

PUBLISHED = Path(__file__).parents[2] / "contract" / "payout-api-codes.csv"
LATER_EDITIONS = {
    1312: "Please fill in the customer address information or swift code",
    1313: "Customer mobile number error",
}


def test_the_codes_are_the_published_ones() -> None:
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        published = {int(row["code"]): row["description"] for row in csv.DictReader(file)}
    assert {code.number: code.value[1] for code in Code} == published | LATER_EDITIONS, (
        "a code has one row in src/bursar/api/payout/codes.py and one in tests/contract/payout-api-codes.csv"
    )


def test_no_path_is_declared_twice() -> None:
    assert len({(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}) == len(ENDPOINTS)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_an_endpoints_own_readings_stand_among_its_codes(endpoint: Endpoint) -> None:
    readings = {*endpoint.when.values(), *endpoint.missing.values(), *endpoint.invalid.values()}
    assert readings <= set(endpoint.codes)


# ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────────────

FOREIGN = (
    "bursar.api.card",
    "bursar.api.play",
    "bursar.console",
    "bursar.cards",
    "bursar.customers",
    "bursar.wallet",
    "bursar.merchants.verification",
    "bursar.requests",
    "bursar.providers",
    "bursar.sandbox",
    "bursar.accounting",
    "bursar.decisions",
    "bursar.differences",
    "bursar.lookup",
    "bursar.ordering",
    "bursar.reports",
    "bursar.keys",
    "bursar.quotes",
    "bursar.administration",
    "bursar.merchants.keys",
    "bursar.screening",
    "bursar.backup",
    "bursar.staff",
    "bursar.worker",
    "bursar.console",
    "bursar.cli",
    "bursar.main",
    "bursar.__main__",
)
"""What the payout API never calls: the card side, edges, adapters behind ports, and what puts it together."""
_START = "stops a process from starting"
_MIGRATION = "stops a migration, which runs before anything is served"
_OPERATOR = "an operator's or the sandbox's call"
_CARDS = "the card side's question"
_GATEWAY = "what it means for a one-time password is said there"
CANNOT_REACH = {
    "bursar.db.migrate.DatabaseNewer": _MIGRATION,
    "bursar.db.migrate.MigrationChanged": _MIGRATION,
    "bursar.db.migrate.ServerTooOld": _MIGRATION,
    "bursar.exchange.service.RateImpossible": _OPERATOR,
    "bursar.kernel.succession.ChangesAheadTooMany": _OPERATOR,
    "bursar.kernel.succession.InstantPast": _OPERATOR,
    "bursar.merchants.errors.AccountUnknown": _CARDS,
    "bursar.merchants.errors.CurrencyUnknown": _CARDS,
    "bursar.merchants.errors.FundMovementUnknown": _CARDS,
    "bursar.merchants.errors.SettingInvalid": _OPERATOR,
    "bursar.merchants.errors.MerchantNameTaken": _OPERATOR,
    "bursar.merchants.errors.MerchantClosed": _OPERATOR,
    "bursar.merchants.errors.MerchantNotSuspended": _OPERATOR,
    "bursar.merchants.errors.MerchantHasOpen": _OPERATOR,
    "bursar.merchants.errors.AllowListLocksOut": _OPERATOR,
    "bursar.payouts.errors.ContradictionUnknown": _OPERATOR,
    "bursar.merchants.errors.PayoutAccountNotEmpty": _OPERATOR,
    "bursar.messages.errors.GatewayFailed": _GATEWAY,
    "bursar.messages.errors.GatewayUnreachable": _GATEWAY,
    "bursar.api.server.ListenAddressRefused": _START,
    "bursar.ledger.errors.NeverProven": _OPERATOR,
    "bursar.db.schema.SchemaUnfit": _START,
    "bursar.install.errors.DatabaseRestored": _START,
    "bursar.install.errors.EpochsExhausted": _START,
    "bursar.install.errors.ProcessesRunning": _START,
    "bursar.install.errors.SettingMissing": _START,
    "bursar.install.errors.SettingUnknown": _START,
    "bursar.payouts.errors.PaymentUnfit": "ends the order that the bank's file cannot hold",
    "bursar.kernel.due.PayloadMalformed": "of due work, which no caller waits for",
    "bursar.kernel.due.PayloadUnfit": _START,
    "bursar.vault.errors.GenerationsExhausted": _OPERATOR,
    "bursar.vault.errors.KeyChangedMeanwhile": _OPERATOR,
    "bursar.vault.errors.MasterKeyInvalid": _START,
    "bursar.vault.errors.MasterKeyNotPrepared": _OPERATOR,
    "bursar.vault.errors.MasterKeyStillNeeded": _OPERATOR,
    "bursar.vault.errors.MasterKeysAlike": _START,
    "bursar.vault.errors.KeyModuleMalformed": _START,
    "bursar.vault.errors.WrappedKeyMalformed": _START,
    "bursar.webhooks.errors.NoSuchApi": _OPERATOR,
    "bursar.webhooks.errors.PushFailed": "tells the worker to push again",
}
"""Facts that no endpoint can meet, with the reason."""


def modules() -> Iterator[str]:
    for module in pkgutil.walk_packages(bursar.__path__, "bursar."):
        if not module.name.startswith(FOREIGN):
            yield module.name


def facts() -> set[type[Fact]]:
    for name in modules():
        importlib.import_module(name)
    found: set[type[Fact]] = set()
    waiting: list[type[Fact]] = [Fact]
    while waiting:
        subclasses = waiting.pop().__subclasses__()
        found.update(subclasses)
        waiting.extend(subclasses)
    ours = {fact for fact in found if fact.__module__.startswith("bursar.") and not fact.__module__.startswith(FOREIGN)}
    return ours - set(FAMILIES)


def named(fact: type[Fact]) -> str:
    return f"{fact.__module__}.{fact.__qualname__}"


def test_every_fact_has_an_answer_or_a_reason_to_have_none() -> None:
    unanswered = {named(fact) for fact in facts() if fact not in FACTS}
    assert unanswered == set(CANNOT_REACH), (
        "give a new fact its code in src/bursar/api/payout/facts.py, or its reason to have none in CANNOT_REACH"
    )


def test_every_fact_with_an_answer_exists() -> None:
    assert set(FACTS) <= facts()


# ── banks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_there_are_banks_in_three_countries() -> None:
    counts = {country: len(list_banks(country)) for country in ("SAU", "KWT", "ARE")}
    assert counts == {"SAU": 12, "KWT": 26, "ARE": 130}
    assert len(list_banks()) == 168

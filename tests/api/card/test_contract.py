"""The card API against its published contract: its codes, its paths, and that no fact of the domain lacks an answer."""

import csv
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
import pytest
from pydantic import TypeAdapter

import bursar
from bursar.api.card.app import ENDPOINTS
from bursar.api.card.codes import Code
from bursar.api.card.endpoint import PREFIX, Endpoint
from bursar.api.card.enumerations import (
    CARD_STATUS,
    CARD_TYPE,
    CREDENTIAL_TYPE,
    DIRECTION,
    GENDER,
    KYC_LEVEL,
    KYC_STATUS,
    OPERATIONS,
    ORDER_STATUS,
    TRANSACTION_STATUS,
    TRANSACTION_TYPE,
)
from bursar.api.card.errors import FAMILIES
from bursar.api.card.facts import FACTS
from bursar.api.card.openapi import Push, guide
from bursar.api.card.pushes import PUSHES
from bursar.api.card.webhooks import EVENTS, VERIFICATION
from bursar.cards.model import TransactionKind
from bursar.kernel.errors import Fact

# ── codes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

PUBLISHED = Path(__file__).parents[2] / "contract" / "card-api-codes.csv"


def published() -> dict[int, str]:
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        rows = {int(row["code"]): row["description"] for row in csv.DictReader(file) if row["table"] == "biz"}
    rows[10021] = rows[10021].replace(" 0", " {0}")  # the list's only text whose braces are lost
    return rows


def test_the_codes_are_the_published_ones() -> None:
    assert {code.number: code.value[1] for code in Code} == published(), (
        "a code has one row in src/bursar/api/card/codes.py and one in tests/contract/card-api-codes.csv"
    )


def test_a_text_is_filled_in() -> None:
    assert Code.PARAMETER_EMPTY.text("address.countryId") == "Parameter 'address.countryId' cannot be empty"
    assert Code.CUSTOMER_INCOMPLETE.text("birthday") == "Incomplete customer information birthday"
    assert Code.AMOUNT_OUT_OF_RANGE.text("10.00", "5000.00") == (
        "Incorrect recharge amount range, minimum recharge amount is: 10.00, maximum recharge amount is: 5000.00"
    )


# ── paths ────────────────────────────────────────────────────────────────────────────────────────────────────────────

CONTRACT = """
events/list                       encrypted
webhook/info                      -
webhook/update                    once
webhook/replay                    once
merchant/info                     -
merchant/asset                    -
account/supportcurrency           -
account/info                      -
merchant/fund/list                -
merchant/fund/info                -
merchant/verify/password/set      encrypted once
merchant/verify/password/update   encrypted once
merchant/verify/password/status   encrypted once
common/area/list                  -
common/file/upload                once form
customer/group/add                once
customer/group/update             once
customer/group/delete             once
customer/group/list               -
customer/group/info               -
customer/group/change             once
customer/group/remove             once
card/rate/add                     once
card/rate/update                  once
card/rate/delete                  once
card/rate/list                    -
card/rate/info                    -
card/rate/group/add               once
card/rate/group/remove            once
customer/add                      encrypted once
customer/update                   encrypted once
customer/list                     encrypted
customer/info                     encrypted
customer/code/send                encrypted once
customer/email/bind               encrypted once
customer/phone/bind               encrypted once
customer/kyc/submit               encrypted once
customer/kyc/info                 encrypted
card/registerable/list            encrypted
card/operate/metadata             encrypted
card/operate/register             encrypted once
card/order/pay                    encrypted once
card/order/info                   encrypted
card/operate/progress             encrypted
card/operate/recharge             encrypted once
card/recharge/pay                 encrypted once
card/operate/activate             encrypted once
card/activation/code              encrypted
card/operate/lock                 encrypted once
card/operate/unlock               encrypted once
card/operate/cancel               encrypted once
card/password/set                 encrypted once
card/list                         encrypted
card/info                         encrypted
card/balance                      encrypted
card/sensitive                    encrypted
card/bill/list                    encrypted
card/logistics/info               encrypted
card/3ds/confirm                  encrypted once
wallet/info                       wallet
wallet/coin/list                  wallet
wallet/chain/list                 wallet
wallet/config                     wallet
wallet/address/apply              wallet once
wallet/address/list               wallet
wallet/deposit/list               wallet
wallet/deposit/info               wallet
wallet/withdraw                   wallet encrypted once
wallet/withdraw/list              wallet
wallet/withdraw/info              wallet
"""


def contract() -> dict[str, set[str]]:
    rows = (line.split() for line in CONTRACT.strip().splitlines())
    return {path: set(marks) - {"-"} for path, *marks in rows}


def declared(endpoint: Endpoint) -> set[str]:
    marks = {
        "encrypted": endpoint.encrypted,
        "once": endpoint.mutating,
        "wallet": endpoint.wallet,
        "form": endpoint.upload,
    }
    return {mark for mark, holds in marks.items() if holds}


def test_the_endpoints_of_the_contract_are_offered_with_its_marks() -> None:
    """Others may be there besides; docs/reference/card-api.md shows them all with their marks."""
    offered = {endpoint.path.removeprefix(f"{PREFIX}/"): declared(endpoint) for endpoint in ENDPOINTS}
    assert {path: offered.get(path) for path in contract()} == contract()


def test_no_path_is_declared_twice() -> None:
    assert len({endpoint.path for endpoint in ENDPOINTS}) == len(ENDPOINTS)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_what_a_fact_means_here_stands_among_the_endpoints_codes(endpoint: Endpoint) -> None:
    assert set(endpoint.when.values()) <= set(endpoint.codes)


# ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────────────

FOREIGN = (
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
    "bursar.cli",
    "bursar.main",
    "bursar.__main__",
    "bursar.payouts",
    "bursar.otp",
    "bursar.exchange",
    "bursar.api.operator",
    "bursar.api.play",
    "bursar.console",
    "bursar.api.payout",
)
"""What the card API never calls: adapters behind ports, other processes, what puts it together, and the payout side."""
_CARD_NETWORK = "the card network's side of a purchase, which no merchant calls"
_START = "stops a process from starting"
_MIGRATION = "stops a migration, which runs before anything is served"
_ENGINE = "meets the payment engine and the treasury in due work"
_POOL = "two thousand million addresses were given out; the pool is prepared by due work"
_OPERATOR = "an operator's or the sandbox's call"
CANNOT_REACH = {
    "bursar.cards.errors.CardTransactionUnknown": _CARD_NETWORK,
    "bursar.cards.errors.NetworkFactUnknown": _CARD_NETWORK,
    "bursar.cards.errors.NothingLeft": _CARD_NETWORK,
    "bursar.cards.errors.ReferenceConflict": _CARD_NETWORK,
    "bursar.cards.errors.TransactionNotInState": _CARD_NETWORK,
    "bursar.cards.catalogue.errors.ProductSettingInvalid": _OPERATOR,
    "bursar.cards.catalogue.errors.ProductExists": _OPERATOR,
    "bursar.cards.catalogue.errors.CatalogueFull": _OPERATOR,
    "bursar.kernel.succession.ChangesAheadTooMany": _OPERATOR,
    "bursar.kernel.succession.InstantPast": _OPERATOR,
    "bursar.cards.errors.CustomerHasManyCards": _OPERATOR,
    "bursar.customers.errors.CustomerFrozen": _OPERATOR,
    "bursar.customers.errors.CustomerNotFrozen": _OPERATOR,
    "bursar.customers.kyc.errors.NothingUnderReview": _OPERATOR,
    "bursar.merchants.errors.SettingInvalid": _OPERATOR,
    "bursar.merchants.errors.MerchantNameTaken": _OPERATOR,
    "bursar.merchants.errors.MerchantClosed": _OPERATOR,
    "bursar.merchants.errors.MerchantNotSuspended": _OPERATOR,
    "bursar.merchants.errors.MerchantHasOpen": _OPERATOR,
    "bursar.merchants.errors.AllowListLocksOut": _OPERATOR,
    "bursar.merchants.errors.PayoutAccountNotEmpty": _OPERATOR,
    "bursar.wallet.errors.PoolConfigInvalid": _OPERATOR,
    "bursar.wallet.errors.AlarmUnknown": _OPERATOR,
    "bursar.wallet.errors.AddressGiven": _OPERATOR,
    "bursar.wallet.errors.DepositNotInState": _OPERATOR,
    "bursar.wallet.errors.ChainsMisconfigured": _OPERATOR,
    "bursar.wallet.errors.DepositIndexOutOfRange": _POOL,
    "bursar.webhooks.errors.NoSuchApi": _OPERATOR,
    "bursar.wallet.withdrawals.errors.WithdrawalNotInState": _OPERATOR,
    "bursar.wallet.payments.errors.PaymentUnknown": _ENGINE,
    "bursar.wallet.payments.errors.PaymentNotInState": _ENGINE,
    "bursar.wallet.payments.errors.AttemptTaken": _ENGINE,
    "bursar.wallet.payments.errors.PurposeUnknown": _ENGINE,
    "bursar.wallet.treasury.sweeps.SweepUnderWay": _ENGINE,
    "bursar.wallet.scanner.ChainMoved": "tells the scanner to read again",
    "bursar.webhooks.errors.PushFailed": "tells the worker to push again",
    "bursar.db.migrate.DatabaseNewer": _MIGRATION,
    "bursar.db.migrate.MigrationChanged": _MIGRATION,
    "bursar.db.migrate.ServerTooOld": _MIGRATION,
    "bursar.api.server.ListenAddressRefused": _START,
    "bursar.ledger.errors.NeverProven": _OPERATOR,
    "bursar.db.schema.SchemaUnfit": _START,
    "bursar.install.errors.DatabaseRestored": _START,
    "bursar.install.errors.EpochsExhausted": _START,
    "bursar.install.errors.ProcessesRunning": _START,
    "bursar.install.errors.SettingMissing": _START,
    "bursar.install.errors.SettingUnknown": _START,
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
        "give a new fact its code in src/bursar/api/card/facts.py, or its reason to have none in CANNOT_REACH"
    )


def test_every_fact_with_an_answer_exists() -> None:
    assert set(FACTS) <= facts()


# ── numbers and events ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("row", "numbers"),
    [
        ("Operation", set(OPERATIONS)),
        ("Card type", set(CARD_TYPE.values())),
        ("Card status", set(CARD_STATUS.values())),
        ("Order status", set(ORDER_STATUS.values())),
        ("Transaction type", set(TRANSACTION_TYPE.values()) | {7, 8, 9, 10}),
        ("Transaction status", set(TRANSACTION_STATUS.values()) | {3}),
        ("Direction", set(DIRECTION.values())),
        ("Document (`credentialType`)", set(CREDENTIAL_TYPE.values())),
        ("KYC status", set(KYC_STATUS.values())),
        ("KYC level", set(KYC_LEVEL.values())),
        ("Gender", set(GENDER.values())),
    ],
)
def test_the_guide_explains_the_numbers_that_are_used(row: str, numbers: set[int]) -> None:
    explained = next(line for line in guide().splitlines() if line.startswith(f"| {row} |"))
    assert {int(number) for number in re.findall(r"(?<![\w])(\d+) ", explained.split("|")[2])} == numbers


def test_the_events_that_are_pushed_are_the_documented_ones() -> None:
    assert {push.event for push in PUSHES} == {name for name, _ in EVENTS.values()} | {VERIFICATION}


_MOVED = {
    "card_id": 1,
    "masked_number": "428800******1234",
    "transaction_id": 2,
    "customer_id": 3,
    "status": "succeeded",
    "amount": 1250,
    "currency": "USD",
    "merchant_name": None,
    "at": "2026-03-01T12:00:00+00:00",
    "reference": 4,
    "original_amount": "12.50",
    "original_currency": "USD",
    "reason": None,
    "fee": 0,
    "fee_asset": "USDT",
    "third_order_no": None,
}
_ORDERED = {
    "order_id": 1,
    "third_order_no": None,
    "customer_id": 2,
    "product_id": "V-USD-1",
    "card_id": 3,
    "masked_number": "428800******1234",
}
_CHALLENGED = {
    "card_id": 1,
    "masked_number": "428800******1234",
    "amount": "12.50",
    "currency": "USD",
    "merchant_name": "Shop",
    "challenge_id": 2,
    "expires_at": "2026-03-01T12:05:00+00:00",
}
_DEPOSITED = {
    "deposit_id": 1,
    "coin": "USDT",
    "chain_id": "tron",
    "amount": "12.500000",
    "sender": "T1",
    "recipient": "T2",
    "tx_hash": "f00d",
    "status": "credited",
    "at": "2026-03-01T12:00:00+00:00",
}
DETAILS = {
    "CC_RECHARGE": _MOVED | {"kind": "recharge"},
    "CC_CONSUME": _MOVED | {"kind": TransactionKind.PURCHASE.value},
    "CC_REFUND": _MOVED | {"kind": TransactionKind.REFUND.value},
    "CC_WITHDRAW_CASH": _MOVED | {"kind": TransactionKind.CASH.value},
    "KS_KYC": {"customer_id": 1, "credential": "passport", "status": "approved", "reason": None},
    "CA_APPLY": _ORDERED | {"status": "processing"},
    "CS_APPROVED": _ORDERED | {"status": "succeeded"},
    "CSC_STATUS_CHANGE": {"card_id": 1, "customer_id": 2, "before": "normal", "after": "locked", "reason": None},
    "CC_REDEEM": _MOVED | {"kind": TransactionKind.REDEMPTION.value},
    "3DS_OTP": _CHALLENGED | {"code": "135790"},
    "3DS_CONFIRM": _CHALLENGED,
    "CE_EVENT": {"card_id": 1, "event": "frozen", "reason": None},
    "MF_MATERIAL_FLOW": {
        "card_id": 1,
        "carrier": "DHL",
        "tracking_no": "JD01",
        "status": "shipped",
        "at": "2026-03-01T12:00:00+00:00",
    },
    "WT_DEPOSIT": _DEPOSITED,
    "WT_DEPOSIT_REFUND": _DEPOSITED,
    "WT_WITHDRAW": {
        "withdrawal_id": 1,
        "coin": "USDT",
        "chain_id": "tron",
        "amount": "1.000000",
        "from_address": "T1",
        "to_address": "T2",
        "status": "confirming",
        "tx_hash": "a1",
        "at": "2026-03-01T12:00:00+00:00",
    },
}


@pytest.mark.parametrize("push", [push for push in PUSHES if push.detail], ids=lambda push: push.event)
def test_a_push_holds_what_the_document_says(push: Push) -> None:
    (render,) = {render for name, render in EVENTS.values() if name == push.event}
    schema = TypeAdapter(push.detail).json_schema(mode="serialization")
    jsonschema_rs.validate({**schema, "additionalProperties": False}, render(DETAILS[push.event]))

"""Payloads of jobs: stored as they always were, read as they were declared, and one handler for each kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, ClassVar

import psycopg
import pytest

from bursar.accounting.checks.due import CheckBooks
from bursar.cards.due import (
    ExpireAuthorization,
    RechargeCard,
    ReconcileCard,
    RedeemCard,
    RegisterCard,
    TakeMonthlyFee,
)
from bursar.customers.desk.due import ReadDocument
from bursar.customers.kyc.due import HandOverVerification
from bursar.db.database import Database
from bursar.differences.due import CompareOutside
from bursar.files.due import ExpireFile
from bursar.kernel.clock import ManualClock
from bursar.kernel.due import Handler, Payload, PayloadMalformed, PayloadUnfit, declared
from bursar.kernel.paging import PageRequest
from bursar.merchants.due import ResumeJobs
from bursar.payouts.due import EnquirePayout, ReviewPayout, SendPayout
from bursar.payouts.payees.due import ApprovePayee, SendCode
from bursar.payouts.statements.due import DiscardStatement, MakeStatement, PlanStatements
from bursar.providers.bank_files.due import CollectFiles, CutOff, DeliverFile, ReportFile, SettleEntry
from bursar.reports.due import MakeReport, PlanCloses
from bursar.reports.statements.due import MakeAccountStatement
from bursar.screening.due import DiscardList, ScreenAll, ScreenSubject
from bursar.staff.signin.due import SendReset, TellNewDevice
from bursar.wallet.due import (
    AdvancePayment,
    CompareAddresses,
    PrepareAddresses,
    ReturnDeposit,
    ScanChain,
    SweepAddress,
)
from bursar.webhooks.due import PushQueue, ReplayPushes
from bursar.worker.dead_letters import DeadLetters
from bursar.worker.handlers import KindDeclaredTwice, KindHandledTwice, KindNotHandled, check_handled
from bursar.worker.loop import Worker
from bursar.worker.model import Policy
from tests.worker.work import Numbered, OtherNumbered, k, other_k

SINCE = datetime(2026, 3, 1, 9, 30, 0, 125_000, tzinfo=UTC)
STORED: list[tuple[Payload, str, dict[str, object]]] = [
    (ApprovePayee(7), "payees.approve", {"payee_id": 7}),
    (CompareOutside("bank"), "differences.compare", {"place": "bank"}),
    (RegisterCard(7), "cards.register", {"order_id": 7}),
    (RechargeCard(7), "cards.recharge", {"order_id": 7}),
    (RedeemCard(7), "cards.redeem", {"card_id": 7}),
    (ReconcileCard(7), "cards.look_at_issuer", {"card_id": 7}),
    (
        TakeMonthlyFee(7, SINCE, 2),
        "cards.take_monthly_fee",
        {"card_id": 7, "since": "2026-03-01T09:30:00.125000+00:00", "month": 2},
    ),
    (ExpireAuthorization(7), "cards.expire_authorization", {"transaction_id": 7}),
    (HandOverVerification(7), "kyc.hand_over", {"kyc_id": 7}),
    (ExpireFile(7), "files.expire", {"file_id": 7}),
    (ResumeJobs(), "merchants.resume", {}),
    (CheckBooks(7), "accounting.check_books", {"check_id": 7}),
    (MakeReport(7), "reports.make", {"report_id": 7}),
    (MakeAccountStatement(17), "reports.make_account_statement", {"statement_id": 17}),
    (PlanCloses(), "reports.plan_closes", {}),
    (SendCode(7), "payees.send_code", {"payee_id": 7}),
    (ReviewPayout(7), "payouts.review", {"payout_id": 7}),
    (SendPayout(7), "payouts.send", {"payout_id": 7}),
    (EnquirePayout(7), "payouts.enquire", {"payout_id": 7}),
    (CutOff(), "bank.cut_off", {}),
    (DeliverFile(7), "bank.deliver", {"file_id": 7}),
    (CollectFiles(), "bank.collect", {}),
    (ReportFile(b"\x07\xff"), "bank.report", {"digest": "07ff"}),
    (SettleEntry(7), "bank.settle", {"entry_id": 7}),
    (PlanStatements(date(2026, 3, 1)), "statements.plan", {"day": "2026-03-01"}),
    (MakeStatement(date(2026, 3, 1)), "statements.make", {"day": "2026-03-01"}),
    (DiscardStatement(7), "statements.discard", {"statement_id": 7}),
    (ScanChain("tron"), "wallet.scan", {"chain_id": "tron"}),
    (ScanChain("tron", once=True), "wallet.scan", {"chain_id": "tron", "once": True}),
    (PrepareAddresses("tron"), "wallet.prepare_addresses", {"chain_id": "tron"}),
    (ReturnDeposit(7), "wallet.return_deposit", {"deposit_id": 7}),
    (AdvancePayment(7), "wallet.payments.advance", {"payment_id": 7}),
    (
        SweepAddress("tron", "USDT", "T1"),
        "wallet.treasury.sweep",
        {"chain_id": "tron", "coin": "USDT", "address": "T1"},
    ),
    (
        CompareAddresses("tron", 2, -1),
        "wallet.treasury.compare",
        {"chain_id": "tron", "round": 2, "after": -1},
    ),
    (ReadDocument(7), "kyc.read_document", {"kyc_id": 7}),
    (ScreenSubject("customer", 7), "screening.subject", {"subject_kind": "customer", "subject_id": 7}),
    (ScreenAll(7, "payee"), "screening.all", {"list_id": 7, "subject_kind": "payee"}),
    (DiscardList(7), "screening.discard_list", {"list_id": 7}),
    (TellNewDevice(7), "staff.tell_new_device", {"session_id": 7}),
    (SendReset(7), "staff.send_reset", {"person_id": 7}),
    (PushQueue("card", "order-7"), "webhooks.push", {"api": "card", "queue": "order-7"}),
    (PushQueue(delivery_id=7), "webhooks.push", {"delivery_id": 7}),
    (
        ReplayPushes("card", 1, 9, 7, "failed"),
        "webhooks.replay",
        {"api": "card", "first": 1, "last": 9, "asked": 7, "status": "failed"},
    ),
]
"""Every kind as the table has it, whichever version of the program wrote it."""


@dataclass(frozen=True, slots=True)
class NumberedAgain(Payload):
    """Another payload for the kind `k`."""

    kind: ClassVar[str] = "k"


@dataclass(frozen=True, slots=True)
class Shapeless(Payload):
    """A payload with a field that no document can hold."""

    kind: ClassVar[str] = "shapeless"
    of: Mapping[str, Any]


async def ignore(*_: object) -> None:
    """Does nothing."""


@pytest.mark.parametrize(("payload", "kind", "document"), STORED)
def test_a_payload_is_stored_as_it_always_was_and_read_back(
    payload: Payload, kind: str, document: dict[str, object]
) -> None:
    assert (payload.kind, payload.document()) == (kind, document)
    assert type(payload).read(document) == payload


def test_every_kind_that_is_declared_is_among_those() -> None:
    assert {payload.kind for payload in declared("bursar")} == {kind for _, kind, _ in STORED}


def test_a_key_that_a_newer_program_wrote_is_passed_over() -> None:
    assert RechargeCard.read({"order_id": 7, "priority": "high"}) == RechargeCard(7)


@pytest.mark.parametrize(
    ("payload", "document", "reason"),
    [
        (RechargeCard, {}, "order_id is missing"),
        (RechargeCard, {"order_id": None}, "order_id is not of the type int"),
        (RechargeCard, {"order_id": "7"}, "order_id is not of the type int"),
        (RechargeCard, {"order_id": True}, "order_id is not of the type int"),
        (RechargeCard, {"order_id": 7.5}, "order_id is not of the type int"),
        (RechargeCard, [7], "it is no object"),
        (RechargeCard, None, "it is no object"),
        (PrepareAddresses, {"chain_id": 7}, "chain_id is not of the type str"),
        (ScanChain, {"chain_id": "tron", "once": 1}, "once is not of the type bool"),
        (MakeStatement, {"day": "yesterday"}, "day is not of the type date"),
        (TakeMonthlyFee, {"card_id": 7, "since": "then", "month": 1}, "since is not of the type datetime"),
        (ReportFile, {"digest": "xyz"}, "digest is not of the type bytes"),
        (PushQueue, {"api": "card"}, "it names no queue"),
    ],
)
def test_a_document_that_does_not_fit_is_refused_with_the_reason(
    payload: type[Payload], document: object, reason: str
) -> None:
    with pytest.raises(PayloadMalformed) as refusal:
        payload.read(document)
    assert (refusal.value.kind, refusal.value.reason) == (payload.kind, reason)


async def test_a_job_whose_payload_does_not_fit_is_dead_at_once_and_holds_up_no_other(
    database: Database, clock: ManualClock, dsn: str
) -> None:
    seen: list[Numbered] = []

    async def note(_: object, due: Numbered) -> None:
        seen.append(due)

    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        for number, payload in enumerate(('{"n": "PAN 4111111111111111"}', "[]", '{"n": 3}'), 1):
            await connection.execute(
                "INSERT INTO job (id, merchant_id, kind, payload, due_at) VALUES (%s, 1, 'k', %s, %s)",
                (number, payload, clock.now()),
            )
    worker, letters = (
        Worker(database, clock, k(note), {Numbered: Policy(attempts_max=2_000)}),
        DeadLetters(database, clock),
    )
    assert (await worker.run_due(), await worker.run_due()) == (3, 0)
    assert seen == [Numbered(3)]
    dead = (await letters.list_dead(PageRequest(1, 50))).rows
    assert [(job.id, job.attempts, job.last_error) for job in dead] == [
        (1, 1, "the payload does not fit: n is not of the type int"),
        (2, 1, "the payload does not fit: it is no object"),
    ]
    await letters.replay(1)
    assert (await worker.run_due(), await worker.run_due()) == (1, 0)
    assert (await letters.list_dead(PageRequest(1, 50))).rows == dead


def test_kinds_with_their_handlers_are_accepted() -> None:
    check_handled([Numbered, OtherNumbered], k(ignore) + other_k(ignore))
    check_handled([Numbered, OtherNumbered], k(ignore), besides=[OtherNumbered])


def test_a_kind_without_a_handler_keeps_the_worker_from_starting() -> None:
    with pytest.raises(KindNotHandled) as refusal:
        check_handled([Numbered, OtherNumbered], k(ignore))
    assert refusal.value.kind == "other.k"


def test_a_kind_with_two_handlers_keeps_the_worker_from_starting(database: Database, clock: ManualClock) -> None:
    with pytest.raises(KindHandledTwice) as refusal:
        Worker(database, clock, k(ignore) + k(ignore))
    assert refusal.value.kind == "k"


def test_a_kind_with_two_payloads_keeps_the_worker_from_starting() -> None:
    with pytest.raises(KindDeclaredTwice) as refusal:
        check_handled([Numbered, NumberedAgain], k(ignore), besides=[NumberedAgain])
    assert refusal.value.kind == "k"


def test_a_payload_with_a_field_that_cannot_be_stored_keeps_the_worker_from_starting(
    database: Database, clock: ManualClock
) -> None:
    with pytest.raises(PayloadUnfit) as refusal:
        Worker(database, clock, [Handler(Shapeless, ignore)])
    assert refusal.value.kind == "shapeless"

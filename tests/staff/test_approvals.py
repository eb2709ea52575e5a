"""Four eyes attacked: the same person twice, two at once, what was asked changed, too late, and by SQL."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from bursar.exchange.service import Exchange
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.decisions import Decided
from bursar.ledger.errors import InsufficientFunds
from bursar.ledger.model import Part, Transfer
from bursar.ledger.store import Books
from bursar.staff.approvals.model import (
    LIVES,
    POLICIES,
    Action,
    Actions,
    Approval,
    ApprovalStatus,
    Performed,
    read_arguments,
)
from bursar.staff.approvals.service import Request
from bursar.staff.approvals.worth import Worth
from bursar.staff.audit.model import RecordFilter
from bursar.staff.errors import (
    ActionUnknown,
    ApprovalDecided,
    ApprovalExpired,
    ApprovalForged,
    ApprovalNotYours,
    ApprovalOfOwn,
    ApprovalUnknown,
    ApproverNoPerson,
    ArgumentsUnusable,
    LastOwner,
    PermissionMissing,
    PersonDisabled,
    PolicyNotForLive,
    PolicyUnusable,
    TextUnusable,
)
from bursar.staff.model import Principal
from bursar.staff.people.service import NewPerson
from bursar.staff.roles import ROLES, Permission, Role
from bursar.staff.tokens.model import NewToken
from tests.staff.office import CONSOLE, DESK, Office, Somebody, outcomes

MERCHANT = 4
STATE = ("approval", "approval_decision", "ledger_entry", "ledger_operation", "approval_policy")
FUND = {"merchant_id": MERCHANT, "amount": "250.00", "asset": "USDT"}


def money_of(arguments: Any) -> Money:
    return Money.parse(arguments["amount"], arguments["asset"])


async def fund(ctx: Context, arguments: Any) -> Decided[None]:
    amount = money_of(arguments)
    clearing, available = chart.funding_clearing(amount.asset), chart.merchant_available(amount.asset)
    assert ctx.merchant_id == MERCHANT
    return Decided(
        None, "funded", f"merchant:{MERCHANT}", Part(transfers=(Transfer("fund", clearing, available, amount),))
    )


async def pay(ctx: Context, arguments: Any) -> Decided[None]:
    amount = money_of(arguments)
    clearing, available = chart.bank_clearing(amount.asset), chart.merchant_available(amount.asset)
    return Decided(
        None, "paid", f"merchant:{MERCHANT}", Part(transfers=(Transfer("pay", available, clearing, amount),))
    )


def of_merchant(arguments: Any) -> int:
    return int(arguments["merchant_id"])


def wanted(action: str = "money.fund", **changed: object) -> Request:
    return Request(action, {**FUND, **changed}, "bank credit of today", ("file:12",))


def with_money(office: Office) -> Office:
    """The office, with actions that move a merchant's money."""
    for name, permission, decide in (
        ("money.fund", Permission.MONEY_FUND, fund),
        ("payouts.approve", Permission.PAYOUTS_APPROVE, pay),
    ):
        office.room.actions.add(Action(name, permission, decide, of_merchant, money_of))
    return office


@pytest.fixture(autouse=True)
def _money(office: Office, beside: Office) -> None:
    with_money(office)
    with_money(beside)


@pytest.fixture
async def fay(office: Office) -> Somebody:
    return await office.somebody("fay", "finance")


@pytest.fixture
async def fred(office: Office) -> Somebody:
    return await office.somebody("fred", "finance")


async def asked(office: Office, by: Principal, request: Request | None = None) -> Approval:
    performed = await office.room.approvals.perform(office.ctx(by), by, request or wanted())
    assert performed.waits_for is not None
    return performed.waits_for


async def balance(office: Office) -> str:
    balances = await Books(office.database).balances(MERCHANT, [chart.MERCHANT_AVAILABLE])
    return str(sum((row.balance for row in balances), Money.zero("USDT")))


# ── asking and approving ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_somebody_asks_for_is_done_when_somebody_else_approves(
    office: Office, fay: Somebody, fred: Somebody
) -> None:
    by, other = await fay.sign_in(), await fred.sign_in()
    approval = await asked(office, by)
    assert (approval.asked.read_arguments(), approval.asked.evidence) == (FUND, ("file:12",))
    assert (approval.status(office.clock.now()), await balance(office)) == (ApprovalStatus.ASKED, "0.000000")
    assert await office.room.approvals.list_waiting(office.ctx(other), other) == [approval]
    ended = await office.room.approvals.approve(office.ctx(other), other, approval.asked.id, "seen the statement")
    assert (ended.status(office.clock.now()), await balance(office)) == (ApprovalStatus.APPROVED, "250.000000")
    assert ended.ending is not None
    assert (ended.ending.decider, ended.ending.credential) == (fred.id, other.credential)
    assert await office.room.approvals.list_waiting(office.ctx(other), other) == []
    assert await office.records(subject=approval.asked.subject) == [
        ("approval.approve", "done"),
        ("approval.ask", "done"),
    ]
    assert (await office.room.verification.verify(office.ctx(), CONSOLE)).differences == []


async def test_asking_twice_with_one_key_asks_once_also_after_it_was_done(
    office: Office, fay: Somebody, fred: Somebody
) -> None:
    by, other = await fay.sign_in(), await fred.sign_in()
    ctx = office.ctx(by, "once")
    first = await office.room.approvals.perform(ctx, by, wanted())
    assert first == await office.room.approvals.perform(ctx, by, wanted())
    assert first.waits_for
    await office.room.approvals.approve(office.ctx(other), other, first.waits_for.asked.id)
    again = await office.room.approvals.perform(ctx, by, wanted())
    assert again.waits_for
    assert again.waits_for.asked == first.waits_for.asked
    assert await office.sql("SELECT count(*) FROM approval") == [(1,)]


async def test_approving_twice_by_one_person_does_it_once(office: Office, fay: Somebody, fred: Somebody) -> None:
    by, other = await fay.sign_in(), await fred.sign_in()
    number = (await asked(office, by)).asked.id
    first = await office.room.approvals.approve(office.ctx(other), other, number)
    assert await office.room.approvals.approve(office.ctx(other), other, number) == first
    assert await balance(office) == "250.000000"


async def test_a_rejected_or_withdrawn_one_is_not_done(office: Office, fay: Somebody, fred: Somebody) -> None:
    by, other = await fay.sign_in(), await fred.sign_in()
    approvals = office.room.approvals
    rejected, withdrawn = await asked(office, by), await asked(office, by, wanted(amount="1"))
    await approvals.reject(office.ctx(other), other, rejected.asked.id, "no such credit")
    with pytest.raises(ApprovalNotYours):
        await approvals.withdraw(office.ctx(other), other, withdrawn.asked.id, "not mine")
    await approvals.withdraw(office.ctx(by), by, withdrawn.asked.id, "a mistake")
    for approval in (rejected, withdrawn):
        with pytest.raises(ApprovalDecided):
            await approvals.approve(office.ctx(other), other, approval.asked.id)
    with pytest.raises(ApprovalDecided):
        await approvals.reject(office.ctx(other), other, withdrawn.asked.id, "late")
    await approvals.reject(office.ctx(other), other, rejected.asked.id, "no such credit")  # again: the same
    assert await balance(office) == "0.000000"
    assert [a.ending and a.ending.result for a in await approvals.list_approvals(office.ctx(by), by)] == [
        ApprovalStatus.WITHDRAWN,
        ApprovalStatus.REJECTED,
    ]
    assert (await office.room.verification.verify(office.ctx(), CONSOLE)).differences == []


async def test_what_the_action_refuses_changes_nothing_and_may_be_approved_later(
    office: Office, fay: Somebody, fred: Somebody
) -> None:
    owner = await (await office.owner()).sign_in()
    by, other = await fay.sign_in(), await fred.sign_in()
    number = (await asked(office, owner, wanted("payouts.approve", amount="10000.00"))).asked.id
    before = await office.table(*STATE)
    with pytest.raises(InsufficientFunds):
        await office.room.approvals.approve(office.ctx(other), other, number)
    assert await office.table(*STATE) == before
    funding = (await asked(office, by, wanted(amount="10000"))).asked.id
    await office.room.approvals.approve(office.ctx(other), other, funding)
    await office.room.approvals.approve(office.ctx(other), other, number)
    assert await balance(office) == "0.000000"
    assert await office.records(subject=f"approval:{number}", action="approval.approve") == [
        ("approval.approve", "done"),
        ("approval.approve", "refused"),
    ]


# ── attacks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_nobody_approves_their_own_with_another_session_or_a_token(office: Office) -> None:
    olga = await office.owner()
    by, again = await olga.sign_in(), await olga.sign_in()
    made = await office.room.tokens.create(office.ctx(again), again, NewToken("other hand", ("owner",), 1))
    token = await office.room.tokens.recognise(made.secret, DESK)
    number, reverse = (await asked(office, by)).asked.id, (await asked(office, token)).asked.id
    before = await office.table(*STATE)
    for hand in (by, again, token):
        for end in (office.room.approvals.approve, office.room.approvals.reject):
            with pytest.raises(ApprovalOfOwn):
                await end(office.ctx(hand), hand, number, "me again")
    with pytest.raises(ApprovalOfOwn):
        await office.room.approvals.approve(office.ctx(by), by, reverse)
    assert await office.table(*STATE) == before
    assert ("approval.approve", "refused") in await office.records(actor=token.actor)


async def test_the_console_asks_and_approves_nothing_and_neither_does_its_token(office: Office, fay: Somebody) -> None:
    number = (await asked(office, CONSOLE)).asked.id
    made = await office.room.tokens.create(office.ctx(), CONSOLE, NewToken("x", ("finance",), 1), for_person=fay.id)
    token = await office.room.tokens.recognise(made.secret, DESK)
    for hand in (CONSOLE, token, Principal.sandbox()):
        with pytest.raises(ApproverNoPerson):
            await office.room.approvals.approve(office.ctx(hand), hand, number)
    assert await office.sql("SELECT count(*) FROM approval_decision") == [(0,)]
    by = await fay.sign_in()
    await office.room.approvals.approve(office.ctx(by), by, number)
    assert await balance(office) == "250.000000"


@pytest.mark.parametrize("role", [Role.COMPLIANCE, Role.OPERATIONS, Role.SUPPORT, Role.AUDITOR])
async def test_who_the_policy_does_not_name_approves_nothing(office: Office, fay: Somebody, role: Role) -> None:
    by, other = await fay.sign_in(), await (await office.somebody("zed", role)).sign_in()
    number = (await asked(office, by)).asked.id
    with pytest.raises(ApprovalNotYours):
        await office.room.approvals.approve(office.ctx(other), other, number)
    assert await balance(office) == "0.000000"


async def test_of_two_who_approve_at_once_one_does_it(
    office: Office, beside: Office, fay: Somebody, fred: Somebody
) -> None:
    by, other = await fay.sign_in(), await fred.sign_in()
    third = await (await office.somebody("fiona", "finance")).sign_in()
    for _ in range(3):
        number = (await asked(office, by)).asked.id
        calls = [
            office.room.approvals.approve(office.ctx(other), other, number),
            beside.room.approvals.approve(beside.ctx(third), third, number),
            beside.room.approvals.reject(beside.ctx(third), third, number, "no"),
        ]
        assert await outcomes(*calls) == ["ApprovalDecided", "ApprovalDecided", "done"]
    done = await office.sql("SELECT count(*) FROM approval_decision WHERE result = 'approved'")
    assert await balance(office) == str(Money.parse(250 * done[0][0], "USDT"))
    assert (await office.room.verification.verify(office.ctx(), CONSOLE)).differences == []


async def test_after_72_hours_it_has_to_be_asked_again(office: Office, fay: Somebody, fred: Somebody) -> None:
    by = await fay.sign_in()
    first, second = await asked(office, by), await asked(office, by, wanted(amount="1"))
    office.later(seconds=LIVES.total_seconds() - 40)
    other = await fred.sign_in()  # half a minute later
    await office.room.approvals.approve(office.ctx(other), other, first.asked.id)
    office.later(seconds=10)
    before = await office.table(*STATE)
    with pytest.raises(ApprovalExpired):
        await office.room.approvals.approve(office.ctx(other), other, second.asked.id)
    assert await office.table(*STATE) == before
    assert second.status(office.clock.now()) is ApprovalStatus.EXPIRED


async def test_somebody_disabled_meanwhile_approves_nothing(office: Office, fay: Somebody, fred: Somebody) -> None:
    by, other = await fay.sign_in(), await fred.sign_in()
    number = (await asked(office, by)).asked.id
    await office.room.people.disable(office.ctx(), CONSOLE, fred.id, "left")
    with pytest.raises(PersonDisabled):
        await office.room.approvals.approve(office.ctx(other), other, number)
    assert await balance(office) == "0.000000"


async def test_disabling_and_approving_at_once_is_one_after_the_other(
    office: Office, beside: Office, fay: Somebody, fred: Somebody
) -> None:
    by, other = await fay.sign_in(), await fred.sign_in()
    number = (await asked(office, by)).asked.id
    results = await outcomes(
        office.room.approvals.approve(office.ctx(other), other, number),
        beside.room.people.disable(beside.ctx(), CONSOLE, fred.id, "left"),
    )
    assert results in (["done", "done"], ["PersonDisabled", "done"])
    assert await balance(office) == ("250.000000" if results == ["done", "done"] else "0.000000")


FORGED = """INSERT INTO approval_decision
SELECT id, asker, fingerprint, expires_at, {result}, {decider}, 'staff:1', {credential}, 'forged', {at}, {seal}
FROM approval"""


def forged(**changed: str) -> str:
    usual = {"result": "'approved'", "decider": "1", "credential": "NULL", "at": "asked_at", "seal": "sha256('x')"}
    return FORGED.format(**{**usual, **changed})


COPIED = """INSERT INTO approval
SELECT id + 1, action, book, {arguments}, {fingerprint}, reason, evidence, approvers, asker, actor, credential,
    asked_at, {expires_at}, seal
FROM approval"""


def copied(**changed: str) -> str:
    usual = {"arguments": "arguments", "fingerprint": "fingerprint", "expires_at": "expires_at"}
    return COPIED.format(**{**usual, **changed})


@pytest.mark.parametrize(
    ("statement", "refusal", "constraint"),
    [
        ("UPDATE approval SET arguments = '{}'", psycopg.errors.InsufficientPrivilege, None),
        ("UPDATE approval SET asker = 1", psycopg.errors.InsufficientPrivilege, None),
        ("DELETE FROM approval", psycopg.errors.InsufficientPrivilege, None),
        (forged(decider="asker"), psycopg.errors.CheckViolation, "approval_decision_by_another"),
        (forged(decider="0"), psycopg.errors.CheckViolation, "approval_decision_by_another"),
        (forged(at="expires_at"), psycopg.errors.CheckViolation, "approval_decision_in_time"),
        (
            forged().replace("asker, fingerprint", "7, fingerprint"),
            psycopg.errors.ForeignKeyViolation,
            "approval_decision_as_asked",
        ),
        (
            forged().replace("fingerprint, expires_at", "sha256('other'), expires_at"),
            psycopg.errors.ForeignKeyViolation,
            "approval_decision_as_asked",
        ),
        (
            copied(arguments="'{}'"),
            psycopg.errors.CheckViolation,
            "approval_fingerprint_is_of_the_arguments",
        ),
        (
            copied(expires_at="asked_at + interval '73 hours'"),
            psycopg.errors.CheckViolation,
            "approval_within_72_hours",
        ),
    ],
)
async def test_the_database_refuses_sql_of_the_application(
    office: Office, fay: Somebody, statement: str, refusal: type[psycopg.Error], constraint: str | None
) -> None:
    await asked(office, await fay.sign_in())
    before = await office.table(*STATE)
    with pytest.raises(refusal) as refused:
        await office.sql(statement)
    assert refused.value.diag.constraint_name == constraint
    assert await office.table(*STATE) == before


async def test_a_decision_stands_once(office: Office, fay: Somebody, fred: Somebody) -> None:
    by, other = await fay.sign_in(), await fred.sign_in()
    number = (await asked(office, by)).asked.id
    await office.room.approvals.approve(office.ctx(other), other, number)
    with pytest.raises(psycopg.errors.UniqueViolation):
        await office.sql(forged())
    for statement in ("UPDATE approval_decision SET result = 'rejected'", "DELETE FROM approval_decision"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await office.sql(statement)


async def test_what_was_asked_in_anothers_name_by_sql_is_not_carried_out_and_named(
    office: Office, fay: Somebody, fred: Somebody
) -> None:
    await asked(office, await fay.sign_in())
    arguments = read_arguments({**FUND, "amount": "9999999"})
    await office.sql(
        copied(arguments="%(new)s", fingerprint="sha256(convert_to(%(new)s, 'UTF8'))"),
        new=arguments,
    )
    other = await fred.sign_in()
    [(number,)] = await office.sql("SELECT max(id) FROM approval")
    with pytest.raises(ApprovalForged):
        await office.room.approvals.approve(office.ctx(other), other, number)
    assert await balance(office) == "0.000000"
    differences = (await office.room.verification.verify(office.ctx(), CONSOLE)).differences
    assert [str(each) for each in differences] == [
        f"approval:{number}: what was asked is forged in the name of staff:{fay.id}"
    ]


async def test_an_approval_forged_by_sql_in_anothers_name_is_named(
    office: Office, fay: Somebody, fred: Somebody
) -> None:
    number = (await asked(office, await fay.sign_in())).asked.id
    await office.sql(forged(decider=str(fred.id), credential="'session:1'"))
    differences = (await office.room.verification.verify(office.ctx(), CONSOLE)).differences
    name = f"staff:{fred.id}"
    assert [str(each) for each in differences] == [
        f"approval:{number}: its decision is forged in the name of {name}",
        f"approval:{number}: the audit has no record that {name} has approved it",
        f"approval:{number}: {name} has no record of signing in, or of making the token, before deciding on it",
        f"approval:{number}: it is approved, and the ledger has no operation that carried it out",
    ]
    assert await balance(office) == "0.000000"


async def test_forged_records_beside_a_forged_approval_do_not_hide_it(
    office: Office, fay: Somebody, fred: Somebody
) -> None:
    number = (await asked(office, await fay.sign_in())).asked.id
    await office.sql(forged(decider=str(fred.id), credential="'session:1'"))
    for record, (action, subject) in enumerate(
        [("approval.approve", f"approval:{number}"), ("signin.password", "session:1")], start=1
    ):
        await office.sql(
            "INSERT INTO audit_record (id, at, actor, person_id, action, subject, outcome, seal) VALUES"
            " (%(id)s, '2026-01-01', 'staff:1', %(person)s, %(action)s, %(subject)s, 'done', sha256('x'))",
            id=record,
            person=fred.id,
            action=action,
            subject=subject,
        )
        await office.sql("INSERT INTO audit_unlinked VALUES (%(id)s)", id=record)
    proof = await office.room.verification.verify(office.ctx(), CONSOLE)
    assert {each.subject for each in proof.differences} == {"record:1", "record:2", f"approval:{number}"}


# ── policies ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_programs_own_policies_are_those_of_the_contract() -> None:
    always = {policy.action for policy in POLICIES if policy.from_amount is None}
    assert always == {
        "card_fees.change",
        "merchant_keys.replace",
        "pool_blocks.change",
        "pool_limits.change",
        "product_limits.change",
        "money.fund",
        "money.adjust",
        "fees.change",
        "limits.change",
        "keys.rotate",
        "merchant_keys.create",
        "merchants.resume",
        "staff.owner",
        "policies.change",
        "blocks.remove",
        "bank.fund",
        "differences.book",
        "screening.except",
    }
    amounts = {policy.action: policy.from_amount for policy in POLICIES if policy.from_amount}
    assert amounts == dict.fromkeys(
        ("money.pay_out", "money.send_back", "withdrawals.approve", "payouts.approve"), Money.parse("10000", "USD")
    )
    assert all(policy.approvers for policy in POLICIES)


@pytest.mark.parametrize(
    ("amount", "asset", "waits"),
    [
        ("9999.99", "USD", False),
        ("10000.00", "USD", True),
        ("9999.99", "USDT", False),
        ("9999.990001", "USDT", True),  # rounded up
        ("37499.99", "SAR", True),  # 9,999.997 dollars, rounded up
        ("37499.96", "SAR", False),
        ("1", "EUR", True),  # worth an unknown amount
    ],
)
async def test_a_payout_needs_somebody_else_from_ten_thousand_dollars_worth_on(
    office: Office, amount: str, asset: str, waits: bool
) -> None:
    await Exchange(office.ground).set_rate(office.ctx(), "USD", "SAR", Decimal("3.75"))
    worth = await Worth(Exchange(office.ground)).find(Money.parse(amount, asset), "USD")
    policy = await office.room.policies.needed(office.ctx(), CONSOLE, "payouts.approve", Money.parse(amount, asset))
    assert (policy is not None, worth is None) == (waits, asset == "EUR")


async def test_below_the_amount_it_is_done_at_once_and_once(office: Office, fay: Somebody, fred: Somebody) -> None:
    by, other = await fay.sign_in(), await fred.sign_in()
    await office.room.approvals.approve(office.ctx(other), other, (await asked(office, by)).asked.id)
    opal = await (await office.somebody("opal", "operations")).sign_in()
    ctx = office.ctx(opal, "once")
    for _ in range(2):
        performed = await office.room.approvals.perform(ctx, opal, wanted("payouts.approve", amount="100"))
        assert performed == Performed(None, MERCHANT)
    assert await balance(office) == "150.000000"
    assert await office.records(actor=opal.actor, action="payouts.approve") == [("payouts.approve", "done")]


async def test_a_policy_changes_by_two_people_from_its_date_on(office: Office, fay: Somebody) -> None:
    olga, cora = await office.owner(), await office.somebody("cora", "compliance")
    by, other = await olga.sign_in(), await cora.sign_in()
    from_tomorrow = (office.clock.now() + timedelta(days=1)).isoformat()
    change = {"action": "money.fund", "approvers": ["compliance"], "from_amount": "500", "asset": "USD"}
    for holds_from in (None, from_tomorrow):
        request = Request("policies.change", {**change, "holds_from": holds_from}, "fewer")
        number = (await asked(office, by, request)).asked.id
        await office.room.approvals.approve(office.ctx(other), other, number)
        change["from_amount"] = "100"
    finance = await fay.sign_in()
    performed = await office.room.approvals.perform(office.ctx(finance), finance, wanted(amount="200"))
    assert performed.waits_for is None
    office.later(days=1)
    finance = await fay.sign_in()
    performed = await office.room.approvals.perform(office.ctx(finance), finance, wanted(amount="200"))
    assert performed.waits_for
    assert performed.waits_for.asked.approvers == ("compliance",)
    own, kept = await office.room.policies.list_policies(office.ctx(), CONSOLE)
    assert (own, len(kept)) == (POLICIES, 2)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"action": "nothing"}, ActionUnknown),
        ({"approvers": ["king"]}, Fact),
        ({"from_amount": "x", "asset": "USD"}, PolicyUnusable),
        ({"from_amount": "1"}, PolicyUnusable),
        ({"from_amount": "-1", "asset": "USD"}, PolicyUnusable),
        ({"holds_from": "tomorrow"}, PolicyUnusable),
        ({"holds_from": "2026-03-02T00:00:00"}, PolicyUnusable),
        ({"holds_from": "2020-01-01T00:00:00+00:00"}, PolicyUnusable),
    ],
)
async def test_a_policy_that_cannot_be_is_refused_before_anybody_is_asked(
    office: Office, change: dict[str, object], refusal: type[Fact]
) -> None:
    arguments = {"action": "money.fund", "approvers": ["owner"], **change}
    with pytest.raises(refusal):
        await office.room.approvals.perform(office.ctx(), CONSOLE, Request("policies.change", arguments, "try"))
    assert await office.sql("SELECT count(*) FROM approval") == [(0,)]


async def test_in_a_sandbox_its_control_api_passes_and_nobody_else(database, ids, clock) -> None:  # type: ignore[no-untyped-def]
    office = with_money(Office(database, ids, clock, live=False))
    sandbox = Principal.sandbox()
    assert (await office.room.approvals.perform(office.ctx(sandbox), sandbox, wanted())).waits_for
    for _ in range(2):
        await office.room.policies.let_sandbox_pass(office.ctx(sandbox))
    assert await office.sql("SELECT action, passes FROM approval_policy") == [("*", "sandbox")]
    done = await office.room.approvals.perform(office.ctx(sandbox), sandbox, wanted())
    assert (done, await balance(office)) == (Performed(None, MERCHANT), "250.000000")
    assert (await office.room.approvals.perform(office.ctx(), CONSOLE, wanted())).waits_for
    assert await office.records(actor="sandbox", action="money.fund") == [("money.fund", "done")]


async def test_a_live_install_does_not_load_what_lets_the_sandbox_pass(office: Office) -> None:
    await office.room.policies.load()
    with pytest.raises(PolicyNotForLive):
        await office.room.policies.let_sandbox_pass(office.ctx())
    await office.sql(
        "INSERT INTO approval_policy VALUES (1, '*', NULL, NULL, '{}', 'sandbox', '2026-01-01', '2026-01-01')"
    )
    before = await office.table(*STATE)
    with pytest.raises(PolicyNotForLive):
        await office.room.policies.load()
    with pytest.raises(PolicyNotForLive):
        await office.room.approvals.perform(office.ctx(), Principal.sandbox(), wanted())
    assert await office.table(*STATE) == before


# ── the role of an owner ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_second_owner_is_made_and_unmade_by_two(office: Office) -> None:
    olga, cora = await office.owner(), await office.somebody("cora", "compliance")
    by, other = await olga.sign_in(), await cora.sign_in()
    otto = await office.room.people.add(office.ctx(by), by, NewPerson("otto@example.com", "Otto", ("support",)))
    for person_id, roles in ((otto.id, ["owner"]), (olga.id, ["finance"])):
        request = Request("staff.owner", {"person_id": person_id, "roles": roles}, "succession")
        number = (await asked(office, by, request)).asked.id
        await office.room.approvals.approve(office.ctx(other), other, number)
    people = await office.room.people.list_people(office.ctx(), CONSOLE)
    assert {person.name: person.roles for person in people if person.id in (olga.id, otto.id)} == {
        "Otto": (Role.OWNER,),
        "olga": (Role.FINANCE,),
    }
    last = Request("staff.owner", {"person_id": otto.id, "roles": ["support"]}, "nobody left")
    with pytest.raises(LastOwner):
        await office.room.approvals.perform(office.ctx(), CONSOLE, last)
    for wrong in ({"person_id": "1", "roles": ["owner"]}, {"person_id": 1, "roles": "owner"}, {}):
        with pytest.raises(ArgumentsUnusable):
            await office.room.approvals.perform(office.ctx(), CONSOLE, Request("staff.owner", wrong, "try"))


# ── arguments ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "arguments",
    [
        {"amount": 1.5},
        {"amount": Decimal(1)},
        {1: "x"},
        {"x": "a\x00b"},
        {"x": "\ud800"},
        {"x": "y" * 20_001},
        {"a": [[[[[[["deep"]]]]]]]},
    ],
)
def test_arguments_are_texts_and_whole_numbers_and_bounded(arguments: Any) -> None:
    with pytest.raises(ArgumentsUnusable):
        read_arguments(arguments)


def test_arguments_have_one_text() -> None:
    assert read_arguments({"b": [1, None, True], "a": "ä"}) == '{"a":"ä","b":[1,null,true]}'


async def test_a_request_says_why_within_limits(office: Office) -> None:
    for request in (Request("money.fund", FUND, ""), Request("money.fund", FUND, "x", ("y",) * 21)):
        with pytest.raises(TextUnusable):
            await office.room.approvals.perform(office.ctx(), CONSOLE, request)
    with pytest.raises(ActionUnknown):
        await office.room.approvals.perform(office.ctx(), CONSOLE, Request("nothing", {}, "x"))
    with pytest.raises(ApprovalUnknown):
        await office.room.approvals.approve(office.ctx(), CONSOLE, 1)
    with pytest.raises(ValueError, match="two actions"):
        Actions([*office.room.actions, *office.room.actions])


# ── every permission of every role over every action ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_asks_for_exactly_the_actions_of_its_permissions(office: Office, role: Role) -> None:
    by = Principal("staff:1", frozenset({role}), 1, "session:1", made_by=1)
    arguments = {"staff.owner": {"person_id": 5, "roles": ["owner"]}}
    for action in office.room.actions:
        request = Request(action.name, arguments.get(action.name, FUND), "try")
        call = office.room.approvals.perform(office.ctx(by), by, request)
        [result] = await outcomes(call)
        assert (result == "PermissionMissing") == (action.permission not in ROLES[role][1]), (role, action.name)


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_calls_exactly_the_use_cases_of_its_permissions(office: Office, role: Role) -> None:
    """Each use case of the room that needs a permission, with that permission."""
    room, by = office.room, Principal("staff:9", frozenset({role}), 9, "session:9", made_by=9)
    ctx, nobody = office.ctx(by), 12_345
    await office.somebody("somebody", "support")
    [(session,)] = await office.sql("SELECT max(id) FROM staff_session")
    calls = [
        (Permission.STAFF_READ, room.people.get(ctx, by, nobody)),
        (Permission.STAFF_READ, room.people.list_people(ctx, by)),
        (Permission.STAFF_READ, room.sessions.list_sessions(ctx, by, nobody)),
        (Permission.STAFF_MANAGE, room.people.add(ctx, by, NewPerson("n@example.com", "N", ("support",)))),
        (Permission.STAFF_MANAGE, room.people.change_roles(ctx, by, nobody, ["support"], "x")),
        (Permission.STAFF_MANAGE, room.people.disable(ctx, by, nobody, "x")),
        (Permission.STAFF_MANAGE, room.people.enable(ctx, by, nobody, "x")),
        (Permission.STAFF_MANAGE, room.links.send(ctx, by, nobody)),
        (Permission.STAFF_MANAGE, room.links.show(ctx, by, nobody)),
        (Permission.STAFF_MANAGE, room.sessions.end(ctx, by, session)),
        (Permission.TOKENS_READ, room.tokens.list_tokens(ctx, by, nobody)),
        (Permission.APPROVALS_READ, room.approvals.list_approvals(ctx, by)),
        (Permission.APPROVALS_READ, room.approvals.list_waiting(ctx, by)),
        (Permission.APPROVALS_READ, room.approvals.get(ctx, by, nobody)),
        (Permission.POLICIES_READ, room.policies.list_policies(ctx, by)),
        (Permission.AUDIT_READ, room.audit.list_records(ctx, by, RecordFilter())),
        (Permission.AUDIT_EXPORT, room.audit.export_records(ctx, by, RecordFilter())),
        (Permission.AUDIT_VERIFY, room.verification.verify(ctx, by)),
        (Permission.SECRETS_REVEAL, room.permissions.check_reveal(ctx, by, "card:1", "x")),
    ]
    refused = 0
    for permission, call in calls:
        [result] = await outcomes(call)
        assert (result == "PermissionMissing") == (permission not in ROLES[role][1]), (role, permission)
        refused += result == "PermissionMissing"
    rows = await office.records(actor=by.actor)
    assert len([outcome for _, outcome in rows if outcome == "refused"]) >= refused
    if refused:
        with pytest.raises(PermissionMissing):
            await room.permissions.check(ctx, by, next(iter(set(Permission) - ROLES[role][1])))

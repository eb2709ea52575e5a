"""The books over HTTP: accounts, entries, proofs, checks that a worker makes, and the state of the install."""

import asyncio
from datetime import UTC, datetime

import psycopg
import pytest

from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.ledger.proofs import NightlyProofs
from bursar.merchants.service import NewMerchant
from bursar.worker.loop import Worker

from .desk import Client, Desk
from .test_money import MERCHANT, funded


@pytest.fixture
async def finance(desk: Desk) -> Client:
    """A program of finance, at a merchant who was funded twice."""
    new = NewMerchant("M7", ("card",), "key-7", "secret", "public", (Money.zero("USDT"),))
    await desk.merchants.merchants.add(Context(MERCHANT, desk.office.clock, "merchant", "test"), new)
    ada, bob = [await desk.token_of(await desk.office.somebody(name, "finance")) for name in ("ada", "bob")]
    await funded(ada, bob, "1000")
    await funded(ada, bob, "250.5")
    return ada


async def work(desk: Desk) -> None:
    await Worker(desk.office.database, desk.office.clock, desk.services.accounting.handlers, {}).run_due()


async def test_accounts_and_entries_are_read_page_by_page(desk: Desk, finance: Client) -> None:
    accounts, after = [], None
    while True:
        reply = await finance.get("/ledger/accounts", book=MERCHANT, limit=2, **({"after": after} if after else {}))
        accounts += reply.body["items"]
        if (after := reply.body["after"]) is None:
            break
    codes = [account["code"] for account in accounts]
    assert codes == sorted(codes)
    balances = {account["code"]: account["balance"]["amount"] for account in accounts if account["entries"]}
    assert balances == {"clearing:bank": "-1250.500000", "merchant:available": "1250.500000"}

    which = {"book": MERCHANT, "code": "merchant:available", "asset": "USDT"}
    first = (await finance.get("/ledger/entries", **which, limit=1)).body
    second = (await finance.get("/ledger/entries", **which, limit=1, after=first["after"])).body
    entries = first["items"] + second["items"]
    assert [(e["version"], e["amount"]["amount"], e["balance"]["amount"]) for e in entries] == [
        (2, "250.500000", "1250.500000"),
        (1, "1000.000000", "1000.000000"),
    ]
    assert second["after"] is None
    assert (entries[0]["operation"], entries[0]["forced"]) == ("bank_funding", False)
    assert (await finance.get("/ledger/entries", **{**which, "code": "nowhere"})).body["items"] == []


async def test_a_check_is_made_by_a_worker_and_kept(desk: Desk, finance: Client) -> None:
    auditor = await desk.token_of(await desk.office.somebody("eve", "auditor"))
    asked = await auditor.post("/ledger/checks", key="k-1")
    assert (asked.status, asked.body["ended_at"], asked.body["balanced"]) == (201, None, None)
    assert (await auditor.post("/ledger/checks", key="k-1")).body == asked.body
    assert (await auditor.post("/ledger/checks")).problem == "check-running"
    await work(desk)
    done = (await auditor.get(f"/ledger/checks/{asked.body['id']}")).body
    assert (done["balanced"], done["findings"], done["entries"]) == (True, [], 4)
    assert (await finance.get("/ledger/checks")).body["items"] == [done]
    assert (await auditor.get("/ledger/checks/17")).problem == "check-unknown"
    again = await auditor.post("/ledger/checks")
    assert again.status == 201
    assert [each["id"] for each in (await finance.get("/ledger/checks")).body["items"]] == [
        again.body["id"],
        done["id"],
    ]


async def test_a_check_names_what_was_changed_behind_the_program(dsn: str, desk: Desk, finance: Client) -> None:
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("UPDATE ledger_account SET balance = balance + 1 WHERE code = 'merchant:available'")
    auditor = await desk.token_of(await desk.office.somebody("eve", "auditor"))
    asked = (await auditor.post("/ledger/checks")).body
    await work(desk)
    done = (await auditor.get(f"/ledger/checks/{asked['id']}")).body
    assert done["balanced"] is False
    assert ("account merchant:available in USDT", MERCHANT) in {
        (each["place"], each["book"]) for each in done["findings"]
    }


async def test_a_check_since_the_last_proof_reads_what_was_written_since(dsn: str, desk: Desk, finance: Client) -> None:
    auditor = await desk.token_of(await desk.office.somebody("eve", "auditor"))
    refused = await auditor.post("/ledger/checks", {"since_proof": True})
    assert (refused.status, refused.problem) == (404, "never-proven")
    assert (await auditor.get("/ledger/checks")).body["items"] == []
    assert await NightlyProofs(desk.office.database).prove(datetime.now(UTC)) is not None
    asked = await auditor.post("/ledger/checks", {"since_proof": True}, key="k-1")
    assert (asked.status, asked.body["since_proof"], asked.body["night"]) == (201, True, None)
    assert (await auditor.post("/ledger/checks", {"since_proof": True}, key="k-1")).body == asked.body
    assert (await auditor.post("/ledger/checks", key="k-1")).problem == "idempotency-key-reused"
    assert (await auditor.post("/ledger/checks", {"since_proof": True})).problem == "check-running"
    await work(desk)
    [proof] = (await finance.get("/ledger/proofs")).body["items"]
    done = (await auditor.get(f"/ledger/checks/{asked.body['id']}")).body
    assert (done["balanced"], done["findings"], done["night"]) == (True, [], proof["night"])

    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("UPDATE ledger_entry SET at = at - interval '10 years'")  # as if written long before the proof
        owner.execute("UPDATE ledger_entry SET kind = 'gift' WHERE version = 1")  # and changed since: for a whole check
    asked = await auditor.post("/ledger/checks", {"since_proof": True})
    await work(desk)
    done = (await auditor.get(f"/ledger/checks/{asked.body['id']}")).body
    assert (done["entries"], done["balanced"]) == (0, True)
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("UPDATE ledger_account SET balance = balance + 1 WHERE code = 'merchant:available'")
    asked = await auditor.post("/ledger/checks", {"since_proof": True})
    await work(desk)
    done = (await auditor.get(f"/ledger/checks/{asked.body['id']}")).body
    assert done["balanced"] is False
    assert "account merchant:available in USDT" in {each["place"] for each in done["findings"]}


async def test_two_who_ask_at_once_have_one_check(desk: Desk, beside: Desk) -> None:
    one = await desk.token_of(await desk.office.somebody("eve", "auditor"))
    other = await desk.token_of(await desk.office.somebody("dan", "auditor"))
    other.desk = beside
    replies = await asyncio.gather(one.post("/ledger/checks"), other.post("/ledger/checks"))
    assert sorted(reply.problem for reply in replies if reply.status >= 400) == ["check-running"]
    assert len(await desk.office.sql("SELECT id FROM ledger_check")) == 1
    assert len(await desk.office.sql("SELECT id FROM job WHERE kind = 'accounting.check_books'")) == 1


async def test_finance_reads_checks_and_asks_for_none(desk: Desk, finance: Client) -> None:
    refused = await finance.post("/ledger/checks")
    assert (refused.problem, refused.body["permission"]) == ("permission-missing", "ledger.check")
    assert await desk.office.sql("SELECT id FROM ledger_check") == []


async def test_proofs_of_nights_are_listed_newest_first(desk: Desk, finance: Client) -> None:
    for day in (1, 2, 3):
        await desk.office.sql(
            "INSERT INTO ledger_proof (night, started_at, ended_at, books, entries, differences)"
            " VALUES (%(night)s, %(at)s, %(at)s, 1, 4, 0)",
            night=f"2026-03-0{day}",
            at=datetime(2026, 3, day, 2, tzinfo=UTC),
        )
    await desk.office.sql("INSERT INTO ledger_proof (night, started_at) VALUES ('2026-03-04', now())")
    first = (await finance.get("/ledger/proofs", limit=2)).body
    second = (await finance.get("/ledger/proofs", limit=2, after=first["after"])).body
    assert [each["night"] for each in first["items"]] == ["2026-03-03", "2026-03-02"]
    assert [each["night"] for each in second["items"]] == ["2026-03-01"]
    assert (await finance.get("/system")).body["last_proof"] == first["items"][0]


async def test_the_state_of_the_install_is_shown(desk: Desk, finance: Client) -> None:
    shown = (await finance.get("/system")).body
    assert (shown["version"], shown["schema_version"], shown["processes"]) == ("0.2.0", 53, 2)
    assert shown["last_proof"] is None
    assert [(each["kind"], each["dead"], each["jobs"]) for each in shown["backlog"]] == [("payouts.send", True, 3)]
    examined = (await finance.get("/system/doctor")).body
    assert (examined["well"], examined["ports"][0]["fault"]) == (False, "no answer within 5 s")

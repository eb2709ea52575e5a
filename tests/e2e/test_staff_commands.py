"""`bursar staff`, `token`, `approval` and `audit`: as the console or as the person of a token, on record as such."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from secrets import token_hex
from typing import Any

from bursar.db.database import Database
from bursar.kernel.clock import SystemClock
from bursar.kernel.ids import Ids
from bursar.ledger.engine import queries
from bursar.staff.tokens.model import NewToken
from bursar.vault.master import MasterKeys, read_master_key
from tests.staff.office import DESK, Office

from .install import Install


def bursar(install: Install, *words: str, **environment: str) -> str:
    """What the command has said."""
    before = len(install.logged())
    install.launcher.start(list(words), install.dsn, install.home, install.port, environment).gone()
    return install.logged()[before:]


def as_json(install: Install, *words: str, **environment: str) -> Any:
    said, _ = json.JSONDecoder().raw_decode(bursar(install, *words, "--json", **environment))
    return said


def inside(install: Install, work: Callable[[Office], Awaitable[str]]) -> str:
    """Something that people do in their browsers, with the services of the install."""

    async def run() -> str:
        database = Database(install.dsn)
        await database.open()
        ids = Ids(lambda: database.fetch_value(queries.lease_ids, {}))
        await ids.top_up()
        key = MasterKeys(read_master_key((install.home / "master.key").read_text()))
        office = Office(database, ids, SystemClock(), live=False, name=token_hex(4), master_key=key)  # type: ignore[arg-type]
        try:
            await office.ground.vault.begin()
            return await work(office)
        finally:
            await database.close()

    return asyncio.run(run())


def token_of(install: Install, email: str, *roles: str) -> str:
    """A token that its person has made, in a session begun by a link."""

    async def work(office: Office) -> str:
        person = await office.room.people.get(office.ctx(), office.console, email)
        link = await office.room.links.show(office.ctx(), office.console, person.id)
        room = office.room
        by = await room.sessions.recognise((await room.signin.with_link(DESK, link.partition("#")[2])).token, DESK)
        await room.factors.set_password(office.ctx(by), by, "a long password")
        signed_in = await room.signin.with_password(DESK, email, "a long password")
        by = await room.sessions.recognise(signed_in.token, DESK)
        return (await room.tokens.create(office.ctx(by), by, NewToken("script", roles, 1))).secret

    return inside(install, work)


def test_the_console_asks_for_a_second_owner_and_a_person_approves(stopped: Install, tmp_path: Path) -> None:
    assert "owner@example.com" in bursar(stopped, "staff", "add", "owner@example.com", "--name", "O", "--first-owner")
    assert "first owner" in bursar(stopped, "staff", "add", "x@example.com", "--name", "X", "--first-owner")
    assert "name roles" in bursar(stopped, "staff", "add", "x@example.com", "--name", "X")
    [second] = as_json(stopped, "staff", "add", "cora@example.com", "--name", "[bold]C", "--role", "compliance")
    assert "[bold]C" in bursar(stopped, "staff", "list")
    link = bursar(stopped, "staff", "link", "cora@example.com", "--show")
    assert "/console/link#" in link
    [waits] = as_json(stopped, "staff", "roles", "cora@example.com", "--role", "owner", "--reason", "succession")
    number = str(waits["asked"]["id"])
    assert (waits["asked"]["actor"], waits["asked"]["approvers"]) == ("owner@console", ["owner", "compliance"])
    assert "Only a person approves" in bursar(stopped, "approval", "approve", number)
    made = as_json(stopped, "token", "create", "mine", "--for", "owner@example.com", "--role", "owner", "--days", "1")
    assert "Only a person approves" in bursar(stopped, "approval", "approve", number, BURSAR_TOKEN=made["secret"])
    file = tmp_path / "token"
    file.write_text(token_of(stopped, "owner@example.com", "owner") + "\n")
    assert number in bursar(stopped, "approval", "list", BURSAR_TOKEN_FILE=str(file))
    assert "approved by token:" in bursar(stopped, "approval", "approve", number, BURSAR_TOKEN_FILE=str(file))
    shown = as_json(stopped, "staff", "show", str(second["id"]))
    assert shown["person"]["roles"] == ["owner"]
    assert '"person_id":' in bursar(stopped, "approval", "show", number)
    assert as_json(stopped, "approval", "list") == []
    assert len(as_json(stopped, "approval", "list", "--all")) == 1


def test_people_tokens_and_sessions_end_by_command(stopped: Install) -> None:
    bursar(stopped, "staff", "add", "fay@example.com", "--name", "Fay", "--role", "finance")
    secret = token_of(stopped, "fay@example.com", "finance")
    shown = as_json(stopped, "staff", "show", "fay@example.com")
    assert [session["purpose"] for session in shown["sessions"]] == ["work", "enrolment"]
    for session in shown["sessions"]:
        assert "ended session" in bursar(stopped, "staff", "end", str(session["id"]))
    [token] = as_json(stopped, "token", "list", "fay@example.com", BURSAR_TOKEN=secret)
    assert "revoked token" in bursar(stopped, "token", "revoke", str(token["id"]), BURSAR_TOKEN=secret)
    assert "Refused. The token does not exist" in bursar(stopped, "staff", "list", BURSAR_TOKEN=secret)
    assert "BURSAR_TOKEN_FILE" in bursar(stopped, "staff", "list", BURSAR_TOKEN_FILE="/nowhere")
    assert "mailed fay@example.com" in bursar(stopped, "staff", "link", "fay@example.com")
    assert "disabled fay@example.com" in bursar(stopped, "staff", "disable", "fay@example.com", "--reason", "left")
    assert "enabled fay@example.com" in bursar(stopped, "staff", "enable", "fay@example.com", "--reason", "back")
    assert "There is no such person" in bursar(stopped, "staff", "show", "5")


def test_the_audit_is_listed_exported_and_checked_by_command(stopped: Install, tmp_path: Path) -> None:
    bursar(stopped, "staff", "add", "ann@example.com", "--name", "Ann", "--role", "auditor")
    person = as_json(stopped, "staff", "show", "ann@example.com")["person"]
    which = ("--subject", f"staff:{person['id']}", "--action", "staff.add")
    [record] = as_json(stopped, "audit", "list", *which)["records"]
    assert (record["actor"], record["kind"], record["after"]["email"]) == (
        "owner@console",
        "console",
        "ann@example.com",
    )
    assert "older ones: --after" in bursar(stopped, "audit", "list", "--limit", "1", "--from", "2020-01-01")
    target = tmp_path / "audit.jsonl"
    bursar(stopped, "audit", "export", "--output", str(target))
    lines = [json.loads(line) for line in target.read_text().splitlines()]
    assert lines[-1]["action"] == "audit.export"
    assert record in lines
    proof = as_json(stopped, "audit", "verify")
    assert (proof["holds"], proof["differences"]) == (True, [])
    stopped.rows(
        "INSERT INTO audit_record (id, at, actor, action, outcome, seal)"
        " VALUES (1, now(), 'staff:7', 'money.fund', 'done', '')"
    )
    assert "NOT untouched" in bursar(stopped, "audit", "verify")
    assert "record:1: neither the chain nor the queue holds it" in bursar(stopped, "audit", "verify")

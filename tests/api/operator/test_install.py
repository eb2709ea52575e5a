"""The operator API of a running install, on the merchants' port and on one of its own, and the examples of its page."""

import os
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from tests.clients.card import CardClient
from tests.e2e.conftest import launcher, stopped, template
from tests.e2e.install import Install, free_port, until
from tests.e2e.test_staff_commands import DESK, NewToken, Office, as_json, bursar, inside, token_of

__all__ = ["launcher", "stopped", "template"]

PAGE = Path(__file__).parents[3] / "docs/operations/operator-api.md"
PASSWORD = "a long password"
PROXIED = {"X-Forwarded-For": "198.51.100.1, 203.0.113.50"}


@pytest.fixture(scope="module")
def people(stopped: Install) -> dict[str, str]:
    """Tokens of an owner and of somebody of finance, by name."""
    bursar(stopped, "staff", "add", "owner@example.com", "--name", "Olga", "--first-owner")
    as_json(stopped, "staff", "add", "bob@example.com", "--name", "Bob", "--role", "finance")
    return {
        "owner": token_of(stopped, "owner@example.com", "owner"),
        "finance": token_of(stopped, "bob@example.com", "finance"),
    }


@pytest.fixture(scope="module")
def install(stopped: Install, people: dict[str, str]) -> Iterator[Install]:
    """The install with all APIs on one port, behind a proxy of this machine."""
    stopped.env["BURSAR_TRUSTED_PROXIES"] = "127.0.0.1"
    stopped.start("api")
    yield stopped
    stopped.stop()


def get(install: Install, path: str, token: str | None = None, url: str | None = None) -> httpx2.Response:
    headers = {**PROXIED, **({"Authorization": f"Bearer {token}"} if token else {})}
    return httpx2.get(f"{url or install.base_url}{path}", headers=headers, timeout=30.0)


def test_the_api_and_its_documents_are_on_the_merchants_port(install: Install, people: dict[str, str]) -> None:
    described = get(install, "/openapi-operator.json").json()
    assert described["info"]["title"] == "Bursar operator API"
    assert described["servers"] == [{"url": install.base_url}]
    assert "<h1>Operator API</h1>" in get(install, "/docs/operator").text
    assert "/docs/operator" in get(install, "/docs").text
    assert get(install, "/operator/v1/me", people["owner"]).json()["roles"] == ["owner"]
    unknown = get(install, "/operator/v1/nonsense")
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, "application/problem+json")


def test_the_address_in_the_audit_is_the_clients_behind_the_proxy(install: Install, people: dict[str, str]) -> None:
    assert get(install, "/operator/v1/audit", people["finance"]).status_code == 403
    row = install.rows("SELECT address, action FROM audit_record WHERE outcome = 'refused' ORDER BY at DESC LIMIT 1")
    assert row == [("203.0.113.50", "audit.read")]


def test_the_examples_of_the_page_run_as_printed(install: Install, people: dict[str, str], tmp_path: Path) -> None:
    examples = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(examples) >= 6
    merchant = install.value("SELECT min(merchant_id) FROM ledger_account WHERE code = 'merchant:available'")
    environment = {
        **os.environ,
        "BURSAR": install.base_url,
        "TOKEN": people["owner"],
        "OTHER": people["finance"],
        "MERCHANT": str(merchant),
        "EMAIL": "owner@example.com",
        "PASSWORD": PASSWORD,
    }
    script = "set -euo pipefail\n" + "\n".join(examples)
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    for text in (
        "urn:bursar:problem:approval-unknown",
        "approval-of-own",
        '"status":"approved"',
        '"kind":"bank_funding"',
    ):
        assert text in said
    assert '"action":"audit.export"' in said
    assert said.endswith("204\n")
    booked = install.rows("SELECT amount::bigint, reason FROM booking")
    assert booked == [(1_250_500_000, "Wire of 1 March")]


def test_the_system_tells_of_itself(install: Install, people: dict[str, str]) -> None:
    shown = get(install, "/operator/v1/system", people["owner"]).json()
    assert shown["migration"] == shown["schema_version"]
    assert (shown["mode"], shown["processes"]) == ("sandbox", 1)
    examined = get(install, "/operator/v1/system/doctor", people["owner"]).json()
    assert examined["well"] is True
    assert "database" in [port["port"] for port in examined["ports"]]


def post(install: Install, path: str, token: str, body: dict[str, object]) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": os.urandom(8).hex()}
    return httpx2.post(f"{install.base_url}/operator/v1{path}", json=body, headers=headers, timeout=60.0)


def another_token(install: Install, email: str, *roles: str) -> str:
    """A second token of somebody who can sign in."""

    async def work(office: Office) -> str:
        room = office.room
        signed_in = await room.signin.with_password(DESK, email, "a long password")
        by = await room.sessions.recognise(signed_in.token, DESK)
        return (await room.tokens.create(office.ctx(by), by, NewToken("another", roles, 1))).secret

    return inside(install, work)


def test_four_eyes_are_not_passed_by_going_from_the_command_to_http_and_back(
    install: Install, people: dict[str, str]
) -> None:
    merchant = install.value("SELECT min(merchant_id) FROM ledger_account WHERE code = 'merchant:available'")
    booked = "SELECT count(*) FROM booking"
    before = install.value(booked)
    fund = ("money", "fund", str(merchant), "50", "USDT", "--reason", "Wire", "--source", "hand")
    [asked] = as_json(install, *fund, BURSAR_TOKEN=people["finance"])
    number = asked["asked"]["id"]
    again = another_token(install, "bob@example.com", "finance")
    own = post(install, f"/approvals/{number}/approve", again, {})
    assert (own.status_code, own.json()["type"]) == (403, "urn:bursar:problem:approval-of-own")
    assert "Refused" in bursar(install, "approval", "approve", str(number), BURSAR_TOKEN=again)
    assert "Only a person approves" in bursar(install, "approval", "approve", str(number))
    asked_there = post(
        install,
        "/money/fund",
        people["finance"],
        {
            "merchant_id": merchant,
            "amount": {"amount": "50", "asset": "USDT"},
            "source": "hand",
            "purse": "card",
            "reason": "Wire",
        },
    )
    assert asked_there.status_code == 202, asked_there.text
    other = asked_there.json()["waits_for"]["id"]
    assert "Refused" in bursar(install, "approval", "approve", str(other), BURSAR_TOKEN=again)
    assert install.value(booked) == before
    with ThreadPoolExecutor() as threads:
        by_http = threads.submit(post, install, f"/approvals/{number}/approve", people["owner"], {})
        by_command = threads.submit(
            bursar, install, "approval", "approve", str(number), "--reason", "seen", BURSAR_TOKEN=people["owner"]
        )
        answered, said = by_http.result().status_code, by_command.result()
    assert answered == 200 or "approved by" in said  # one decides; the same person is told the same again
    assert install.value(booked) == before + 1
    decided = "SELECT count(*) FROM approval_decision WHERE approval_id = %(id)s"
    assert [install.value(decided, {"id": int(each)}) for each in (number, other)] == [1, 0]


def test_failed_tokens_and_signatures_are_in_the_audit_once_the_process_has_stopped(install: Install) -> None:
    for _ in range(3):
        assert get(install, "/operator/v1/me", "bst_nonsense").status_code == 401
    with CardClient(replace(install.keys, secret_key="x" * 64)) as forger:
        for _ in range(2):
            forger.call("merchant/info")
    install.stop()
    found = install.rows(
        "SELECT subject, address, after->>'api', after->>'reason', after->>'count' FROM audit_record"
        " WHERE action = 'authentication' ORDER BY id"
    )
    key = install.keys.api_key
    assert found == [
        ("key:unknown", "203.0.113.50", "operator", "token", "3"),
        (f"key:{key[:4]}…{key[-4:]}", "127.0.0.1", "card", "signature", "2"),
    ]
    install.start("api")


def test_a_change_survives_that_its_process_is_killed(install: Install, people: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {people['owner']}", "Idempotency-Key": "before the kill"}
    new = {"email": "gus@example.com", "name": "Gus", "roles": ["support"], "reason": "Joins"}
    first = httpx2.post(f"{install.base_url}/operator/v1/staff", json=new, headers=headers)
    install.kill("api")
    for statement in ("SELECT 1", "DELETE FROM api_request"):  # the journal need not be on disk when a machine goes
        install.rows(statement)
        install.start("api")
        again = httpx2.post(f"{install.base_url}/operator/v1/staff", json=new, headers=headers)
        assert (again.status_code, again.json()) == (201, first.json())
        install.kill("api")
    assert install.value("SELECT count(*) FROM staff WHERE email = 'gus@example.com'") == 1
    install.start("api")


def test_a_port_of_its_own_has_the_operator_api_and_nothing_else(install: Install, people: dict[str, str]) -> None:
    install.stop()
    own = free_port()
    install.env |= {"BURSAR_OPERATOR_PORT": str(own), "BURSAR_OPERATOR_HOST": "127.0.0.2"}
    install.start("api")
    url = f"http://127.0.0.2:{own}"
    until(lambda: get(install, "/operator/v1/me", people["owner"], url).status_code == 200, "the operator API")
    assert get(install, "/openapi-operator.json", url=url).json()["servers"] == [{"url": url}]
    assert get(install, "/docs/operator", url=url).status_code == 200
    assert get(install, "/", url=url).headers["location"] == "/docs"
    for path in (
        "/docs/payout",
        "/openapi.json",
        "/api/v1/merchant/info",
        "/openApi/v1/merchant/balance",
        "/sandbox/v1/clock",
        "/merchant/v1/me",
        "/merchant/link",
    ):
        assert get(install, path, url=url).status_code == 404
    assert get(install, "/console/link", url=url).headers["content-type"] == "text/html; charset=utf-8"
    assert get(install, "/console/link").status_code == 404
    assert get(install, "/merchant/link").headers["content-type"] == "text/html; charset=utf-8"
    assert get(install, "/merchant/v1/me").headers["www-authenticate"] == 'Cookie realm="bursar merchant"'
    assert get(install, "/openapi-merchant.json").json()["servers"] == [{"url": install.base_url}]
    for path in ("/operator/v1/me", "/openapi-operator.json", "/docs/operator"):
        answer = get(install, path, people["owner"])
        assert answer.status_code == 404
        assert "permissions" not in answer.text
    assert "/docs/operator" not in get(install, "/docs").text

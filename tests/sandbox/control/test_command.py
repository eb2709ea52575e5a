"""The command of a merchant's engineer against a running sandbox."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner, Result

from bursar_sdk import BursarError
from bursar_sdk.cli.app import app
from bursar_sdk.errors import ApiError, SandboxRefused
from tests.e2e.install import Install
from tests.e2e.scene import Scene

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def run(install: Install) -> Run:
    def ran(*words: str) -> Result:
        return CliRunner().invoke(app, ["--sandbox", str(install.home), *words])

    return ran


def shown(result: Result) -> Any:
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def test_both_apis_are_called_signed_and_encrypted(run: Run) -> None:
    assert shown(run("call", "merchant/info"))["name"] == "Sandbox Merchant"
    made = shown(run("call", "/customer/add", "givenName=Ada", "lastName=Lovelace"))
    assert made["customerNo"].isdigit()
    banks = shown(run("call", "payee/banks", "country=KWT"))
    assert {row["country"] for row in banks} == {"KWT"}


def test_a_refusal_is_the_apis_own(run: Run) -> None:
    result = run("call", "card/balance", "cardId=1")
    assert isinstance(result.exception, ApiError)
    assert run("call", "no/such/path").exit_code == 2
    assert run("call", "merchant/info", "novalue").exit_code == 2


def test_the_log_says_why_a_request_was_refused(run: Run, scene: Scene) -> None:
    request = scene.client.prepare("merchant/info", request_id=scene.unused("hex"))
    headers = {**request.headers, "X-UPA-SIGN": "00" * 32}
    assert httpx2.post(request.url, headers=headers, content=request.content).json()["code"] == 401
    result = run("logs", "--code", "401", "--limit", "1")
    line, reason = result.stdout.splitlines()
    assert line.split()[1:5] == ["card", "401", "POST", "/api/v1/merchant/info"]
    [row] = scene.sandbox.request("GET", "requests", code="401", limit="1")["requests"]
    assert reason.strip() == scene.sandbox.request("GET", f"requests/{row['id']}")["answer"]["says"]
    scene.call("card/balance", {"cardId": "1"})
    assert run("logs", "--limit", "1").stdout.splitlines()[1].strip()


def test_a_card_is_spent_with_an_event_triggered_and_replayed(run: Run, scene: Scene) -> None:
    card = scene.recharged_card("50")
    paid = shown(run("spend", card, "30.00"))
    assert (paid["approved"], paid["cleared"]["amount"]) == (True, "30.00")
    too_much = run("spend", card, "30.00")
    assert (too_much.exit_code, json.loads(too_much.stdout)["code"]) == (1, "51")
    row = shown(run("trigger", "CC_CONSUME", "--object", card))
    assert row["plaintext"]["example"] is True
    assert shown(run("trigger", "SALARY_STATUS_CHANGE"))["api"] == "payout"
    assert shown(run("replay", row["id"]))["id"] == row["id"]
    assert isinstance(run("trigger", "CC_NOTHING").exception, SandboxRefused)


def test_the_clock_goes_on(run: Run) -> None:
    before = shown(run("clock"))["now"]
    after = shown(run("clock", "+2h"))["now"]
    assert after[:13] != before[:13]
    assert isinstance(run("clock", "2001-01-01").exception, BursarError)
    for wrong in ("+2", "+h", "+2y", "+-1d"):
        assert run("clock", wrong).exit_code == 2


def test_a_further_merchant_is_meant_by_its_number(run: Run, scene: Scene) -> None:
    other = scene.sandbox.request("POST", "merchants", {"name": "Of the command"})
    row = shown(run("--merchant", other["merchantNo"], "trigger", "KS_KYC"))
    assert row["id"] not in {each["id"] for each in scene.sandbox.request("GET", "webhooks")["webhooks"]}


def test_codes_are_explained(run: Run) -> None:
    said = run("codes", "401").stdout
    assert said.startswith("card 401: Unauthorized.")
    assert "bursar_sdk.card_errors.Unauthorized: AuthenticationError" in said
    assert "wallet/withdraw: Your account holds less than amount and fee. Withdraw less" in run("codes", "10082").stdout
    assert run("codes", "99999").exit_code == 1

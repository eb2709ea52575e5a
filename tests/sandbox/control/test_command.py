"""The command of a merchant's engineer against a running sandbox."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner, Result

from bursar_sdk import BursarError
from bursar_sdk.cli.app import app
from bursar_sdk.errors import ApiError, SandboxRefused
from tests.clients.card import Event, WebhookReceiver
from tests.clients.mistakes import Maker, Spoilt, named_by
from tests.clients.payout import CallbackReceiver, PayoutKeys
from tests.e2e.install import Install, until
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
    assert run("call", "merchant/info", "value:=bad").exit_code == 2


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
    assert shown(run("logs", "--code", "401", "--limit", "1", "--json"))["reason"] == reason.strip()
    scene.call("card/balance", {})
    assert run("logs", "--limit", "1").stdout.splitlines()[1].strip() == "Parameter 'cardId' cannot be empty"


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
    [told] = shown(run("codes", "10082", "--json"))
    assert (told["api"], told["code"], told["family"]) == ("card", 10082, "Refused")
    assert {"endpoint", "cause", "remedy"} == set(told["causes"][0])


# ── sign, verify, decrypt ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_20_typical_mistakes_are_named_in_the_first_sentence(install: Install, tmp_path: Path) -> None:
    make = Maker.from_sandbox(install.described)

    def verified(*words: str) -> Callable[[Spoilt], str]:
        def first_sentence(spoilt: Spoilt) -> str:
            keys = {**install.described, "card": {**install.described["card"]}}
            keys["card"]["secret_key"] = spoilt.secret or keys["card"]["secret_key"]
            (tmp_path / "keys.json").write_text(json.dumps(keys))
            (tmp_path / "request.http").write_bytes(spoilt.http)
            options = ["--sandbox", str(install.home), "--keys", str(tmp_path / "keys.json")]
            ran = CliRunner().invoke(app, [*options, "verify", str(tmp_path / "request.http"), *words])
            assert ran.exit_code == 1, (ran.output, ran.exception)
            assert "PRIVATE KEY" not in ran.output
            assert keys["card"]["secret_key"] not in ran.output
            return ran.stdout.splitlines()[0]

        return first_sentence

    assert named_by(verified("--explain"), make) == {}
    assert named_by(verified(), make, from_outside=True) == {}


def test_a_signed_request_is_read_back_and_sent_by_anybody(run: Run, install: Install, tmp_path: Path) -> None:
    for words in (["customer/add", "givenName=Zoë", "lastName=L"], ["payee/banks", "country=KWT"], ["merchant/info"]):
        for version in ("1", "2"):
            made = run("sign", *words, "--version", version)
            (tmp_path / "request.http").write_bytes(made.stdout_bytes)
            assert run("verify", str(tmp_path / "request.http"), "--explain").exit_code == 0, made.output
    told = shown(run("sign", "customer/add", "givenName=Zoë", "lastName=L", "--json"))
    sent = httpx2.request(told["method"], told["url"], headers=told["headers"], content=told["body"].encode())
    (tmp_path / "answer.json").write_bytes(sent.content)
    assert shown(run("decrypt", str(tmp_path / "answer.json")))["customerNo"].isdigit()
    explained = run("decrypt", str(tmp_path / "answer.json"), "--explain").stdout
    assert explained.splitlines()[0] == "Signature and encryption fit."
    assert "your own key" in explained
    (tmp_path / "sent.json").write_text(told["body"])
    refused = run("decrypt", str(tmp_path / "sent.json"), "--explain")
    assert (refused.exit_code, refused.stdout.splitlines()[0]) == (
        1,
        "The token is encrypted to the platform's key, card API, as requests are: only the platform opens it.",
    )
    assert run("sign", "customer/add", "givenName=Ada", "--curl").stdout.startswith("curl -sS -X POST http")
    for wrong in ("request.pem", "none"):
        (tmp_path / "request.pem").write_text("-----BEGIN PRIVATE KEY-----")
        assert run("verify", str(tmp_path / wrong)).exit_code == 2
    for output in (explained, refused.output, run("sign", "merchant/info", "--explain").output):
        assert "PRIVATE KEY" not in output
        assert install.described["card"]["secret_key"] not in output


def test_exit_codes_tell_a_refusal_from_a_wrong_use_and_from_no_answer(tmp_path: Path, install: Install) -> None:
    away = {**install.described, "base_url": "http://127.0.0.1:9"}
    (tmp_path / "away.json").write_text(json.dumps(away))

    def code(*words: str) -> int:
        command = [sys.executable, "-m", "bursar_sdk.cli", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60).returncode

    home = str(install.home)
    assert code("--sandbox", home, "call", "card/balance", "cardId=1") == 1
    assert code("--sandbox", str(tmp_path / "none"), "clock") == 2
    assert code("--sandbox", str(tmp_path / "away.json"), "listen") == 3


# ── listen ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Listening:
    """A command that listens."""

    def __init__(self, install: Install, words: Sequence[str], before: Sequence[str]) -> None:
        command = [sys.executable, "-m", "bursar_sdk.cli", "--sandbox", str(install.home), *before, "listen", *words]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"}
        )
        self.lines: list[str] = []
        self.notes: list[str] = []
        streams = (self._process.stdout, self.lines), (self._process.stderr, self.notes)
        self._threads = [threading.Thread(target=self._keep, args=each, daemon=True) for each in streams]
        for thread in self._threads:
            thread.start()

    @staticmethod
    def _keep(stream: Any, kept: list[str]) -> None:
        kept.extend(iter(stream.readline, ""))

    @property
    def pushes(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]

    def end(self) -> int:
        """Ctrl-C; the exit code, and all that was written until then."""
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(10)
        for thread in self._threads:
            thread.join(10)
        return code


@contextmanager
def listening(scene: Scene, *words: str, before: Sequence[str] = ()) -> Iterator[Listening]:
    command = Listening(scene.install, words, before)
    try:
        until(lambda: any(note.startswith("Listening") for note in command.notes), "the command listens")
        yield command
    finally:
        code = command.end()
    assert code == 0, command.notes


def trigger(scene: Scene, api: str, event: str) -> str:
    row: dict[str, str] = scene.sandbox.request("POST", "trigger", {"api": api, "event": event})
    return row["id"]


def test_pushes_reach_a_local_receiver_as_the_service_sends_them(scene: Scene) -> None:
    taken: list[Event] = []
    keys = PayoutKeys.from_sandbox(scene.install.described)
    with WebhookReceiver(scene.client.keys, on_event=taken.append) as receiver, CallbackReceiver(keys) as callbacks:
        urls = scene.sandbox.request("PUT", "webhooks", {})
        with listening(scene, "--forward-to", receiver.url, "--api", "card", "--json") as command:
            first = [trigger(scene, "card", event) for event in ("CC_RECHARGE", "KS_KYC")]
            until(lambda: len(command.pushes) == 2, "two pushes")
            restart(scene, lambda: any("trying again" in note for note in command.notes))
            second = [trigger(scene, "card", "CC_CONSUME") for _ in range(5)]
            until(lambda: len(command.pushes) == 7, "five more, after the sandbox was away")
            scene.sandbox.request("POST", f"webhooks/{first[0]}/replay")
            until(lambda: len(command.pushes) == 8, "a replay")
        assert [push["id"] for push in command.pushes] == [*first, *second, first[0]]
        assert all(push["answer"]["accepted"] and push["fault"] is None for push in command.pushes)
        assert [event.order_no for event in taken] == [*first, *second]
        assert receiver.duplicates == 1
        assert sum("trying again" in note for note in command.notes) == 1
        assert command.notes[-1] == "Ended: 8 received, 8 accepted by the receiver, 0 not.\n"
        with listening(scene, "--forward-to", callbacks.url, "--api", "payout") as command:
            trigger(scene, "payout", "CUSTOM_STATUS_CHANGE")
            got = callbacks.wait_for("CUSTOM_STATUS_CHANGE")
            until(lambda: len(command.lines) == 3, "the push is shown")
        assert got.data["identity"] == "1098765432"
        assert command.lines[2].strip().startswith("-> HTTP 200")
        assert scene.sandbox.request("PUT", "webhooks", {}) == urls
    log = scene.sandbox.request("GET", "webhooks")["webhooks"]
    assert {row["status"] for row in log} == {"unsent"}, "the log is what it would be without a listener"


def restart(scene: Scene, noticed: Callable[[], bool]) -> None:
    """Stop the API, and start it once somebody has noticed."""
    scene.install.running["api"].send(signal.SIGTERM)
    scene.install.running.pop("api").gone()
    until(noticed, "the outage to be noticed")
    scene.install.start("api")


def test_a_merchant_whose_keys_are_not_at_hand_is_heard_and_said_to_be(scene: Scene) -> None:
    other = scene.sandbox.request("POST", "merchants", {"name": "Listened to"})
    with listening(scene, before=("--merchant", other["merchantNo"])) as command:
        headers = {"Authorization": f"Bearer {scene.install.described['sandbox_token']}"}
        headers["X-Sandbox-Merchant"] = other["merchantNo"]
        asked = {"api": "card", "event": "KS_KYC"}
        httpx2.post(f"{scene.install.base_url}/sandbox/v1/trigger", json=asked, headers=headers).raise_for_status()
        until(lambda: len(command.lines) == 2, "the push is shown")
    assert "KS_KYC" in command.lines[0]
    assert command.lines[1].strip().startswith("not valid: decryption: it is for the key")


def test_messages_are_made_for_a_url_and_kept_nowhere(scene: Scene) -> None:
    last = scene.sandbox.request("GET", "webhooks/messages", api="payout")["last"]
    number = trigger(scene, "payout", "CUSTOM_STATUS_CHANGE")
    asked = {"api": "payout", "after": str(last), "url": "http://localhost:1/a?b=1"}
    until(lambda: scene.sandbox.request("GET", "webhooks/messages", **asked)["messages"], "the number is given")
    scene.install.settled()
    before = scene.install.snapshot()
    [made] = scene.sandbox.request("GET", "webhooks/messages", **asked)["messages"]
    assert (made["id"], made["sequence"], made["round"], made["error"]) == (number, last + 1, 1, None)
    one = scene.sandbox.request("GET", f"webhooks/{number}/message", url=asked["url"])
    assert {**one, "headers": {}, "body": ""} == {**made, "headers": {}, "body": ""}
    assert scene.install.snapshot() == before

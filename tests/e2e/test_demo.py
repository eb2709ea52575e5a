"""The days of `make demo`, lived through on an install of their own."""

from typing import Any

import pytest
from examples import demo, wallet_day
from examples.story import Story

from bursar_sdk import BursarCard
from bursar_sdk import Sandbox as ClientSandbox
from tests.clients.card import Sandbox, WebhookReceiver

from .install import Install


@pytest.mark.parametrize("run", ["first", "second"])
def test_the_demo_is_as_the_contract_says_also_on_a_sandbox_that_was_used(
    install: Install, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], run: str
) -> None:
    monkeypatch.setenv("BURSAR_HOME", str(install.home))
    with install.sandbox() as sandbox, install.client() as client, WebhookReceiver(client.keys) as receiver:
        sandbox.request("PUT", "webhooks", {"card": receiver.url, "payout": "http://127.0.0.1:9/told"})
        sandbox.request("PUT", "webhooks/faults", {"drop": 2, "delay_s": 1.5, "corrupt": True})
        sandbox.fault("chain.send", "timeout", 3)
        before = state(sandbox)
        assert demo.main() == 0, capsys.readouterr().out
        assert state(sandbox) == before
        sandbox.request("DELETE", "webhooks/faults")
        sandbox.request("DELETE", "faults")
    told = capsys.readouterr().out
    assert "all as expected" in told
    assert "ahead of real time" in told


def test_a_webhook_address_that_nobody_answers_any_more_is_told(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    with ClientSandbox.from_sandbox(install.home) as sandbox:
        demo.tell_again(sandbox, Story(), "card", "http://127.0.0.1:9/gone")
        assert sandbox.set_webhook_urls().card is None
    assert "did not answer the challenge" in " ".join(capsys.readouterr().out.split())


def test_a_verification_password_is_said_to_the_demo_and_asked_for_again_afterwards(
    install: Install, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BURSAR_HOME", str(install.home))
    monkeypatch.setattr(demo, "DAYS", (wallet_day.live_through,))  # the day on which coins leave
    with BursarCard.from_sandbox(install.home) as bursar:
        bursar.verify_password.set(password="135790", confirm_password="135790")
        bursar.verify_password.set_enabled(enabled=True, password="135790")
        assert demo.main() == 2
        assert "BURSAR_VERIFY_PASSWORD" in capsys.readouterr().out
        monkeypatch.setenv("BURSAR_VERIFY_PASSWORD", "135790")
        assert demo.main() == 0, capsys.readouterr().out
        assert bursar.merchant.get().verify_password_enabled
        bursar.verify_password.set_enabled(enabled=False, password="135790")


def state(sandbox: Sandbox) -> Any:
    """Where webhooks go, and what goes wrong."""
    paths: tuple[tuple[str, str, Any], ...] = (
        ("PUT", "webhooks", {}),
        ("GET", "webhooks/faults", None),
        ("GET", "faults", None),
    )
    return [sandbox.request(method, path, body) for method, path, body in paths]


def test_without_a_sandbox_the_demo_says_how_to_start_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BURSAR_HOME", "/nowhere")
    assert demo.main() == 2
    assert "make up" in capsys.readouterr().out


def test_what_differs_stops_the_story() -> None:
    with pytest.raises(demo.Differs, match="the contract has 2"):
        Story().expect("balance", 1, 2)

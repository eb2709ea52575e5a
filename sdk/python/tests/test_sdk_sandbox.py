"""The answers of the sandbox's control API are typed, as those of the merchant APIs are."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from types import ModuleType
from typing import Any

import httpx2
import pytest

from bursar_sdk import (
    Sandbox,
    card_async,
    card_sync,
    payout_async,
    payout_sync,
    sandbox_async,
    sandbox_sync,
    sandbox_types,
    values,
)

PUSH = {"id": "7", "api": "card", "event": "CC_CONSUME", "object": "1", "plaintext": {"event": "CC_CONSUME"}}


def _sandbox(*answers: dict[str, Any]) -> Sandbox:
    left = list(answers)
    sandbox = Sandbox("http://127.0.0.1:1", "token")
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=json.dumps(left.pop(0))))
    sandbox._http = httpx2.Client(transport=transport)
    return sandbox


def _calls(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Every method of the module's generated classes but the one by which calls are sent."""
    for _, kind in inspect.getmembers(module, inspect.isclass):
        if kind.__module__ == module.__name__:
            for name, method in inspect.getmembers(kind, inspect.isfunction):
                if not name.startswith("_") and name != "request":
                    yield f"{kind.__name__}.{name}", method


@pytest.mark.parametrize(
    "module", [sandbox_sync, sandbox_async, card_sync, card_async, payout_sync, payout_async], ids=lambda m: m.__name__
)
def test_no_generated_call_answers_any(module: ModuleType) -> None:
    found = dict(_calls(module))
    assert len(found) > 20
    answers = {name: call.__annotations__["return"] for name, call in found.items()}
    assert {name: answer for name, answer in answers.items() if "Any" in answer} == {}


def test_no_field_of_an_answer_is_any_by_itself() -> None:
    kinds = [kind for _, kind in inspect.getmembers(sandbox_types, inspect.isclass) if issubclass(kind, values.Value)]
    assert len(kinds) > 50
    assert [(kind, field.name) for kind in kinds for field in fields(kind) if field.type == "Any"] == []


def test_amounts_are_decimals_numbers_are_floats_and_what_is_new_survives() -> None:
    told = {"approved": False, "code": "51", "reason": "x", "approvedAmount": "0.00", "transactionId": "9", "new": 1}
    faults = {"drop": True, "duplicate": 2, "delay_s": 1.5, "reorder": 0, "corrupt": 0}
    sandbox = _sandbox(told, faults)
    answer = sandbox.authorize("1", amount="12.50")
    assert (answer.approved_amount, answer.transaction_id, answer.extra) == (Decimal("0.00"), "9", {"new": 1})
    assert isinstance(answer.approved_amount, Decimal)
    planted = sandbox.list_webhook_faults()
    assert (planted.drop, planted.duplicate, planted.delay_s) == (True, 2, 1.5)
    assert isinstance(planted.delay_s, float)
    assert values.write(planted) == faults


def test_waiting_for_a_push_gives_the_newest_that_fits() -> None:
    older = {**PUSH, "id": "6", "plaintext": None}
    log = {"webhooks": [PUSH, older]}
    assert _sandbox(log).wait_for("CC_CONSUME").id == "7"
    assert _sandbox(log).wait_for("CC_CONSUME", where=lambda said: "event" not in said).id == "6"
    with pytest.raises(TimeoutError, match="no CC_CONSUME"):
        _sandbox(log).wait_for("CC_CONSUME", where=lambda said: "nothing" in said, timeout_s=0)


def test_keys_of_a_new_merchant_stand_in_no_repr() -> None:
    keys = {"merchant_no": "5", "api_key": "k", "secret_key": "hidden", "merchant_private_key": "hidden"}
    answer = _sandbox({"merchantNo": "5", "card": keys, "payout": keys}).make_merchant(name="A")
    assert answer.card.secret_key == "hidden"
    assert "hidden" not in repr(answer.card)

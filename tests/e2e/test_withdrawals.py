"""Withdrawals as a merchant and an operator meet them: reviewed, paid over a chain, told of."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.card import SandboxRefused, WebhookReceiver

from .install import until
from .scene import Scene

SUCCESS, CONFIRMING, FAILED, INITIAL, REVIEW, WAITING, REJECTED, WITHDRAWAL_REJECTED, RETURNED = range(1, 10)
SOMEBODY = "0x52908400098527886E0F7030069857D2E4169EE7"
CONFIRMATIONS = 12


@pytest.fixture(scope="module")
def receiver(scene: Scene) -> Iterator[WebhookReceiver]:
    with WebhookReceiver(scene.client.keys) as receiver:
        scene.sandbox.set_card_webhook(receiver.url)
        yield receiver


def withdraw(scene: Scene, amount: str = "100", **said: Any) -> str:
    asked = {"coinId": "USDT", "chainId": "ethereum", "address": SOMEBODY, "amount": amount, **said}
    taken = scene.ok("wallet/withdraw", asked)
    assert (taken["state"], taken["fee"]) == (INITIAL, "1.000000")
    return str(taken["orderNo"])


def decide(scene: Scene, order_no: str, result: str, **said: Any) -> int:
    path = f"wallet/withdrawals/{order_no}/decide"
    return int(scene.sandbox.request("POST", path, {"result": result, **said})["state"])


def approved(scene: Scene, **said: Any) -> str:
    order_no = withdraw(scene, **said)
    assert [decide(scene, order_no, "approve") for _ in range(2)] == [REVIEW, WAITING]
    return order_no


def in_state(scene: Scene, order_no: str, state: int, *, blocks: int = 0) -> Any:
    """The withdrawal as soon as it has a state, with so many blocks before each look.

    One that is being confirmed may be signed and not sent yet: a dozen blocks at once may be made without it.
    """

    def there() -> Any:
        if blocks:
            scene.sandbox.request("POST", "wallet/blocks", {"count": blocks})
        found = scene.ok("wallet/withdraw/info", {"orderNo": order_no})
        return found if found["state"] == state else None

    return until(there, f"withdrawal {order_no} in state {state}", 60.0)


def test_a_withdrawal_is_reviewed_twice_paid_and_told_of(scene: Scene, receiver: WebhookReceiver):
    available, frozen = scene.account()
    order_no = approved(scene)
    assert scene.account() == (available - 101, frozen + 101)
    under_way = in_state(scene, order_no, CONFIRMING)
    paid = in_state(scene, order_no, SUCCESS, blocks=1)
    assert scene.account() == (available - 101, frozen)
    assert paid["txHash"] == under_way["txHash"]
    assert paid["confirmations"] >= CONFIRMATIONS
    for state in (REVIEW, WAITING, CONFIRMING, SUCCESS):
        told = receiver.wait_for(
            "WT_WITHDRAW", where=lambda found, state=state: found["orderNo"] == order_no and found["state"] == state
        )
        assert told.detail | {"timestamp": 0, "txHash": None} == {
            "coinId": "USDT",
            "amount": "100.000000",
            "orderNo": order_no,
            "chainId": "ethereum",
            "fromAddress": paid["fromAddress"],
            "state": state,
            "toAddress": SOMEBODY,
            "txHash": None,
            "timestamp": 0,
        }
    with pytest.raises(SandboxRefused):
        decide(scene, order_no, "reject")
    scene.check_books()


def test_rejections_give_everything_back(scene: Scene):
    before = scene.account()
    first, second = withdraw(scene), withdraw(scene)
    assert decide(scene, first, "reject", reason="unknown address") == REJECTED
    assert decide(scene, second, "approve") == REVIEW
    assert decide(scene, second, "reject") == WITHDRAWAL_REJECTED
    assert scene.account() == before
    assert scene.ok("wallet/withdraw/info", {"orderNo": first})["reason"] == "unknown address"
    with pytest.raises(SandboxRefused):
        decide(scene, first, "approve")


def test_what_the_chain_does_not_execute_comes_back(scene: Scene):
    before = scene.account()
    order_no = approved(scene)
    assert decide(scene, order_no, "fail") == FAILED
    assert scene.account() == before
    assert scene.ok("merchant/fund/list", {"orderNo": order_no})["totalSize"] == 3
    refused = withdraw(scene)
    scene.sandbox.fault("chain.send", "refuse", 1)
    decide(scene, refused, "approve")
    decide(scene, refused, "approve")
    in_state(scene, refused, FAILED)
    assert scene.account() == before
    scene.check_books()


def test_coins_that_come_back_are_the_merchants_again(scene: Scene):
    before = scene.account()
    order_no = approved(scene)
    assert decide(scene, order_no, "return") == RETURNED
    assert scene.account() == before
    scene.check_books()


def test_an_early_end_is_refused(scene: Scene):
    order_no = withdraw(scene)
    for result in ("fail", "return"):
        with pytest.raises(SandboxRefused):
            decide(scene, order_no, result)
    assert scene.ok("wallet/withdraw/info", {"orderNo": order_no})["state"] == INITIAL
    decide(scene, order_no, "reject")


def test_withdrawals_are_listed(scene: Scene):
    number = scene.unused("withdrawal")
    order_no = withdraw(scene, "50", thirdOrderNo=number)
    found = scene.ok("wallet/withdraw/list", {"thirdOrderNo": number})
    assert [(row["orderNo"], row["amount"], row["state"]) for row in found["list"]] == [
        (order_no, "50.000000", INITIAL)
    ]
    assert scene.ok("wallet/withdraw/list", {"state": SUCCESS, "orderNo": order_no})["totalSize"] == 0
    assert withdraw(scene, "50", thirdOrderNo=number) == order_no
    decide(scene, order_no, "reject")

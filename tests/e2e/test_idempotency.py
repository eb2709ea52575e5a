"""A request that changes something is answered once, whatever is repeated, raced or killed."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, LiteralString, Self

import httpx2
import psycopg
import pytest

from .install import Install, until
from .scene import PROCESSING, SUCCEEDED, Scene

RECHARGE = "card/operate/recharge"


@pytest.fixture(scope="module")
def card(scene: Scene) -> str:
    return scene.card()


class Held:
    """What the statement locks stays locked until it is released."""

    def __init__(self, install: Install, statement: LiteralString, params: dict[str, Any] | None = None) -> None:
        self._connection = psycopg.connect(install.dsn, options="-c lock_timeout=10s")
        self._connection.execute(statement, params)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        self._connection.close()


def funds_held(install: Install) -> Held:
    return Held(install, "SELECT FROM ledger_account WHERE code = 'merchant:available' FOR UPDATE")


def answer_held(install: Install, request_id: str) -> Held:
    """The request cannot be finished."""
    return Held(install, "SELECT FROM api_request WHERE request_id = %(id)s FOR UPDATE", {"id": request_id})


def taken_up(install: Install, request_id: str) -> bool:
    return bool(install.rows("SELECT 1 FROM api_request WHERE request_id = %(id)s", {"id": request_id}))


# ── replays ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_repeat_gets_the_stored_answer_and_nothing_happens(scene: Scene, card: str):
    request_id, params = scene.unused("request"), {"cardId": card, "amount": "10", "autoPay": False}
    first = scene.call(RECHARGE, params, request_id)
    assert (first.code, first.replayed) == (0, False)
    with scene.nothing_changes():
        again = scene.call(RECHARGE, params, request_id)
    assert (again.code, again.msg, again.data, again.replayed) == (0, first.msg, first.data, True)
    assert again.headers["X-UPA-REPLAYED"] == "1"


def test_the_stored_answer_tells_how_things_stood_then(scene: Scene, card: str):
    request_id, params = scene.unused("request"), {"cardId": card, "amount": "10"}
    first = scene.call(RECHARGE, params, request_id)
    scene.recharge_ended(first.data["orderNo"])
    assert scene.call(RECHARGE, params, request_id).data["status"] == PROCESSING


def test_a_refusal_is_stored_too(scene: Scene, card: str):
    request_id, params = scene.unused("request"), {"cardId": card, "amount": "1"}
    assert scene.call(RECHARGE, params, request_id).replayed is False
    again = scene.call(RECHARGE, params, request_id)
    assert (again.code, again.data, again.replayed) == (10083, None, True)


def test_the_order_of_keys_does_not_matter(scene: Scene, card: str):
    request_id = scene.unused("request")
    first = scene.call(RECHARGE, {"cardId": card, "amount": "10", "autoPay": False}, request_id)
    again = scene.call(RECHARGE, {"autoPay": False, "amount": "10", "cardId": card}, request_id)
    assert (again.data, again.replayed) == (first.data, True)


@pytest.mark.parametrize("other", [{"amount": "11"}, {"autoPay": True}, {"thirdOrderNo": "x"}])
def test_the_same_id_with_other_parameters_contradicts(scene: Scene, card: str, other: dict[str, Any]):
    request_id, params = scene.unused("request"), {"cardId": card, "amount": "10", "autoPay": False}
    scene.ok(RECHARGE, params, request_id)
    scene.refused(RECHARGE, {**params, **other}, 10123, request_id)
    assert scene.call(RECHARGE, params, request_id).replayed


def test_the_same_id_on_another_path_contradicts(scene: Scene, card: str):
    request_id = scene.unused("request")
    order = scene.ok(RECHARGE, {"cardId": card, "amount": "10", "autoPay": False}, request_id)
    scene.refused("card/recharge/pay", {"orderNo": order["orderNo"]}, 10123, request_id)
    scene.refused("customer/group/add", {"name": "Gold"}, 10123, request_id)


def test_an_id_may_be_used_for_reading_as_often_as_one_likes(scene: Scene, card: str):
    answers = [scene.call("card/balance", {"cardId": card}, "reading") for _ in range(3)]
    answers.append(scene.call("merchant/info", {}, "reading"))
    assert [(answer.code, answer.replayed) for answer in answers] == [(0, False)] * 4


def test_while_the_first_is_running_a_repeat_is_told_so(scene: Scene, card: str):
    request_id, params = scene.unused("request"), {"cardId": card, "amount": "10"}
    with ThreadPoolExecutor(1) as thread, funds_held(scene.install) as funds:
        first = thread.submit(scene.call, RECHARGE, params, request_id)
        until(lambda: taken_up(scene.install, request_id), "the request to be taken up")
        assert scene.call(RECHARGE, params, request_id).code == 1001
        assert scene.call(RECHARGE, {**params, "amount": "11"}, request_id).code == 10123
        assert not first.done()
        funds.release()
        answer = first.result()
    assert answer.code == 0
    again = scene.call(RECHARGE, params, request_id)
    assert (again.data, again.replayed) == (answer.data, True)


def test_a_fault_of_ours_is_not_held_against_a_repeat(scene: Scene, card: str):
    request_id, params = scene.unused("request"), {"cardId": card, "amount": "10"}
    with scene.nothing_changes():
        scene.sandbox.fault("api.internal", "error")
        broken = scene.call(RECHARGE, params, request_id)
    assert (broken.code, broken.http_status, broken.data) == (500, 500, None)
    again = scene.call(RECHARGE, params, request_id)
    assert (again.code, again.replayed) == (0, False)


# ── killed between the commit and the answer ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "number"), [("recharge", None), ("recharge", "mine"), ("opening", None), ("payment", None)]
)
def test_an_api_killed_before_it_answered_has_done_it_once(scene: Scene, card: str, kind: str, number: str | None):
    path, params = asked(scene, card, kind, number)
    scene.install.settled()
    before, orders = scene.available(), paid_orders(scene.install)
    request_id = scene.unused("request")
    with ThreadPoolExecutor(1) as thread, funds_held(scene.install) as funds:
        lost = thread.submit(scene.call, path, params, request_id)
        until(lambda: taken_up(scene.install, request_id), "the request to be taken up")
        with answer_held(scene.install, request_id):
            funds.release()
            until(lambda: len(paid_orders(scene.install)) == len(orders) + 1, "the payment")
            scene.install.kill("api")
            with pytest.raises(httpx2.TransportError):
                lost.result()
            forget_the_dead(scene.install)
    scene.install.start("api")
    [order] = paid_orders(scene.install) - orders
    repeat = scene.call(path, params, request_id)
    assert (repeat.code, repeat.data["orderNo"]) == (0, order)
    assert scene.call(path, params, request_id).replayed
    scene.ended("card/order/info" if kind == "opening" else "card/operate/progress", order, SUCCEEDED)
    assert scene.available() == before - (1 if kind == "opening" else 10)
    assert paid_orders(scene.install) - orders == {order}
    scene.check_books()


def forget_the_dead(install: Install) -> None:
    """Statements that a killed process has sent and that are still waiting are not carried out."""
    install.rows(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )


def asked(scene: Scene, card: str, kind: str, number: str | None) -> tuple[str, dict[str, Any]]:
    reference = {} if number is None else {"thirdOrderNo": scene.unused(number)}
    if kind == "opening":
        return "card/operate/register", {"cardId": "V-USD-1", "customerNo": scene.customer(kyc=1), **reference}
    if kind == "recharge":
        return RECHARGE, {"cardId": card, "amount": "10", **reference}
    order = scene.recharge(card, "10", autoPay=False, **reference)
    return "card/recharge/pay", {"orderNo": order["orderNo"]}


def paid_orders(install: Install) -> set[str]:
    return {str(number) for (number,) in install.rows("SELECT id FROM card_order WHERE status <> 'awaiting_payment'")}

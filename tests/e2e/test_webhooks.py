"""Webhooks as a merchant receives them: encrypted, signed, each one once and again until it is taken."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest

from tests.clients.card import Event, NotForUs, SandboxRefused, WebhookReceiver, decrypt

from .install import free_port, until
from .scene import Scene


@pytest.fixture(scope="module")
def receiver(scene: Scene) -> Iterator[WebhookReceiver]:
    """The merchant's receiver, whose URL was verified."""
    with WebhookReceiver(scene.client.keys) as receiver:
        assert scene.sandbox.set_card_webhook(receiver.url) == {"card": receiver.url, "payout": None}
        yield receiver


@pytest.fixture(autouse=True)
def _punctual(scene: Scene):
    """What was planted on the sender's side does not reach the next test."""
    yield
    scene.sandbox.request("PUT", "webhooks/faults", {})


@pytest.fixture
def card(scene: Scene, receiver: WebhookReceiver) -> str:
    return scene.recharged_card("100")


def told(receiver: WebhookReceiver, event: str, **detail: Any) -> Event:
    """An event with this in its detail."""
    return receiver.wait_for(event, where=lambda found: all(found.get(name) == value for name, value in detail.items()))


# ── each event ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_url_is_challenged_before_it_is_used(receiver: WebhookReceiver, scene: Scene):
    challenge = receiver.wait_for("NE_VERIFY")
    assert len(challenge.challenge or "") >= 16
    assert (challenge.detail, challenge.sequence) == ({}, None)
    assert scene.ok("merchant/info")["webhookUrl"] == receiver.url


def test_a_url_that_does_not_answer_the_challenge_is_not_used(receiver: WebhookReceiver, scene: Scene):
    with pytest.raises(SandboxRefused):
        scene.sandbox.set_card_webhook(f"http://127.0.0.1:{free_port()}/")
    for url in ("ftp://127.0.0.1/", "no url", "http://", "http://user:secret@127.0.0.1/", "file:///etc/passwd"):
        with pytest.raises(SandboxRefused):
            scene.sandbox.set_card_webhook(url)
    assert scene.ok("merchant/info")["webhookUrl"] == receiver.url


def test_a_decided_verification(receiver: WebhookReceiver, scene: Scene):
    customer = scene.customer(kyc=1)
    assert told(receiver, "KS_KYC", customerNo=customer).detail == {
        "customerNo": customer,
        "credentialType": 2,
        "status": 2,
        "reason": None,
    }


def test_an_opening_from_order_to_card(receiver: WebhookReceiver, scene: Scene):
    customer, number = scene.customer(kyc=1), scene.unused("opening")
    order = scene.order(customer, thirdOrderNo=number)
    card = scene.opened(order["orderNo"])["cardId"]
    applied = told(receiver, "CA_APPLY", orderNo=order["orderNo"])
    assert applied.detail == {
        "orderNo": order["orderNo"],
        "thirdOrderNo": number,
        "customerNo": customer,
        "cardId": "V-USD-1",
        "status": 2,
    }
    approved = told(receiver, "CS_APPROVED", orderNo=order["orderNo"])
    masked = scene.ok("card/info", {"cardId": card})["cardNumber"]
    assert approved.detail == {**applied.detail, "cardId": card, "cardNumber": masked, "status": 3}
    changed = told(receiver, "CSC_STATUS_CHANGE", cardId=card)
    assert {name: changed.detail[name] for name in ("customerNo", "before", "after")} == {
        "customerNo": customer,
        "before": 1,
        "after": 3,
    }
    assert applied.trace == approved.trace == changed.trace == order["orderNo"]
    assert len({applied.order_no, approved.order_no, changed.order_no}) == 3


@pytest.mark.parametrize(("outcome", "status"), [(None, 1), ("refuse", 2)])
def test_a_recharge_that_succeeded_or_failed(
    receiver: WebhookReceiver, scene: Scene, card: str, outcome: str | None, status: int
):
    if outcome:
        scene.sandbox.fault("issuer.recharge", outcome)
    number = scene.unused("recharge")
    order = scene.recharge(card, "25", thirdOrderNo=number)["orderNo"]
    event = told(receiver, "CC_RECHARGE", orderNo=order)
    [bill] = scene.ok("card/bill/list", {"orderNo": order})["list"]
    assert event.detail == bill
    assert (bill["status"], bill["amount"], bill["thirdOrderNo"], bill["type"]) == (status, "25.00", number, 1)
    assert event.trace == order


def test_a_purchase_through_its_stages(receiver: WebhookReceiver, scene: Scene, card: str):
    transaction = scene.sandbox.authorize(card, "30", "Corner shop")["transactionId"]
    held = told(receiver, "CC_CONSUME", transactionId=transaction, status=5)
    scene.sandbox.clear(transaction, "20")
    cleared = told(receiver, "CC_CONSUME", transactionId=transaction, status=4)
    scene.sandbox.refund(transaction, "5")
    refunded = told(receiver, "CC_REFUND", transactionId=transaction)
    assert [event.detail["amount"] for event in (held, cleared, refunded)] == ["30.00", "20.00", "5.00"]
    assert [event.detail["direction"] for event in (held, cleared, refunded)] == [2, 2, 1]
    assert held.trace == cleared.trace == refunded.trace == transaction
    assert held.detail["merchantName"] == "Corner shop"
    masked = held.detail["cardNumber"]
    assert masked == scene.ok("card/info", {"cardId": card})["cardNumber"]
    assert "*" in masked


def test_declines_reversals_and_cash(receiver: WebhookReceiver, scene: Scene, card: str):
    declined = scene.sandbox.authorize(card, "1000", "Corner shop")["transactionId"]
    assert told(receiver, "CC_CONSUME", transactionId=declined, status=2).detail["reason"] == "insufficient funds"
    reversed_ = scene.sandbox.authorize(card, "10", "Corner shop")["transactionId"]
    scene.sandbox.reverse(reversed_)
    assert told(receiver, "CC_CONSUME", transactionId=reversed_, status=7).detail["amount"] == "10.00"
    cash = scene.sandbox.withdraw_cash(card, "20")["transactionId"]
    assert told(receiver, "CC_WITHDRAW_CASH", transactionId=cash).detail["amount"] == "20.00"


# ── verified, deduplicated, pushed again ─────────────────────────────────────────────────────────────────────────────


def test_every_push_so_far_was_for_us(receiver: WebhookReceiver):
    assert receiver.refused == 0


def test_a_push_proves_who_sent_it_and_hides_what_it_says(receiver: WebhookReceiver, scene: Scene, card: str):
    seen: list[tuple[dict[str, str], str]] = []
    take = receiver.receive
    receiver.receive = lambda headers, body: (seen.append((dict(headers), body)), take(headers, body))[1]  # type: ignore[method-assign]
    try:
        transaction = scene.sandbox.authorize(card, "1", "Corner shop")["transactionId"]
        told(receiver, "CC_CONSUME", transactionId=transaction)
    finally:
        receiver.receive = take  # type: ignore[method-assign]
    headers, body = seen[-1]
    lower = {name.lower(): value for name, value in headers.items()}
    assert lower["content-type"] == "text/plain; charset=UTF-8"
    assert {"x-upa-requestid", "x-upa-timestamp", "x-upa-sign"} <= lower.keys()
    assert body.count(".") == 4
    assert card not in body
    for change in ({"x-upa-sign": "x"}, {"x-upa-timestamp": "1"}):
        with pytest.raises(NotForUs):
            receiver.read({**lower, **change}, body)
    with pytest.raises(NotForUs):
        receiver.read(lower, body[:-2] + ("AA" if not body.endswith("AA") else "BB"))


def test_a_push_that_is_duplicated_counts_once(receiver: WebhookReceiver, scene: Scene, card: str):
    before = receiver.duplicates
    scene.sandbox.request("PUT", "webhooks/faults", {"duplicate": 1})
    transaction = scene.sandbox.authorize(card, "1", "Corner shop")["transactionId"]
    event = told(receiver, "CC_CONSUME", transactionId=transaction)
    until(lambda: receiver.duplicates == before + 1, "the duplicate")
    assert [kept.order_no for kept in receiver.events].count(event.order_no) == 1


def test_a_push_that_is_lost_is_pushed_again_after_three_seconds(receiver: WebhookReceiver, scene: Scene, card: str):
    scene.install.settled()
    scene.sandbox.request("PUT", "webhooks/faults", {"drop": 2})
    transaction = scene.sandbox.authorize(card, "1", "Corner shop")["transactionId"]
    for pushed in (1, 2):
        until(lambda pushed=pushed: len(attempts(scene, card)) == pushed, "the push")
        assert attempts(scene, card)[-1]["error"]
        scene.sandbox.advance_clock(3)
    event = told(receiver, "CC_CONSUME", transactionId=transaction)
    until(lambda: len(attempts(scene, card)) == 3, "the answer to be noted")
    assert [attempt["http_status"] for attempt in attempts(scene, card)] == [None, None, 200]
    assert event.request_id == event.order_no


def attempts(scene: Scene, card: str) -> list[dict[str, Any]]:
    """Of the newest delivery about the card."""
    found: list[dict[str, Any]] = scene.sandbox.webhooks(object_id=card)["webhooks"][0]["attempts"]
    return found


def test_after_six_pushes_it_stands_as_failed_until_it_is_replayed(receiver: WebhookReceiver, scene: Scene, card: str):
    scene.install.settled()
    scene.sandbox.request("PUT", "webhooks/faults", {"drop": True})
    transaction = scene.sandbox.authorize(card, "1", "Corner shop")["transactionId"]
    for pushed in range(1, 7):
        until(lambda pushed=pushed: len(attempts(scene, card)) == pushed, "the push")
        scene.sandbox.advance_clock(3)
    scene.sandbox.advance_clock(3600)
    scene.install.settled()
    delivery = scene.sandbox.webhooks(object_id=card)["webhooks"][0]
    assert (delivery["status"], len(delivery["attempts"])) == ("failed", 6)
    scene.sandbox.request("PUT", "webhooks/faults", {})
    scene.sandbox.request("POST", f"webhooks/{delivery['id']}/replay")
    event = told(receiver, "CC_CONSUME", transactionId=transaction)
    assert event.order_no == delivery["id"]
    until(lambda: scene.sandbox.webhooks(object_id=card)["webhooks"][0]["status"] == "delivered", "the delivery")


def test_what_happens_while_nobody_listens_is_not_pushed_later(scene: Scene, receiver: WebhookReceiver, card: str):
    scene.sandbox.request("PUT", "webhooks", {"card": None})
    try:
        scene.sandbox.authorize(card, "1", "Corner shop")
        newest = lambda: scene.sandbox.webhooks(object_id=card)["webhooks"][0]["status"]  # noqa: E731
        until(lambda: newest() == "unsent", "the delivery to end unsent")
    finally:
        scene.sandbox.set_card_webhook(receiver.url)


def test_the_delivery_log_says_nothing_secret(scene: Scene, receiver: WebhookReceiver, card: str):
    number = scene.ok("card/sensitive", {"cardId": card})["cardNumber"]
    log = httpx2.get(
        f"{scene.install.base_url}/sandbox/v1/webhooks",
        headers={"Authorization": f"Bearer {scene.install.described['sandbox_token']}"},
    )
    assert number not in json.dumps(log.json())


# ── the merchant's own calls ─────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_pushed_is_listed_with_its_number_and_can_be_had_again(
    receiver: WebhookReceiver, scene: Scene, card: str
):
    transaction = scene.sandbox.authorize(card, "1", "Corner shop")["transactionId"]
    event = told(receiver, "CC_CONSUME", transactionId=transaction)
    query = {"objectNo": card, "event": "CC_CONSUME", "fromSequence": event.sequence}
    until(lambda: scene.ok("events/list", query)["list"][0]["status"] == "delivered", "the record of the push")
    [listed] = scene.ok("events/list", query)["list"]
    assert {name: listed[name] for name in ("event", "trace", "orderNo", "timestamp", "detail", "sequence")} == {
        "event": "CC_CONSUME",
        "trace": event.trace,
        "orderNo": event.order_no,
        "timestamp": event.timestamp,
        "detail": event.detail,
        "sequence": event.sequence,
    }
    assert [attempt["httpStatus"] for attempt in listed["attempts"]] == [200]
    shown = listed["timestamp"]
    assert scene.ok("events/list", {**query, "startAt": shown, "endAt": shown})["list"] == [listed]
    for beside in ({"startAt": shown + 1}, {"endAt": shown - 1}):
        assert listed not in scene.ok("events/list", {**query, **beside})["list"]
    before = receiver.duplicates
    assert scene.ok("webhook/replay", {"orderNo": event.order_no}) == {"count": 1}
    until(lambda: receiver.duplicates == before + 1, "the replay")
    span = {"fromSequence": event.sequence, "toSequence": event.sequence}
    until(lambda: scene.ok("events/list", query)["list"][0]["status"] == "delivered", "the record of the replay")
    assert scene.ok("webhook/replay", span) == {"count": 1}
    until(lambda: receiver.duplicates == before + 2, "the second replay")


def test_details_can_be_texts(receiver: WebhookReceiver, scene: Scene, card: str):
    assert scene.ok("webhook/info")["detail"] == "object"
    assert scene.ok("webhook/update", {"detail": "string"})["detail"] == "string"
    try:
        [listed] = scene.ok("events/list", {"objectNo": card, "event": "CS_APPROVED"})["list"]
        assert json.loads(listed["detail"])["cardId"] == card
    finally:
        scene.ok("webhook/update", {"detail": "object"})


@pytest.fixture
def overheard(receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, str], Any]]:
    """Headers, by lower-case names, and plaintext of each push from now on."""
    seen: list[tuple[dict[str, str], Any]] = []
    take = receiver.receive

    def listen(headers: Mapping[str, str], body: str) -> int:
        plain = json.loads(decrypt(body, receiver._keys.merchant_key))
        seen.append(({name.lower(): value for name, value in headers.items()}, plain))
        return take(headers, body)

    monkeypatch.setattr(receiver, "receive", listen)
    return seen


@pytest.mark.parametrize(("form", "kind"), [("object", dict), ("string", str)])
def test_details_are_pushed_in_the_form_that_was_chosen_and_the_body_has_the_time_of_its_header(
    receiver: WebhookReceiver,
    scene: Scene,
    card: str,
    overheard: list[tuple[dict[str, str], Any]],
    form: str,
    kind: type,
):
    scene.install.settled()
    scene.ok("webhook/update", {"detail": form})
    try:
        transaction = scene.sandbox.authorize(card, "1", "Corner shop")["transactionId"]
        told(receiver, "CC_CONSUME", transactionId=transaction)
    finally:
        scene.ok("webhook/update", {"detail": "object"})
    headers, plain = overheard[-1]
    assert isinstance(plain["detail"], kind)
    detail = json.loads(plain["detail"]) if form == "string" else plain["detail"]
    assert detail["transactionId"] == transaction
    assert str(plain["timestamp"]) == headers["x-upa-timestamp"]


def test_the_code_of_a_listed_event_is_left_out_once_it_has_expired(receiver: WebhookReceiver, scene: Scene, card: str):
    asked = {"amount": "12.50", "currency": "USD", "merchantName": "Corner shop", "mode": "otp"}
    opened = scene.sandbox.request("POST", f"cards/{card}/3ds", asked)
    pushed = told(receiver, "3DS_OTP", transactionId=opened["transactionId"])
    query = {"event": "3DS_OTP", "objectNo": card}
    [before] = scene.ok("events/list", query)["list"]
    assert before["detail"]["code"] == pushed.detail["code"] == opened["code"]
    scene.sandbox.advance_clock(3600)
    [after] = scene.ok("events/list", query)["list"]
    assert after["detail"] == {name: value for name, value in pushed.detail.items() if name != "code"}


# ── the sandbox's log ────────────────────────────────────────────────────────────────────────────────────────────────


def logged(scene: Scene, **query: str) -> list[dict[str, Any]]:
    """The log as the control API shows it."""
    found: list[dict[str, Any]] = scene.sandbox.request("GET", "webhooks", **query)["webhooks"]
    return found


def test_the_log_is_filtered_and_paged(receiver: WebhookReceiver, scene: Scene, card: str):
    for _ in range(3):
        scene.sandbox.authorize(card, "1", "Corner shop")
    scene.install.settled()
    whole = logged(scene, object=card)
    purchases = logged(scene, object=card, event="CC_CONSUME", api="card", status="delivered")
    assert [each["event"] for each in purchases] == ["CC_CONSUME"] * 3
    assert [each["plaintext"]["sequence"] for each in purchases] == [each["sequence"] for each in purchases]
    assert {each["url"] for each in purchases} == {receiver.url}
    assert logged(scene, object=card, status="failed") == logged(scene, object=card, api="payout") == []
    assert logged(scene, object=card, limit="2") == whole[:2]
    assert logged(scene, object=card, limit="2", before=whole[1]["id"]) == whole[2:4]


@pytest.mark.parametrize(
    "query",
    [
        {"sort": "id"},
        {"status": "lost"},
        {"event": "NO_EVENT"},
        {"api": "fax"},
        {"limit": "0"},
        {"limit": "201"},
        {"before": "x"},
    ],
)
def test_a_filter_that_does_not_exist_or_cannot_be_is_refused(scene: Scene, query: dict[str, str]):
    with pytest.raises(SandboxRefused) as refusal:
        logged(scene, **query)
    assert refusal.value.status == 422


def test_faults_are_shown_until_they_have_struck_and_can_be_taken_back(
    receiver: WebhookReceiver, scene: Scene, card: str
):
    scene.install.settled()
    none = scene.sandbox.request("DELETE", "webhooks/faults")
    assert set(none) == {"drop", "duplicate", "delay_s", "reorder", "corrupt"}
    assert not any(none.values())
    scene.sandbox.request("PUT", "webhooks/faults", {"duplicate": 2, "drop": True})
    planted = scene.sandbox.request("GET", "webhooks/faults")
    assert (planted["duplicate"], planted["drop"], planted["corrupt"]) == (2, True, none["corrupt"])
    assert scene.sandbox.request("DELETE", "webhooks/faults") == none
    assert scene.sandbox.request("GET", "webhooks/faults") == none
    transaction = scene.sandbox.authorize(card, "1", "Corner shop")["transactionId"]
    told(receiver, "CC_CONSUME", transactionId=transaction)


def test_an_emptied_log_keeps_url_and_numbers(receiver: WebhookReceiver, scene: Scene, card: str):
    scene.install.settled()
    last = logged(scene, limit="1", api="card")[0]["sequence"]
    assert scene.sandbox.request("DELETE", "webhooks")["deleted"] > 0
    assert (logged(scene), scene.ok("events/list")["totalSize"]) == ([], 0)
    transaction = scene.sandbox.authorize(card, "1", "Corner shop")["transactionId"]
    assert told(receiver, "CC_CONSUME", transactionId=transaction).sequence == last + 1


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("webhook/replay", {"orderNo": "1"}, 1000),
        ("webhook/replay", {"fromSequence": 10**11}, 1000),
        ("webhook/replay", {}, 10300),
        ("webhook/replay", {"toSequence": 5}, 10300),
        ("webhook/replay", {"fromSequence": 5, "toSequence": 4}, 10123),
        ("webhook/replay", {"orderNo": "1", "fromSequence": 4}, 10123),
        ("events/list", {"event": "NO_EVENT"}, 10301),
        ("webhook/update", {"url": "ftp://127.0.0.1/"}, 10302),
        ("webhook/update", {"url": "http://127.0.0.1:1/"}, 1002),
        ("webhook/update", {"detail": "xml"}, 10301),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    receiver: WebhookReceiver, scene: Scene, path: str, params: dict[str, Any], code: int
):
    before = scene.ok("webhook/info")
    assert scene.client.call(path, params).code == code
    after = scene.ok("webhook/info")
    assert (after["url"], after["detail"]) == (before["url"], before["detail"]) == (receiver.url, "object")

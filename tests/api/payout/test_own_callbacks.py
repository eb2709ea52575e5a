"""Events and the callback URL as a merchant sees and sets them through the API."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import httpx2
import pytest

from tests.clients.card import Sandbox
from tests.clients.payout import CallbackReceiver, PayoutAnswer, PayoutClient, PayoutKeys
from tests.e2e.install import Install, free_port, until
from tests.e2e.scene import Scene

from .test_customers_and_orders import BANK, payable, ticket

BIG = "90071992547.93"


@pytest.fixture
def receiver(client: PayoutClient, keys: PayoutKeys, sandbox: Sandbox) -> Iterator[CallbackReceiver]:
    """Where the merchant is called back for a while; the challenge is done."""
    with CallbackReceiver(keys) as receiver:
        assert client.post("webhook", {"url": receiver.url, "callback_version": 1}).success
        yield receiver
    sandbox.request("PUT", "webhooks", {"payout": None})


def paid(client: PayoutClient, sandbox: Sandbox, **said: Any) -> str:
    """An order that was paid."""
    order = client.post("payee/payCustomTicket/create", ticket(payable(client, sandbox)["customid"], **said))
    assert order.success, order
    return str(order.data["ticketid"])


def events(client: PayoutClient, **which: Any) -> list[dict[str, Any]]:
    answer = client.get("events", which)
    assert answer.success, answer
    return list(answer.data)


def ended(client: PayoutClient, order: str, count: int) -> list[dict[str, Any]]:
    """The order's events once there are so many and none is on its way."""

    def of_order() -> list[dict[str, Any]]:
        found = events(client, objectno=order)
        return found if len(found) == count and all(each["status"] != "pending" for each in found) else []

    return until(of_order, "the events of the order")


def test_a_url_is_challenged_before_it_counts(client: PayoutClient, receiver: CallbackReceiver) -> None:
    challenge = receiver.callbacks[0]
    assert (challenge.event, challenge.data, challenge.sequence) == ("NE_VERIFY", {}, None)
    assert len(challenge.challenge or "") >= 16
    told = client.get("webhook").data
    assert {name: told[name] for name in ("url", "status", "callback_version", "failed")} == {
        "url": receiver.url,
        "status": "verified",
        "callback_version": 1,
        "failed": 0,
    }


@pytest.mark.parametrize("version", [1, 2])
def test_callbacks_come_in_the_version_that_was_chosen_whatever_the_client_calls_with(
    keys: PayoutKeys, sandbox: Sandbox, client: PayoutClient, receiver: CallbackReceiver, version: int
) -> None:
    with PayoutClient(keys, version=3 - version) as caller:
        assert caller.post("webhook", {"callback_version": str(version)}).data["callback_version"] == version
        order = paid(client, sandbox)
        told = receiver.wait_for("SALARY_STATUS_CHANGE", where=lambda data: data["ticketid"] == order)
        assert told.data["custominfo"]["cardno"] == BANK["cardno"]
        listed = caller.get("events", {"objectno": order}, sealed_in=version).data
        assert listed[0]["data"] == told.data


def test_events_are_listed_as_they_were_called_back_with_their_numbers(
    client: PayoutClient, sandbox: Sandbox, receiver: CallbackReceiver
) -> None:
    order = paid(client, sandbox, amount="12.50")
    listed = ended(client, order, 3)
    received = [each for each in receiver.callbacks if each.data.get("ticketid") == order]
    assert [each["data"]["status"] for each in listed] == [4, 3, 1]
    assert [(each["event"], each["data"], each["time"], each["sequence"]) for each in listed] == [
        (each.event, each.data, each.time, each.sequence) for each in received
    ]
    numbers = [each["sequence"] for each in listed]
    assert numbers == sorted(set(numbers))
    assert [(each["status"], len(each["attempts"]), each["attempts"][0]["httpstatus"]) for each in listed] == [
        ("delivered", 1, 200)
    ] * 3
    assert {each["trace"] for each in listed} == {order}
    moments = [each["data"]["updated_at_ms"] for each in listed]
    assert moments == sorted(set(moments)), "several changes of one second can be told apart"


def test_amounts_in_listed_events_are_numbers_with_exactly_their_digits(
    client: PayoutClient, sandbox: Sandbox, install: Install, receiver: CallbackReceiver
) -> None:
    order = paid(client, sandbox, amount="100.10")
    ended(client, order, 3)
    prepared = client.prepare("GET", "events", {"objectno": order})
    text = httpx2.get(prepared.url, headers=prepared.headers).text
    assert text.count('"amount":100.10,') == 3
    assert [each["data"]["amount"] for each in events(client, objectno=order)] == [Decimal("100.10")] * 3


def test_what_nobody_was_told_is_listed_and_replayed_under_its_number(
    client: PayoutClient, sandbox: Sandbox, keys: PayoutKeys
) -> None:
    assert client.get("webhook").data["url"] is None
    order = paid(client, sandbox)
    listed = ended(client, order, 3)
    assert [each["status"] for each in listed] == ["unsent"] * 3
    assert listed[0]["data"]["custominfo"]["cardno"] == BANK["cardno"], "sealed in the list, as in a callback"
    first, last = listed[0]["sequence"], listed[-1]["sequence"]
    with CallbackReceiver(keys) as receiver:
        client.post("webhook", {"url": receiver.url})
        answer = client.post("webhook/replay", {"fromsequence": str(first), "tosequence": last})
        assert answer.data["count"] >= 3
        for each in listed:
            of_this = partial(_tells, each["data"])
            told = receiver.wait_for("SALARY_STATUS_CHANGE", where=of_this)
            assert (told.sequence, told.time) == (each["sequence"], each["time"])
        ended(client, order, 3)
        before = len(receiver.callbacks)
        assert client.post("webhook/replay", {"orderno": listed[0]["orderno"]}).data == {"count": 1}
        until(lambda: len(receiver.callbacks) > before, "the replay")
        assert receiver.callbacks[-1].sequence == first
    sandbox.request("PUT", "webhooks", {"payout": None})


def _tells(listed: dict[str, Any], called: dict[str, Any]) -> bool:
    """Whether both are the same change; a link to a photo is made anew for each."""
    names = ("ticketid", "status", "updated_at_ms", "realamount")
    return all(called[name] == listed[name] for name in names)


def test_filters_narrow_the_list(client: PayoutClient, sandbox: Sandbox) -> None:
    order = paid(client, sandbox)
    first, second, third = ended(client, order, 3)
    from_second = events(client, objectno=order, fromsequence=second["sequence"])
    assert [each["sequence"] for each in from_second] == [second["sequence"], third["sequence"]]
    assert events(client, objectno=order, event="CUSTOM_STATUS_CHANGE") == []
    bounds = {"starttime": first["time"], "endat": third["time"]}
    assert len(events(client, objectno=order, **bounds)) == 3, "the seconds that are named are included"
    assert events(client, objectno=order, startat=third["time"] + 1) == []
    assert events(client, objectno=order, endtime=first["time"] - 1) == []
    page = client.get("events", {"objectno": order, "pagesize": 2, "pageno": 2})
    assert [each["sequence"] for each in page.data] == [third["sequence"]]
    assert (page.headers["V-Total-Count"], page.headers["V-Page-Count"]) == ("3", "2")


def told(answer: PayoutAnswer) -> tuple[int, Any]:
    return answer.code, answer.data.get("parameter")


def test_what_cannot_be_is_refused_and_changes_nothing(
    client: PayoutClient, sandbox: Sandbox, receiver: CallbackReceiver
) -> None:
    before = client.get("webhook").data
    refusals = [
        client.post("webhook", {"url": f"http://127.0.0.1:{free_port()}/"}),
        client.post("webhook", {"url": "ftp://127.0.0.1/"}),
        client.post("webhook", {"url": "x" * 513}),
        client.post("webhook", {"callback_version": 3}),
        client.post("webhook/replay", {}),
        client.post("webhook/replay", {"tosequence": 5}),
        client.post("webhook/replay", {"fromsequence": 5, "tosequence": 4}),
        client.post("webhook/replay", {"orderno": "1", "fromsequence": 4}),
        client.post("webhook/replay", {"orderno": "1x"}),
        client.post("webhook/replay", {"orderno": "1"}),
        client.post("webhook/replay", {"fromsequence": 10**11}),
        client.get("events", {"event": "NO_EVENT"}),
        client.get("events", {"fromsequence": 0}),
    ]
    assert [told(answer) for answer in refusals] == [
        (1005, None),
        (1103, "url"),
        (1103, "url"),
        (1103, "callback_version"),
        (1102, "orderno"),
        (1102, "fromsequence"),
        (1103, "tosequence"),
        (1103, "orderno"),
        (1103, "orderno"),
        (1101, None),
        (1101, None),
        (1103, "event"),
        (1103, "fromsequence"),
    ]
    assert client.get("webhook").data == before


def test_an_event_of_the_other_api_is_not_to_be_had(client: PayoutClient, install: Install) -> None:
    with install.client() as cards, install.sandbox() as sandbox:
        scene = Scene(install, cards, sandbox)
        scene.customer(kyc=1)
        install.settled()
        [event, *_] = scene.ok("events/list")["list"]
        assert client.post("webhook/replay", {"orderno": event["orderNo"]}).code == 1101
        [again, *_] = scene.ok("events/list")["list"]
    assert again == event


def test_a_receiver_that_refuses_the_challenge_is_not_used(
    client: PayoutClient, receiver: CallbackReceiver, keys: PayoutKeys
) -> None:
    with CallbackReceiver(keys, fails=1) as other:
        assert client.post("webhook", {"url": other.url}).code == 1005
        assert [each.event for each in other.callbacks] == ["NE_VERIFY"]
    assert client.get("webhook").data["url"] == receiver.url

"""Further merchants of a sandbox: made, meant by a header, apart from each other in every call, and removed."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx2
import psycopg
import pytest

from bursar.sandbox.merchants import MADE_PER_MINUTE_MAX, STANDING_MAX
from tests.api.payout.test_customers_and_orders import payable, ticket
from tests.clients.card import CardClient, Credentials, Event, WebhookReceiver
from tests.clients.payout import PayoutClient, PayoutKeys
from tests.e2e.install import Install, changes, until
from tests.e2e.scene import Scene

from .table import CALLS

INSTALL_WIDE: Final = {
    "POST /faults",
    "DELETE /faults",
    "GET /faults",
    "PATCH /cards/products/{product_id}",
    "GET /outbox",
    "GET /ledger/check",
    "POST /clock",
    "GET /clock",
    "POST /wallet/blocks",
    "PATCH /wallet/pools/{coin}/{chain_id}",
    "POST /sign-check",
    "GET /merchants",
    "POST /merchants",
    "DELETE /merchants/{merchant_no}",
}
"""Calls on things that all merchants of an install share."""
WALLET_NOT_GRANTED: Final = 1003
PURCHASE: Final = {"amount": "1", "currency": "USD"}


@dataclass
class Meaning:
    """Somebody who means one merchant in all control calls."""

    install: Install
    number: str | None = None

    def send(self, method: str, path: str, body: Any = None, **query: str) -> httpx2.Response:
        kept = self.install.described
        named = {} if self.number is None else {"X-Sandbox-Merchant": self.number}
        headers = {"Authorization": f"Bearer {kept['sandbox_token']}", **named}
        url = f"{kept['base_url']}/sandbox/v1{path}"
        return httpx2.request(method, url, headers=headers, json=body, params=query, timeout=60)

    def request(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        response = self.send(method, "/" + path.removeprefix("/"), body, **query)
        assert response.is_success, response.text
        return response.json()

    def decide_kyc(self, customer_no: str, result: str) -> Any:
        return self.request("POST", "kyc/decide", {"customerNo": customer_no, "result": result})

    def refused(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, str]:
        response = self.send(method, path, body, **query)
        return response.status_code, response.json()["error"]


@pytest.fixture(scope="module")
def first(install: Install) -> Meaning:
    return Meaning(install)


def made(first: Meaning, name: str, **said: Any) -> dict[str, Any]:
    document: dict[str, Any] = first.request("POST", "merchants", {"name": name, **said})
    return document


@pytest.fixture(scope="module")
def document(first: Meaning) -> dict[str, Any]:
    return made(first, "Second")


@pytest.fixture(scope="module")
def second(install: Install, document: Mapping[str, Any]) -> Iterator[Scene]:
    with CardClient(Credentials.from_sandbox(document)) as client:
        yield Scene(install, client, Meaning(install, document["merchantNo"]))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def objects(scene: Scene, first: Meaning) -> dict[str, str]:
    """One object of the first merchant for each word of a path."""
    card = scene.recharged_card("50")
    transaction = first.request("POST", f"cards/{card}/authorize", {"amount": "2", "currency": "USD"})["transactionId"]
    taken = scene.ok("wallet/address/apply", {"coinId": "USDT", "chainId": "ethereum", "quantity": 1})
    asked = {"coinId": "USDT", "chainId": "ethereum", "address": "0x52908400098527886E0F7030069857D2E4169EE7"}
    withdrawal = scene.ok("wallet/withdraw", {**asked, "amount": "100"})["orderNo"]
    with PayoutClient(PayoutKeys.from_sandbox(first.install.described)) as payouts:
        payee = payable(payouts, scene.sandbox)["customid"]
        order = payouts.post("payee/payCustomTicket/create", ticket(payee)).data["ticketid"]
    delivery = until(lambda: first.request("GET", "webhooks"))["webhooks"][0]["id"]
    record = next(row["id"] for row in first.request("GET", "requests")["requests"] if row["known"])
    return {
        "customer": scene.customer(kyc=1),
        "card_id": card,
        "transaction_id": transaction,
        "address": taken["addresses"][0],
        "withdrawal": withdrawal,
        "payee_id": payee,
        "payout_id": order,
        "delivery_id": delivery,
        "record_id": record,
    }


def bodies(mine: Mapping[str, str]) -> dict[str, Any]:
    """A body for each call on an object of one merchant's."""
    return {
        "POST /kyc/decide": {"customerNo": mine["customer"], "result": "approved"},
        "POST /cards/{card_id}/ship": {"carrier": "Post", "trackingNo": "1", "status": "shipped"},
        "POST /cards/{card_id}/freeze": {},
        "POST /cards/{card_id}/unfreeze": {},
        "POST /payees/{payee_id}/decide": {"status": 3},
        "POST /payouts/{payout_id}/decide": {"status": 4},
        "POST /cards/{card_id}/authorize": PURCHASE,
        "POST /cards/{card_id}/withdraw-cash": PURCHASE,
        "POST /cards/{card_id}/force-post": PURCHASE,
        "POST /cards/{card_id}/refund": PURCHASE,
        "POST /cards/{card_id}/advice": {**PURCHASE, "approved": True},
        "POST /cards/{card_id}/3ds": {**PURCHASE, "mode": "otp"},
        "POST /transactions/{transaction_id}/increment": {"amount": "1"},
        "POST /transactions/{transaction_id}/clear": {},
        "POST /transactions/{transaction_id}/reverse": {},
        "POST /transactions/{transaction_id}/refund": {},
        "POST /wallet/deposits": {"address": mine["address"], "coinId": "USDT", "amount": "5"},
        "POST /wallet/deposits/{order_no}/decide": {"result": "release"},
        "POST /wallet/withdrawals/{order_no}/decide": {"result": "approve"},
        "POST /webhooks/{delivery_id}/replay": None,
        "GET /webhooks/{delivery_id}/message": None,
        "GET /requests/{record_id}": None,
    }


OWN: Final[Mapping[str, Any]] = {
    "POST /statements": {"day": "2024-01-01"},
    "PATCH /merchant": {"cooling_off_s": 77},
    "GET /wallet/alarms": None,
    "PUT /webhooks": {"payout": "http://127.0.0.1:9/second"},
    "GET /webhooks": None,
    "GET /webhooks/messages?api=card&after=0": None,
    "DELETE /webhooks": None,
    "PUT /webhooks/faults": {"drop": 3},
    "GET /webhooks/faults": None,
    "DELETE /webhooks/faults": None,
    "GET /requests": None,
    "POST /trigger": {"api": "payout", "event": "CUSTOM_STATUS_CHANGE"},
}
"""Calls on the merchant itself, and on what it has."""


def test_every_call_is_of_the_install_the_merchant_or_an_object() -> None:
    named = {f"{method} {path}" for method, path, _ in CALLS}
    objects = bodies(dict.fromkeys(("customer", "address"), "1"))
    elsewhere = {"GET /events/stream"}  # in test_events.py
    own = {call.partition("?")[0] for call in OWN}
    assert named == INSTALL_WIDE | own | set(objects) | elsewhere
    assert len(INSTALL_WIDE) + len(OWN) + len(objects) + len(elsewhere) == len(named)


def test_no_call_reaches_an_object_of_another(install: Install, second: Scene, objects: Mapping[str, str]) -> None:
    paths = {**objects, "order_no": objects["withdrawal"]}
    install.settled()
    before = install.snapshot()
    for call, body in bodies(objects).items():
        method, path = call.split()
        status, error = second.sandbox.refused(method, path.format(**paths), body)  # type: ignore[attr-defined]
        assert status == 404, (call, status, error)
    install.settled()
    assert set(changes(before, install.snapshot())) <= {"staff_revision"}, "refused decisions are in the audit"


def test_no_call_on_a_merchant_shows_or_changes_another(scene: Scene, first: Meaning, second: Scene) -> None:
    own: Any = second.sandbox
    scene.ok("merchant/info")
    second.ok("merchant/info")
    faults, settings = first.request("GET", "webhooks/faults"), first.request("PATCH", "merchant", {})
    log = [row["id"] for row in first.request("GET", "webhooks")["webhooks"]]
    for call, body in OWN.items():
        method, path = call.split()
        answer = own.send(method, path, body)
        assert answer.status_code < 500
        assert str(settings["merchantNo"]) not in answer.text, call
        assert not any(f'"{delivery}"' in answer.text for delivery in log), call
    assert own.request("PATCH", "merchant", {})["cooling_off_s"] == 77
    assert first.request("PATCH", "merchant", {}) == settings
    assert first.request("GET", "webhooks/faults") == faults
    assert [row["id"] for row in first.request("GET", "webhooks")["webhooks"]] == log
    seen = {row["id"] for row in own.request("GET", "requests")["requests"] if row["known"]}
    assert seen
    assert not seen & {row["id"] for row in first.request("GET", "requests")["requests"]}


def test_each_has_keys_funds_and_cards_of_its_own(scene: Scene, second: Scene, first: Meaning) -> None:
    before = scene.available()
    card = second.recharged_card("10")
    assert second.available() < 1_000_000
    assert scene.available() == before
    assert scene.call("card/balance", {"cardId": card}).code != 0
    second.sandbox.request("POST", f"cards/{card}/authorize", {"amount": "1", "currency": "USD"})
    assert first.refused("POST", f"/cards/{card}/freeze") == (404, "card_unknown")


def test_what_is_asked_for_is_made(first: Meaning) -> None:
    document = made(first, "Poor", permissions=["card", "payout"], funds={"USDT": "5", "SAR": "7.50"})
    assert document["permissions"] == ["card", "payout"]
    assert document["base_url"] == first.install.base_url
    with CardClient(Credentials.from_sandbox(document)) as client:
        assert client.call("wallet/info").code == WALLET_NOT_GRANTED
        assets = {row["currency"]: row["balance"] for row in client.call("merchant/asset").data}
    assert {coin: float(balance) for coin, balance in assets.items()} == {"USDT": 5, "BTC": 0, "ETH": 0}
    with PayoutClient(PayoutKeys.from_sandbox(document)) as payouts:
        balances = {row["currency"]: float(row["balance"]) for row in payouts.get("merchant/balance").data}
        assert balances == {"SAR": 7.5, "AED": 0, "KWD": 0}
    rows = first.request("GET", "merchants")["merchants"]
    assert [row["first"] for row in rows[:2]] == [True, False]
    assert [row["name"] for row in rows if row["merchantNo"] == document["merchantNo"]] == ["Poor"]
    assert not {"api_key", "secret_key"} & set(str(rows).split("'"))


@pytest.mark.parametrize(
    ("said", "status", "error"),
    [
        ({"name": "Second"}, 409, "merchant_name_taken"),
        ({"name": " sECOND "}, 409, "merchant_name_taken"),
        ({"name": ""}, 422, "invalid"),
        ({"name": "a\nb"}, 201, None),
        ({"name": "x" * 101}, 422, "invalid"),
        ({"name": "n1", "permissions": ["everything"]}, 422, "setting_invalid"),
        ({"name": "n2", "funds": {"XRP": "1"}}, 422, "invalid"),
        ({"name": "n3", "funds": {"SAR": "0.001"}}, 422, "too_precise"),
        ({"name": "n4", "funds": {"SAR": "-1"}}, 422, "invalid"),
        ({"name": "n5", "funds": {"SAR": "1e13"}}, 422, "invalid"),
        ({}, 422, "invalid"),
    ],
    ids=str,
)
def test_a_merchant_that_cannot_be(
    first: Meaning, document: Mapping[str, Any], said: dict[str, Any], status: int, error: str | None
) -> None:
    assert document["name"] == "Second"
    answer = first.send("POST", "/merchants", said)
    assert (answer.status_code, answer.json().get("error")) == (status, error)


def test_the_keys_of_an_answer_stand_nowhere_in_clear(install: Install, document: Mapping[str, Any]) -> None:
    secret = document["card"]["secret_key"].encode()
    with psycopg.connect(install.dsn) as connection:
        rows = connection.execute(
            "SELECT card_secret FROM merchant UNION ALL SELECT secret FROM merchant_key"
        ).fetchall()
    assert rows
    assert not any(secret in bytes(sealed or b"") for (sealed,) in rows)
    own = document["card"]["merchant_private_key"].split("\n")[1]
    for text in (document["card"]["secret_key"], own):
        assert text not in install.logged()


@pytest.mark.parametrize("number", ["", "0", "-1", "1", "abc", "9" * 30, "٣"])
def test_a_merchant_that_is_not_there_is_not_found_by_any_call(install: Install, number: str) -> None:
    with psycopg.connect(install.dsn) as connection:
        counted = connection.execute("SELECT count(*) FROM sandbox_fault").fetchone()
    for method, path, body in (
        ("POST", "/faults", {"where": "kyc.submit", "outcome": "error"}),
        ("PATCH", "/merchant", {}),
        ("GET", "/clock", None),
        ("POST", "/clock", {"advance_s": "x"}),
    ):
        response = httpx2.request(
            method,
            f"{install.base_url}/sandbox/v1{path}",
            headers={
                "Authorization": f"Bearer {install.described['sandbox_token']}".encode(),
                "x-sandbox-merchant": number.encode(),
            },
            json=body,
        )
        assert (response.status_code, response.json()["error"]) == (404, "merchant_unknown"), path
    with psycopg.connect(install.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM sandbox_fault").fetchone() == counted


# ── removed ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def receiving(keys: Credentials) -> Iterator[tuple[WebhookReceiver, list[Event]]]:
    """A receiver, and the events that it has received."""
    pushes: list[Event] = []
    with WebhookReceiver(keys, on_event=pushes.append) as receiver:
        yield receiver, pushes


def test_removed_is_closed_and_nobody_is_told_any_more(install: Install, first: Meaning) -> None:
    document = made(first, "Gone")
    own = Meaning(install, document["merchantNo"])
    with CardClient(Credentials.from_sandbox(document)) as client, receiving(client.keys) as (receiver, pushes):
        scene = Scene(install, client, own)  # type: ignore[arg-type]
        own.request("PUT", "webhooks", {"card": receiver.url})
        own.request("PUT", "webhooks/faults", {"delay_s": 3600})
        card = scene.recharged_card("20")
        own.request("POST", f"cards/{card}/authorize", {"amount": "1", "currency": "USD"})
        pushed = len(pushes)
        clock = first.request("GET", "clock")["now"]
        books = first.request("GET", "ledger/check")
        assert first.request("DELETE", f"merchants/{document['merchantNo']}") == {"removed": document["merchantNo"]}
        assert client.call("merchant/info").code == 10000
        install.settled()
        assert len(pushes) == pushed
    with psycopg.connect(install.dsn) as connection:
        for table in ("webhook_subscription", "webhook_delivery", "sandbox_webhook_fault", "sandbox_webhook_held"):
            query = f"SELECT count(*) FROM {table} WHERE merchant_id = %s"
            assert connection.execute(query, [document["merchantNo"]]).fetchone() == (0,), table  # type: ignore[arg-type]
    assert own.refused("PATCH", "/merchant", {}) == (404, "merchant_unknown")
    assert document["merchantNo"] not in {row["merchantNo"] for row in first.request("GET", "merchants")["merchants"]}
    assert first.refused("DELETE", f"/merchants/{document['merchantNo']}") == (404, "merchant_unknown")
    assert first.request("GET", "clock")["now"] >= clock
    after = first.request("GET", "ledger/check")
    assert after["balanced"]
    assert after["entries"] >= books["entries"]


def test_the_first_merchant_is_not_removed(first: Meaning, scene: Scene) -> None:
    number = first.request("PATCH", "merchant", {})["merchantNo"]
    assert first.refused("DELETE", f"/merchants/{number}") == (409, "first_merchant_stays")
    assert first.refused("DELETE", "/merchants/77") == (404, "merchant_unknown")
    assert scene.call("merchant/info").code == 0


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def filled(install: Install, standing: int, recent: int) -> None:
    """As many merchants as that were made before."""
    with psycopg.connect(install.dsn, autocommit=True) as connection:
        connection.execute("DELETE FROM sandbox_merchant WHERE merchant_id BETWEEN 1 AND 100000 OR merchant_id IS NULL")
        (now,) = connection.execute("SELECT count(*) FROM sandbox_merchant WHERE removed_at IS NULL").fetchone() or (0,)
        connection.execute("UPDATE sandbox_merchant SET made_at = made_at - interval '1 hour'")
        connection.execute(
            "INSERT INTO sandbox_merchant (merchant_id, made_at) SELECT n, now() - interval '1 hour'"
            " FROM generate_series(1, %s) AS n",
            [standing - now],
        )
        connection.execute(
            "INSERT INTO sandbox_merchant (removed_at) SELECT now() FROM generate_series(1, %s)", [recent]
        )


def test_number_and_rate_are_limited_also_at_once(install: Install, first: Meaning, second: Scene) -> None:
    assert second.client
    filled(install, STANDING_MAX - 1, 0)
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(first.send, "POST", "/merchants", {"name": f"Last {n}"}) for n in range(4)]
        answers = [pending.result() for pending in asked]
    assert sorted(answer.status_code for answer in answers) == [201, 429, 429, 429]
    assert {answer.json()["error"] for answer in answers if answer.status_code == 429} == {"merchants_too_many"}
    last = next(answer.json()["merchantNo"] for answer in answers if answer.status_code == 201)
    first.request("DELETE", f"merchants/{last}")
    filled(install, 3, MADE_PER_MINUTE_MAX)
    assert first.refused("POST", "/merchants", {"name": "Too soon"}) == (429, "merchants_too_frequent")
    filled(install, 3, MADE_PER_MINUTE_MAX - 1)
    assert made(first, "In time")["name"] == "In time"
    filled(install, 0, 0)
    assert json.dumps(first.request("GET", "merchants")).count("In time") == 1

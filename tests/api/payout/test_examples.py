"""The examples of the document are true: requests are taken, answers hold together, nothing sealed is in clear."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter

from bursar.api.card import app as card_app
from bursar.api.card import openapi as card_openapi
from bursar.api.card.pushes import PUSHES as CARD_PUSHES
from bursar.api.payout.app import ENDPOINTS
from bursar.api.payout.codes import SUCCEEDED
from bursar.api.payout.endpoint import Endpoint
from bursar.api.payout.openapi import BASE, SEALED, document
from bursar.api.payout.order_key import order_key
from bursar.api.payout.parameters import of_json, of_query
from bursar.api.payout.pushes import PUSHES
from bursar.api.payout.sensitive import NAMES, places_of
from bursar.payouts.payees.banks import find_bank

ADDRESS = "http://127.0.0.1:8080"
WHOLE = document(ENDPOINTS, ADDRESS, PUSHES)
COMPONENTS = WHOLE["components"]["schemas"]
POSTS = [each for each in ENDPOINTS if each.method == "POST" and not each.upload and each.body is not None]
GETS = [each for each in ENDPOINTS if each.method == "GET" and each.body is not None]


def shown(endpoint: Endpoint) -> Any:
    """What stands in the document about an endpoint."""
    return WHOLE["paths"][BASE + endpoint.path][endpoint.method.lower()]


def in_clear(content: Any) -> Any:
    """A request as the schema sees it, behind the opening of what is sealed."""
    plain = {"identity": "1010101010", "cardno": "5123450000000001", "stcaccount": "512345678"}
    for holder, name in places_of(content, frozenset(NAMES)):
        assert holder[name] == SEALED, name
        holder[name] = plain[name]
    return content


@pytest.mark.parametrize("endpoint", POSTS, ids=lambda each: each.path)
def test_the_example_of_a_post_is_taken(endpoint: Endpoint) -> None:
    example = shown(endpoint)["requestBody"]["content"]["application/json"]["example"]
    read = TypeAdapter(endpoint.body).validate_python(in_clear(of_json(json.dumps(example).encode())))
    for row in [*getattr(read, "customs", ()), *getattr(read, "tickets", ())]:
        assert not isinstance(row, BaseException), row


@pytest.mark.parametrize("endpoint", GETS, ids=lambda each: each.path)
def test_the_examples_of_a_query_are_taken(endpoint: Endpoint) -> None:
    examples = {
        each["name"]: each["schema"]["examples"][0]
        for each in shown(endpoint)["parameters"]
        if each.get("in") == "query"
    }
    given = of_query(b"") | {name: str(value) for name, value in examples.items()}
    read = TypeAdapter(endpoint.body).validate_python(in_clear(given))
    if "starttime" in examples:
        assert read.starttime < read.endtime


def answers() -> Iterator[Any]:
    for endpoint in ENDPOINTS:
        for answer in shown(endpoint)["responses"].values():
            for content in answer.get("content", {}).values():
                if "example" in content:
                    yield content["example"]


def test_nothing_sealed_is_shown_in_clear() -> None:
    found = [*answers(), *(example for each in COMPONENTS.values() for example in each.get("examples", ()))]
    places = [(holder[name], name) for each in found for holder, name in places_of(each, frozenset(NAMES))]
    assert len(places) > 20
    assert {value for value, _ in places} == {SEALED}


def test_the_example_of_an_order_holds_together() -> None:
    order = COMPONENTS["TicketOut"]["examples"][0]
    customer = order["custominfo"]
    amount, fee, real = (Decimal(str(order[name])) for name in ("amount", "fee", "realamount"))
    assert real in (amount, amount - fee)
    assert (order["status"], order["statusdesc"], order["confirmtime"]) == (1, "Transferred", order["updated_at"])
    assert order["updated_at_ms"] // 1000 == order["updated_at"] > order["created_at"]
    assert order["key"] == order_key(int(order["ticketid"]), datetime.fromtimestamp(order["created_at"], UTC))
    assert (customer["customid"], customer["mercustomid"]) == (order["customid"], order["mercustomid"])
    assert (customer["status"], customer["statusdesc"], customer["demand_perfection"]) == (1, "Normal", [])
    bank = find_bank(customer["bankcode"])
    assert bank is not None
    assert bank.name == customer["bankname"]


def test_the_examples_of_batches_hold_together() -> None:
    detail = COMPONENTS["BatchDetailOut"]["examples"][0]
    assert sum(each["count"] for each in detail["statuses"]) == detail["count"]
    assert sum(each["amount"] for each in detail["statuses"]) == detail["amount"]
    for name in ("TicketBatchOut", "CustomerBatchOut"):
        for index, row in enumerate(COMPONENTS[name]["examples"][0]["rows"]):
            assert (row["index"], row["code"], row["message"]) == (index, 200, SUCCEEDED)


def test_what_arrives_by_a_recharge_of_a_card_is_its_amount_and_the_fee_comes_on_top() -> None:
    card = card_openapi.document(card_app.ENDPOINTS, ADDRESS, CARD_PUSHES)
    order = card["components"]["schemas"]["OrderOut"]["examples"][0]
    assert order["received"] == order["amount"]
    assert order["createdAt"] < order["finishedAt"]

"""The payout API of a running install: its own endpoints, the merchant's settings, and what holds across restarts."""

import json
import random
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from decimal import Decimal
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.clients.card import Sandbox, SandboxRefused
from tests.clients.payout import PayoutClient, PayoutKeys
from tests.e2e.install import Install
from tests.rounds import rounds

from .house import OTHER_KEY, public

PATIENCE_S = 3.0
RESTORED = {
    "status": "active",
    "ip_allow_list": None,
    "rate_limits": {"per_key": 1000, "per_address": 2000},
    "min_api_version": 1,
    "product_names": ["Bursar", "Demo"],
    "user_agent_deny": [],
    "auto_review": False,
    "payout_accounts": {"SAR": {"status": "active"}, "AED": {"status": "active"}, "KWD": {"status": "active"}},
    "fees": {"payout": {"rate": "0", "fixed": "0", "minimum": "0", "bearer": "payee"}},
    "iban_check": "full",
}


def change(sandbox: Sandbox, **settings: Any) -> Any:
    return sandbox.request("PATCH", "merchant", settings)


@pytest.fixture
def merchant(sandbox: Sandbox) -> Iterator[Any]:
    """The merchant's settings, put back afterwards."""
    settings = change(sandbox)
    yield settings
    change(sandbox, **RESTORED, payout_public_key=settings["payout_public_key"])


# ── the endpoints of this subject ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("version", [1, 2])
def test_a_new_sandbox_merchant_has_its_balances(keys: PayoutKeys, version: int) -> None:
    with PayoutClient(keys, version=version) as client:
        answer = client.get("merchant/balance")
    assert (answer.code, answer.message, answer.signed) == (200, "Request succeeded.", True)
    assert answer.data == [
        {"currency": "AED", "balance": Decimal("100000.00")},
        {"currency": "KWD", "balance": Decimal("100000.000")},
        {"currency": "SAR", "balance": Decimal("1000000.00")},
    ]


@pytest.mark.parametrize("query", ["", "?", "??", "?&", "?a", "?a=%20b+c", "?a#"])
def test_path_and_query_are_signed_exactly_as_they_stand_in_the_request(client: PayoutClient, query: str) -> None:
    target = client.path("merchant/balance") + query
    headers = client.signed_headers("GET", target.partition("#")[0], "")
    assert sent(client, target, headers)["code"] == 200
    assert sent(client, target, headers | {"V-Nonce-Str": "another"})["code"] == 1213


def test_a_target_with_scheme_and_host_is_signed_from_its_path_on(client: PayoutClient) -> None:
    target = client.path("merchant/balance?")
    headers = client.signed_headers("GET", target, "")
    assert sent(client, f"http://bursar.test{target}", headers)["code"] == 200


def sent(client: PayoutClient, target: str, headers: Mapping[str, str]) -> Any:
    """The envelope that is answered to a GET of a target as it is, which other clients would tidy up."""
    address = urlsplit(client.keys.base_url)
    connection = HTTPConnection(address.hostname or "", address.port or 0, timeout=30)
    with closing(connection):
        connection.request("GET", target, headers=dict(headers))
        return json.loads(connection.getresponse().read())


@pytest.mark.parametrize(("country", "count"), [(None, 12), ("SAU", 12), ("KWT", 26), ("ARE", 130), ("ALL", 168)])
def test_banks_are_listed_by_country(client: PayoutClient, country: str | None, count: int) -> None:
    answer = client.get("payee/banks", {"country": country} if country else None)
    assert len(answer.data) == count
    assert {row["country"] for row in answer.data} == (
        {"SAU", "KWT", "ARE"} if country == "ALL" else {country or "SAU"}
    )
    assert all(list(row) == ["country", "bankcode", "bankname"] for row in answer.data)


def test_a_country_without_banks_is_an_invalid_parameter(client: PayoutClient) -> None:
    assert client.get("payee/banks", {"country": "USA"}).code == 1103


def test_rates_are_given_towards_riyals(client: PayoutClient) -> None:
    answer = client.get("payee/exchangeRate")
    seconds = [row.pop("updated_at") for row in answer.data]
    assert answer.data == [
        {"scur": "AED", "tcur": "SAR", "ratenm": "AED/SAR", "rate": Decimal("1.0214")},
        {"scur": "KWD", "tcur": "SAR", "ratenm": "KWD/SAR", "rate": Decimal("12.19")},
    ]
    assert all(isinstance(second, int) for second in seconds)


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_merchants_settings_can_be_looked_at(sandbox: Sandbox, keys: PayoutKeys) -> None:
    told = change(sandbox)
    assert (
        told.items()
        >= {
            "product_names": ["Bursar", "Demo"],
            "min_api_version": 1,
            "user_agent_deny": [],
            "auto_review": False,
            "payout_accounts": {"AED": {"status": "active"}, "KWD": {"status": "active"}, "SAR": {"status": "active"}},
            "fees": {"payout": {"rate": "0", "fixed": "0", "minimum": "0", "bearer": "payee"}},
            "iban_check": "full",
            "smallest_amounts": {"SAR": "0.01", "AED": "0.01", "KWD": "0.001"},
            "payout_public_key": public(keys.merchant_key),
        }.items()
    )


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"status": "closed"}, 1201),
        ({"status": "suspended"}, 1201),
        ({"payout_public_key": None}, 1202),
        ({"payout_public_key": "of no use"}, 1202),
        ({"ip_allow_list": ["203.0.113.0/24"]}, 1205),
        ({"payout_public_key": public(OTHER_KEY)}, 1213),
        ({"min_api_version": 2}, 1210),
        ({"user_agent_deny": ["bursar-payout"]}, 1211),
        ({"rate_limits": {"per_address": 0}}, 1212),
        ({"rate_limits": {"per_key": 0}}, 1212),
    ],
    ids=lambda value: str(list(value)) if isinstance(value, dict) else str(value),
)
def test_a_setting_holds_at_once(
    client: PayoutClient, sandbox: Sandbox, merchant: Any, settings: dict[str, Any], code: int
) -> None:
    assert client.get("merchant/balance").code == 200
    change(sandbox, **settings)
    assert client.get("merchant/balance").code == code


def test_an_account_with_money_on_it_is_not_taken_away(client: PayoutClient, sandbox: Sandbox, merchant: Any) -> None:
    with pytest.raises(SandboxRefused, match="payout_account_not_empty") as refusal:
        change(sandbox, payout_accounts={"KWD": None, "AED": {"status": "frozen"}})
    assert refusal.value.status == 409
    assert [row["currency"] for row in client.get("merchant/balance").data] == ["AED", "KWD", "SAR"]
    assert change(sandbox) == merchant


def test_fees_are_kept_as_given(sandbox: Sandbox, merchant: Any) -> None:
    fees = {"payout": {"rate": "0.05", "fixed": "1.5", "minimum": "2", "bearer": "merchant"}}
    assert change(sandbox, fees=fees)["fees"] == fees


def test_smallest_amounts_are_set_and_taken_back_one_by_one(sandbox: Sandbox, merchant: Any) -> None:
    usual = {"SAR": "0.01", "AED": "0.01", "KWD": "0.001"}
    set_ = usual | {"SAR": "10.00", "KWD": "0.500"}
    assert change(sandbox, smallest_amounts={"SAR": "10", "KWD": 0.5})["smallest_amounts"] == set_
    assert change(sandbox, smallest_amounts={"SAR": None})["smallest_amounts"] == usual | {"KWD": "0.500"}
    assert change(sandbox, smallest_amounts={"KWD": None})["smallest_amounts"] == usual


@pytest.mark.parametrize(
    "settings",
    [
        {"min_api_version": 3},
        {"min_api_version": 0},
        {"product_names": [""]},
        {"product_names": ["x" * 33]},
        {"product_names": ["x", "x"]},
        {"payout_accounts": {"USD": {"status": "active"}}},
        {"payout_accounts": {"SAR": {"status": "lost"}}},
        {"fees": {"payout": {"rate": "1.1"}}},
        {"fees": {"payout": {"rate": "-1"}}},
        {"fees": {"payout": {"bearer": "nobody"}}},
        {"user_agent_deny": [" "]},
        {"iban_check": "none"},
        {"smallest_amounts": {"SAR": "0"}},
        {"smallest_amounts": {"SAR": "0.001"}},
        {"smallest_amounts": {"USD": "1"}},
        {"smallest_amounts": {"SAR": "-1"}},
        {"smallest_amounts": {"SAR": "x"}},
        {"payout_public_key": "x" * 8193},
        {"auto_review": "perhaps"},
        {"unheard": 1},
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_changes_nothing(sandbox: Sandbox, merchant: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"HTTP 4(09|22)"):
        change(sandbox, status="suspended", **settings)
    assert change(sandbox) == merchant


# ── faults ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_planted_fault_of_ours_is_a_thousand(client: PayoutClient, sandbox: Sandbox) -> None:
    sandbox.fault("api.internal", "error")
    first, second = client.get("merchant/balance"), client.get("merchant/balance")
    assert [(first.code, first.http_status), (second.code, second.http_status)] == [(1000, 500), (200, 200)]


# ── what money there is stands in the books ──────────────────────────────────────────────────────────────────────────


def test_the_books_hold_what_the_merchant_brought_in(install: Install, sandbox: Sandbox) -> None:
    held = install.balances()
    assert (held["payout:available SAR"], held["payout:frozen SAR"]) == (100_000_000, 0)
    assert held["clearing:funding SAR"] == -100_000_000
    assert sandbox.check_ledger()["balanced"]


# ── bad bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_whatever_bytes_come_the_answer_is_an_envelope_or_a_bad_request(install: Install, client: PayoutClient) -> None:
    """Requests that were right, with bytes changed at random; seeded, so that a failure comes again."""
    chance = random.Random(20260301)
    codes = set()
    for _ in range(rounds(100, 1000)):
        prepared = client.prepare("POST" if chance.random() < 0.3 else "GET", "payee/banks", {"country": "SAU"})
        path = prepared.url.removeprefix(install.base_url)
        lines = [f"{prepared.method} {path} HTTP/1.1", "Host: x", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in prepared.headers.items()]
        lines.append(f"Content-Length: {len(prepared.content)}")
        head = bytearray("\r\n".join(lines).encode())
        for _ in range(chance.randint(0, 6)):
            head[chance.randrange(len(head))] = chance.randrange(256)
        status, body = exchange(install.port, bytes(head) + b"\r\n\r\n" + prepared.content)
        if not body.startswith(b"{"):
            assert status in {0, 400, 404, 405}, (status, body)
            continue
        envelope = json.loads(body)
        if "requestId" in envelope:
            assert re.fullmatch("[0-9A-F]{32}", envelope["requestId"])
            codes.add(envelope["code"])
    assert 1000 not in codes
    assert {200, 1213} <= codes


def exchange(port: int, sent: bytes) -> tuple[int, bytes]:
    """Status and body of an answer; 0 when there is none, as when more bytes are waited for than come."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        try:
            connection.sendall(sent)
            while part := connection.recv(65536):
                got += part
        except (TimeoutError, ConnectionError):
            pass
    head, _, body = got.partition(b"\r\n\r\n")
    return (int(head.split()[1]), body) if head else (0, b"")


# ── across processes (the last, because the install is started again) ────────────────────────────────────────────────


def test_a_request_is_let_in_once_whatever_dies_in_between(install: Install, client: PayoutClient) -> None:
    prepared = client.prepare("GET", "merchant/balance")
    assert client.send(prepared).code == 200
    install.kill("api")
    install.start("api")
    assert client.send(prepared).code == 1209
    assert client.get("merchant/balance").code == 200

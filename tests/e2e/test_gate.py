"""What a request must pass before anything is done for it, in the published order."""

import asyncio
import hashlib
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

import httpx2
import psutil
import psycopg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from bursar.api import body
from bursar.api.allowances import ALLOWED
from bursar.api.card import gate
from bursar.api.card.json_text import parse_object
from bursar.api.card.signing import sign_param as server_sign_param
from bursar.merchants.model import RATE_LIMITS
from tests.clients.card import API, Credentials, Prepared, encrypt, sign_param, signature

from .inside import Inside, compact, inside, with_headers
from .install import Install

pytestmark = pytest.mark.asyncio(loop_scope="module")

RECHARGE = "card/operate/recharge"
NOBODYS_CARD = {"cardId": "1", "amount": "100.00"}
SETTINGS = {
    "status": "active",
    "permissions": ["card", "wallet", "payout", "otp"],
    "ip_allow_list": None,
    "rate_limits": {"per_key": 100_000, "per_address": 100_000},
    "min_sign_version": 1,
}


class Seconds:
    """The time that rate limits go by: it stands still, so they do not depend on how fast this machine is."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def seconds() -> Seconds:
    return Seconds()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(stopped: Install, seconds: Seconds) -> AsyncIterator[Inside]:
    async with inside(stopped.dsn, stopped.home, seconds) as api:
        yield api


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _as_it_was(api: Inside, seconds: Seconds):
    await api.control("PATCH", "merchant", SETTINGS)
    seconds.now += 3600.0  # whatever the test before used up may be used again
    yield
    await api.control("PATCH", "merchant", SETTINGS)


# ── the order ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Faulty:
    """A request with every fault there is; `mend` them one after the other."""

    api: Inside
    used_id: str
    request_id: str = ""
    key: str = "nobody's"
    age_ms: int = 61_000
    token: str = "not.a.token"
    plain: bytes = b'{"cardId":"1",,}'
    secret: str = "not the secret"
    fresh_id: str | None = None
    state: dict[str, Any] = field(default_factory=dict)

    def prepared(self) -> Prepared:
        client = self.api.client
        timestamp = str(time.time_ns() // 1_000_000 - self.age_ms)
        parsed = parse_object(self.plain)
        signed = "POST", f"{API}{RECHARGE}", timestamp, self.request_id, server_sign_param(parsed.params)
        body = client.encrypted(self.plain) if self.token == "" else compact({"payload": self.token})
        headers = {
            "X-UPA-APIKEY": self.key,
            "X-UPA-REQUESTID": self.request_id,
            "X-UPA-TIMESTAMP": timestamp,
            "X-UPA-SIGN": signature(self.secret, *signed),
        }
        return Prepared(f"{self.api.described['base_url']}{API}{RECHARGE}", headers, body)


async def test_the_first_fault_in_the_published_order_is_answered(api: Inside, seconds: Seconds, monkeypatch):
    keys = api.client.keys
    used = "used-before"
    assert (await api.call(RECHARGE, NOBODYS_CARD, request_id=used)).code == 10078
    asked = Faulty(api, used, secret="not the secret")
    bad = {
        "status": "closed",
        "permissions": [],
        "ip_allow_list": ["203.0.113.7"],
        "rate_limits": {"per_key": 0, "per_address": 0},
    }

    async def patch(**better: Any) -> None:
        bad.update(better)
        await api.control("PATCH", "merchant", bad)

    async def expect(code: int, what: str) -> None:
        seconds.now += 1.0
        answer = await api.send(asked.prepared())
        assert answer.code == code, f"{what}: {answer.code} {answer.msg}"

    await patch()
    monkeypatch.setitem(RATE_LIMITS, "per_address", 0)
    await expect(900, "too many from one address, before anybody is recognised")
    monkeypatch.undo()
    await expect(401, "the key is unknown")
    asked.key = keys.api_key
    await expect(900, "too many from one address by its merchant's own limit, which holds for the first one too")
    await patch(rate_limits={"per_key": 0, "per_address": 100_000})
    await expect(403, "the address is not on the list")
    await patch(ip_allow_list=["127.0.0.0/8"])
    await expect(10300, "the request id is missing")
    asked.request_id = used
    await expect(401, "the timestamp is old")
    asked.age_ms = 0
    await expect(1004, "the payload cannot be decrypted")
    asked.token = ""
    await expect(401, "the signature is wrong")
    asked.secret = keys.secret_key
    await expect(10000, "the merchant is closed")
    await patch(status="suspended")
    await expect(403, "the merchant is suspended")
    await patch(status="active")
    await expect(403, "the merchant has no permission")
    await patch(permissions=["card"])
    await expect(900, "too many with one key")
    await patch(rate_limits={"per_key": 100_000, "per_address": 100_000})
    await expect(10123, "the request id stands for something else")
    asked.request_id = "fresh-1"
    await expect(1004, "the plaintext is no JSON")
    asked.request_id, asked.plain = "fresh-2", b'{"cardId":true}'
    await expect(10302, "a parameter has the wrong type")
    asked.request_id, asked.plain = "fresh-3", compact({"cardId": "1"})
    await expect(10300, "a parameter is missing")
    asked.request_id, asked.plain = "fresh-4", compact(NOBODYS_CARD)
    await expect(10078, "there is no such card")


async def test_what_does_not_pass_the_gate_leaves_no_trace(api: Inside, stopped: Install):
    before = stopped.snapshot(), requests_kept(stopped)
    good = api.client.prepare(RECHARGE, NOBODYS_CARD)
    for bad in (
        with_headers(good, sign="x"),
        with_headers(good, apikey="x"),
        with_headers(good, timestamp="1"),
        with_headers(good, requestid=""),
        replace(good, content=b"{}"),
    ):
        assert (await api.send(bad)).code != 0
    assert (stopped.snapshot(), requests_kept(stopped)) == before


def requests_kept(install: Install) -> int:
    with psycopg.connect(install.dsn) as connection:
        row = connection.execute("SELECT count(*) FROM api_request").fetchone()
        assert row is not None
        return int(row[0])


# ── headers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"apikey": None}, 401),
        ({"apikey": ""}, 401),
        ({"apikey": "k" * 129}, 401),
        ({"timestamp": None}, 401),
        ({"timestamp": ""}, 401),
        ({"timestamp": "soon"}, 401),
        ({"timestamp": "-1"}, 401),
        ({"timestamp": "1" * 17}, 401),
        ({"timestamp": "NaN"}, 401),
        ({"sign": None}, 401),
        ({"sign": ""}, 401),
        ({"requestid": None}, 10300),
        ({"requestid": "  "}, 10300),
        ({"requestid": "r" * 65}, 10301),
        ({"requestid": "r|1"}, 10301),
        ({"requestid": "r 1"}, 10301),
        ({"requestid": "r\t1"}, 10301),
        ({"requestid": "r\x7f"}, 10301),
    ],
)
async def test_a_header_that_is_missing_or_wrong(api: Inside, changed: dict[str, str | None], code: int):
    answer = await api.send(with_headers(api.client.prepare("merchant/info"), **changed))
    assert answer.code == code
    if "requestid" in changed:
        assert "'X-UPA-REQUESTID'" in answer.msg


@pytest.mark.parametrize("name", ["X-UPA-APIKEY", "X-UPA-SIGN", "X-UPA-TIMESTAMP"])
@pytest.mark.parametrize("value", ["é".encode(), b"\xff\xfe", "١٢".encode()])
async def test_a_header_that_is_not_ascii(api: Inside, name: str, value: bytes):
    request = api.client.prepare("merchant/info")
    headers = {**{key: text.encode() for key, text in request.headers.items()}, name: value}
    async with api.http() as http:
        response = await http.post(request.url, headers=headers, content=request.content)  # type: ignore[arg-type]
    assert response.json()["code"] == 401


@pytest.mark.parametrize("value", ["é".encode(), "１".encode(), b"r\xff"])
async def test_a_request_id_is_ascii(api: Inside, value: bytes):
    request = api.client.prepare("merchant/info")
    headers = {**{key: text.encode() for key, text in request.headers.items()}, "X-UPA-REQUESTID": value}
    async with api.http() as http:
        response = await http.post(request.url, headers=headers, content=request.content)  # type: ignore[arg-type]
    assert response.json()["code"] == 10301


@pytest.mark.parametrize("request_id", ["r" * 64, "".join(map(chr, range(0x21, 0x60))), "}~{"])
async def test_a_request_id_of_visible_characters_is_accepted(api: Inside, request_id: str):
    assert (await api.call("merchant/info", request_id=request_id)).code == 0


@pytest.mark.parametrize(
    ("late_ms", "code"), [(-59_000, 0), (59_000, 0), (61_000, 401), (-61_000, 401), (10**9, 401), (-(10**12), 401)]
)
async def test_a_timestamp_may_be_a_minute_off_either_way(api: Inside, late_ms: int, code: int):
    timestamp, request_id = str(time.time_ns() // 1_000_000 - late_ms), "any"
    sign = signature(api.client.keys.secret_key, "POST", f"{API}merchant/info", timestamp, request_id, "")
    request = with_headers(api.client.prepare("merchant/info"), timestamp=timestamp, requestid=request_id, sign=sign)
    assert (await api.send(request)).code == code


async def test_an_answer_carries_the_request_id_and_its_time(api: Inside):
    before = time.time_ns() // 1_000_000
    answer = await api.call("merchant/info", request_id="mine-17")
    assert answer.headers["X-UPA-REQUESTID"] == "mine-17"
    assert before <= int(answer.headers["X-UPA-TIMESTAMP"]) <= time.time_ns() // 1_000_000
    assert answer.headers["Content-Type"] == "application/json"
    assert "X-UPA-REPLAYED" not in answer.headers


async def test_a_refusal_carries_them_too(api: Inside):
    answer = await api.send(with_headers(api.client.prepare("merchant/info", request_id="mine-18"), sign="x"))
    assert (answer.code, answer.http_status, answer.data) == (401, 200, None)
    assert answer.headers["X-UPA-REQUESTID"] == "mine-18"


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("allowed", "address", "code"),
    [
        (None, "198.51.100.1", 0),
        (["198.51.100.1"], "198.51.100.1", 0),
        (["198.51.100.1"], "198.51.100.2", 403),
        (["198.51.100.0/30"], "198.51.100.3", 0),
        (["198.51.100.0/30"], "198.51.100.4", 403),
        (["198.51.100.3/30"], "198.51.100.1", 0),
        (["2001:db8::1"], "2001:db8::1", 0),
        (["2001:db8::1"], "2001:0db8:0:0:0:0:0:1", 0),
        (["2001:db8::1"], "2001:db8::2", 403),
        (["2001:db8:1::/48"], "2001:db8:1:ffff::9", 0),
        (["2001:db8:1::/48"], "2001:db8:2::9", 403),
        (["2001:db8:1::/48"], "198.51.100.1", 403),
        (["198.51.100.1"], "2001:db8::1", 403),
        (["198.51.100.1"], "::ffff:198.51.100.1", 0),
        (["::ffff:198.51.100.1"], "198.51.100.1", 0),
        (["2001:db8::1", "198.51.100.0/24"], "198.51.100.77", 0),
        (["0.0.0.0/0"], "2001:db8::1", 403),
        (["198.51.100.1"], "unix", 403),
        (["198.51.100.1"], "", 403),
    ],
)
async def test_an_allow_list(api: Inside, allowed: list[str] | None, address: str, code: int):
    await api.control("PATCH", "merchant", {"ip_allow_list": allowed})
    assert (await api.call("merchant/info", address=address)).code == code


async def test_nobody_can_say_for_himself_where_he_is(api: Inside):
    await api.control("PATCH", "merchant", {"ip_allow_list": ["198.51.100.1"]})
    request = api.client.prepare("merchant/info")
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):
        claimed = replace(request, headers={**request.headers, header: "198.51.100.1"})
        assert (await api.send(claimed, "198.51.100.2")).code == 403


# ── merchants and permissions ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"status": "suspended"}, 403),
        ({"status": "closed"}, 10000),
        ({"permissions": []}, 403),
        ({"permissions": ["payout", "otp"]}, 403),
        ({"permissions": ["wallet", "payout", "otp"]}, 0),
        ({"permissions": ["card"]}, 0),
    ],
)
async def test_the_merchant_must_be_open_and_allowed(api: Inside, change: dict[str, Any], code: int):
    await api.control("PATCH", "merchant", change)
    assert (await api.call("merchant/info")).code == code


@pytest.mark.parametrize(
    ("permissions", "codes"),
    [(["card"], [0, 0, 1003]), (["wallet"], [0, 403, 0]), (["payout", "otp"], [403, 403, 1003])],
)
async def test_each_section_needs_its_permission(api: Inside, permissions: list[str], codes: list[int]):
    await api.control("PATCH", "merchant", {"permissions": permissions})
    asked = ("merchant/asset", "customer/group/list", "wallet/coin/list")
    assert [(await api.call(path)).code for path in asked] == codes


# ── how often ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_more_than_the_limit_of_a_key_in_one_second_is_too_frequent(api: Inside, seconds: Seconds):
    await api.control("PATCH", "merchant", {"rate_limits": {"per_key": 5, "per_address": 100_000}})
    request = api.client.prepare("merchant/info")
    assert await many(api, request, [f"198.51.100.{n}" for n in range(60)]) == {0: 5, 900: 55}
    seconds.now += 0.5
    assert await many(api, request, ["198.51.100.61"] * 10) == {900: 10}
    seconds.now += 60.0
    assert await many(api, request, ["198.51.100.62"] * 10) == {0: 5, 900: 5}


async def test_more_than_the_limit_of_an_address_is_too_frequent_whatever_the_key(api: Inside, monkeypatch):
    monkeypatch.setitem(RATE_LIMITS, "per_address", 5)
    request = with_headers(api.client.prepare("merchant/info"), apikey="made up")
    assert await many(api, request, ["198.51.100.99"] * 60) == {401: 5, 900: 55}
    assert (await api.send(request, "198.51.100.98")).code == 401


async def many(api: Inside, request: Prepared, addresses: list[str]) -> Counter[int]:
    """How often each code was answered to requests sent at once."""
    answers = await asyncio.gather(*(api.send(request, address) for address in addresses))
    return Counter(answer.code for answer in answers)


async def test_requests_that_are_not_the_merchants_do_not_use_up_its_limit(api: Inside):
    await api.control("PATCH", "merchant", {"rate_limits": {"per_key": 3, "per_address": 100_000}})
    forged = with_headers(api.client.prepare("merchant/info"), sign="x")
    assert [(await api.send(forged)).code for _ in range(6)] == [401] * 6
    assert [(await api.call("merchant/info")).code for _ in range(4)] == [0, 0, 0, 900]


@pytest.mark.parametrize("cleared", [None, {"per_key": None}])
async def test_a_limit_that_was_set_can_be_taken_away(api: Inside, cleared: dict[str, None] | None):
    await api.control("PATCH", "merchant", {"rate_limits": {"per_key": 0, "per_address": 100_000}})
    assert (await api.call("merchant/info")).code == 900
    told = await api.control("PATCH", "merchant", {"rate_limits": cleared})
    assert told["rate_limits"] == {"per_key": 1_000, "per_address": 2_000 if cleared is None else 100_000}
    assert (await api.call("merchant/info")).code == 0


async def test_what_else_was_set_by_name_can_be_taken_away(api: Inside):
    before = await api.control("PATCH", "merchant", {})
    limits = {"USDT": {"withdraw_min": "1", "withdraw_max": None}}
    await api.control("PATCH", "merchant", {"quotas": {"customers": 1}, "wallet_limits": limits})
    told = await api.control("PATCH", "merchant", {"quotas": {"customers": None}, "wallet_limits": None})
    assert (told["quotas"], told["wallet_limits"]) == (before["quotas"], {})
    assert await api.control("PATCH", "merchant", {"quotas": None}) == told == before


# ── signatures ───────────────────────────────────────────────────────────────────────────────────────────────────────

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
NUMBERS = st.one_of(st.integers(-(10**12), 10**12), st.decimals(-1000, 1000, places=2).map(float))
LEAVES = st.one_of(TEXTS, NUMBERS, st.booleans(), st.none())
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)
REQUESTS = st.dictionaries(TEXTS, VALUES, max_size=5)
RANDOMLY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@RANDOMLY
@given(params=REQUESTS)
async def test_whatever_the_client_signs_the_server_accepts(api: Inside, params: dict[str, Any]):
    assume(not any(set(name) & set("=&|") for name in params))
    assume(not any(isinstance(value, str) and value.startswith(("{", "[")) for value in params.values()))
    assert (await api.call("account/supportcurrency", params)).code == 0


@RANDOMLY
@given(params=REQUESTS, where=st.sampled_from(["path", "timestamp", "requestid", "body"]), data=st.data())
async def test_one_byte_changed_is_unauthorized(
    api: Inside, seconds: Seconds, params: dict[str, Any], where: str, data: st.DataObject
):
    seconds.now += 1.0  # or the address would have failed too often
    request = api.client.prepare("account/supportcurrency", params)
    if where == "path":
        request = replace(request, url=request.url.replace("account/supportcurrency", "merchant/info"))
    elif where == "body":
        changed = one_byte_changed(request.content, data)
        assume(server_sign_param(parse_object(changed).params) != sign_param(params))
        request = replace(request, content=changed)
    else:
        name = f"X-UPA-{where.upper()}"
        text = request.headers[name]
        at = data.draw(st.integers(0, len(text) - 1))
        other = data.draw(st.sampled_from([c for c in "0123456789abcdef" if c != text[at]]))
        request = with_headers(request, **{where: text[:at] + other + text[at + 1 :]})
    assert (await api.send(request)).code == 401


def one_byte_changed(content: bytes, data: st.DataObject) -> bytes:
    at = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.integers(1, 255))
    return content[:at] + bytes([content[at] ^ other]) + content[at + 1 :]


@RANDOMLY
@given(data=st.data())
async def test_one_byte_of_a_payload_changed_cannot_be_decrypted(api: Inside, seconds: Seconds, data: st.DataObject):
    seconds.now += 1.0
    request = api.client.prepare("card/balance", {"cardId": "1"})
    changed = one_byte_changed(request.content, data)
    parsed = parse_object(changed)
    assume(parsed.params.get("payload") != parse_object(request.content).params["payload"])
    assert (await api.send(replace(request, content=changed))).code == 1004


async def test_a_payload_of_another_request_does_not_fit_the_signature(api: Inside):
    one, other = (api.client.prepare("card/balance", {"cardId": n}) for n in "12")
    assert (await api.send(replace(one, content=other.content))).code == 401


async def test_another_merchants_secret_does_not_sign(api: Inside):
    keys = api.client.keys
    stranger = Credentials(keys.base_url, keys.api_key, keys.secret_key + "x", keys.platform_key, keys.merchant_key)
    request = type(api.client)(stranger).prepare("merchant/info")
    assert (await api.send(request)).code == 401


async def test_a_query_is_not_part_of_the_path(api: Inside):
    request = api.client.prepare("merchant/info")
    assert (await api.send(replace(request, url=request.url + "?a=1"))).code == 0


# ── borders of the signed string ─────────────────────────────────────────────────────────────────────────────────────

RECHARGE_OF_20 = {"cardId": "1", "amount": "20", "thirdOrderNo": "T1|amount=400&cardId=1"}


async def test_a_signature_for_one_recharge_is_none_for_another(api: Inside, stopped: Install):
    """The text that a customer has typed into a merchant's form is cut into parameters, by an id with bars in it."""
    before = stopped.snapshot(), requests_kept(stopped)
    signed = api.client.prepare(RECHARGE, RECHARGE_OF_20, "r1")
    moved_id = "r1|amount=20&cardId=1&thirdOrderNo=T1"
    timestamp = signed.headers["X-UPA-TIMESTAMP"]
    of_moved = signature(
        api.client.keys.secret_key, "POST", f"{API}{RECHARGE}", timestamp, moved_id, "amount=400&cardId=1"
    )
    assert of_moved == signed.headers["X-UPA-SIGN"]
    moved = replace(signed, content=api.client.encrypted(compact({"amount": "400", "cardId": "1"})))
    assert (await api.send(with_headers(moved, requestid=moved_id))).code == 10301
    refused = await api.send(signed)
    assert (refused.code, "'thirdOrderNo'" in refused.msg) == (10301, True)
    assert (stopped.snapshot(), requests_kept(stopped)) == before


@pytest.mark.parametrize(
    ("params", "code", "name"),
    [
        ({"name": "g&remark=R"}, 10301, "name"),
        ({"name": "g", "remark": "R|name=h"}, 10301, "remark"),
        ({"name": "g", "unknown": "&name=h"}, 10301, "unknown"),
        ({"name": "g", "x=y": "1"}, 10301, "x=y"),
        ({"name": "g", "unknown": '{"a":"b'}, 10302, "unknown"),
    ],
)
async def test_what_can_be_cut_in_another_way_is_refused_and_its_request_id_stays_unused(
    api: Inside, stopped: Install, params: dict[str, Any], code: int, name: str
):
    before = stopped.snapshot(), requests_kept(stopped)
    request = api.client.prepare("customer/group/add", params)
    refused = await api.send(request)
    assert (refused.code, f"'{name}'" in refused.msg) == (code, True)
    assert (await api.send(with_headers(request, sign="x"))).code == 401
    assert (stopped.snapshot(), requests_kept(stopped)) == before


async def test_borders_are_checked_before_the_merchant_is(api: Inside):
    await api.control("PATCH", "merchant", {"status": "closed", "rate_limits": {"per_key": 0}})
    assert (await api.call("customer/group/add", {"name": "g&remark=R"})).code == 10301
    assert (await api.call("customer/group/add", {"name": "g"})).code == 10000


# ── version 2 ────────────────────────────────────────────────────────────────────────────────────────────────────────


def second(api: Inside, path: str, content: bytes, query: str = "", **changed: str) -> Prepared:
    """A request with a signature of version 2, written from the contract alone."""
    prepared = api.client.prepare(path)
    timestamp, request_id = prepared.headers["X-UPA-TIMESTAMP"], prepared.headers["X-UPA-REQUESTID"]
    signed = {
        "method": "POST",
        "uri": f"{API}{path}{query}",
        "timestamp": timestamp,
        "requestId": request_id,
        "body": hashlib.sha256(content).hexdigest(),
    }
    sign = signature(api.client.keys.secret_key, json.dumps({**signed, **changed}, separators=(",", ":")))
    headers = {**prepared.headers, "X-UPA-SIGN": sign, "X-UPA-SIGN-VERSION": "2"}
    return Prepared(prepared.url + query, headers, content)


async def test_version_2_covers_the_body_as_sent(api: Inside):
    answer = await api.send(second(api, "merchant/asset", b'{ "currency" : "USDT"}'))
    assert (answer.code, answer.headers["X-UPA-SIGN-VERSION"]) == (0, "2")
    assert (await api.send(second(api, "merchant/asset", b""))).code == 0
    sealed = second(api, "card/balance", api.client.encrypted(b'{"cardId":"1"}'))
    assert (await api.send(sealed)).code == 10078
    other = second(api, "card/balance", api.client.encrypted(b'{"cardId":"1"}'))
    assert (await api.send(replace(sealed, content=other.content))).code == 401
    assert (await api.send(replace(second(api, "merchant/asset", b"{}"), content=b"{} "))).code == 401


async def test_version_2_covers_method_path_query_timestamp_and_id(api: Inside):
    assert (await api.send(second(api, "merchant/info", b"{}", "?a=1&b=%20"))).code == 0
    asked = second(api, "merchant/info", b"{}", "?a=1")
    assert (await api.send(replace(asked, url=asked.url + "2"))).code == 401
    assert (await api.send(with_headers(asked, requestid="another"))).code == 401
    later = str(int(asked.headers["X-UPA-TIMESTAMP"]) + 1)
    assert (await api.send(with_headers(asked, timestamp=later))).code == 401
    for part in ("method", "uri", "timestamp", "requestId", "body"):
        assert (await api.send(second(api, "merchant/info", b"{}", **{part: "x"}))).code == 401


async def test_in_version_2_nothing_is_looked_at_before_the_signature(api: Inside, stopped: Install):
    for path, content in (("merchant/info", b"{"), ("card/balance", b'{"payload":"x"}'), ("card/balance", b"[")):
        before = requests_kept(stopped)
        wrong = second(api, path, content, body="0" * 64)
        assert (await api.send(wrong)).code == 401
        assert (await api.send(second(api, path, content))).code == 1004
        assert requests_kept(stopped) == before


async def test_in_version_2_texts_may_hold_what_they_like(api: Inside):
    name = f"g{time.time_ns()}&remark=R|name=h"
    added = await api.send(second(api, "customer/group/add", compact({"name": name, "a=b": '{"c"'})))
    assert added.code == 0
    found = await api.call("customer/group/info", {"groupNo": added.data["groupNo"]})
    assert (found.data["name"], found.data["remark"]) == (name, None)


async def test_a_request_of_version_2_is_repeated_like_any_other(api: Inside):
    asked = second(api, "customer/group/add", compact({"name": f"g{time.time_ns()}"}))
    first, again = await api.send(asked), await api.send(asked)
    assert (first.code, again.code, again.replayed, again.data) == (0, 0, True, first.data)
    other = api.client.prepare("customer/group/add", {"name": "x"}, asked.headers["X-UPA-REQUESTID"])
    assert (await api.send(other)).code == 10123


async def test_version_2_covers_the_whole_form_of_an_upload(api: Inside):
    form = httpx2.Request("POST", "http://x", files={"file": ("a.png", png(), "image/png")}, data={"fileType": "1"})
    content = form.read()
    asked = second(api, "common/file/upload", content)
    asked = replace(asked, headers={**asked.headers, "Content-Type": form.headers["Content-Type"]})
    assert (await api.send(replace(asked, content=content.replace(b"\r\n1\r\n", b"\r\n2\r\n")))).code == 401
    taken = await api.send(asked)
    assert (taken.code, taken.data["fileType"]) == (0, 1)


def png() -> bytes:
    file = BytesIO()
    Image.new("RGB", (64, 64)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(("version", "code"), [("1", 0), ("0", 401), ("3", 401), ("2.0", 401), ("02", 401), ("x", 401)])
async def test_a_version_is_one_that_is_offered(api: Inside, version: str, code: int):
    request = api.client.prepare("merchant/info")
    answer = await api.send(replace(request, headers={**request.headers, "X-UPA-SIGN-VERSION": version}))
    assert answer.code == code
    assert "X-UPA-SIGN-VERSION" not in answer.headers


async def test_a_merchant_may_have_version_1_refused(api: Inside):
    shown = await api.control("PATCH", "merchant", {"min_sign_version": 2})
    assert shown["min_sign_version"] == 2
    assert (await api.call("merchant/info")).code == 401
    assert (await api.send(second(api, "merchant/info", b"{}"))).code == 0
    await api.control("PATCH", "merchant", {"min_sign_version": 1})
    assert (await api.call("merchant/info")).code == 0


# ── failures ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_fails_too_often_is_refused_before_any_work_and_nobody_else_is(api: Inside, seconds: Seconds):
    good = api.client.prepare("merchant/info")
    forged = with_headers(good, sign="x")
    assert await many(api, forged, ["198.51.100.7"] * ALLOWED) == {401: ALLOWED}
    sealed = with_headers(api.client.prepare("card/list", {}), sign="x")
    broken = replace(sealed, content=b'{"payload":"a.b.c.d.e"}')
    for refused in (good, forged, sealed, broken):
        assert (await api.send(refused, "198.51.100.7")).code == 900
    assert (await api.send(good, "198.51.100.8")).code == 0
    assert (await api.send(with_headers(good, apikey="other"), "198.51.100.7")).code == 401
    seconds.now += 1.0
    assert (await api.send(good, "198.51.100.7")).code == 0


async def test_what_cannot_be_decrypted_or_is_too_much_counts_like_a_wrong_signature(api: Inside):
    broken = replace(api.client.prepare("card/list", {}), content=b'{"payload":"a.b.c.d.e"}')
    large = replace(api.client.prepare("merchant/info"), content=compact({"a": "x" * 256 * 1024}))
    flood = api.sealed("card/list", b'{"a":[' + b"[]," * 5_000 + b"[]]}", "")
    for request in (broken, large, flood):
        assert await many(api, request, ["198.51.100.9"] * 20) == {1004: 20}
    assert (await api.call("merchant/info", address="198.51.100.9")).code == 900


async def test_right_signatures_and_refusals_behind_them_cost_nothing(api: Inside):
    unknown = api.client.prepare("card/balance", {"cardId": "1"})
    assert await many(api, unknown, ["198.51.100.10"] * 2 * ALLOWED) == {10078: 2 * ALLOWED}
    malformed = api.signed("merchant/info", b"{", "")
    assert await many(api, malformed, ["198.51.100.10"] * 2 * ALLOWED) == {1004: 2 * ALLOWED}


# ── nodes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_body_has_so_many_nodes_and_no_more(api: Inside):
    numbers, count = b"1," * 9_996 + b"1", "1," * 9_996 + "1"
    fits, too_many = b'{"a":[' + numbers + b"]}", b'{"a":[' + numbers + b",[]]}"
    assert (await api.send(api.signed("merchant/info", fits, f"a=[{count}]"))).code == 0
    assert (await api.send(api.signed("merchant/info", too_many, f"a=[{count},[]]"))).code == 1004
    assert (await api.send(api.sealed("card/list", fits, f"a=[{count}]"))).code == 0
    assert (await api.send(api.sealed("card/list", too_many, f"a=[{count},[]]"))).code == 1004
    assert (await api.send(second(api, "merchant/info", fits))).code == 0
    assert (await api.send(second(api, "merchant/info", too_many))).code == 1004


async def test_commas_and_brackets_in_texts_are_no_nodes(api: Inside):
    assert (await api.call("merchant/info", {"a": ['[{,\\"' * 5_000]})).code == 0


async def test_what_a_payload_inflates_to_is_counted_before_it_is_read(api: Inside, monkeypatch):
    read: list[int] = []
    monkeypatch.setattr(gate, "parse_object", lambda text: (read.append(len(text)), parse_object(text))[1])
    plain = b'{"a":[' + b"[]," * 340_000 + b"[]]}"
    payload = encrypt(plain, api.client.keys.platform_key, deflate=True)
    request = with_headers(api.signed("card/list", compact({"payload": payload}), ""), sign="x")
    assert (await api.send(request)).code == 1004
    assert len(read) == 1
    assert read[0] < 10_000


# ── bodies ───────────────────────────────────────────────────────────────────────────────────────────────────────────

DEEP = b'{"a":' + b"[" * 40 + b"]" * 40 + b"}"
BAD_BODIES = {
    "not JSON": b"{",
    "not an object": b"[1]",
    "a text": b'"x"',
    "nothing but null": b"null",
    "not UTF-8": b'{"a":"\xff"}',
    "NaN": b'{"a":NaN}',
    "infinite": b'{"a":Infinity}',
    "minus infinite": b'{"a":-Infinity}',
    "half a surrogate pair": b'{"a":"\\ud800"}',
    "too deep": DEEP,
    "much too deep": b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "two objects": b"{}{}",
    "a byte order mark": b"\xef\xbb\xbf{}",
}


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_a_body_that_is_no_object_is_refused_once_its_signature_is_accepted(api: Inside, name: str):
    assert (await api.send(api.signed("merchant/info", BAD_BODIES[name], ""))).code == 1004
    assert (await api.send(api.signed("merchant/info", BAD_BODIES[name], "a=1"))).code == 401
    assert (await api.send(api.sealed("card/balance", BAD_BODIES[name], ""))).code == 1004


@pytest.mark.parametrize(
    ("body", "signed"),
    [
        (b'{"cardId":"1","cardId":"2"}', "cardId=2"),
        (b'{"cardId":"1","x":{"a":1,"a":2}}', 'cardId=1&x={"a":2}'),
        (b'{"cardId":"1","x":"\\u0000"}', "cardId=1&x=\0"),
        (b'{"cardId":"1","x":' + b"1" * 1025 + b"}", "cardId=1&x=" + "1" * 1025),
    ],
)
async def test_a_body_that_can_be_signed_but_not_accepted(api: Inside, body: bytes, signed: str):
    assert (await api.send(api.sealed("card/balance", body, signed))).code == 1004
    assert (await api.send(api.signed("merchant/info", body, signed))).code == 1004


async def test_an_empty_body_is_no_parameters(api: Inside):
    assert (await api.send(api.signed("merchant/info", b"", ""))).code == 0
    assert (await api.send(api.sealed("card/list", b"", ""))).code == 0


async def test_whoever_waits_while_the_process_that_decrypts_dies_may_ask_again(api: Inside):
    holders = [child for child in psutil.Process().children() if "bursar.api.card.key_holder" in child.cmdline()]
    asked = [api.client.prepare("card/list", {}) for _ in range(5)]
    for holder in holders:
        holder.suspend()
    waiting = [asyncio.ensure_future(api.send(request)) for request in asked]
    await asyncio.sleep(0.05)
    for holder in holders:
        holder.kill()
    assert [(await answer).code for answer in waiting] == [500] * 5
    assert [(await api.send(request)).code for request in asked] == [0] * 5


@pytest.mark.parametrize("body", [b"", b"{}", b'{"payload":1}', b'{"payload":"a.b.c.d.e"}', b"[]", b'{"payload":null}'])
async def test_an_encrypted_endpoint_takes_nothing_in_clear(api: Inside, body: bytes):
    assert (await api.send(api.signed("card/list", body, ""))).code == 1004
    assert (await api.send(with_headers(api.signed("card/list", body, ""), sign="x"))).code == 1004


async def test_a_body_that_is_too_large_is_refused(api: Inside):
    most = 256 * 1024
    text = "x" * (most - 9)
    assert (await api.send(api.signed("merchant/info", compact({"a": text}), f"a={text}"))).code == 0
    assert (await api.send(api.signed("merchant/info", compact({"a": text + "x"}), f"a={text}x"))).code == 1004


async def test_a_body_that_does_not_come_is_not_waited_for(api: Inside, monkeypatch):
    monkeypatch.setattr(body, "BODY_TIMEOUT_S", 0.05)

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)

    request = api.client.prepare("merchant/info")
    began = time.monotonic()
    async with api.http() as http:
        response = await http.post(request.url, headers=request.headers, content=slow())
    assert response.json()["code"] == 1004
    assert time.monotonic() - began < 5

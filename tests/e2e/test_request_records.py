"""Records of requests as a live install keeps them, over the wire: whose they are, which secrets are in them, how many.

The install is a sandbox whose API is told to keep records as a live one does.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import psycopg
import pytest
import pytest_asyncio

from bursar.api.recorder import Recorder
from bursar.install.settings import read_settings
from bursar.main.parts import assembled
from bursar.requests.records import service
from bursar.requests.records.model import LIVE
from bursar.staff.model import Principal
from bursar.staff.people.service import NewPerson
from bursar.staff.tokens.model import NewToken
from tests.clients.card import Prepared
from tests.clients.payout import PayoutClient, PayoutKeys

from .inside import Inside, inside, with_headers
from .install import Install

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "hunter2"
CARD = "4111111111111111"


class Seconds:
    """The time that limits go by."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Log:
    """The install, and somebody of its staff who reads the log."""

    api: Inside
    install: Install
    seconds: Seconds
    merchant: int
    token: str

    async def staff(self, method: str, where: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        if method == "POST":
            headers["Idempotency-Key"] = f"log-{datetime.now(UTC).timestamp()}"
        async with self.api.http() as http:
            answer = await http.request(method, f"/operator/v1{where}", headers=headers, json=body, params=query)
        return answer.status_code, answer.json()

    async def record(self, hours: float | None) -> tuple[int, Any]:
        until = None if hours is None else (datetime.now(UTC) + timedelta(hours=hours)).isoformat()
        return await self.staff("POST", f"/merchants/{self.merchant}/record", {"until": until, "reason": "As asked"})

    async def listed(self, **query: Any) -> list[Mapping[str, Any]]:
        status, page = await self.staff("GET", "/requests", **query)
        assert status == 200, page
        return list(page["items"])

    async def newest(self, **query: Any) -> Mapping[str, Any]:
        number = (await self.listed(**query))[0]["id"]
        return dict((await self.staff("GET", f"/requests/{number}"))[1])

    async def content(self, number: int) -> Mapping[str, Any]:
        status, shown = await self.staff("GET", f"/requests/{number}/content")
        assert status == 200, shown
        return dict(shown)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.install.dsn) as connection:
            return connection.execute(query).fetchall()  # type: ignore[arg-type]


async def token_of_staff(install: Install) -> str:
    """A token of somebody who reads the log and the audit."""
    settings = read_settings({"DATABASE_URL": install.dsn, "BURSAR_HOME": str(install.home)})
    async with assembled(settings) as parts:
        room, by = parts.rooms.staff, Principal.console()
        ctx = by.context(parts.ground.clock, "log")
        person = await room.people.add(ctx, by, NewPerson("log@example.com", "Log", ("operations", "auditor")))
        made = await room.tokens.create(ctx, by, NewToken("log", ("operations", "auditor"), 1), for_person=person.id)
        return made.secret


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def log(stopped: Install) -> AsyncIterator[Log]:
    seconds = Seconds()
    async with inside(stopped.dsn, stopped.home, seconds) as api:
        app: Any = api.app
        app.records.keeping = LIVE
        app.records._unproved._tick = seconds
        recorded = replace(api, app=Recorder(app, lambda: app.records))  # type: ignore[arg-type]
        merchant = int(api.described["card"]["merchant_no"])
        yield Log(recorded, stopped, seconds, merchant, await token_of_staff(stopped))


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _as_it_was(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "TOGETHER_AFTER_S", 0.0)
    log.seconds.now += 3600.0
    await log.record(None)
    with psycopg.connect(log.install.dsn) as connection:
        connection.execute("TRUNCATE request_record")


async def stranger(log: Log, path: str, content: bytes = b"", address: str = "192.0.2.1", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with log.api.http(address) as http:
        return (await http.post(path, content=content, headers=named)).status_code


async def test_nothing_is_kept_until_a_person_has_it_so_and_nothing_after(log: Log) -> None:
    await log.api.call("merchant/info")
    await stranger(log, "/api/v1/merchant/info", X_UPA_APIKEY="nobodys")
    assert await log.listed() == []
    status, done = await log.record(24)
    assert (status, done) == (200, {"done": log.merchant})
    shown = (await log.staff("GET", f"/merchants/{log.merchant}"))[1]
    ends = datetime.fromisoformat(shown["recorded_until"])
    assert timedelta(hours=23) < ends - datetime.now(UTC) < timedelta(hours=25)
    [audited] = (await log.staff("GET", "/audit", action="requests.record", limit=1))[1]["items"]
    assert (audited["before"], audited["reason"]) == ({"recorded_until": None}, "As asked")
    assert datetime.fromisoformat(audited["after"]["recorded_until"]) == ends
    for hours in (-1, 24 * 7 + 1):
        assert (await log.record(hours))[1]["type"].endswith(":setting-invalid")
    assert (await log.staff("GET", f"/merchants/{log.merchant}"))[1] == shown
    await log.api.call("merchant/info")
    await stranger(log, "/api/v1/merchant/info", X_UPA_APIKEY="nobodys")
    assert [(each["merchant_id"], each["proved"]) for each in await log.listed()] == [
        (None, False),
        (log.merchant, True),
    ]
    await log.record(None)
    await log.api.call("merchant/info")
    await stranger(log, "/api/v1/merchant/info", X_UPA_APIKEY="nobodys")
    assert len(await log.listed()) == 2


async def test_each_refusal_is_explained_in_a_sentence(log: Log) -> None:
    await log.record(24)
    prepare = log.api.client.prepare
    plain, sealed = prepare("merchant/info"), prepare("customer/add", {"givenName": SECRET})
    foreign = json.loads(prepare("customer/add", {}).content)["payload"].split(".")
    foreign[0] = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ"
    token = Prepared(sealed.url, sealed.headers, json.dumps({"payload": ".".join(foreign)}).encode())
    expected = [
        (plain, 0, None, "It was carried out."),
        (prepare("card/operate/recharge", {"cardId": "1", "amount": "1"}), 10078, None, "It came through, and its use"),
        (with_headers(plain, sign="AAAA"), 401, "signature", "X-UPA-SIGN is not the signature of the string that we"),
        (with_headers(plain, timestamp="1774573955"), 401, "timestamp", "The caller's clock is"),
        (with_headers(plain, requestid=None), 10300, "request id", "X-UPA-REQUESTID is missing."),
        (with_headers(sealed, sign="AAAA"), 401, None, "The signature covers parameters that are sealed"),
        (token, 1004, "encryption", "The header says alg RSA-OAEP (that is OAEP with SHA-1)"),
    ]
    for request, code, check, says in expected:
        answer = await log.api.send(request)
        seen = await log.newest()
        assert (answer.code, seen["code"], seen["check"]) == (code, code, check), says
        assert seen["says"].startswith(says), seen["says"]
        assert seen["proved"] is (code in (0, 10078))
    await stranger(log, "/api/v1/nowhere/hunter2")
    assert (await log.newest())["says"] == "There is no such endpoint, or it is not called by POST."
    named = {"X_UPA_REQUESTID": "1", "X_UPA_TIMESTAMP": "1", "X_UPA_SIGN": "1"}
    await stranger(log, "/api/v1/merchant/info", **named)
    assert (await log.newest())["says"] == "X-UPA-APIKEY is missing."
    await stranger(log, "/api/v1/merchant/info", X_UPA_APIKEY="hunter2hunter2", **named)
    unknown = await log.newest()
    assert unknown["says"] == "No API key of this install is the one in X-UPA-APIKEY: hunt… (14 characters)."
    assert unknown["operations"] == []


async def test_no_secret_rests_or_is_shown(log: Log, capfd: pytest.CaptureFixture[str]) -> None:
    """Every kind of secret, each where somebody might put it, by the merchant, by a forger and by a stranger."""
    await log.record(24)
    keys = PayoutKeys.from_sandbox(dict(log.api.described))
    body = {"cardno": CARD, "cvv": SECRET, "pin": SECRET, "otp": SECRET, "customs": [{"identity": SECRET}]}
    body |= {"password": SECRET, "thirdOrderNo": CARD, SECRET + " ": SECRET, "amount": CARD, "code": SECRET}
    plain = json.dumps(body).encode()
    with PayoutClient(keys) as client:
        paying = client.prepare("POST", "payee/custom/create", {**body, "name_a": SECRET})
        reading = client.prepare("GET", "payee/banks", {"country": "SAU", "code": SECRET, "value": CARD})
    for request in (paying, reading):
        async with log.api.http() as http:
            headers = {**request.headers, "User-Agent": "test", "Authorization": SECRET, "Cookie": f"a={SECRET}"}
            await http.request(request.method, request.url, headers=headers, content=request.content)
    api = log.api.client
    await log.api.call("card/operate/pin", body)
    for forged in (api.prepare("card/operate/pin", body), api.prepare("merchant/info")):
        await log.api.send(with_headers(replace(forged, content=plain), sign=SECRET))
    form = {"file": ("a.png", SECRET.encode() * 100, "image/png")}
    async with log.api.http() as http:
        upload = httpx2.Request("POST", f"{log.api.described['base_url']}/api/v1/file/upload", files=form)
        headers = {**api.prepare("merchant/info").headers, "Content-Type": upload.headers["content-type"]}
        await http.post("/api/v1/file/upload", content=upload.read(), headers=headers)
    for path in (
        f"/api/v1/{SECRET}",
        f"/api/v1/merchant/info?{SECRET}={CARD}",
        f"/openApi/v2/payee/banks?code={SECRET}",
    ):
        named = {"X_UPA_APIKEY": SECRET, "V_Api_Key": SECRET, "X_Other": SECRET, "Authorization": SECRET}
        await stranger(log, path, plain, X_UPA_REQUESTID=CARD, User_Agent=CARD, **named)
    rows = await log.listed()
    assert len(rows) >= 9
    assert {each["proved"] for each in rows} == {True, False}
    told: list[Any] = [rows]
    for row in rows:
        told += [(await log.staff("GET", f"/requests/{row['id']}"))[1], await log.content(row["id"])]
    stored = log.rows("SELECT t::text, encode(content, 'escape') FROM request_record AS t")
    audited = log.rows("SELECT t::text FROM audit_record AS t WHERE action LIKE 'requests.%'")
    for place in (told, stored, audited, capfd.readouterr()):
        assert SECRET not in str(place)
        assert CARD not in str(place)
    looks = [row for (row,) in audited if "requests.read_plain" in row]
    assert len(looks) == len(rows)
    nobodys = log.rows("SELECT body_bytes, octet_length(content) FROM request_record WHERE key_of IS NULL")
    assert len(nobodys) >= 3
    assert max(content for _, content in nobodys) < 1024


async def test_filters_are_those_of_the_sandbox(log: Log) -> None:
    await log.record(24)
    await log.api.call("merchant/info", request_id="r-1")
    await log.api.send(with_headers(log.api.client.prepare("merchant/fund/list", None, "r-2"), sign="AAAA"))
    await stranger(log, "/api/v1/merchant/info", X_UPA_APIKEY="nobodys", X_UPA_REQUESTID="r-3")
    whose = {"merchant_id": log.merchant}

    async def found(**query: Any) -> list[str]:
        return [each["request_id"] for each in await log.listed(**query)]

    assert await found() == ["r-3", "r-2", "r-1"]
    assert await found(**whose) == ["r-2", "r-1"]
    assert await found(nobodys="true") == ["r-3"]
    assert await found(request_id="r-2") == ["r-2"]
    assert await found(code=401) == ["r-3", "r-2"]
    assert await found(code=401, **whose) == ["r-2"]
    assert await found(path="/api/v1/merchant/fund", **whose) == ["r-2"]
    assert await found(path="/api/v1/merchant/", nobodys="true") == ["r-3"]
    assert await found(path="/api/v1/card", **whose) == []
    first = (await log.staff("GET", "/requests", limit=2))[1]
    assert await found(limit=2, after=first["after"]) == ["r-1"]
    status, problem = await log.staff("GET", "/requests", path="/api/v1/merchant")
    assert (status, problem["type"]) == (422, "urn:bursar:problem:path-of-everybody")
    assert (await log.staff("GET", "/requests/7"))[0] == 404
    assert (await log.staff("GET", "/requests/7/content"))[0] == 404


async def test_a_flood_of_what_nobody_has_signed_is_bounded(log: Log) -> None:
    """By each process in each minute, of one key without a proof, and of nobody's key in all and from one address."""
    await log.record(24)
    forged = with_headers(log.api.client.prepare("merchant/info"), sign="AAAA")
    for number in range(20):
        addresses = [f"192.0.2.{number}", f"198.51.100.{number}"]
        await asyncio.gather(*(stranger(log, "/api/v1/merchant/info", address=each) for each in addresses * 15))
    assert len(await log.listed(nobodys="true", limit=100)) == LIVE.unproved_per_minute
    for number in range(100):
        await log.api.send(forged, f"203.0.113.{number}")
    assert len(await log.listed(merchant_id=log.merchant, limit=100)) == LIVE.unproved_per_minute
    await log.api.call("merchant/info", address="203.0.113.200")
    assert (await log.newest())["proved"] is True
    log.seconds.now += 60
    for _ in range(30):
        await stranger(log, "/api/v1/merchant/info", address="192.0.2.1")
    assert len(await log.listed(nobodys="true", limit=100)) == LIVE.unproved_per_minute + LIVE.address_per_minute

"""The gate: every check answers with its code, in the published order, and lets nothing by twice."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import psutil
import pytest

from bursar.api.allowances import ALLOWED
from bursar.api.payout.codes import Code
from bursar.api.payout.gate import NONCE_WINDOW
from bursar.api.payout.keys import SystemKey
from bursar.api.payout.signing import V1, message
from bursar.db.database import Database
from bursar.requests.nonces.service import Nonces
from tests.clients.payout import PayoutClient, Prepared

from .house import OTHER_KEY, House, garbage, public

pytestmark = pytest.mark.asyncio(loop_scope="module")

PERSON = {"identity": "1010101010", "amount": "1.00"}


def without(prepared: Prepared, *names: str) -> Prepared:
    return replace(prepared, headers={name: value for name, value in prepared.headers.items() if name not in names})


def with_headers(prepared: Prepared, **changed: str) -> Prepared:
    named = {name.replace("_", "-"): value for name, value in changed.items()}
    return replace(prepared, headers={**prepared.headers, **named})


# ── the order ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Bad:
    """A request with everything wrong with it, and what has been mended so far."""

    house: House
    used_nonce: str
    mended: set[str]

    def is_wrong(self, fault: str) -> bool:
        return fault not in self.mended

    async def set_up(self) -> None:
        """What is wrong on the merchant's side."""
        wrong = self.is_wrong
        await self.house.change(
            rate_limits={
                "per_address": 0 if wrong("rate of the address") else 2000,
                "per_key": 0 if wrong("rate of the key") else 1000,
            },
            ip_allow_list=("203.0.113.0/24",) if wrong("address") else None,
            permissions=("card", "otp") if wrong("permission") else ("payout",),
            public_key=None if wrong("merchant's key") else public(self.house.client.keys.merchant_key),
        )

    def request(self) -> Prepared:
        """The request, signed over what is sent."""
        client, wrong = self.house.client, self.is_wrong
        body = {"identity": garbage(), "amount": "x"} if wrong("sensitive field") else client.sealed(self.params())
        url = client.path("person")
        text = json.dumps(body)
        stale = int(time.time()) - (301 if wrong("timestamp") else 0)
        nonce = self.used_nonce if wrong("nonce used") else f"fresh {time.monotonic_ns()}"
        nonce = "n" * 128 if wrong("form of a header") else nonce
        signer = client
        if wrong("signature"):
            signer = PayoutClient(replace(client.keys, merchant_key=OTHER_KEY))
        headers = signer.signed_headers("POST", url, text, timestamp=stale, nonce=nonce)
        if wrong("key") and not wrong("rate of the address"):
            headers["V-Api-Key"] = "unknown"
        if wrong("version"):
            headers["V-Api-Version"] = "9"
        for fault, name in (
            ("a header", "V-Timestamp"),
            ("api key", "V-Api-Key"),
            ("user agent", "User-Agent"),
        ):
            if wrong(fault) and not (name == "V-Api-Key" and wrong("rate of the address")):
                del headers[name]
        return Prepared("POST", client.keys.base_url + url, headers, text.encode())

    def params(self) -> dict[str, str]:
        if self.is_wrong("missing parameter"):
            return {"identity": "1010101010", "flag": "7"}
        return {**PERSON, **({"flag": "7"} if self.is_wrong("invalid parameter") else {})}


ORDER = (
    ("rate of the address", Code.TOO_FREQUENT),
    ("user agent", Code.USER_AGENT_REFUSED),
    ("api key", Code.API_KEY_MISSING),
    ("a header", Code.HEADER_MISSING),
    ("form of a header", Code.HEADER_INVALID),
    ("version", Code.VERSION_INVALID),
    ("key", Code.API_KEY_WRONG),
    ("merchant's key", Code.MERCHANT_KEY_WRONG),
    ("address", Code.ADDRESS_REFUSED),
    ("timestamp", Code.REQUEST_EXPIRED),
    ("signature", Code.SIGNATURE_WRONG),
    ("nonce used", Code.HEADER_INVALID),
    ("rate of the key", Code.TOO_FREQUENT),
    ("permission", Code.API_KEY_WRONG),
    ("sensitive field", Code.UNDECRYPTABLE),
    ("missing parameter", Code.PARAMETER_MISSING),
    ("invalid parameter", Code.PARAMETER_INVALID),
)
"""Every check in the published order, with its code. The merchant's address limit is known by its key alone, so the key
is there and right for the first row."""
NAMED = {
    "a header": {"header": "V-Timestamp"},
    "form of a header": {"header": "V-Nonce-Str"},
    "nonce used": {"header": "V-Nonce-Str"},
    "missing parameter": {"parameter": "amount"},
    "invalid parameter": {"parameter": "flag"},
}
"""What `data` says an answer is about."""
AUTHENTICATED = {
    "nonce used",
    "rate of the key",
    "permission",
    "sensitive field",
    "missing parameter",
    "invalid parameter",
}


async def test_the_checks_come_in_the_published_order(house: House) -> None:
    first = house.client.prepare("GET", "merchant/balance")
    assert (await house.send(first)).success
    bad = Bad(house, first.headers["V-Nonce-Str"], set())
    for fault, code in ORDER:
        await bad.set_up()
        answer = await house.send(bad.request())
        assert (answer.code, answer.message) == (code.number, code.text), fault
        assert answer.signed == (fault in AUTHENTICATED), fault
        assert (answer.http_status, answer.data) == (200, NAMED.get(fault, {})), fault
        bad.mended.add(fault)
    await bad.set_up()
    assert (await house.send(bad.request())).code == 200


# ── one by one ───────────────────────────────────────────────────────────────────────────────────────────────────────

Spoil = Callable[[Prepared], Prepared]

MALFORMED: dict[str, Spoil] = {
    "timestamp of letters": lambda it: with_headers(it, V_Timestamp="now"),
    "timestamp with a fraction": lambda it: with_headers(it, V_Timestamp="1686647706.5"),
    "negative timestamp": lambda it: with_headers(it, V_Timestamp="-1"),
    "timestamp of other digits": lambda it: with_headers(it, V_Timestamp="\u0661\u0662".encode().decode("latin-1")),
    "nonce of 128 characters": lambda it: with_headers(it, V_Nonce_Str="n" * 128),
    "nonce beyond ASCII": lambda it: with_headers(it, V_Nonce_Str="n\xff"),
    "version of letters": lambda it: with_headers(it, V_Api_Version="one"),
    "signature beyond Base64": lambda it: with_headers(it, V_Signature="<signature>"),
    "signature without end": lambda it: with_headers(it, V_Signature="A" * 1028),
    "key without end": lambda it: with_headers(it, V_Api_Key="k" * 129),
}


@pytest.mark.parametrize("spoil", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_header_is_invalid(house: House, spoil: Spoil) -> None:
    prepared = spoil(house.client.prepare("GET", "merchant/balance"))
    encoded = {name: value.encode("latin-1") for name, value in prepared.headers.items()}
    answer = await house.send(replace(prepared, headers=encoded))  # type: ignore[arg-type]
    assert answer.code == 1209
    assert not answer.signed


async def test_a_header_that_stands_twice_is_invalid(house: House) -> None:
    prepared = house.client.prepare("GET", "merchant/balance")
    twice = [*prepared.headers.items(), ("v-nonce-str", "another")]
    assert (await house.send(replace(prepared, headers=twice))).code == 1209  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["V-Api-Version", "V-Timestamp", "V-Nonce-Str", "V-Signature"])
async def test_each_header_is_needed(house: House, name: str) -> None:
    prepared = house.client.prepare("GET", "merchant/balance")
    assert (await house.send(without(prepared, name))).code == 1208
    assert (await house.send(with_headers(prepared, **{name.replace("-", "_"): " "}))).code == 1208


async def test_headers_are_known_in_any_case(house: House) -> None:
    prepared = house.client.prepare("GET", "merchant/balance")
    lowered = {name.lower(): value for name, value in prepared.headers.items()}
    assert (await house.send(replace(prepared, headers=lowered))).code == 200


@pytest.mark.parametrize("version", ["0", "2", "3", "99"])
async def test_a_version_that_the_path_does_not_offer_is_invalid(house: House, version: str) -> None:
    prepared = with_headers(house.client.prepare("GET", "merchant/balance"), V_Api_Version=version)
    assert (await house.send(prepared)).code == 1210


async def test_both_versions_are_served_until_a_merchant_wants_the_newer_alone(house: House) -> None:
    second = house.in_version(2)
    assert [(await house.post("person", PERSON)).code, (await second.post("person", PERSON)).code] == [200, 200]
    await house.change(min_api_version=2)
    refused, taken = await house.post("person", PERSON), await second.post("person", PERSON)
    assert [refused.code, taken.code] == [1210, 200]
    assert taken.headers["V-Api-Version"] == "2"
    assert taken.data["identity"] == "1010101010"


@pytest.mark.parametrize("status", ["closed", "suspended"])
async def test_the_key_of_a_merchant_that_is_not_open_is_wrong(house: House, status: str) -> None:
    await house.change(status=status)
    answer = await house.get("merchant/balance")
    assert (answer.code, answer.signed) == (1201, False)


@pytest.mark.parametrize(
    ("level", "looking", "ordering", "codes"),
    [("api", 1201, 1201, 1201), ("money_out", 200, 1405, 200), ("all", 1201, 1201, 1201)],
)
async def test_a_suspension_reaches_as_far_as_its_level(
    house: House, level: str, looking: int, ordering: int, codes: int
) -> None:
    await house.change(status="suspended", suspension=level, permissions=("payout", "otp"))
    answers = [await house.get("merchant/balance"), await house.post("money"), await house.get("codes")]
    assert [answer.code for answer in answers] == [looking, ordering, codes]
    assert all(answer.signed is (answer.code != 1201) for answer in answers)
    await house.change(status="active")
    assert (await house.post("money")).code == 200


@pytest.mark.parametrize(
    ("permissions", "payouts", "codes"),
    [(("payout",), 200, 1201), (("otp",), 1201, 200), (("card", "wallet"), 1201, 1201), (("payout", "otp"), 200, 200)],
)
async def test_each_side_needs_its_permission_and_the_refusal_is_signed(
    house: House, permissions: tuple[str, ...], payouts: int, codes: int
) -> None:
    await house.change(permissions=permissions)
    answers = [await house.get("merchant/balance"), await house.get("codes")]
    assert [answer.code for answer in answers] == [payouts, codes]
    assert all(answer.signed for answer in answers)


@pytest.mark.parametrize("key", ["no key at all", "AAAA"])
async def test_a_public_key_of_no_use_is_the_merchants_fault(house: House, key: str) -> None:
    await house.change(public_key=key)
    assert (await house.get("merchant/balance")).code == 1202


@pytest.mark.parametrize(
    ("entry", "address", "code"),
    [
        ("203.0.113.7", "203.0.113.7", 200),
        ("203.0.113.7", "203.0.113.8", 1205),
        ("203.0.113.0/24", "203.0.113.8", 200),
        ("2001:db8::/32", "2001:db8::1", 200),
        ("2001:db8::/32", "2001:db9::1", 1205),
        ("203.0.113.7", "::ffff:203.0.113.7", 200),
        ("203.0.113.7", "testclient", 1205),
    ],
)
async def test_the_allow_list_decides_where_requests_come_from(
    house: House, entry: str, address: str, code: int
) -> None:
    await house.change(ip_allow_list=(entry,))
    assert (await house.send(house.client.prepare("GET", "merchant/balance"), address)).code == code


@pytest.mark.parametrize(("denied", "code"), [("curl", 1211), ("EXAMPLE/1", 1211), ("example/2", 200)])
async def test_a_user_agent_is_refused_by_a_part_of_it_in_any_case(house: House, denied: str, code: int) -> None:
    prepared = with_headers(house.client.prepare("GET", "merchant/balance"), User_Agent="Curl, or Example/1.0")
    await house.change(user_agent_deny=("bursar", denied) if denied != "curl" else (denied,))
    assert (await house.send(prepared)).code == code


@pytest.mark.parametrize(("off_s", "code"), [(-301, 1204), (-295, 200), (295, 200), (302, 1204), (10**12, 1204)])
async def test_a_timestamp_is_fresh_for_five_minutes_either_way(house: House, off_s: int, code: int) -> None:
    url = house.client.path("merchant/balance")
    headers = house.client.signed_headers("GET", url, "", timestamp=int(time.time()) + off_s)
    answer = await house.send(Prepared("GET", house.client.keys.base_url + url, headers, b""))
    assert answer.code == code


# ── what is signed ───────────────────────────────────────────────────────────────────────────────────────────────────

TAMPERED: dict[str, Spoil] = {
    "body": lambda it: replace(it, content=it.content.replace(b"1.00", b"9.00")),
    "space in the body": lambda it: replace(it, content=it.content + b" "),
    "query": lambda it: replace(it, url=it.url + "?x=1"),
    "path": lambda it: replace(it, url=it.url.replace("person", "rows")),
    "nonce": lambda it: with_headers(it, V_Nonce_Str="another"),
    "timestamp": lambda it: with_headers(it, V_Timestamp=str(int(it.headers["V-Timestamp"]) + 1)),
    "signature": lambda it: with_headers(it, V_Signature="AAAA"),
    "words for a signature": lambda it: with_headers(it, V_Signature="invalid"),
}


@pytest.mark.parametrize("spoil", TAMPERED.values(), ids=TAMPERED)
async def test_whatever_is_signed_cannot_be_changed(house: House, spoil: Spoil) -> None:
    answer = await house.send(spoil(house.client.prepare("POST", "person", PERSON)))
    assert (answer.code, answer.signed) == (1213, False)


async def test_url_and_body_are_signed_exactly_as_sent(house: House) -> None:
    query = house.client.prepare_text("GET", "payee/banks?country=%53AU&x=a+b%20c%2F/é".replace("é", "%C3%A9"), "")
    assert (await house.send(query)).code == 200
    body = house.client.sealed({**PERSON, "name_e": 'quote " slash / back \\ ابن\u2028'})
    for text in (json.dumps(body, ensure_ascii=False, indent=3), json.dumps(body)):
        answer = await house.send(house.client.prepare_text("POST", "person", text))
        assert answer.data["name_e"] == 'quote " slash / back \\ ابن\u2028'


async def test_a_body_that_is_no_text_is_an_invalid_parameter_for_who_signed_it(house: House) -> None:
    text = b'{"a":"\xff"}'.decode("utf-8", "surrogateescape")
    url = house.client.path("person")
    headers = {"User-Agent": "x", "V-Api-Key": house.client.keys.api_key, "V-Api-Version": "1", "V-Nonce-Str": "n"}
    now = int(time.time())
    signature = SystemKey(house.client.keys.merchant_key).sign(
        V1, message(house.client.keys.api_key, now, "n", url, "POST", text)
    )
    headers |= {"V-Timestamp": str(now), "V-Signature": signature}
    answer = await house.send(Prepared("POST", house.client.keys.base_url + url, headers, b'{"a":"\xff"}'))
    assert (answer.code, answer.signed) == (1103, True)


async def test_what_cannot_be_opened_or_signed_just_now_is_a_failure_and_the_next_request_is_not(house: House) -> None:
    requests = [house.client.prepare("POST", "person", PERSON), house.client.prepare("GET", "merchant/balance")]
    answers = []
    for prepared in requests:
        assert (await house.post("person", PERSON)).signed
        process = psutil.Process(house.keys.pid)
        process.suspend()
        waiting = asyncio.ensure_future(house.send(prepared))
        await asyncio.sleep(0.05)
        process.kill()
        answers.append(await waiting)
    assert [(answer.code, answer.signed) for answer in answers] == [(1000, True), (1000, False)]
    assert (await house.post("person", PERSON)).signed


# ── failures, and work before the signature ──────────────────────────────────────────────────────────────────────────


async def until_refused(house: House, forged: Prepared, address: str) -> int:
    """The number of failures that were answered as such; some are regained meanwhile."""
    for number in range(2 * ALLOWED):
        code = (await house.send(forged, address)).code
        if code == 1212:
            return number
        assert code == 1213
    raise AssertionError("nobody was refused")


async def test_who_fails_too_often_is_refused_before_any_work_and_nobody_else_is(house: House) -> None:
    good = house.client.prepare("POST", "person", PERSON)
    forged = with_headers(good, V_Signature="AAAA")
    assert await until_refused(house, forged, "198.51.100.7") >= ALLOWED
    assert (await house.send(good, "198.51.100.7")).code == 1212
    assert (await house.send(good, "198.51.100.8")).code == 200
    other = with_headers(house.client.prepare("POST", "person", PERSON), V_Api_Key="another")
    assert (await house.send(other, "198.51.100.7")).code == 1201


async def test_in_version_2_it_is_the_same(house: House) -> None:
    second = house.in_version(2)
    forged = with_headers(second.client.prepare("POST", "person", PERSON), V_Signature="AAAA")
    assert await until_refused(second, forged, "198.51.100.9") >= ALLOWED


@pytest.mark.parametrize(("path", "most"), [("person", 256 * 1024), ("persons/many", 8 * 1024 * 1024)])
async def test_an_endpoint_takes_so_many_bytes(house: House, path: str, most: int) -> None:
    row = json.dumps({**house.client.sealed(PERSON), "unknown": ""})
    fits = row.replace('"unknown": ""', f'"unknown": "{"x" * (most - len(row))}"')
    assert len(fits) == most
    assert (await house.send(house.client.prepare_text("POST", path, fits))).code == 200
    too_large = await house.send(house.client.prepare_text("POST", path, fits + " "))
    assert (too_large.code, too_large.signed) == (1103, False)


@pytest.mark.parametrize(("path", "most"), [("person", 10_000), ("persons/many", 200_000)])
async def test_an_endpoint_takes_so_many_nodes_from_whoever_signed_them(house: House, path: str, most: int) -> None:
    row = json.dumps({**house.client.sealed(PERSON), "unknown": [1]})
    inside = 1 + len(json.loads(row)) + 1
    fits = row.replace("[1]", f"[{'1,' * (most - inside)}1]")
    assert (await house.send(house.client.prepare_text("POST", path, fits))).code == 200
    too_many = house.client.prepare_text("POST", path, fits.replace(",1]", ",1,1]"))
    refused = await house.send(too_many)
    assert (refused.code, refused.signed) == (1103, True)
    assert (await house.send(with_headers(too_many, V_Signature="AAAA"))).code == 1213


# ── once ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_same_request_again_is_refused(house: House) -> None:
    prepared = house.client.prepare("POST", "person", PERSON)
    first, second = await house.send(prepared), await house.send(prepared)
    assert [first.code, second.code] == [200, 1209]
    assert second.signed


async def test_of_the_same_request_many_times_at_once_one_is_let_in(house: House) -> None:
    prepared = house.client.prepare("GET", "merchant/balance")
    answers = await asyncio.gather(*(house.send(prepared) for _ in range(12)))
    assert sorted(answer.code for answer in answers) == [200] + [1209] * 11


async def test_a_nonce_is_used_up_by_a_valid_signature_alone(house: House) -> None:
    prepared = house.client.prepare("GET", "merchant/balance")
    assert (await house.send(with_headers(prepared, V_Signature="AAAA"))).code == 1213
    assert (await house.send(prepared)).code == 200


async def test_a_nonce_is_free_again_after_the_window(house: House, books: Database) -> None:
    prepared = house.client.prepare("GET", "merchant/balance")
    assert (await house.send(prepared)).code == 200
    async with books.connection() as connection:
        await connection.execute("UPDATE api_nonce SET used_at = used_at - interval '659 seconds'")
        assert (await house.send(prepared)).code == 1209
        await connection.execute("UPDATE api_nonce SET used_at = used_at - interval '2 seconds'")
    assert (await house.send(prepared)).code == 200


async def test_another_process_knows_the_nonce(house: House, books: Database) -> None:
    prepared = house.client.prepare("GET", "merchant/balance")
    assert (await house.send(prepared)).code == 200
    elsewhere = Nonces(books, NONCE_WINDOW)
    assert not await elsewhere.use(house.ctx.merchant_id, prepared.headers["V-Nonce-Str"])
    assert await elsewhere.use(house.ctx.merchant_id + 1, prepared.headers["V-Nonce-Str"])


# ── how often ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_key_that_calls_too_often_is_told_so_with_a_signature(house: House) -> None:
    await house.change(rate_limits={"per_key": 2})
    answers = [await house.get("merchant/balance") for _ in range(4)]
    assert [answer.code for answer in answers[:3]] == [200, 200, 1212]
    assert answers[2].signed


async def test_an_address_that_calls_too_often_is_told_so_before_anything_else(house: House) -> None:
    await house.get("merchant/balance")
    await house.change(rate_limits={"per_address": 2})
    await house.get("merchant/balance")
    codes = [(await house.get("merchant/balance")).code for _ in range(4)]
    assert 1212 in codes
    refused = await house.send(without(house.client.prepare("GET", "merchant/balance"), "User-Agent"))
    assert refused.code == 1212

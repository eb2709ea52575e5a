"""Text messages through a real message centre: parts, receipts, refusals, and what happens when it is lost."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bursar.cli.app import app
from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.errors import Fact, ProviderRefused
from bursar.messages import service
from bursar.messages.errors import GatewayFailed, GatewayUnreachable
from bursar.messages.model import DeliveryReceipt, ReceiptProblem, ReceiptStatus
from bursar.messages.service import Receipts
from bursar.providers.messages import smpp_sms
from bursar.providers.messages.smpp_sms import SmppServer, SmppSms, SmppUrlMalformed
from tests.messages import centre as centres
from tests.messages.centre import Centre

NUMBER = "+96651111111"
ARABIC = "123456 هو رمز التحقق الخاص بك. تنتهي صلاحيته خلال خمس دقائق. لا تشاركه مع أي شخص مهما كان السبب 🔒."


@pytest.fixture
def receipts(database: Database, clock: ManualClock) -> Receipts:
    return Receipts(database, clock)


@pytest.fixture
async def centre() -> AsyncIterator[Centre]:
    async with centres.running() as running:
        yield running


@asynccontextmanager
async def connected(url: str, receipts: Receipts) -> AsyncIterator[SmppSms]:
    sms = SmppSms(SmppServer.from_url(url), receipts)
    sms.start()
    try:
        yield sms
    finally:
        await sms.close()


@pytest.fixture
async def sms(centre: Centre, receipts: Receipts) -> AsyncIterator[SmppSms]:
    async with connected(centre.url, receipts) as sms:
        yield sms


async def test_short_text_goes_as_one_message_to_an_international_number(centre: Centre, sms: SmppSms) -> None:
    await sms.send(f"{NUMBER}1", "123456 is your code.")
    assert (await centre.next("submit")) == {
        "event": "submit",
        "to": "966511111111",
        "ton": 1,
        "npi": 1,
        "source": "Bursar",
        "source_ton": 5,
        "esm_class": 0,
        "data_coding": 0,
        "registered": 1,
        "text": "123456 is your code.",
        "udh": [],
    }


async def test_arabic_text_goes_as_two_parts_that_a_phone_puts_together(
    centre: Centre, sms: SmppSms, receipts: Receipts
) -> None:
    message_id = await sms.send(f"{NUMBER}1", ARABIC)
    parts = [await centre.next("submit") for _ in range(2)]
    assert "".join(part["text"] for part in parts) == ARABIC
    assert [(part["esm_class"], part["data_coding"]) for part in parts] == [(0x40, 8), (0x40, 8)]
    headers = [part["udh"][0] for part in parts]
    assert [header[-4:] for header in headers] == ["0201", "0202"]
    assert headers[0][:-4] == headers[1][:-4]
    assert len(message_id.split(" ")) == 2
    assert [(await centre.next("receipt"))["answer"] for _ in range(2)] == [0, 0]
    assert await receipts.status_of(message_id) is ReceiptStatus.DELIVERED


async def test_message_has_not_arrived_before_all_its_parts_have(receipts: Receipts) -> None:
    await receipts.record("m1", ReceiptStatus.DELIVERED)
    assert await receipts.status_of("m1 m2") is ReceiptStatus.PENDING
    await receipts.record("m2", ReceiptStatus.FAILED)
    assert await receipts.status_of("m1 m2") is ReceiptStatus.FAILED
    await receipts.record("m2", ReceiptStatus.DELIVERED)
    assert await receipts.status_of("m1 m2") is ReceiptStatus.FAILED


async def test_receipts_say_what_became_of_messages(centre: Centre, sms: SmppSms, receipts: Receipts) -> None:
    found = []
    for last in "12321":
        message_id = await sms.send(f"{NUMBER}{last}", "Hello")
        if last != "3":
            await centre.next("receipt")
        found.append((await receipts.status_of(message_id)).value)
    assert found == ["delivered", "failed", "pending", "failed", "delivered"]


@pytest.mark.parametrize(("last", "fact"), [("8", GatewayFailed), ("9", ProviderRefused), ("6", GatewayUnreachable)])
async def test_message_that_is_not_taken(sms: SmppSms, last: str, fact: type[Fact]) -> None:
    with pytest.raises(fact):
        await sms.send(f"{NUMBER}{last}", "Hello")


async def test_messages_sent_at_once_share_a_connection(centre: Centre, sms: SmppSms) -> None:
    ids = await asyncio.gather(*(sms.send(f"{NUMBER}3", f"Hello {n}") for n in range(50)))
    assert len(set(ids)) == 50
    texts = {(await centre.next("submit"))["text"] for _ in range(50)}
    assert texts == {f"Hello {n}" for n in range(50)}


async def test_no_answer_is_a_gateway_that_cannot_be_reached(sms: SmppSms, monkeypatch: pytest.MonkeyPatch) -> None:
    await sms.send(f"{NUMBER}3", "Hello")
    monkeypatch.setattr(smpp_sms, "TIMEOUT_S", 0.2)
    with pytest.raises(GatewayUnreachable):
        await sms.send(f"{NUMBER}7", "Hello")
    monkeypatch.undo()
    await sms.send(f"{NUMBER}3", "Hello")


async def test_wrong_password_is_a_gateway_that_cannot_be_reached(
    centre: Centre, receipts: Receipts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smpp_sms, "TIMEOUT_S", 0.3)
    async with connected(centre.url.replace("s3cret", "guess"), receipts) as sms:
        assert (await centre.next("bind"))["known"] is False
        with pytest.raises(GatewayUnreachable):
            await sms.send(f"{NUMBER}1", "Hello")


async def test_lost_connection_is_opened_again(centre: Centre, sms: SmppSms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smpp_sms, "_PAUSE_FIRST_S", 0.01)
    with pytest.raises(GatewayUnreachable):
        await sms.send(f"{NUMBER}6", "Hello")
    await sms.send(f"{NUMBER}1", "Hello again")
    assert (await centre.next("receipt"))["answer"] == 0


async def test_centre_that_comes_later_is_found(receipts: Receipts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smpp_sms, "PAUSE_MAX_S", 0.05)
    monkeypatch.setattr(smpp_sms, "TIMEOUT_S", 60)
    async with centres.running() as first:
        port, url = first.port, first.url
    async with connected(url, receipts) as sms:
        sending = asyncio.create_task(sms.send(f"{NUMBER}3", "Hello"))
        async with centres.running(port) as second:
            assert (await second.next("submit"))["text"] == "Hello"
            await sending


async def test_receipt_that_cannot_be_stored_is_not_taken(
    centre: Centre, sms: SmppSms, receipts: Receipts, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(part_id: str, status: ReceiptStatus) -> None:
        raise RuntimeError

    monkeypatch.setattr(receipts, "record", fail)
    await sms.send(f"{NUMBER}1", "Hello")
    assert (await centre.next("receipt"))["answer"] == 0x64


# ── how centres differ ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "mode",
    [
        {"answer": "hex", "id": "dec"},
        {"answer": "dec", "id": "hex"},
        {"answer": "hex", "id": "small"},
        {"id": "zeros"},
        {"as": "payload"},
        {"as": "ucs2"},
        {"as": "header"},
        {"as": "data"},
        {"as": "option"},
        {"quote": "stat:REJECTD id:9"},
        {"early": 1},
        {"early": 1, "answer": "hex"},
        {"twice": 1},
    ],
    ids=str,
)
async def test_receipts_are_known_however_a_centre_writes_them(
    centre: Centre, sms: SmppSms, receipts: Receipts, mode: dict[str, object]
) -> None:
    message_id = await sms.send(f"{NUMBER}1", json.dumps(mode))
    assert (await centre.next("receipt"))["answer"] == 0
    assert await receipts.status_of(message_id) is ReceiptStatus.DELIVERED
    assert await receipts.list_unplaced() == []


@pytest.mark.parametrize(
    ("mode", "problem"), [({"stat": "GONE"}, ReceiptProblem.STATUS), ({"plain": 1}, ReceiptProblem.UNMARKED)]
)
async def test_a_receipt_that_cannot_be_placed_is_kept_for_the_operator(
    centre: Centre, sms: SmppSms, receipts: Receipts, mode: dict[str, object], problem: ReceiptProblem
) -> None:
    message_id = await sms.send(f"{NUMBER}1", json.dumps(mode))
    told = await centre.next("receipt")
    assert (told["answer"], await receipts.status_of(message_id)) == (0, ReceiptStatus.PENDING)
    [kept] = await receipts.list_unplaced()
    assert (kept.message_id, kept.problem, kept.number_ends) == (told["id"], problem, ["1111"])
    assert await receipts.drop_unplaced(kept.id) == 1
    assert await receipts.list_unplaced() == []


def receipt(message_id: str, number_end: str = "1111") -> DeliveryReceipt:
    return DeliveryReceipt(message_id, ReceiptStatus.DELIVERED, "DELIVRD", (number_end,))


async def test_from_somebody_elses_receipt_nothing_follows(receipts: Receipts) -> None:
    await receipts.sent("10", f"{NUMBER}1")
    for stranger in (receipt("17"), receipt("16", "2222")):
        await receipts.take(stranger)
    assert await receipts.status_of("10") is ReceiptStatus.PENDING
    assert [kept.message_id for kept in await receipts.list_unplaced()] == ["16", "17"]


async def test_an_id_that_is_given_again_starts_without_a_receipt(receipts: Receipts, clock: ManualClock) -> None:
    await receipts.sent("10", f"{NUMBER}1")
    await receipts.take(receipt("10"))
    await receipts.take(receipt("99"))
    clock.advance(timedelta(hours=1))
    for message_id in ("10", "99"):
        await receipts.sent(message_id, f"{NUMBER}1")
        assert await receipts.status_of(message_id) is ReceiptStatus.PENDING
    await receipts.take(receipt("10"))
    assert await receipts.status_of("10") is ReceiptStatus.DELIVERED


async def test_receipt_and_answer_at_once_meet(receipts: Receipts) -> None:
    for number in range(100, 140):
        calls = [receipts.take(receipt(str(number))), receipts.sent(f"{number:x}", f"{NUMBER}1")]
        await asyncio.gather(*(calls if number % 2 else reversed(calls)))
        assert await receipts.status_of(f"{number:x}") is ReceiptStatus.DELIVERED
    assert await receipts.list_unplaced() == []


async def test_the_command_lists_and_drops_them(receipts: Receipts, dsn: str, tmp_path: Path) -> None:
    await receipts.take(receipt("[9]"))
    environment = {"DATABASE_URL": dsn, "BURSAR_HOME": str(tmp_path / "home"), "BURSAR_BANK": None}

    async def command(*arguments: str) -> str:
        asked = ["sms", *arguments]
        return (await asyncio.to_thread(CliRunner().invoke, app, asked, env=environment)).output

    assert "id [9] status DELIVRD numbers …1111\n    no message has this id\n1 receipts" in await command("receipts")
    [kept] = await receipts.list_unplaced()
    assert "dropped 1" in await command("drop", str(kept.id))
    assert "0 receipts" in await command("receipts")


async def test_only_the_newest_receipts_are_kept(receipts: Receipts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "UNPLACED_MAX", 3)
    for number in range(5):
        await receipts.take(receipt(str(number)))
    kept = await receipts.list_unplaced()
    assert [each.message_id for each in kept] == ["4", "3", "2"]
    assert [each.message_id for each in await receipts.list_unplaced(kept[1].id, 1)] == ["2"]


async def test_old_messages_and_receipts_are_forgotten(receipts: Receipts, clock: ManualClock) -> None:
    await receipts.sent("10", f"{NUMBER}1")
    await receipts.take(receipt("10"))
    await receipts.take(receipt("99"))
    assert await receipts.forget_old(clock.now()) == 0
    clock.advance(timedelta(days=32))
    assert await receipts.forget_old(clock.now()) == 3
    assert await receipts.list_unplaced() == []


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("smpp://bursar:ninechars@h?from=x", "the password has 9 characters, and SMPP has room for 8"),
        ("smpp://sixteen-letters-:x@h?from=x", "the name has 16 characters, and SMPP has room for 15"),
        ("smpp://bursar:x@h?from=123456789012345678901", "the sender has 21 characters, and SMPP has room for 20"),
        ("smpp://bursar:p%C3%A4ss@h?from=x", "the password has characters that SMPP cannot carry"),
        ("smpps://bursar:x@h?from=x&ca=/nowhere/at/all", "ca names no file of certificates that can be read"),
    ],
)
def test_what_can_never_bind_is_refused_before_it_starts(url: str, sentence: str) -> None:
    with pytest.raises(SmppUrlMalformed) as refusal:
        SmppServer.from_url(url)
    assert str(refusal.value) == f"BURSAR_SMPP_URL: {sentence}."
    assert "ninechars" not in repr(refusal.value)


def test_what_has_just_room_is_taken() -> None:
    server = SmppServer.from_url("smpp://fifteen-letters:eightchr@h?from=12345678901234567890")
    assert (len(server.system_id), len(server.password), len(server.source)) == (15, 8, 20)


async def test_closing_takes_leave(centre: Centre, receipts: Receipts) -> None:
    async with connected(centre.url, receipts) as sms:
        await sms.send(f"{NUMBER}3", "Hello")
    await centre.next("unbind")


async def test_without_a_centre_a_message_waits_for_a_moment_only(
    receipts: Receipts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smpp_sms, "TIMEOUT_S", 0.1)
    async with connected("smpp://bursar:x@127.0.0.1:1?from=Bursar", receipts) as sms:
        with pytest.raises(GatewayUnreachable):
            await sms.send(f"{NUMBER}1", "Hello")


@pytest.mark.parametrize(
    "url", ["", "http://a:b@host?from=x", "smpp://host?from=x", "smpp://a:b@host", "smpp://a:b@host:port?from=x"]
)
def test_url_that_names_no_centre(url: str) -> None:
    with pytest.raises(SmppUrlMalformed):
        SmppServer.from_url(url)


def test_password_of_the_centre_is_not_shown() -> None:
    server = SmppServer.from_url("smpp://bursar:s3cret%40@host?from=Bursar")
    assert (server.password, server.port) == ("s3cret@", 2775)
    assert "s3cret" not in repr(server)

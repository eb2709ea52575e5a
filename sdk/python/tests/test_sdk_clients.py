"""The clients over a transport in memory: configuration, journal, paging, secrets; for threads and for asyncio."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bursar_sdk import (
    AsyncBursarCard,
    BursarCard,
    CardConfig,
    ConfigurationError,
    FileJournal,
    JournalError,
    Options,
    OutcomeUnknown,
    PayoutConfig,
    Sequence,
    SqliteJournal,
    WebhookInvalid,
    card_errors,
    crypto,
)
from bursar_sdk.card_events import CardRechargeEvent, UrlChallengeEvent
from bursar_sdk.cli.app import run
from bursar_sdk.events import UnknownCardEvent
from conftest import SECRET, Keys, der, pem

ORDER = {"orderNo": "9", "status": 3, "amount": "60.00", "fee": "0.00", "newField": {"a": 1}}
Answering = Callable[[httpx2.Request], httpx2.Response]


def _client(config: CardConfig, answering: Answering, **more: Any) -> BursarCard:
    return BursarCard(config, http=httpx2.Client(transport=httpx2.MockTransport(answering)), **more)


@pytest.fixture
def encrypted(keys: Keys) -> Callable[[Any], httpx2.Response]:
    def made(data: Any, **headers: str) -> httpx2.Response:
        payload = crypto.encrypt(crypto.dumps(data).encode(), keys.merchant.public_key())
        body = {"code": 0, "msg": "Success", "success": True, "ts": 1, "data": {"payload": payload}}
        return httpx2.Response(200, json=body, headers=headers)

    return made


def _refused(code: int) -> httpx2.Response:
    return httpx2.Response(200, json={"code": code, "msg": "no", "success": False, "ts": 1, "data": None})


def test_a_request_is_signed_over_what_is_sent_and_encrypted_to_the_platform(
    card_config: CardConfig, keys: Keys, encrypted: Any
) -> None:
    seen: list[httpx2.Request] = []

    def answering(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return encrypted(ORDER)

    with _client(card_config, answering) as bursar:
        order = bursar.cards.recharge(card_id="1", amount=Decimal("60.00"), request_id="mine")
    sent = seen[0]
    line = crypto.card_line_v2(
        "POST", "/api/v1/card/operate/recharge", sent.headers["X-UPA-TIMESTAMP"], "mine", sent.content
    )
    assert sent.headers["X-UPA-SIGN"] == crypto.card_signature(SECRET, line)
    opened = json.loads(crypto.decrypt(json.loads(sent.content)["payload"], keys.platform))
    assert opened == {"cardId": "1", "amount": "60.00"}
    assert (order.amount, order.status, order.extra) == (Decimal("60.00"), 3, {"newField": {"a": 1}})
    with pytest.raises(AttributeError):
        order.amount = Decimal(0)  # type: ignore[misc]


def test_a_list_goes_through_all_pages_and_asks_for_each_when_it_is_needed(
    card_config: CardConfig, keys: Keys, encrypted: Any
) -> None:
    asked: list[int] = []

    def answering(request: httpx2.Request) -> httpx2.Response:
        number = json.loads(crypto.decrypt(json.loads(request.content)["payload"], keys.platform))["pageNo"]
        asked.append(number)
        rows = [{"cardId": f"{number}-{row}"} for row in range(2)]
        return encrypted({"pageNo": number, "pageSize": 2, "totalPages": 3, "totalSize": 6, "list": rows})

    with _client(card_config, answering) as bursar:
        cards = bursar.cards.list(page_size=2)
        assert asked == []
        assert next(cards).card_id == "1-0"
        assert asked == [1]
        assert [card.card_id for card in cards] == ["1-1", "2-0", "2-1", "3-0", "3-1"]
    assert asked == [1, 2, 3]


async def test_the_same_with_asyncio(card_config: CardConfig, keys: Keys, encrypted: Any) -> None:
    def answering(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("recharge"):
            return encrypted(ORDER)
        number = json.loads(crypto.decrypt(json.loads(request.content)["payload"], keys.platform))["pageNo"]
        return encrypted({"pageNo": number, "totalPages": 2, "list": [{"cardId": str(number)}]})

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answering))
    async with http, AsyncBursarCard(card_config, http=http) as bursar:
        assert (await bursar.cards.recharge(card_id="1", amount="60")).order_no == "9"
        assert [card.card_id async for card in bursar.cards.list()] == ["1", "2"]


@pytest.mark.parametrize("given", [1.5, True, b"1"], ids=str)
def test_an_amount_that_is_not_exact_is_refused_before_anything_is_sent(card_config: CardConfig, given: Any) -> None:
    with _client(card_config, _nothing) as bursar, pytest.raises(TypeError):
        bursar.cards.recharge(card_id="1", amount=given)


def _nothing(request: httpx2.Request) -> httpx2.Response:
    raise AssertionError(f"nothing was to be sent: {request.url}")


# ── journal ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_is_in_the_journal_before_it_is_sent_and_ends_with_its_answer(
    card_config: CardConfig, encrypted: Any, tmp_path: Path
) -> None:
    journal, open_then = FileJournal(tmp_path / "j"), []

    def answering(_: httpx2.Request) -> httpx2.Response:
        open_then.extend(journal.unfinished("card", "key-1"))
        return encrypted(ORDER)

    with _client(card_config, answering, journal=journal) as bursar:
        bursar.cards.recharge(card_id="1", amount="60", third_order_no="o-1")
        assert [(entry.method, entry.reference) for entry in open_then] == [("cards.recharge", "o-1")]
        assert bursar.unfinished() == []


def test_a_refused_call_has_ended_and_an_unknown_one_has_not(card_config: CardConfig, tmp_path: Path) -> None:
    answers: Iterator[Any] = iter([_refused(10082), httpx2.ReadTimeout("slow"), _refused(10082)])

    def answering(_: httpx2.Request) -> httpx2.Response:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        made: httpx2.Response = answer
        return made

    options = Options(deadline_s=0)
    with _client(card_config, answering, journal=FileJournal(tmp_path / "j"), options=options) as bursar:
        with pytest.raises(card_errors.InsufficientBalance):
            bursar.cards.recharge(card_id="1", amount="60")
        assert bursar.unfinished() == []
        with pytest.raises(OutcomeUnknown) as unknown:
            bursar.cards.recharge(card_id="1", amount="60")
        (entry,) = bursar.unfinished()
        assert entry.request_id == unknown.value.request_id
        assert bursar.unfinished(older_than_s=60) == []
        settled = bursar.resolve(entry)
        assert isinstance(settled.error, card_errors.InsufficientBalance)
        assert not settled.done
        assert bursar.unfinished() == []


def test_an_entry_that_the_service_may_have_forgotten_is_not_repeated(
    card_config: CardConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def losing(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadTimeout("slow")

    journal = FileJournal(tmp_path / "j")
    hurried = Options(deadline_s=0)
    with _client(card_config, losing, journal=journal, options=hurried) as bursar, pytest.raises(OutcomeUnknown):
        bursar.cards.recharge(card_id="1", amount="60")
    (entry,) = journal.unfinished("card", "key-1")
    monkeypatch.setattr("bursar_sdk.client.time.time", lambda: entry.begun_at + 30 * 86_400)
    with _client(card_config, _nothing, journal=journal) as bursar, pytest.raises(OutcomeUnknown, match="29 days"):
        bursar.resolve(entry)


def test_an_entry_of_the_time_before_a_rotation_is_found_and_settled_once(
    card_config: CardConfig, encrypted: Any, tmp_path: Path
) -> None:
    def losing(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadTimeout("slow")

    sent: list[Mapping[str, str]] = []

    def answering(request: httpx2.Request) -> httpx2.Response:
        sent.append(request.headers)
        return encrypted(ORDER)

    journal, hurried = SqliteJournal(tmp_path / "j"), Options(deadline_s=0)
    with _client(card_config, losing, journal=journal, options=hurried) as bursar, pytest.raises(OutcomeUnknown):
        bursar.cards.recharge(card_id="1", amount="60")
    rotated = replace(card_config, api_key="key-new", secret_key="secret-new")
    with _client(rotated, losing, journal=journal, options=hurried) as bursar, pytest.raises(OutcomeUnknown):
        bursar.cards.recharge(card_id="2", amount="70")
    with _client(rotated, answering, journal=journal) as bursar:
        (lost,) = journal.unfinished("card", "key-1")
        with pytest.raises(JournalError, match=r"with the key key-1: give the client the configuration of that time"):
            bursar.resolve(lost)
        assert sent == []
    with _client(rotated, answering, journal=journal, earlier=[card_config]) as bursar:
        entries = bursar.unfinished()
        assert [entry.api_key for entry in entries] == ["key-1", "key-new"]
        assert [bursar.resolve(entry).done for entry in entries] == [True, True]
        assert bursar.unfinished() == []
    assert [each["x-upa-requestid"] for each in sent] == [entry.request_id for entry in entries]
    assert {each["x-upa-apikey"] for each in sent} == {"key-new"}
    assert journal.unfinished("card", "key-1") == []


def test_nothing_is_sent_where_the_journal_cannot_be_written(card_config: CardConfig, tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "j")
    (tmp_path / "j").unlink()
    (tmp_path / "j").mkdir()
    with _client(card_config, _nothing, journal=journal) as bursar, pytest.raises(JournalError):
        bursar.cards.recharge(card_id="1", amount="60")


def test_a_one_time_password_is_never_written_down(card_config: CardConfig, tmp_path: Path, encrypted: Any) -> None:
    journal = FileJournal(tmp_path / "j")
    with _client(card_config, lambda _: encrypted(None), journal=journal) as bursar:
        bursar.customers.bind_email(customer_no="1", email="a@example.com", code="123456")
    assert (tmp_path / "j").read_bytes() == b""


# ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _push(keys: Keys, content: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    body = crypto.encrypt(crypto.dumps(content).encode(), keys.merchant.public_key())
    line = f"{content['event']}|1774573955994|{body}"
    return body.encode(), {"x-upa-sign": crypto.card_signature(SECRET, line), "X-UPA-Timestamp": "1774573955994"}


COMMON = {"trace": "t", "orderNo": "31", "timestamp": 1774573955994, "sequence": 7}


def test_a_push_is_a_typed_event(card_config: CardConfig, keys: Keys) -> None:
    bill = {"cardId": "1", "amount": "12.50", "status": 1}
    with _client(card_config, _nothing) as bursar:
        for detail in (bill, json.dumps(bill)):
            event = bursar.webhooks.parse(*_push(keys, {"event": "CC_RECHARGE", **COMMON, "detail": detail}))
            assert isinstance(event, CardRechargeEvent)
            assert (event.detail.amount, event.sequence, event.example) == (Decimal("12.50"), 7, False)
        challenge = bursar.webhooks.parse(*_push(keys, {"event": "NE_VERIFY", **COMMON, "challenge": "c"}))
        assert isinstance(challenge, UrlChallengeEvent)
        later = bursar.webhooks.parse(*_push(keys, {"event": "XX_NEW", **COMMON, "detail": {"a": 1}}))
        assert isinstance(later, UnknownCardEvent)
        assert later.extra == {"detail": {"a": 1}}
        assert bursar.webhooks.respond().body == b"SUCCESS"


@pytest.mark.parametrize("given", ["text", {"event": "CC_RECHARGE"}, None], ids=["text", "parsed", "nothing"])
def test_anything_but_raw_bytes_is_refused(card_config: CardConfig, given: Any) -> None:
    with _client(card_config, _nothing) as bursar, pytest.raises(WebhookInvalid) as refused:
        bursar.webhooks.parse(given, {})
    assert refused.value.check == "body"
    assert "raw bytes" in refused.value.reason


def test_repeats_and_gaps_are_told_by_their_numbers() -> None:
    taken = Sequence()
    assert [taken.take(number) for number in (1, 2, 2, 5, 4, 5, None)] == [True, True, False, True, True, False, True]
    assert (taken.next, taken.missing) == (3, [range(3, 4)])
    again = Sequence.of(json.loads(json.dumps(taken.state())))
    assert again.take(3)
    assert (again.next, again.missing) == (6, [])
    again.skip(range(6, 10))
    assert again.next == 10


# ── handlers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_handler_for_fastapi(card_config: CardConfig, keys: Keys) -> None:
    from fastapi import FastAPI

    from bursar_sdk.handlers.fastapi import card_pushes

    seen: list[Any] = []

    async def on_event(event: Any) -> None:
        seen.append(event)

    app = FastAPI()
    app.add_api_route("/webhooks", card_pushes(_client(card_config, _nothing), on_event), methods=["POST"])
    raw, headers = _push(keys, {"event": "CC_RECHARGE", **COMMON, "detail": {"amount": "1.00"}})
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://shop") as web:
        accepted = await web.post("/webhooks", content=raw, headers=headers)
        refused = await web.post("/webhooks", content=raw + b"A", headers=headers)
    assert (accepted.status_code, accepted.text) == (200, "SUCCESS")
    assert (refused.status_code, refused.text) == (400, "decryption")
    assert [event.sequence for event in seen] == [7]


def test_the_handler_for_flask(card_config: CardConfig, keys: Keys) -> None:
    from flask import Flask

    from bursar_sdk.handlers.flask import card_pushes

    seen: list[Any] = []
    app = Flask("shop")
    app.add_url_rule("/webhooks", view_func=card_pushes(_client(card_config, _nothing), seen.append), methods=["POST"])
    raw, headers = _push(keys, {"event": "CC_RECHARGE", **COMMON, "detail": {"amount": "1.00"}})
    web = app.test_client()
    assert web.post("/webhooks", data=raw, headers=headers).data == b"SUCCESS"
    assert web.post("/webhooks", data=raw, headers={"X-UPA-SIGN": "no"}).status_code == 400
    assert [event.sequence for event in seen] == [7]


# ── configuration ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_secret_stands_in_a_repr_or_a_log(
    card_config: CardConfig, payout_config: PayoutConfig, encrypted: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = {"cardNumber": "4288001234567890", "cvv": "987", "expiry": "01/30"}
    with _client(card_config, lambda _: encrypted(shown)) as bursar:
        revealed = bursar.cards.reveal(card_id="1", verify_password="135790")
    assert revealed.cvv == "987"
    texts = f"{card_config!r} {payout_config!r} {revealed!r} {bursar!r} {vars(bursar)!r} {caplog.text}"
    for secret in (SECRET, "PRIVATE KEY", "4288001234567890", "987", "135790"):
        assert secret not in texts


def test_configuration_comes_from_the_environment_and_from_sandbox_json(keys: Keys, tmp_path: Path) -> None:
    given = {
        "BURSAR_BASE_URL": "https://api.example.com",
        "BURSAR_CARD_API_KEY": "k",
        "BURSAR_CARD_SECRET_KEY": "s",
        "BURSAR_CARD_PLATFORM_PUBLIC_KEY": der(keys.platform),
        "BURSAR_CARD_MERCHANT_PRIVATE_KEY": pem(keys.merchant),
    }
    assert CardConfig.from_env(given).base_url == "https://api.example.com"
    with pytest.raises(ConfigurationError, match="not set: BURSAR_CARD_API_KEY"):
        CardConfig.from_env({name: value for name, value in given.items() if "API_KEY" not in name})
    card = {"api_key": "k", "secret_key": "s", "platform_public_key": der(keys.platform)}
    card["merchant_private_key"] = pem(keys.merchant)
    (tmp_path / "sandbox.json").write_text(json.dumps({"base_url": "http://127.0.0.1:1", "card": card}))
    for path in (tmp_path, tmp_path / "sandbox.json"):
        assert CardConfig.from_sandbox(path).api_key == "k"
    mixed = CardConfig.from_env({"BURSAR_SANDBOX": str(tmp_path), "BURSAR_BASE_URL": "http://elsewhere"})
    assert (mixed.base_url, mixed.secret_key) == ("http://elsewhere", "s")
    with pytest.raises(ConfigurationError, match="no part 'payout'"):
        PayoutConfig.from_sandbox(tmp_path)
    for contents, said in (
        ([], "is no JSON object"),
        ({"base_url": "http://127.0.0.1:1", "card": {**card, "api_key": None}}, "the part 'card' has no 'api_key'"),
        ({"card": card}, "sandbox.json has no 'base_url'"),
    ):
        (tmp_path / "sandbox.json").write_text(json.dumps(contents))
        with pytest.raises(ConfigurationError, match=said):
            CardConfig.from_sandbox(tmp_path)


def test_the_command_tells_in_one_line_of_a_file_that_is_not_there(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    card = {"api_key": "k", "secret_key": "s", "platform_public_key": der(keys.platform)}
    card["merchant_private_key"] = pem(keys.merchant)
    (tmp_path / "sandbox.json").write_text(json.dumps({"base_url": "http://127.0.0.1:1", "card": card}))
    upload = ["call", "common/file/upload", f"file={tmp_path}/none.png", "fileType=1"]
    monkeypatch.setattr("sys.argv", ["bursar-cli", "--sandbox", str(tmp_path), *upload])
    with pytest.raises(SystemExit) as ended:
        run()
    assert (ended.value.code, capsys.readouterr().err.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("base_url", "api.example.com", "like https://"),
        ("base_url", "https://api.example.com/", "without a slash"),
        ("api_key", "", "api_key is empty"),
        ("platform_public_key", "no key", "neither base64 DER nor PEM"),
        ("merchant_private_key", "no key", "neither PEM"),
        ("sign_version", 3, "1 or 2"),
    ],
)
def test_a_configuration_that_cannot_work_says_what_is_wrong(
    card_config: CardConfig, name: str, value: Any, said: str
) -> None:
    from dataclasses import replace

    with pytest.raises(ConfigurationError, match=said):
        replace(card_config, **{name: value})


def test_key_ids_are_there_to_be_compared(card_config: CardConfig, keys: Keys) -> None:
    assert card_config.key_ids == {
        "platform": crypto.key_id(keys.platform.public_key()),
        "merchant": crypto.key_id(keys.merchant.public_key()),
    }

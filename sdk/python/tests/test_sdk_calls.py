"""The rules that keep a call from being done twice, step by step: no network, no waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from bursar_sdk import (
    ApiError,
    CardConfig,
    ConnectionFailed,
    Options,
    OutcomeUnknown,
    PayoutConfig,
    UnreadableAnswer,
    crypto,
)
from bursar_sdk import card_errors as card
from bursar_sdk import payout_errors as payout
from bursar_sdk.calls import Answer, Call, Endpoint, Fault, Pause, Request, Response, parameters
from bursar_sdk.card_endpoints import ENDPOINTS as CARD
from bursar_sdk.payout_endpoints import ENDPOINTS as PAYOUT
from bursar_sdk.wire_card import CardWire
from bursar_sdk.wire_payout import PayoutWire
from conftest import Keys

LOST = Fault(True, TimeoutError("no answer"))
NEVER_LEFT = Fault(False, ConnectionError("refused"))
RECHARGE = {"cardId": "1", "amount": "60.00"}
TICKET = {"payeeuid": "p-1", "customid": "7", "amount": "10.00", "currency": "SAR", "paymentmethod": "STCPay"}

Reply = Callable[[Request], Response | Fault]


@pytest.fixture
def card_wire(card_config: CardConfig) -> CardWire:
    return CardWire(card_config, CARD)


@pytest.fixture
def payout_wire(payout_config: PayoutConfig) -> PayoutWire:
    return PayoutWire(payout_config, PAYOUT)


def _run(call: Call, *replies: Response | Fault | Reply) -> tuple[Any, list[Request], list[float]]:
    """The end of a call that is answered so, try after try: its value or its error, the tries, the pauses."""
    left, tries, pauses = list(replies), [], []
    steps, outcome = call.steps(), None
    try:
        while True:
            step = steps.send(outcome)
            if isinstance(step, Pause):
                pauses.append(step.seconds)
                outcome = None
                continue
            assert isinstance(step, Request)
            tries.append(step)
            if not left:
                raise AssertionError(f"one try more than expected: {step}")
            reply = left.pop(0)
            outcome = reply(step) if callable(reply) else reply
    except StopIteration as end:
        assert not left
        return end.value, tries, pauses
    except (ApiError, ConnectionFailed, OutcomeUnknown, UnreadableAnswer) as fault:
        assert not left
        return fault, tries, pauses


def _call(wire: Any, name: str, params: dict[str, Any], deadline_s: float = 60.0) -> Call:
    endpoints: dict[str, Endpoint] = wire.endpoints
    return Call(wire, endpoints[name], params, "r-1", Options(deadline_s=deadline_s))


def _card(code: int, data: Any = None, msg: str = "text", headers: dict[str, str] | None = None) -> Response:
    body = {"code": code, "msg": msg, "success": code == 0, "ts": 1, "data": data}
    return Response(500 if code == 500 else 200, headers or {}, crypto.dumps(body).encode())


@pytest.fixture
def recharged(keys: Keys) -> Response:
    order = crypto.encrypt(crypto.dumps({"orderNo": "9", "amount": "60.00"}).encode(), keys.merchant.public_key())
    return _card(0, {"payload": order})


@pytest.fixture
def signed(keys: Keys) -> Callable[[int, Any], Reply]:
    """Answers of the payout API, signed by the platform for the request that they answer."""

    def made(code: int, data: Any = None) -> Reply:
        def reply(request: Request) -> Response:
            body = crypto.dumps({"code": code, "message": "text", "data": data or {}, "requestId": "A" * 32})
            url, now = request.url.removeprefix("http://api.test"), int(time.time())
            line = crypto.payout_line("key-2", now, "nonce", url, request.method, body)
            headers = {
                "content-type": "application/json",
                "v-api-key": "key-2",
                "v-api-version": "2",
                "v-timestamp": str(now),
                "v-nonce-str": "nonce",
                "v-signature": crypto.payout_signature(2, line, keys.platform),
            }
            return Response(200, headers, body.encode())

        return reply

    return made


# ── card API ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_try_has_the_same_request_id_and_a_signature_of_its_own(card_wire: CardWire, recharged: Response) -> None:
    end, tries, pauses = _run(_call(card_wire, "cards.recharge", RECHARGE), LOST, _card(1001), _card(500), recharged)
    assert end.data == {"orderNo": "9", "amount": "60.00"}
    assert {each.headers["X-UPA-REQUESTID"] for each in tries} == {"r-1"}
    assert len({each.headers["X-UPA-SIGN"] for each in tries}) == 4
    assert len(pauses) == 3
    assert all(0 < pause <= 5 for pause in pauses)


@pytest.mark.parametrize("lost", [LOST, _card(500), _card(1001), Response(502, {}, b"<html>")], ids=str)
def test_a_change_whose_answers_are_lost_has_an_unknown_outcome(card_wire: CardWire, lost: Any) -> None:
    end, tries, _ = _run(_call(card_wire, "cards.recharge", {**RECHARGE, "thirdOrderNo": "o-1"}, 0), lost)
    assert isinstance(end, OutcomeUnknown)
    assert (end.method, end.request_id, end.reference) == ("cards.recharge", "r-1", "o-1")
    assert len(tries) == 1


def test_a_change_that_never_left_is_no_unknown_outcome(card_wire: CardWire) -> None:
    end, _, _ = _run(_call(card_wire, "cards.recharge", RECHARGE, 0), NEVER_LEFT)
    assert isinstance(end, ConnectionFailed)


def test_a_read_whose_answer_is_lost_has_failed_and_nothing_else(card_wire: CardWire) -> None:
    end, _, _ = _run(_call(card_wire, "cards.list", {}, 0), LOST)
    assert isinstance(end, ConnectionFailed)


def test_a_refusal_is_not_tried_again(card_wire: CardWire) -> None:
    end, tries, _ = _run(_call(card_wire, "cards.recharge", RECHARGE), _card(10082))
    assert isinstance(end, card.InsufficientBalance)
    assert (end.code, end.request_id) == (10082, "r-1")
    assert len(tries) == 1


def test_a_refusal_of_the_same_id_settles_the_lost_tries(card_wire: CardWire) -> None:
    end, _, _ = _run(_call(card_wire, "cards.recharge", RECHARGE), LOST, _card(10082))
    assert isinstance(end, card.InsufficientBalance)


@pytest.mark.parametrize("code", [401, 403, 10000])
def test_a_refusal_before_the_id_is_looked_up_settles_no_lost_try(card_wire: CardWire, code: int) -> None:
    end, _, _ = _run(_call(card_wire, "cards.recharge", RECHARGE), LOST, _card(code))
    assert isinstance(end, OutcomeUnknown)
    assert isinstance(end.cause, ApiError)
    assert end.cause.answered_code == code


def test_too_many_calls_did_nothing(card_wire: CardWire) -> None:
    end, _, _ = _run(_call(card_wire, "cards.recharge", RECHARGE, 0), _card(900))
    assert isinstance(end, card.TooFrequent)


@pytest.mark.parametrize("name", ["customers.bind_email", "customers.bind_phone", "cards.confirm_3ds"])
@pytest.mark.parametrize("reply", [LOST, NEVER_LEFT, _card(500), _card(1001), _card(900)], ids=str)
def test_verifying_a_one_time_password_is_never_tried_again(card_wire: CardWire, name: str, reply: Any) -> None:
    end, tries, pauses = _run(_call(card_wire, name, {"code": "123456"}), reply)
    assert isinstance(end, Exception)
    assert (len(tries), pauses) == (1, [])


def test_an_answer_to_another_key_is_not_asked_for_again(card_wire: CardWire, keys: Keys) -> None:
    foreign = _card(0, {"payload": crypto.encrypt(b"{}", keys.platform.public_key())})
    end, tries, _ = _run(_call(card_wire, "cards.balance", {"cardId": "1"}), foreign)
    assert isinstance(end, UnreadableAnswer)
    assert len(tries) == 1
    end, tries, _ = _run(_call(card_wire, "cards.recharge", RECHARGE), foreign)
    assert isinstance(end, OutcomeUnknown)


def test_a_refused_signature_tells_how_far_the_clocks_are_apart(card_wire: CardWire) -> None:
    behind = str(int((time.time() + 95) * 1000))
    end, _, _ = _run(_call(card_wire, "cards.list", {}), _card(401, headers={"x-upa-timestamp": behind}))
    assert isinstance(end, card.Unauthorized)
    assert end.clock_skew_s == pytest.approx(-95, abs=2)
    assert "behind the service's" in str(end)


def test_a_code_of_a_parameter_names_it(card_wire: CardWire) -> None:
    msg = "Parameter 'address.countryId' value error"
    end, _, _ = _run(_call(card_wire, "customers.create", {}), _card(10301, msg=msg))
    assert isinstance(end, card.ParameterValue)
    assert end.parameter == "address.countryId"


def test_a_code_of_a_later_edition_is_still_an_error(card_wire: CardWire) -> None:
    end, _, _ = _run(_call(card_wire, "cards.list", {}), _card(19999))
    assert type(end) is ApiError
    assert end.answered_code == 19999


def test_tries_end_with_the_deadline(card_wire: CardWire, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("bursar_sdk.calls.time.monotonic", lambda: now[0])

    def late(_: Request) -> Response | Fault:
        now[0] += 20
        return LOST

    end, tries, _ = _run(_call(card_wire, "cards.recharge", RECHARGE, 60), late, late, late)
    assert isinstance(end, OutcomeUnknown)
    assert len(tries) == 3


# ── payout API ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_lost_ticket_is_found_by_its_reference(payout_wire: PayoutWire, signed: Any) -> None:
    made = {"ticketid": "5", "payeeuid": "p-1", "customid": "7", "amount": 10, "currency": "SAR"}
    end, tries, _ = _run(_call(payout_wire, "tickets.create", TICKET), LOST, signed(1401), signed(200, made))
    assert isinstance(end, Answer)
    assert end.data == made
    assert [each.method for each in tries] == ["POST", "POST", "GET"]
    assert len({each.headers["V-Nonce-Str"] for each in tries}) == 3


def test_a_reference_that_was_taken_before_the_first_try_is_a_refusal(payout_wire: PayoutWire, signed: Any) -> None:
    end, tries, _ = _run(_call(payout_wire, "tickets.create", TICKET), signed(1401))
    assert isinstance(end, payout.PayeeuidTaken)
    assert len(tries) == 1


def test_what_another_call_made_under_the_reference_is_not_taken_for_ours(payout_wire: PayoutWire, signed: Any) -> None:
    other = {"ticketid": "5", "payeeuid": "p-1", "customid": "7", "amount": 11, "currency": "SAR"}
    end, _, _ = _run(_call(payout_wire, "tickets.create", TICKET), LOST, signed(1401), signed(200, other))
    assert isinstance(end, payout.PayeeuidTaken)


def test_a_refusal_after_a_lost_try_leaves_the_outcome_open_while_that_try_may_still_arrive(
    payout_wire: PayoutWire, signed: Any
) -> None:
    end, _, _ = _run(_call(payout_wire, "tickets.create", TICKET), LOST, signed(1402), signed(1101))
    assert isinstance(end, OutcomeUnknown)
    assert isinstance(end.cause, payout.InsufficientBalance)


def test_the_same_refusal_counts_once_no_lost_try_can_arrive_any_more(payout_wire: PayoutWire, signed: Any) -> None:
    call = _call(payout_wire, "tickets.create", TICKET)
    call.lost, call.lost_before = True, time.time() - 302
    end, _, _ = _run(call, signed(1402), signed(1101))
    assert isinstance(end, payout.InsufficientBalance)


@pytest.mark.parametrize("name", ["otp.check", "customers.submit_stc_code"])
@pytest.mark.parametrize("reply", [LOST, NEVER_LEFT], ids=str)
def test_checking_a_one_time_password_is_never_tried_again(payout_wire: PayoutWire, name: str, reply: Any) -> None:
    end, tries, _ = _run(_call(payout_wire, name, {"code": "123456"}), reply)
    assert isinstance(end, OutcomeUnknown if reply.sent else ConnectionFailed)
    assert len(tries) == 1


@pytest.mark.parametrize("name", ["otp.send", "tickets.cancel", "customers.delete"])
def test_a_call_that_nothing_makes_unique_is_tried_again_only_if_it_never_left(
    payout_wire: PayoutWire, signed: Any, name: str
) -> None:
    end, tries, _ = _run(_call(payout_wire, name, {}), NEVER_LEFT, LOST)
    assert isinstance(end, OutcomeUnknown)
    assert len(tries) == 2


@pytest.mark.parametrize("code", [200, 1300])
def test_an_answer_that_the_platform_did_not_sign_is_not_believed(
    payout_wire: PayoutWire, signed: Any, code: int
) -> None:
    def forged(request: Request) -> Response:
        answer: Response = signed(code)(request)
        return Response(200, answer.headers, answer.content.replace(b"text", b"test"))

    def unsigned(request: Request) -> Response:
        answer: Response = signed(code)(request)
        return Response(200, {**answer.headers, "v-signature": ""}, answer.content)

    for reply in (forged, unsigned):
        end, _, _ = _run(_call(payout_wire, "balances.list", {}, 0), reply)
        assert isinstance(end, UnreadableAnswer)


def test_a_refusal_of_somebody_unknown_needs_no_signature(payout_wire: PayoutWire) -> None:
    body = crypto.dumps({"code": 1201, "message": "APIKEY error", "data": {}, "requestId": "B" * 32}).encode()
    answer = Response(200, {"content-type": "application/json", "v-signature": ""}, body)
    end, _, _ = _run(_call(payout_wire, "balances.list", {}), answer)
    assert isinstance(end, payout.ApiKeyWrong)
    assert end.request_id == "B" * 32


def test_every_published_code_but_success_has_a_class_of_its_own() -> None:
    classes = {*card.BY_CODE.values(), *payout.BY_CODE.values()}
    assert (len(card.BY_CODE), len(payout.BY_CODE), len(classes)) == (158, 62, 220)
    assert all(cls.code == code for table in (card.BY_CODE, payout.BY_CODE) for code, cls in table.items())


def test_a_parameter_that_the_endpoint_does_not_have_is_named_with_those_that_it_has() -> None:
    with pytest.raises(TypeError, match=r"accounts\.get has no parameter currency; it has accountNo"):
        parameters(CARD["accounts.get"], {"currency": "USDT"})

"""The model that both SDKs are generated from has every endpoint, every code and every event of the two contracts."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bursar.api.card.app import ENDPOINTS as CARD_ENDPOINTS
from bursar.api.card.pushes import PUSHES as CARD_PUSHES
from bursar.api.payout.app import ENDPOINTS as PAYOUT_ENDPOINTS
from bursar.api.payout.pushes import PUSHES as PAYOUT_PUSHES

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

import sdk_model
from incomplete import Incomplete
from sdk_model import Api, Method, Type


def _method(api: Api, called: str) -> Method:
    resource, _, name = called.partition(".")
    return next(
        method for each in api.resources if each.name == resource for method in each.methods if method.name == name
    )


def _types(kind: Type | None) -> Iterator[Type]:
    if kind is not None:
        yield kind
        yield from _types(kind.item)


def test_every_endpoint_is_one_method() -> None:
    assert sorted(method.path for method in sdk_model.card().methods) == sorted(each.path for each in CARD_ENDPOINTS)
    assert len(sdk_model.payout().methods) == len(PAYOUT_ENDPOINTS)


def test_every_code_but_success_is_one_error_with_a_name_of_its_own() -> None:
    errors = [*sdk_model.card().errors, *sdk_model.payout().errors]
    assert len(errors) == 220
    assert len({(error.api, error.name) for error in errors}) == 220
    assert len({(error.api, error.code) for error in errors}) == 220
    assert not {(error.api, error.code) for error in errors} & {("card", 0), ("payout", 200)}


def test_every_push_is_one_event() -> None:
    assert {event.wire for event in sdk_model.card().events} == {push.event for push in CARD_PUSHES}
    assert {event.wire for event in sdk_model.payout().events} == {push.event for push in PAYOUT_PUSHES}


@pytest.mark.parametrize(
    "api", [sdk_model.card, sdk_model.payout, sdk_model.control], ids=["card", "payout", "control"]
)
def test_every_schema_that_a_type_names_is_there(api: object) -> None:
    model: Api = api()  # type: ignore[operator]
    titles = {schema.title for schema in model.schemas}
    kinds = [method.answer for method in model.methods]
    kinds += [event.detail for event in model.events]
    kinds += [field.type for method in model.methods for field in method.fields]
    kinds += [field.type for schema in model.schemas for field in schema.fields]
    named = {each.name for kind in kinds for each in _types(kind) if each.kind == "schema"}
    assert named == titles


def test_verifying_a_one_time_password_is_never_repeated() -> None:
    card, payout = sdk_model.card(), sdk_model.payout()
    never = {method.path for api in (card, payout) for method in api.methods if method.repeat == "never"}
    assert {
        "/api/v1/customer/email/bind",
        "/api/v1/customer/phone/bind",
        "/api/v1/card/3ds/confirm",
        "/openApi/v1/otp/checkOtp",
        "/openApi/v1/payee/custom/submitStcAccountOtp",
    } <= never


def test_what_moves_money_is_repeated_by_its_id_or_its_reference() -> None:
    card, payout = sdk_model.card(), sdk_model.payout()
    assert {_method(card, called).repeat for called in ("cards.recharge", "cards.register", "withdrawals.create")} == {
        "id"
    }
    assert {
        _method(payout, called).repeat for called in ("tickets.create", "tickets.rapid", "tickets.create_batch")
    } == {"reference"}


def test_amounts_are_decimals_and_sealed_fields_are_secret() -> None:
    recharge = {field.name: field for field in _method(sdk_model.card(), "cards.recharge").fields}
    ticket = {field.name: field for field in _method(sdk_model.payout(), "tickets.rapid").fields}
    assert recharge["amount"].type == Type("decimal")
    assert ticket["amount"].type == Type("decimal")
    assert ticket["cardno"].type.sealed
    assert ticket["cardno"].secret
    assert not ticket["ibanaccount"].secret


def test_an_endpoint_without_a_name_stops_the_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk_model.names, "CARD", {})
    with pytest.raises(Incomplete, match="has no name for merchant/info of the card API"):
        sdk_model.card.__wrapped__()

"""Which code a parameter that does not fit is answered with."""

from typing import Annotated, Any

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from bursar.api.card.codes import Code
from bursar.api.card.errors import refusal_of_parameter
from bursar.api.card.schemas.wire import Amount, Asked, Coin, Day, Id, Instant, Paged, Text


class Item(Asked):
    item_no: Id
    price: Amount


class Order(Paged):
    customer_no: Id
    first_day: Day | None = None
    start_at: Instant | None = None
    note: Text | None = None
    currency: Coin = "USDT"
    items: Annotated[list[Item], Field(max_length=2)] = Field(default_factory=list)
    status: Annotated[int, Field(ge=1, le=8)] | None = None
    auto_pay: bool = True


GOOD = {"customerNo": "1"}
ITEM = {"itemNo": "1", "price": "1.00"}


@pytest.mark.parametrize(
    ("params", "code", "name"),
    [
        ({}, Code.PARAMETER_EMPTY, "customerNo"),
        ({"customerNo": None}, Code.PARAMETER_EMPTY, "customerNo"),
        ({"customerNo": " "}, Code.PARAMETER_EMPTY, "customerNo"),
        ({"customer_no": "1"}, Code.PARAMETER_EMPTY, "customerNo"),
        ({**GOOD, "items": [ITEM, {"price": "1"}]}, Code.PARAMETER_EMPTY, "items[1].itemNo"),
        ({**GOOD, "items": [{**ITEM, "price": "x"}]}, Code.PARAMETER_FORMAT, "items[0].price"),
        ({**GOOD, "items": [ITEM] * 3}, Code.PARAMETER_VALUE, "items"),
        ({**GOOD, "items": {}}, Code.PARAMETER_FORMAT, "items"),
        ({**GOOD, "items": [7]}, Code.PARAMETER_FORMAT, "items[0]"),
        ({**GOOD, "firstDay": "2026-02-30"}, Code.PARAMETER_FORMAT, "firstDay"),
        ({**GOOD, "firstDay": "20260201"}, Code.PARAMETER_FORMAT, "firstDay"),
        ({**GOOD, "firstDay": 20260201}, Code.PARAMETER_FORMAT, "firstDay"),
        ({**GOOD, "startAt": "1.0"}, Code.PARAMETER_FORMAT, "startAt"),
        ({**GOOD, "startAt": -1}, Code.PARAMETER_VALUE, "startAt"),
        ({**GOOD, "note": "x" * 256}, Code.PARAMETER_VALUE, "note"),
        ({**GOOD, "note": ["x"]}, Code.PARAMETER_FORMAT, "note"),
        ({**GOOD, "status": 9}, Code.PARAMETER_VALUE, "status"),
        ({**GOOD, "status": True}, Code.PARAMETER_FORMAT, "status"),
        ({**GOOD, "autoPay": "true"}, Code.PARAMETER_FORMAT, "autoPay"),
        ({**GOOD, "pageSize": 51}, Code.PARAMETER_VALUE, "pageSize"),
        ({**GOOD, "currency": "X" * 11}, Code.PARAMETER_VALUE, "currency"),
    ],
)
def test_the_first_parameter_that_does_not_fit_is_named(params: dict[str, Any], code: Code, name: str):
    with pytest.raises(ValidationError) as invalid:
        TypeAdapter(Order).validate_python(params)
    refusal = refusal_of_parameter(invalid.value.errors()[0])
    assert (refusal.code, refusal.filled_in) == (code, (name,))


def test_blank_and_null_are_as_if_they_were_not_there():
    assert Order.model_validate({**GOOD, "note": "", "pageNo": None, "currency": " "}) == Order.model_validate(GOOD)

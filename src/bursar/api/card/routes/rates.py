"""Card rates, and which customer groups they apply to."""

from bursar.api.card.call import Call
from bursar.api.card.codes import Code
from bursar.api.card.endpoint import Route
from bursar.api.card.schemas.rates import (
    RateAdded,
    RateAddition,
    RateListQuery,
    RateOfGroup,
    RateOut,
    RateQuery,
    RateUpdate,
)
from bursar.api.card.schemas.wire import PageOut
from bursar.cards.catalogue.errors import CatalogueUnavailable
from bursar.cards.rates.errors import RateNameTaken
from bursar.merchants.model import Permission

route = Route(Permission.CARD)


@route.post(
    "/card/rate/add",
    mutating=True,
    codes=[Code.RATE_ADD_FAILED, Code.PRODUCT_UNKNOWN, Code.RATE_ROWS_MISMATCH],
)
async def add_rate(call: Call, body: RateAddition) -> RateAdded:
    """Make a card rate, with one row for each registerable card."""
    terms = [detail.terms for detail in body.details]
    return RateAdded(rate_no=str(await call.services.rates.add(call.ctx, body.name, terms)))


@route.post(
    "/card/rate/update",
    mutating=True,
    codes=[Code.RATE_UNKNOWN, Code.RATE_CHANGE_FAILED, Code.PRODUCT_UNKNOWN, Code.RATE_ROWS_MISMATCH],
    when={RateNameTaken: Code.RATE_CHANGE_FAILED},
)
async def update_rate(call: Call, body: RateUpdate) -> None:
    """Give a card rate another name, other rows, or both."""
    terms = None if body.details is None else [detail.terms for detail in body.details]
    await call.services.rates.change(call.ctx, body.rate_no, name=body.name, terms=terms)


@route.post("/card/rate/delete", mutating=True, codes=[Code.RATE_UNKNOWN, Code.RATE_DELETE_FAILED])
async def delete_rate(call: Call, body: RateQuery) -> None:
    """Take away a card rate that applies to no group."""
    await call.services.rates.delete(call.ctx, body.rate_no)


@route.post(
    "/card/rate/list",
    codes=[Code.GROUP_UNKNOWN, Code.RATE_LIST_FAILED],
    when={CatalogueUnavailable: Code.RATE_LIST_FAILED},
)
async def list_rates(call: Call, body: RateListQuery) -> PageOut[RateOut]:
    """The card rates, oldest first, or the one of a group."""
    page = await call.services.rates.list_page(call.ctx, body.name, body.group_no, body.page)
    return PageOut.of(page.of(RateOut.of))


@route.post("/card/rate/info", codes=[Code.RATE_UNKNOWN])
async def rate_info(call: Call, body: RateQuery) -> RateOut:
    """One card rate."""
    return RateOut.of(await call.services.rates.get(call.ctx, body.rate_no))


@route.post(
    "/card/rate/group/add",
    mutating=True,
    codes=[Code.RATE_UNKNOWN, Code.GROUP_UNKNOWN, Code.GROUP_HAS_RATE],
)
async def attach_rate(call: Call, body: RateOfGroup) -> None:
    """The rate applies to the group from now on."""
    await call.services.rates.attach(call.ctx, body.rate_no, body.group_no)


@route.post(
    "/card/rate/group/remove",
    mutating=True,
    codes=[Code.RATE_UNKNOWN, Code.GROUP_UNKNOWN, Code.RATE_NOT_ATTACHED],
)
async def detach_rate(call: Call, body: RateOfGroup) -> None:
    """The rate no longer applies to the group."""
    await call.services.rates.detach(call.ctx, body.rate_no, body.group_no)

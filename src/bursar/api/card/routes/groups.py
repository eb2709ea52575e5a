"""Customer groups, and which customers are in them."""

from bursar.api.card.call import Call
from bursar.api.card.codes import Code
from bursar.api.card.endpoint import Route
from bursar.api.card.schemas.groups import (
    GroupAdded,
    GroupAddition,
    GroupListQuery,
    GroupMove,
    GroupOut,
    GroupQuery,
    GroupRemoval,
    GroupUpdate,
)
from bursar.api.card.schemas.wire import PageOut
from bursar.customers.errors import CustomerNotInGroup
from bursar.customers.groups.errors import GroupNameTaken
from bursar.customers.groups.model import GroupChange
from bursar.merchants.model import Permission

route = Route(Permission.CARD)


@route.post("/customer/group/add", mutating=True, codes=[Code.GROUP_ADD_FAILED])
async def add_group(call: Call, body: GroupAddition) -> GroupAdded:
    """Make a customer group."""
    return GroupAdded(group_no=str(await call.services.groups.add(call.ctx, body.name, body.remark)))


@route.post(
    "/customer/group/update",
    mutating=True,
    codes=[Code.GROUP_UNKNOWN, Code.GROUP_CHANGE_FAILED],
    when={GroupNameTaken: Code.GROUP_CHANGE_FAILED},
)
async def update_group(call: Call, body: GroupUpdate) -> None:
    """Give a customer group another name or remark; what is left out stays."""
    await call.services.groups.change(call.ctx, body.group_no, GroupChange(body.name, body.remark))


@route.post(
    "/customer/group/delete",
    mutating=True,
    codes=[Code.GROUP_UNKNOWN, Code.DEFAULT_GROUP_KEPT, Code.GROUP_HAS_CUSTOMERS, Code.GROUP_DELETE_FAILED],
)
async def delete_group(call: Call, body: GroupQuery) -> None:
    """Take away a customer group that has no customers and no card rate."""
    await call.services.groups.delete(call.ctx, body.group_no)


@route.post("/customer/group/list")
async def list_groups(call: Call, body: GroupListQuery) -> PageOut[GroupOut]:
    """The customer groups, the default one first."""
    return PageOut.of((await call.services.groups.list_page(call.ctx, body.name, body.page)).of(GroupOut.of))


@route.post("/customer/group/info", codes=[Code.GROUP_UNKNOWN])
async def group_info(call: Call, body: GroupQuery) -> GroupOut:
    """One customer group."""
    return GroupOut.of(await call.services.groups.get(call.ctx, body.group_no))


@route.post(
    "/customer/group/change",
    mutating=True,
    codes=[Code.CUSTOMER_UNKNOWN, Code.GROUP_UNKNOWN, Code.CUSTOMER_NOT_IN_FROM_GROUP],
)
async def move_customer(call: Call, body: GroupMove) -> None:
    """Put a customer into another group."""
    await call.services.customers.move(call.ctx, body.customer_no, body.from_group_no, body.to_group_no)


@route.post(
    "/customer/group/remove",
    mutating=True,
    codes=[Code.CUSTOMER_UNKNOWN, Code.GROUP_UNKNOWN, Code.CUSTOMER_NOT_IN_GROUP, Code.GROUP_REMOVE_FAILED],
    when={CustomerNotInGroup: Code.CUSTOMER_NOT_IN_GROUP},
)
async def take_out_customer(call: Call, body: GroupRemoval) -> None:
    """Put a customer back into the default group."""
    await call.services.customers.take_out(call.ctx, body.customer_no, body.group_no)

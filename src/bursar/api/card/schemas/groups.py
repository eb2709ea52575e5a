"""Customer groups on the wire."""

from typing import Annotated

from pydantic import StringConstraints

from bursar.api.card.schemas.wire import TEXT_MAX, Asked, Id, Name, Paged, Remark, Text, Wire, milliseconds
from bursar.customers.groups.model import GROUP_NAME_CHARS_MAX, Group

GroupName = Annotated[Name, StringConstraints(min_length=1, max_length=GROUP_NAME_CHARS_MAX)]
GroupRemark = Annotated[Remark, StringConstraints(max_length=TEXT_MAX)]


class GroupAddition(Asked):
    name: GroupName
    remark: GroupRemark | None = None


class GroupUpdate(Asked):
    group_no: Id
    name: GroupName | None = None
    remark: GroupRemark | None = None


class GroupQuery(Asked):
    group_no: Id


class GroupListQuery(Paged):
    name: Text | None = None


class GroupMove(Asked):
    customer_no: Id
    from_group_no: Id
    to_group_no: Id


class GroupRemoval(Asked):
    customer_no: Id
    group_no: Id


class GroupAdded(Wire):
    group_no: str


class GroupOut(Wire):
    group_no: str
    name: str
    remark: str | None
    is_default: bool
    customer_count: int
    rate_no: str | None
    created_at: int

    @classmethod
    def of(cls, group: Group) -> "GroupOut":
        return cls(
            group_no=str(group.id),
            name=group.name,
            remark=group.remark,
            is_default=group.is_default,
            customer_count=group.customer_count,
            rate_no=None if group.rate_id is None else str(group.rate_id),
            created_at=milliseconds(group.created_at),
        )

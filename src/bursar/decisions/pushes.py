"""Replays of pushes as actions of the staff. The arguments are `merchant`, and `object` or `api`, `first`, `last` and
`status`.
"""

from collections.abc import Iterator
from typing import Any

from bursar.decisions.actions import merchant_of
from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.staff.approvals.model import Action, Arguments
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.roles import Permission
from bursar.webhooks.model import DeliveryStatus, ReplayQuery
from bursar.webhooks.replays import Replays

REPLAY_ONE = "webhooks.replay"
REPLAY_MANY = "webhooks.replay_many"


def push_actions(replays: Replays) -> Iterator[Action]:
    """`webhooks.replay` of one delivery, and `webhooks.replay_many` of those that a query names."""

    async def one(ctx: Context, said: Arguments) -> Decided[Any]:
        return await replays.one(ctx, _number(said, "object"))

    async def many(ctx: Context, said: Arguments) -> Decided[Any]:
        return await replays.many(ctx, _query(said))

    yield Action(REPLAY_ONE, Permission.WEBHOOKS_REPLAY, one, merchant_of)
    yield Action(REPLAY_MANY, Permission.WEBHOOKS_REPLAY, many, merchant_of)


def _query(said: Arguments) -> ReplayQuery:
    api, status, last = said.get("api"), said.get("status"), said.get("last")
    if not isinstance(api, str) or status not in (None, *DeliveryStatus):
        raise ArgumentsUnusable("api is a text, status that of a delivery or none")
    return ReplayQuery(
        api,
        _number(said, "first"),
        None if last is None else _number(said, "last"),
        None if status is None else DeliveryStatus(status),
    )


def _number(said: Arguments, name: str) -> int:
    value = said.get(name)
    if type(value) is not int or value < 0:
        raise ArgumentsUnusable(f"{name} is a number")
    return value

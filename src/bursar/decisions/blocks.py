"""Addresses that nothing is paid to, as actions of the staff. The arguments are `chain`, `address` and `reason`."""

from collections.abc import Iterator
from typing import Any

from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.staff.approvals.model import Action, Arguments
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.roles import Permission
from bursar.wallet.withdrawals.blocks import AddressBlocks


def block_actions(blocks: AddressBlocks) -> Iterator[Action]:
    """`blocks.add`, and `blocks.remove`, which takes two people."""

    async def add(ctx: Context, said: Arguments) -> Decided[Any]:
        return blocks.blocked(ctx, _text(said, "chain"), _text(said, "address"), _text(said, "reason"))

    async def remove(_: Context, said: Arguments) -> Decided[Any]:
        return blocks.unblocked(_text(said, "chain"), _text(said, "address"))

    yield Action("blocks.add", Permission.BLOCKS_ADD, add)
    yield Action("blocks.remove", Permission.BLOCKS_REMOVE, remove)


def _text(said: Arguments, name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str):
        raise ArgumentsUnusable(f"{name} is a text")
    return value

"""The readers of a source, made of the reads of a capability and the form of a row as a waiting decision. Pure."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from bursar.decisions.model import FindWaiting, ListWaiting, Ref, Waiting
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.kernel.paging import Place

T = TypeVar("T")


def listing(read: Callable[[Place, int], Awaitable[Sequence[T]]], waiting: Callable[[T], Waiting]) -> ListWaiting:
    """The list of a capability that has the waiting objects of all merchants."""

    async def list_waiting(_: Context, after: Place, limit: int) -> Sequence[Waiting]:
        return [waiting(found) for found in await read(after, limit)]

    return list_waiting


def finding(find: Callable[[Context, int], Awaitable[T | None]], waiting: Callable[[T], Waiting]) -> FindWaiting:
    """One of them, by a use case that finds what waits alone."""

    async def find_waiting(ctx: Context, ref: Ref) -> Waiting | None:
        found = await find(ctx.of(ref.merchant_id), ref.object_id)
        return None if found is None else waiting(found)

    return find_waiting


def among(
    get: Callable[[Context, int], Awaitable[T]], unknown: tuple[type[Fact], ...], waits: Callable[[T], bool]
) -> Callable[[Context, int], Awaitable[T | None]]:
    """A use case that gets any object, as one that finds what waits; `unknown`: its facts of one that is not there."""

    async def find(ctx: Context, number: int) -> T | None:
        try:
            found = await get(ctx, number)
        except unknown:
            return None
        return found if waits(found) else None

    return find

"""Drops, in small portions, rows that nobody may ask for any more. The time that each is kept is its room's word."""

from collections.abc import Awaitable, Callable
from functools import partial

from bursar.main.parts import Parts
from bursar.main.recorded import request_records
from bursar.worker.chores import attempt

Portion = Callable[[], Awaitable[int]]
"""Drops a portion and says how many rows that were; none are left once it says 0."""


def portions(parts: Parts) -> dict[str, Portion]:
    """All there is to forget, by name."""

    def until_now(forget: Callable[..., Awaitable[int]]) -> Portion:
        return lambda: forget(parts.ground.clock.now())

    sandbox = parts.sandbox
    return {
        "answers": parts.requests.forget_old,
        "one-time passwords": until_now(parts.rooms.otp.forget_old),
        "receipts": until_now(parts.rooms.messages.receipts.forget_old),
        **({"outbox": until_now(sandbox.outbox(parts.ground.clock).forget_old)} if sandbox else {}),
        "requests": until_now(request_records(parts).forget_old),
        "sign-ins": until_now(parts.rooms.staff.signin.forget_old),
        "webhooks": until_now(parts.apis.webhooks.forget_old),
    }


async def tidy(parts: Parts) -> None:
    """Forget all that is old now. One kind that cannot be dropped keeps no other from being dropped."""
    for name, forget in portions(parts).items():
        await attempt("tidying", partial(_drop_all, forget), what=name)


async def _drop_all(forget: Portion) -> None:
    while await forget():
        pass

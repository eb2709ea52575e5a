"""Uploads: a merchant has few at a time, and others do not wait for them."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from bursar.api.uploads import AT_ONCE_MAX, WAITING_MAX, Uploads, UploadsFull


async def test_a_merchant_has_few_at_a_time_and_another_does_not_wait() -> None:
    uploads, begun, done = Uploads(), list[int](), asyncio.Event()

    async def upload(merchant_id: int) -> None:
        async with uploads.turn(merchant_id):
            begun.append(merchant_id)
            await done.wait()

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE_MAX + WAITING_MAX):
            group.create_task(upload(1))
        group.create_task(upload(2))
        while 2 not in begun:
            await asyncio.sleep(0)
        assert begun == [1] * AT_ONCE_MAX + [2]
        with pytest.raises(UploadsFull):
            await upload(1)
        done.set()
    assert begun.count(1) == AT_ONCE_MAX + WAITING_MAX


async def test_uploads_that_failed_or_were_given_up_leave_their_turn() -> None:
    uploads = Uploads()
    async with AsyncExitStack() as turns:
        for _ in range(AT_ONCE_MAX):
            await turns.enter_async_context(uploads.turn(1))
        given_up = asyncio.create_task(turns.enter_async_context(uploads.turn(1)))
        await asyncio.sleep(0)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
    with pytest.raises(ValueError, match="mine"):
        async with uploads.turn(1):
            raise ValueError("mine")
    assert not uploads._turns
    assert not uploads._under_way

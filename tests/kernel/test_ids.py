"""Numbers are never given twice."""

import asyncio
from itertools import count

import pytest

from bursar.kernel.ids import BLOCK_SIZE, Ids, IdsExhausted


class Leases:
    """What the sequence in the database does."""

    def __init__(self) -> None:
        self._blocks = count(1)
        self.leased = 0

    async def __call__(self) -> int:
        await asyncio.sleep(0)
        self.leased += 1
        return next(self._blocks)


async def test_numbers_are_positive_different_and_rising_within_a_block():
    ids = Ids(Leases())
    await ids.top_up()
    numbers = [ids.next() for _ in range(1_000)]
    assert numbers == list(range(BLOCK_SIZE, BLOCK_SIZE + 1_000))


async def test_two_processes_never_get_the_same():
    lease = Leases()
    one, two = Ids(lease), Ids(lease)
    await asyncio.gather(one.top_up(), two.top_up())
    assert not {one.next() for _ in range(1_000)} & {two.next() for _ in range(1_000)}


async def test_a_block_that_is_used_up_is_followed_by_the_spare_one():
    ids = Ids(Leases())
    await ids.top_up()
    first = [ids.next() for _ in range(BLOCK_SIZE - 1)]
    await ids.top_up()
    assert [first[-1], ids.next(), ids.next()] == [2 * BLOCK_SIZE - 2, 2 * BLOCK_SIZE - 1, 2 * BLOCK_SIZE]


async def test_topping_up_leases_only_when_half_is_gone():
    lease = Leases()
    ids = Ids(lease)
    for _ in range(10):
        await ids.top_up()
        ids.next()
    assert lease.leased == 1
    for _ in range(BLOCK_SIZE // 2):
        ids.next()
    await ids.top_up()
    assert lease.leased == 2


async def test_topping_up_at_once_from_many_sides_gives_nothing_twice():
    ids = Ids(Leases())
    await asyncio.gather(*(ids.top_up() for _ in range(10)))
    numbers = [ids.next() for _ in range(100)]
    assert len(set(numbers)) == 100


def test_without_a_lease_there_are_no_numbers():
    with pytest.raises(IdsExhausted):
        Ids(Leases()).next()


async def test_the_last_block_of_the_sequence_fits_a_bigint():
    assert (2**63 // BLOCK_SIZE - 1) * BLOCK_SIZE + BLOCK_SIZE - 1 < 2**63

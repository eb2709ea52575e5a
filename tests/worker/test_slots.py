"""Room for jobs in one process, and who is passed over."""

import pytest

from bursar.worker.model import LEASE_S, Policy
from bursar.worker.slots import JobSlots


def rooms(room: int, merchant_room: int) -> JobSlots:
    return JobSlots({"k": Policy(room=room, merchant_room=merchant_room)})


def test_an_empty_kind_has_room_for_what_one_merchant_may_run() -> None:
    assert (rooms(32, 8).free(), rooms(4, 8).free()) == ({"k": 8}, {"k": 4})


def test_whoever_fills_more_than_half_is_passed_over_and_leaves_room_for_others() -> None:
    busy = rooms(32, 8)
    for _ in range(5):
        busy.enter("k", 1)
    busy.enter("k", 2)
    assert (busy.full(), busy.free()) == ([("k", 1)], {"k": 7})


def test_no_merchant_can_come_to_run_more_than_its_room() -> None:
    busy = rooms(32, 8)
    for _ in range(4):
        busy.enter("k", 1)
    assert (busy.full(), busy.free()) == ([], {"k": 4})


def test_a_kind_that_is_full_asks_for_nothing_until_a_job_ends() -> None:
    busy = rooms(2, 2)
    busy.enter("k", 1)
    busy.enter("k", 2)
    assert busy.free() == {}
    busy.leave("k", 1)
    assert busy.free() == {"k": 1}


@pytest.mark.parametrize("timeout_s", [0, LEASE_S, LEASE_S + 1])
def test_a_handler_must_end_before_its_lease(timeout_s: float) -> None:
    with pytest.raises(ValueError, match="lease"):
        Policy(timeout_s=timeout_s)

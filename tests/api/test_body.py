"""Bodies that nobody has vouched for: all of them together have a limit, and one address has a share of it."""

import pytest

from bursar.api.body import HELD_ALWAYS_BYTES, Intake, IntakeFull

SMALL, LARGE = HELD_ALWAYS_BYTES, 100_000


def test_what_was_judged_makes_room_again() -> None:
    intake = Intake(most=2 * LARGE, per_address=2 * LARGE)
    for _ in range(10):
        with intake.room("192.0.2.1") as one, intake.room("192.0.2.2") as other:
            one.grow(LARGE)
            other.grow(LARGE)
            with intake.room("192.0.2.3") as third, pytest.raises(IntakeFull):
                third.grow(SMALL + 1)
    assert not intake._held


def test_an_address_has_its_share_and_leaves_others_theirs() -> None:
    intake = Intake(most=4 * LARGE, per_address=LARGE)
    with intake.room("2001:db8::1") as one, intake.room("2001:db8::2") as two, intake.room("2001:db8:1::") as other:
        one.grow(LARGE)
        with pytest.raises(IntakeFull):
            two.grow(LARGE)
        other.grow(LARGE)


def test_small_bodies_are_taken_however_full_it_is() -> None:
    intake = Intake(most=LARGE, per_address=LARGE)
    with intake.room("192.0.2.1") as full, intake.room("192.0.2.1") as small:
        full.grow(LARGE)
        small.grow(SMALL)
        assert small.taken == 0

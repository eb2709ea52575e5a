"""The clock over the wire: forward only, and done with what it has made due when it says so."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.clients.card import SandboxRefused
from tests.e2e.scene import PRODUCT, Scene

HOUR_S = 3_600


def test_the_clock_moves_by_seconds_or_to_an_instant(scene: Scene) -> None:
    before = datetime.fromisoformat(scene.sandbox.request("GET", "clock")["now"])
    told = datetime.fromisoformat(scene.sandbox.request("POST", "clock", {"advance_s": HOUR_S})["now"])
    assert timedelta(seconds=HOUR_S) <= told - before < timedelta(seconds=HOUR_S + 60)
    to = (told + timedelta(days=1)).replace(microsecond=0)
    told = datetime.fromisoformat(scene.sandbox.request("POST", "clock", {"now": to.isoformat()})["now"])
    assert to <= told < to + timedelta(seconds=60)
    naive = (to + timedelta(hours=1)).replace(tzinfo=None)
    assert scene.sandbox.request("POST", "clock", {"now": naive.isoformat()})["now"] > to.isoformat()


@pytest.mark.parametrize(
    ("move", "error"),
    [
        ({"advance_s": -1}, "409: clock_goes_forward"),
        ({"now": "2020-01-01T00:00:00Z"}, "409: clock_goes_forward"),
        ({"advance_s": 400_000_000}, "422: invalid"),
        ({"now": "9999-12-31T23:59:59-23:00"}, "422: clock_too_far"),
        ({"advance_s": 1, "now": "2099-01-01T00:00:00Z"}, "422: clock_unclear"),
        ({}, "422: clock_unclear"),
    ],
    ids=str,
)
def test_a_move_that_cannot_be_leaves_the_clock_alone(scene: Scene, move: dict[str, Any], error: str) -> None:
    moved = scene.install.value("SELECT moved_by FROM sandbox_clock")
    with pytest.raises(SandboxRefused) as refusal:
        scene.sandbox.request("POST", "clock", move)
    assert error.partition(": ")[2] in str(refusal.value)
    assert str(refusal.value.status) == error.partition(": ")[0]
    assert scene.install.value("SELECT moved_by FROM sandbox_clock") == moved


def test_a_caller_can_wait_until_everything_due_is_done(scene: Scene) -> None:
    order = scene.ok("card/operate/register", {"cardId": PRODUCT, "customerNo": scene.customer(kyc=1)})
    told = scene.sandbox.request("POST", "clock", {"advance_s": HOUR_S}, wait_s="60")
    assert told["settled"] is True
    assert scene.ok("card/order/info", {"orderNo": order["orderNo"]})["status"] == 3
    assert scene.sandbox.request("GET", "clock", wait_s="60")["settled"] is True


def test_waiting_is_bounded(scene: Scene) -> None:
    for wait_s in ("61", "-1", "nan", "x"):
        with pytest.raises(SandboxRefused, match="422"):
            scene.sandbox.request("GET", "clock", wait_s=wait_s)

"""A measured adapter does what the adapter does, and each call is counted by its outcome."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.observation.ports import measured


class Gateway:
    """A provider of texts."""

    sent = 0

    @property
    def limit(self) -> int:
        return 160

    def fits(self, text: str) -> bool:
        return len(text) <= self.limit

    async def send(self, to: str, text: str, *, urgent: bool = False) -> str:
        if to == "refused":
            raise ProviderRefused("sms")
        if to == "away":
            raise ProviderUnavailable("sms")
        if to == "slow":
            await asyncio.Event().wait()
        if to == "broken":
            raise ValueError(text)
        self.sent += 1
        return f"{to}:{text}:{urgent}"


def calls(outcome: str, adapter: str) -> float:
    labels = {"port": "sms", "adapter": adapter, "call": "send", "outcome": outcome}
    return REGISTRY.get_sample_value("bursar_provider_calls_total", labels) or 0.0


async def test_a_call_goes_through_and_counts_as_ok():
    gateway = Gateway()
    sms = measured("sms", gateway, "through")
    assert await sms.send("+1", "hello", urgent=True) == "+1:hello:True"
    assert (await sms.send("+2", "again"), gateway.sent, sms.sent) == ("+2:again:False", 2, 2)
    assert (sms.limit, sms.fits("x" * 161)) == (160, False)
    assert calls("ok", "through") == 2
    assert REGISTRY.get_sample_value("bursar_provider_seconds_count", {"port": "sms", "adapter": "through"}) == 2


@pytest.mark.parametrize(
    ("to", "fault", "outcome"),
    [
        ("refused", ProviderRefused, "refused"),
        ("away", ProviderUnavailable, "unavailable"),
        ("broken", ValueError, "error"),
    ],
)
async def test_a_call_that_fails_raises_what_the_adapter_raises(to: str, fault: type[Exception], outcome: str):
    before = calls(outcome, "Gateway")
    with pytest.raises(fault):
        await measured("sms", Gateway()).send(to, "hello")
    assert calls(outcome, "Gateway") == before + 1


async def test_a_call_whose_caller_gives_up_counts_as_cut_off():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await measured("sms", Gateway(), "cut").send("slow", "hello")
    assert calls("cut off", "cut") == 1
    assert calls("ok", "cut") == 0

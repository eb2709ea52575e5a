"""Programs that work on what strangers have sent: their limits, their turns, and what is left of their faults."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter

import pytest

from bursar.files import image_program, programs
from bursar.files.errors import NotAnImage, ProgramBusy, ProgramRefused
from bursar.files.images import Images
from bursar.files.model import Image, ImageKind
from bursar.files.programs import ENDED, WAITING_MAX, Programs
from tests.files.test_model import JPEG


async def test_an_image_is_decoded_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    assert await Images().inspected(1, JPEG) == Image(ImageKind.JPEG, 40, 30)
    with pytest.raises(NotAnImage) as refusal:
        await Images().inspected(1, b"no picture")
    assert "cannot be decoded" in refusal.value.reason


async def test_a_program_that_dies_refuses_its_content() -> None:
    with pytest.raises(ProgramRefused) as refusal:
        await Programs("bursar.no_such_module").run(1, b"")
    assert refusal.value.reason == ENDED


async def test_a_program_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "ENDED_AFTER_S", 0.0)
    with pytest.raises(ProgramRefused) as refusal:
        await Programs(image_program.__name__).run(1, JPEG)
    assert refusal.value.reason == ENDED


@pytest.mark.parametrize("allowed_s", [0.1, 0.3])
def test_a_process_that_uses_more_than_its_processor_time_is_ended(allowed_s: float) -> None:
    program = f"from bursar.files.processor_limit import allow; allow({allowed_s})\nwhile True: pass"
    before = os.times()
    ended = subprocess.run([sys.executable, "-I", "-c", program], env={}, timeout=60)
    after = os.times()
    assert -ended.returncode == signal.SIGPROF
    assert after.children_user - before.children_user < allowed_s + 1


async def test_a_merchant_has_one_slot_and_others_do_not_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    working, may_end, most = Counter[bytes](), asyncio.Event(), Counter[bytes]()

    async def slowly(_: str, content: bytes) -> bytes:
        working[content] += 1
        most[content] = max(most[content], working[content])
        if content == b"first":
            await may_end.wait()
        await asyncio.sleep(0)
        working[content] -= 1
        return content

    monkeypatch.setattr(programs, "_run", slowly)
    running = Programs("nothing")
    flood = [asyncio.create_task(running.run(1, b"first")) for _ in range(WAITING_MAX)]
    await asyncio.sleep(0)
    with pytest.raises(ProgramBusy):
        await running.run(1, b"first")
    assert await running.run(2, b"second") == b"second"
    may_end.set()
    assert await asyncio.gather(*flood) == [b"first"] * WAITING_MAX
    assert most == {b"first": 1, b"second": 1}
    assert (running._waiting, running._turns) == ({}, {})

"""The process that holds keys: its answers reach those who asked, whatever becomes of it or of them."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import uvloop
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY, generate_latest

from bursar.api.card.gate import Decryption
from bursar.api.card.jwe import MAX_PLAINTEXT_BYTES, MAX_TOKEN_CHARS, OwnKey, Undecryptable
from bursar.api.card.key_holder import PROGRAM
from bursar.api.key_process import SILENT_MAX_S, KeyProcess, KeysUnavailable
from bursar.api.key_program import LENGTH, NONE, take_frames

PEM = (
    rsa.generate_private_key(65537, 2048)
    .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    .decode()
)
TO_US = OwnKey.from_pem(PEM).recipient
NOT_OURS = "a.b.c.d.e"


def process_of(silent_max_s: float = SILENT_MAX_S) -> KeyProcess:
    return KeyProcess(PROGRAM, PEM.encode(), silent_max_s)


async def test_everybody_gets_the_answer_to_what_they_asked() -> None:
    async with process_of() as keys:
        decryption = Decryption(keys)
        texts = [os.urandom(1 + number * 997 % 70_000) for number in range(100)]
        tokens = [NOT_OURS if number % 7 == 3 else TO_US.encrypt(text) for number, text in enumerate(texts)]
        answers = await asyncio.gather(*map(decryption.decrypt, tokens), return_exceptions=True)
    for token, text, answer in zip(tokens, texts, answers, strict=True):
        assert isinstance(answer, Undecryptable) if token is NOT_OURS else answer == text


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_it_runs_under_both_loops(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def ask() -> bytes:
        async with process_of() as keys:
            return await Decryption(keys).decrypt(TO_US.encrypt(b"clear"))

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(ask()) == b"clear"


async def test_the_largest_token_comes_through_and_a_larger_one_is_not_handed_over() -> None:
    largest = os.urandom(MAX_PLAINTEXT_BYTES)
    async with process_of() as keys:
        decryption = Decryption(keys)
        assert await decryption.decrypt(TO_US.encrypt(largest)) == largest
        psutil.Process(keys.pid).suspend()  # what is answered now is answered here
        for token in ("A" * (MAX_TOKEN_CHARS + 1), "ä.b.c.d.e", "\ud800"):
            with pytest.raises(Undecryptable):
                await decryption.decrypt(token)
        psutil.Process(keys.pid).resume()


async def test_who_leaves_does_not_shift_the_answers_of_others() -> None:
    async with process_of() as keys:
        decryption = Decryption(keys)
        first, second, third = (
            asyncio.ensure_future(decryption.decrypt(TO_US.encrypt(it))) for it in (b"1", b"2", b"3")
        )
        await asyncio.sleep(0)
        second.cancel()
        assert await first == b"1"
        assert await third == b"3"


async def test_a_process_that_dies_costs_those_who_wait_and_nobody_else() -> None:
    async with process_of() as keys:
        decryption = Decryption(keys)
        token = TO_US.encrypt(b"clear")
        dead = psutil.Process(keys.pid)
        dead.suspend()
        asked = [asyncio.ensure_future(decryption.decrypt(token)) for _ in range(20)]
        await asyncio.sleep(0)
        dead.kill()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(answer) for answer in answers] == [KeysUnavailable] * 20
        again = await asyncio.gather(*(decryption.decrypt(token) for _ in range(20)))
        assert again == [b"clear"] * 20
        assert keys.pid != dead.pid
        assert not dead.is_running()


async def test_a_process_that_says_nothing_is_given_up() -> None:
    async with process_of(1.0) as keys:
        decryption = Decryption(keys)
        token = TO_US.encrypt(b"clear")
        assert await decryption.decrypt(token) == b"clear"
        silent = psutil.Process(keys.pid)
        silent.suspend()
        with pytest.raises(KeysUnavailable):
            await decryption.decrypt(token)
        assert await decryption.decrypt(token) == b"clear"
        assert not silent.is_running()


async def test_one_that_takes_long_to_load_is_waited_for() -> None:
    async with process_of(0.5) as keys:
        loading = psutil.Process(keys.pid)
        loading.suspend()
        asked = asyncio.ensure_future(Decryption(keys).decrypt(TO_US.encrypt(b"clear")))
        await asyncio.sleep(1.2)
        assert not asked.done()
        loading.resume()
        assert await asked == b"clear"


async def test_nothing_secret_stands_in_its_arguments_or_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BURSAR_MASTER_KEY", "planted")
    monkeypatch.setenv("DATABASE_URL", "postgresql://planted")
    async with process_of() as keys:
        decryption = Decryption(keys)
        await decryption.decrypt(TO_US.encrypt(b"clear"))
        holder = psutil.Process(keys.pid)
        assert "planted" not in str(holder.environ())
        assert "PRIVATE" not in str(holder.cmdline())


async def test_it_ends_with_the_server() -> None:
    async with process_of() as keys:
        decryption = Decryption(keys)
        await decryption.decrypt(TO_US.encrypt(b"it has begun"))
        holder = psutil.Process(keys.pid)
        holder.send_signal(signal.SIGINT)
        holder.send_signal(signal.SIGTERM)
        assert await decryption.decrypt(TO_US.encrypt(b"clear")) == b"clear"
    assert not holder.is_running()


def test_it_ends_when_the_server_is_killed(tmp_path: Path) -> None:
    server = tmp_path / "server.py"
    server.write_text(
        "import asyncio, sys\n"
        "from bursar.api.key_process import KeyProcess\n"
        "async def main():\n"
        "    async with KeyProcess(sys.argv[1], sys.argv[2].encode()) as keys:\n"
        "        print(keys.pid, flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, str(server), PROGRAM, PEM], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        holder = psutil.Process(int(process.stdout.readline()))
        process.kill()
    holder.wait(10)
    assert not holder.is_running()


@given(st.lists(st.one_of(st.none(), st.binary(max_size=40)), max_size=8), st.lists(st.integers(1, 60), max_size=20))
def test_frames_are_found_however_the_bytes_arrive(sent: list[bytes | None], portions: list[int]) -> None:
    stream = b"".join(map(framed, sent))
    received, found = bytearray(), list[bytes | None]()
    for portion in [*portions, len(stream)]:
        received += stream[:portion]
        stream = stream[portion:]
        found += take_frames(received)
    assert found == sent
    assert not received


def test_no_more_frames_are_taken_than_asked_for() -> None:
    received = bytearray(b"".join(map(framed, (b"1", b"2", b"3"))))
    assert take_frames(received, 2) == [b"1", b"2"]
    assert take_frames(received, 2) == [b"3"]


def framed(content: bytes | None) -> bytes:
    return NONE if content is None else LENGTH.pack(len(content)) + content


def shown(metric: str) -> float | None:
    return REGISTRY.get_sample_value(metric, {"keys": "card"})


async def test_metrics_show_a_process_its_loss_and_its_replacement() -> None:
    started = shown("bursar_key_processes_started_total") or 0.0
    async with process_of() as keys:
        assert keys.name == "card"
        assert shown("bursar_key_processes_started_total") == started + 1
        assert (shown("bursar_key_process_up"), keys.waiting) == (1.0, 0)
        psutil.Process(keys.pid).suspend()
        asking = asyncio.ensure_future(keys.ask(b"x"))
        await asyncio.sleep(0)
        assert keys.waiting == 1
        psutil.Process(keys.pid).kill()
        with pytest.raises(KeysUnavailable):
            await asking
        assert (keys.is_up, keys.waiting) == (False, 0)
        assert await Decryption(keys).decrypt(TO_US.encrypt(b"clear")) == b"clear"
        assert shown("bursar_key_processes_started_total") == started + 2


async def test_processes_that_hold_the_same_keys_are_shown_as_one() -> None:
    """A name that stood twice in a scrape would have all of it refused."""
    async with process_of(), process_of():
        lines = generate_latest().decode().splitlines()
    assert len([line for line in lines if line.startswith('bursar_key_process_up{keys="card"}')]) == 1

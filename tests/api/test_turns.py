"""Turns: a round of the event loop begins a few things, and addresses take turns."""

import asyncio
import socket
from functools import partial

import pytest

from bursar.api.connections import Limits
from bursar.api.turns import AT_ONCE, Turns
from tests.api.test_connections import post, served, until


async def begun_after(turns: Turns, begun: list[str], rounds: int) -> list[str]:
    for _ in range(rounds):
        await asyncio.sleep(0)
    return list(begun)


async def test_whoever_asks_for_little_waits_for_one_turn_of_the_others() -> None:
    turns, begun = Turns(), list[str]()
    for number in range(100):
        for address in "ab":
            turns.take(address, partial(begun.append, f"{address}{number}"))
    first = [f"{address}{number}" for number in range(AT_ONCE // 2) for address in "ab"]
    assert begun == first
    turns.take("c", partial(begun.append, "c0"))
    assert turns.waiting("a") == 100 - AT_ONCE // 2
    assert (await begun_after(turns, begun, 1))[AT_ONCE : AT_ONCE + 4] == ["a4", "b4", "c0", "a5"]


async def test_all_begin_a_few_in_each_round_and_in_the_order_of_each_address() -> None:
    turns, begun = Turns(), list[str]()
    for number in range(20 * AT_ONCE):
        turns.take("a", partial(begun.append, str(number)))
    assert len(await begun_after(turns, begun, 3)) == 4 * AT_ONCE
    assert await begun_after(turns, begun, 20) == [str(number) for number in range(20 * AT_ONCE)]
    turns.take("a", partial(begun.append, "at once"))
    assert begun[-1] == "at once"


async def test_one_request_is_not_behind_all_that_another_address_has_sent_ahead() -> None:
    async with served() as house:
        house.app.may_answer.clear()
        flooders = [await house.connect() for _ in range(3)]
        for _, writer in flooders:
            writer.write(post() * 500)
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port, local_addr=("127.0.0.9", 0))
        writer.write(post(b"mine"))
        house.app.may_answer.set()
        await reader.readuntil(b"127.0.0.9 mine")
        assert len(house.app.changes) < 300
        for _, flooder in flooders:
            flooder.close()
        writer.close()


async def test_bodies_of_requests_sent_ahead_may_lie_across_pieces() -> None:
    bodies = [b"%03d" % number + b"x" * 700 for number in range(40)]
    async with served() as house:
        reader, writer = await house.connect()
        writer.write(b"".join(post(body) for body in bodies))
        async with asyncio.timeout(10):
            for body in bodies:
                await reader.readuntil(body[:100])
        assert house.app.changes == bodies
        writer.close()


async def test_a_half_closed_client_gets_the_answer_to_a_request_across_pieces() -> None:
    bodies = [b"%03d" % number + b"x" * 700 for number in range(40)]
    async with served() as house:
        answer = await house.exchange(b"".join(post(body) for body in bodies), half_close=True)
        assert (answer.count(b"HTTP/1.1 200"), house.app.changes) == (40, bodies)


async def test_further_connections_of_an_address_are_closed_while_many_of_it_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bursar.api.acceptor.WAITING_PER_ADDRESS", 5)
    async with served(Limits()) as house:
        opened = [socket.create_connection(("127.0.0.1", house.port)) for _ in range(60)]
        await until(lambda: sum(map(ended, opened)) >= 40)
        answered = [one for one in opened if not ended(one)]
        assert answered
        for one in opened:
            one.close()


async def test_a_client_may_open_400_connections_at_once() -> None:
    async with served(Limits()) as house:  # which accepts none of them before all are there
        opened = [socket.create_connection(("127.0.0.1", house.port)) for _ in range(400)]
        for one in opened:
            one.sendall(post())
        await until(lambda: len(house.app.changes) == 400)
        assert not any(map(ended, opened))
        for one in opened:
            one.close()


def ended(connection: socket.socket) -> bool:
    """The server has closed the connection."""
    try:
        return connection.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True

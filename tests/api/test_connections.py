"""Connections of a server: their limits in number, bytes and time, and answers for clients that have closed their side.

A small application stands behind the server: it answers with what it has read, once it is let.
"""

import asyncio
import contextlib
import resource
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.types import Receive, Scope, Send

from bursar.api import connections
from bursar.api.addresses import Proxies
from bursar.api.connections import ConnectionTable, Limits
from bursar.api.request_target import TARGET
from bursar.api.server import ListenAddress, Server
from bursar.kernel.ip_networks import read_network

HOST = "127.0.0.1"
SHORT = Limits(head_bytes=4_000, head_fields=10, head_timeout_s=0.5, idle_timeout_s=0.3, per_address=4, in_all=6)
OK = b"HTTP/1.1 200 OK"


@dataclass
class Echo:
    """Answers with the number of the request, who sent it, and its body."""

    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    begun: int = 0
    changes: list[bytes] = field(default_factory=list)
    targets: list[bytes] = field(default_factory=list)
    headers: list[dict[bytes, bytes]] = field(default_factory=list)
    reads: bool = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self.begun += 1
        self.targets.append(scope[TARGET])
        body, more = b"", self.reads
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message["body"], message["more_body"]
        self.headers.append(dict(scope["headers"]))
        await self.may_answer.wait()
        self.changes.append(body)
        answer = f"{len(self.changes)} {scope['client'][0]} ".encode() + body[:100]
        length = str(len(answer)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": answer})


@dataclass
class Served:
    """A running server."""

    app: Echo
    table: ConnectionTable
    port: int
    server: Server

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(HOST, self.port)

    async def exchange(self, sent: bytes, *, half_close: bool = False) -> bytes:
        """All that is answered until the server hangs up."""
        reader, writer = await self.connect()
        writer.write(sent)
        if half_close:
            writer.write_eof()
        try:
            return await asyncio.wait_for(reader.read(), 20)
        finally:
            writer.close()


@asynccontextmanager
async def served(limits: Limits = SHORT, proxies: Proxies | None = None) -> AsyncIterator[Served]:
    app, table = Echo(), ConnectionTable(limits, proxies)
    app.may_answer.set()
    server = Server(app, table)
    listening = ListenAddress(HOST, 0).listen()
    serving = asyncio.create_task(server.serve([listening]))
    try:
        yield Served(app, table, listening.getsockname()[1], server)
    finally:
        server.should_exit = True
        await serving


async def dripped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, drop: bytes) -> None:
    """Returns when the server has hung up on a client that sends a little again and again."""
    async with asyncio.timeout(10):
        while not reader.at_eof() and not writer.transport.is_closing():
            writer.write(drop)
            await asyncio.sleep(0.02)


async def until(reached: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not reached():
            await asyncio.sleep(0.005)


def post(body: bytes = b"x", *headers: bytes) -> bytes:
    lines = [b"POST /a HTTP/1.1", b"Host: x", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


CLOSE = b"Connection: close"


async def test_a_request_is_answered_on_a_connection_that_stays_open() -> None:
    async with served() as house:
        reader, writer = await house.connect()
        for number in (b"1", b"2", b"3"):
            writer.write(post(b"hello"))
            answer = await reader.readuntil(b"hello")
            assert answer.startswith(OK)
            assert answer.endswith(number + b" 127.0.0.1 hello")
        writer.close()


def test_head_and_first_of_the_body_are_written_together() -> None:
    written: list[bytes] = []
    cycle = SimpleNamespace(transport=SimpleNamespace(write=written.append), response_started=False)
    wire = connections._Wire(cast(Any, cycle))
    wire.write(b"go on,")
    cycle.response_started = True
    for part in (b"head,", b"body,", b"rest"):
        wire.write(part)
    wire.flush()
    assert written == [b"go on,", b"head,body,", b"rest"]


async def test_a_head_without_a_body_is_sent_by_itself() -> None:
    async with served() as house:
        reader, writer = await house.connect()
        writer.write(b"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)).startswith(OK)
        writer.write(post(b"hello"))
        assert (await asyncio.wait_for(reader.readuntil(b"hello"), 20)).startswith(OK)
        writer.close()


async def test_a_client_that_asks_whether_to_go_on_is_told_before_its_body_comes() -> None:
    async with served() as house:
        reader, writer = await house.connect()
        head, _, body = post(b"hello", b"Expect: 100-continue").partition(b"\r\n\r\n")
        writer.write(head + b"\r\n\r\n")
        told = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
        assert told == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(body)
        assert (await asyncio.wait_for(reader.readuntil(b"hello"), 20)).startswith(OK)
        writer.close()


# ── heads ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "head",
    [
        post(b"x", b"A: " + b"a" * 4_000),
        post(b"x", *[b"A: %s" % (b"a" * 600) for _ in range(7)]),
        post(b"x", *[b"A: a" for _ in range(9)]),
        b"GET /" + b"a" * 4_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: " + b"a" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"a" * 100_000,
        b"GET /" + b"a" * 100_000,
        b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: " + b"a" * 100_000,
        b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n" + b"A: a\r\n" * 12,
        b"\r\n" * 50_000,
    ],
    ids=[
        "long",
        "long together",
        "many",
        "target",
        "endless",
        "endless name",
        "endless target",
        "endless trailer",
        "many trailers",
        "blank lines",
    ],
)
async def test_a_head_beyond_its_limits_is_refused_and_nothing_is_done(head: bytes) -> None:
    async with served() as house:
        answer = await house.exchange(head)
        assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
        assert house.app.changes == []


async def test_a_head_of_exactly_the_limits_passes() -> None:
    async with served() as house:
        counted = len(b"/aHostxContent-Length1ConnectioncloseA")
        exact = house.table.limits.head_bytes - counted
        assert (await house.exchange(post(b"x", CLOSE, b"A: " + b"a" * exact))).startswith(OK)
        assert (await house.exchange(post(b"x", CLOSE, b"A: " + b"a" * (exact + 1)))).startswith(b"HTTP/1.1 431")
        assert (await house.exchange(post(b"x", CLOSE, *[b"A: a"] * 7))).startswith(OK)
        assert (await house.exchange(post(b"x", CLOSE, *[b"A: a"] * 8))).startswith(b"HTTP/1.1 431")


async def test_a_head_of_200_mb_neither_grows_memory_nor_keeps_others_waiting() -> None:
    async with served() as house:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        shouting = asyncio.create_task(asyncio.to_thread(shouted, house.port))
        answered = 0
        while not shouting.done():
            assert (await house.exchange(post(b"x", CLOSE))).startswith(OK)
            answered += 1
        assert (await shouting).startswith(b"HTTP/1.1 431")
        assert answered > 10
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024  # KiB


def shouted(port: int) -> bytes:
    """What is answered to a header field of 200 MB."""
    with socket.create_connection((HOST, port), timeout=60) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"GET / HTTP/1.1\r\nA: ")
            for _ in range(200):
                connection.sendall(b"a" * 1_000_000)
        return connection.recv(20)


async def test_trailer_fields_do_not_become_header_fields() -> None:
    async with served() as house:
        chunked = b"POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert (await house.exchange(chunked + b"1\r\nx\r\n0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n")).startswith(OK)
        assert b"x-forwarded-for" not in house.app.headers[0]


async def test_the_target_is_told_exactly_as_it_was_sent() -> None:
    async with served() as house:
        for target in (b"/a?", b"/a", b"/%61?b=%2f&&", b"/a??"):
            await house.exchange(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert house.app.targets == [b"/a?", b"/a", b"/%61?b=%2f&&", b"/a??"]


async def test_who_asks_for_another_protocol_gets_this_one() -> None:
    """Some clients offer HTTP/2 in the head of their first request, with a body too."""
    offer = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk")
    async with served() as house:
        reader, writer = await house.connect()
        for number in (b"1", b"2"):
            writer.write(post(b"hello", *offer))
            assert (await asyncio.wait_for(reader.readuntil(b"hello"), 5)).endswith(number + b" 127.0.0.1 hello")
        writer.write(post(b"", *offer))
        assert (await asyncio.wait_for(reader.readuntil(b"3 127.0.0.1 "), 5)).startswith(OK)
        writer.close()


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_head_that_is_not_complete_in_time_is_refused() -> None:
    async with served() as house:
        assert (await house.exchange(b"GET / HTTP/1.1\r\nHost: x\r\n")).startswith(b"HTTP/1.1 408")
        assert await house.exchange(b"") == b""


async def test_a_head_that_comes_byte_by_byte_gains_no_time() -> None:
    async with served() as house:
        reader, writer = await house.connect()
        await dripped(reader, writer, b"a")
        assert house.app.begun == 0


async def test_an_idle_connection_is_closed_and_blank_lines_do_not_keep_it_open() -> None:
    async with served() as house:
        reader, writer = await house.connect()
        writer.write(post())
        await reader.readuntil(b"1 127.0.0.1 x")
        await dripped(reader, writer, b"\r\n")
        with suppress(ConnectionResetError):  # the last line may have come after the end
            assert await reader.read() == b""
            assert reader.at_eof()
        writer.close()


async def test_a_second_head_has_its_own_time() -> None:
    async with served() as house:
        reader, writer = await house.connect()
        writer.write(post())
        await reader.readuntil(b"1 127.0.0.1 x")
        writer.write(b"POST /a HT")
        assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 408")
        writer.close()


async def test_the_rest_of_a_body_that_was_answered_early_must_come_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BODY_AFTER_ANSWER_S", 0.2)
    async with served() as house:
        house.app.reads = False
        reader, writer = await house.connect()
        writer.write(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        await reader.readuntil(b"1 127.0.0.1 ")
        await dripped(reader, writer, b"a")
        writer.close()


async def test_a_body_that_was_answered_early_may_be_sent_to_its_end() -> None:
    async with served() as house:
        house.app.reads = False
        reader, writer = await house.connect()
        for number in (b"1", b"2"):
            writer.write(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
            await reader.readuntil(number + b" 127.0.0.1 ")
            writer.write(b"a" * 100_000)
        writer.close()


# ── answers that are owed ────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_client_that_has_closed_its_side_gets_its_answer() -> None:
    async with served() as house:
        house.app.may_answer.clear()
        asking = asyncio.create_task(house.exchange(post(b"hello"), half_close=True))
        await until(lambda: house.app.begun)
        await asyncio.sleep(0.05)
        house.app.may_answer.set()
        answer = await asking
        assert answer.startswith(OK)
        assert answer.endswith(b"1 127.0.0.1 hello")


async def test_a_client_that_closes_in_the_middle_of_its_request_has_asked_for_nothing() -> None:
    async with served() as house:
        assert await house.exchange(post(b"hello")[:-1], half_close=True) == b""
        assert await house.exchange(b"GET / HT", half_close=True) == b""
        assert house.app.changes == []
        await until(lambda: not house.table._sources)


@pytest.mark.parametrize("half_close", [True, False])
async def test_requests_sent_ahead_are_all_answered_in_order(half_close: bool) -> None:
    count = 500
    async with served() as house:
        sent = b"".join(post(b"%d" % number) for number in range(count - 1)) + post(b"last", CLOSE)
        answer = await house.exchange(sent, half_close=half_close)
        assert answer.count(OK) == count
        assert house.app.changes == [*(b"%d" % number for number in range(count - 1)), b"last"]


async def test_requests_sent_ahead_wait_outside_of_the_application() -> None:
    async with served() as house:
        house.app.may_answer.clear()
        reader, writer = await house.connect()
        writer.write(post() * 2_000)
        await until(lambda: house.app.begun)
        await asyncio.sleep(0.05)
        assert house.app.begun == 1
        waiting = next(iter(house.table._sources))
        assert len(waiting.pipeline) <= connections.PIECE_BYTES // len(post()) + 1
        house.app.may_answer.set()
        for _ in range(2_000):
            await reader.readuntil(b" 127.0.0.1 x")
        writer.close()


@pytest.mark.parametrize("nonsense", [b"\x00\x01\x02\r\n\r\n", b"GET / HTTP/1.1\r\nA: " + b"a" * 100_000])
async def test_what_was_asked_for_before_nonsense_is_answered_before_the_refusal(nonsense: bytes) -> None:
    async with served() as house:
        house.app.may_answer.clear()
        asking = asyncio.create_task(house.exchange(post(b"one") + post(b"two") + nonsense))
        await until(lambda: house.app.begun)
        await asyncio.sleep(0.05)
        house.app.may_answer.set()
        answer = await asking
        assert answer.count(OK) == 2
        assert b"1 127.0.0.1 one" in answer
        assert b"2 127.0.0.1 two" in answer
        assert answer.split(b"2 127.0.0.1 two")[1].startswith((b"HTTP/1.1 400", b"HTTP/1.1 431"))


async def test_a_request_whose_body_is_cut_short_by_nonsense_is_not_begun_with() -> None:
    async with served() as house:
        chunked = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
        answer = await house.exchange(chunked)
        assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert answer.count(b"HTTP/1.1") == 1
        assert house.app.changes == []


async def test_who_does_not_take_an_answer_loses_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ANSWER_TAKEN_WITHIN_S", 0.2)
    async with served() as house:
        large = b"x" * 30_000_000

        async def pour(scope: Scope, receive: Receive, send: Send) -> None:
            length = str(len(large)).encode()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
            await send({"type": "http.response.body", "body": large})

        house.server.config.loaded_app = pour
        _, writer = await house.connect()
        writer.write(post())
        await writer.drain()
        await until(lambda: house.table._sources)
        await until(lambda: not house.table._sources)
        writer.close()


# ── number ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def opened(
    house: Served, count: int, sent: bytes = b"G"
) -> list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """So many connections with an incomplete head."""
    found = [await house.connect() for _ in range(count)]
    for _, writer in found:
        writer.write(sent)
    await until(lambda: len(house.table._sources) == count)
    await asyncio.sleep(0.05)
    return found


async def begun(house: Served, count: int) -> list[asyncio.StreamWriter]:
    """So many connections with an incomplete head."""
    writers = [(await house.connect())[1] for _ in range(count)]
    for writer in writers:
        writer.write(b"G")
    await until(lambda: len(house.table._sources) == count)
    return writers


async def test_one_address_has_its_limit_of_connections() -> None:
    async with served() as house:
        taken = await begun(house, house.table.limits.per_address)
        assert (await house.exchange(b"")).startswith(b"HTTP/1.1 503")
        taken[0].close()
        await until(lambda: len(house.table._sources) < house.table.limits.per_address)
        assert (await house.exchange(post(b"x", CLOSE))).startswith(OK)


async def test_a_trusted_proxy_has_only_the_limit_of_all_and_an_idle_connection_makes_room() -> None:
    limits = Limits(per_address=1, in_all=6, head_timeout_s=30)
    async with served(limits, Proxies([read_network("127.0.0.0/8")])) as house:
        idle, writer = await house.connect()
        writer.write(post())
        await idle.readuntil(b" 127.0.0.1 x")
        house.app.may_answer.clear()
        asking = [await house.connect() for _ in range(limits.in_all - 1)]
        for _, asked in asking:
            asked.write(post())
        await until(lambda: house.app.begun == limits.in_all)
        newest = await house.connect()
        newest[1].write(post(b"new"))
        assert await asyncio.wait_for(idle.read(), 5) == b""
        await until(lambda: house.app.begun == limits.in_all + 1)
        assert (await house.exchange(b"")).startswith(b"HTTP/1.1 503")  # each has asked for something
        house.app.may_answer.set()
        for reader, _ in (*asking, newest):
            await asyncio.wait_for(reader.readuntil(b"127.0.0.1"), 5)


@pytest.mark.parametrize("sent", [b"", b"POST / HTTP/1.1\r\n", post(b"x" * 100)[:-1]], ids=["idle", "head", "body"])
async def test_whoever_has_most_connections_without_a_request_makes_room_for_others(sent: bytes) -> None:
    limits = Limits(per_address=4, in_all=9, head_timeout_s=30, idle_timeout_s=30)
    async with served(limits) as house:
        patient = await asyncio.open_connection(HOST, house.port, local_addr=("127.0.0.9", 0))
        floods = [
            await asyncio.open_connection(HOST, house.port, local_addr=(address, 0))
            for address in ("127.0.0.3", "127.0.0.4")
            for _ in range(4)
        ]
        for _, writer in floods:
            writer.write(sent)
        await until(lambda: len(house.table._sources) == limits.in_all)
        await asyncio.sleep(0.05)
        for number in range(3):  # each of another address
            reader, writer = await asyncio.open_connection(HOST, house.port, local_addr=(f"127.0.1.{number + 1}", 0))
            writer.write(post(b"new"))
            assert b"new" in await asyncio.wait_for(reader.readuntil(b"new"), 5)
        patient[1].write(post(b"patient"))
        assert b"patient" in await asyncio.wait_for(patient[0].readuntil(b"patient"), 5)


async def test_no_place_is_lost_to_connections_that_have_gone() -> None:
    async with served() as house:
        for sent in (b"", b"G", post(), post(b"x", CLOSE), b"\x00", post()[:-1]):
            for _ in range(house.table.limits.in_all + 1):
                _, writer = await house.connect()
                writer.write(sent)
                await writer.drain()
                writer.transport.abort()
        await until(lambda: not house.table._sources)
        assert (house.table._open, house.table._unbegun) == ({}, {})
        assert (await house.exchange(post(b"x", CLOSE))).startswith(OK)


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_address_that_a_trusted_proxy_names_is_the_requests() -> None:
    async with served(proxies=Proxies([read_network("127.0.0.0/8")])) as house:
        named = await house.exchange(
            post(b"x", CLOSE, b"X-Forwarded-For: 9.9.9.9, 198.51.100.7", b"X-Forwarded-For: 127.0.0.5")
        )
        assert named.endswith(b"1 198.51.100.7 x")
    async with served() as house:
        own = await house.exchange(post(b"x", CLOSE, b"X-Forwarded-For: 198.51.100.7"))
        assert own.endswith(b"1 127.0.0.1 x")

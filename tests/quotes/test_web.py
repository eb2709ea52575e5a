"""The file of rates from a real server, and what a bad one can do: make the fetch fail within its time, and no more."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator

import pytest

from bursar.providers.rates.web import WebRates
from bursar.quotes.errors import SheetUnreachable
from bursar.quotes.model import SHEET_BYTES_MAX

from .server import Answer, Server, answer, breaks, drips, hangs, pours

BODY = b'{"base": "USD", "rates": {"SAR": 3.75}}'


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server().running() as server:
        yield server


async def test_a_file_is_fetched_as_it_is(server: Server) -> None:
    server.answer = answer(BODY)
    assert await WebRates(server.url).fetch() == BODY
    assert server.heads[0].startswith("GET /rates?key=hush HTTP/1.1\r\n")
    assert "accept-encoding: identity" in server.heads[0].lower()


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (hangs, "it was not there within 0.3 s"),
        (drips, "it was not there within 0.3 s"),
        (pours, "it is larger than 1048576 bytes"),
        (breaks, "no connection, or a broken one"),
        (answer(b" " * (SHEET_BYTES_MAX + 1)), "it is larger than 1048576 bytes"),
        (answer(BODY, "404 Not Found"), "the answer was 404"),
        (answer(BODY, "204 No Content"), "the answer was 204"),
        (answer(gzip.compress(BODY), Content_Encoding="gzip"), "it was packed"),
        (answer(BODY, "302 Found", Location="file:///etc/passwd"), "it is at another address by now"),
        (answer(BODY, "301 Moved", Location="ftp://127.0.0.1/rates"), "it is at another address by now"),
        (answer(BODY, "307 Moved", Location="/rates"), "it is at another address by now"),
        (answer(b"", "999 \x00"), "no connection, or a broken one"),
    ],
    ids=[
        "hangs",
        "drips",
        "pours",
        "breaks off",
        "too large",
        "not found",
        "empty",
        "packed",
        "to a file",
        "to FTP",
        "to a path",
        "no status",
    ],
)
async def test_a_bad_server_costs_a_try_and_no_more(server: Server, bad: Answer, why: str) -> None:
    server.answer = bad
    began = time.monotonic()
    with pytest.raises(SheetUnreachable, match=why) as caught:
        await WebRates(server.url, timeout_s=0.3).fetch()
    assert time.monotonic() - began < 30
    assert server.asked == 1, "nothing is followed, and nothing asked twice"
    assert "hush" not in str(caught.value)


async def test_nobody_there_is_told(server: Server) -> None:
    listening = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    listening.close()
    await listening.wait_closed()
    with pytest.raises(SheetUnreachable, match="no connection"):
        await WebRates(f"http://127.0.0.1:{port}/").fetch()

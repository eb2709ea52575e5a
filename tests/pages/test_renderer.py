"""The process that makes pages: started by the first reader, replaced when it dies, ended when nobody reads."""

import asyncio
import gzip
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from bursar.api.card.app import ENDPOINTS
from bursar.api.card.openapi import document
from bursar.api.card.pushes import PUSHES
from bursar.api.docs.pages import Served, mount_docs
from bursar.api.docs.renderer import Renderer


@pytest.fixture(scope="module")
def served() -> Served:
    """The documentation of the card API alone."""
    return Served({"card": ("/openapi.json", lambda: document(ENDPOINTS, "http://127.0.0.1:8080", PUSHES))})


@pytest.fixture
async def renderer(served: Served) -> AsyncIterator[Renderer]:
    made = Renderer(served._pack)
    yield made
    await _ended(made)


async def test_a_process_that_died_is_replaced_and_one_that_is_not_asked_ends(renderer: Renderer) -> None:
    assert renderer.pid is None
    first = await renderer.ask("/docs/card")
    pid = renderer.pid
    assert first is not None
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert await renderer.ask("/docs/card") == first
    again = renderer.pid
    assert again not in (None, pid)
    renderer._unasked_max_s = 0.0
    assert await renderer.ask("/docs/nowhere") is None
    await _gone(again or 0)
    assert renderer.pid is None


async def test_who_does_not_wait_for_an_answer_leaves_none_for_the_next(renderer: Renderer) -> None:
    asked = asyncio.create_task(renderer.ask("/docs/card"))
    while renderer.pid is None:
        await asyncio.sleep(0.01)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    found = await asyncio.gather(*(renderer.ask(f"/openapi{end}") for end in (".json", "-none.json")))
    assert found[1] is None
    assert b'"openapi":"3.1.0"' in gzip.decompress((found[0] or b"").partition(b"\n")[2])


async def test_pages_are_served_as_they_are_made_and_the_newest_are_kept() -> None:
    made: list[int] = []

    def make() -> dict[str, object]:
        made.append(1)
        return dict(document(ENDPOINTS, "http://127.0.0.1:8080", PUSHES))

    app = Starlette()
    mount_docs(app, {"card": make})
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://shop") as client:
        assert made == []
        page = await client.get("/docs/card")
        assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        unread = await client.get("/docs/card", headers={"Accept-Encoding": "identity"})
        assert (unread.text, unread.headers["ETag"]) == (page.text, page.headers["ETag"])
        again = await client.get("/docs/card", headers={"If-None-Match": page.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert (await client.get("/docs/card/")).headers["Location"] == "/docs/card"
        assert (await client.get("/docs/nowhere")).status_code == 404
        assert (await client.get("/openapi.json")).json()["openapi"] == "3.1.0"
    assert made == [1]
    await _ended(app.router.routes[0].endpoint.__self__._renderer)  # type: ignore[attr-defined]


async def _ended(renderer: Renderer) -> None:
    process = renderer._process
    renderer._stop()
    if process is not None:
        await process.wait()


async def _gone(pid: int) -> None:
    """Wait until there is no such process; one that is there for ever fails the test."""
    async with asyncio.timeout(20):
        while Path(f"/proc/{pid}").exists():
            await asyncio.sleep(0.02)

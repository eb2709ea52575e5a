"""An answer that is the same for everybody is rendered once, and is what it would be otherwise."""

from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest
from pydantic import TypeAdapter

from bursar.api.card.dispatch import Dispatcher
from bursar.api.card.routes import files
from bursar.kernel.clock import SystemClock

[AREAS] = [endpoint for endpoint in files.route.endpoints if endpoint.path.endswith("/area/list")]


async def _no_fault(_: str) -> None:
    return None


async def test_the_areas_are_rendered_once_and_hold_the_whole_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = cast(Any, None)
    dispatcher = Dispatcher(AREAS, nobody, nobody, nobody, SystemClock(), _no_fault)
    merchant = SimpleNamespace(merchant_id=1)
    admitted = SimpleNamespace(
        parsed=SimpleNamespace(malformed=False),
        request_id="r-1",
        credential=SimpleNamespace(merchant=merchant, key="k"),
    )
    first = await dispatcher._run(cast(Any, admitted), {}, cast(Any, None))
    monkeypatch.setattr(TypeAdapter, "dump_python", lambda *_, **__: pytest.fail("rendered again"))
    monkeypatch.setattr(TypeAdapter, "dump_json", lambda *_, **__: pytest.fail("rendered again"))
    second = await dispatcher._run(cast(Any, admitted), {}, cast(Any, None))
    told = orjson.loads(orjson.dumps(second.data))
    assert told == orjson.loads(orjson.dumps(first.data))
    assert len(told) == 249
    assert (told[0]["id"], told[0]["parentId"], told[0]["children"][0]["parentId"]) == ("4", None, "4")

"""Private keys are used off the event loop, and nobody's batch keeps the others from being answered."""

import asyncio
import base64
import os
from dataclasses import replace
from typing import Any

import psutil
import pytest

from bursar.api.key_process import KeyProcess
from bursar.api.payout import key_holder
from bursar.api.payout.answers import OPENED_AT_ONCE, Cryptography
from bursar.api.payout.gate import Caller
from bursar.api.payout.key_holder import KeyRequest
from bursar.api.payout.keys import MerchantKey, SystemKey, Undecryptable
from bursar.api.payout.signing import V1

from .house import SYSTEM_KEY, House, pem

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAMES = frozenset({"identity"})
SEALED = MerchantKey(SYSTEM_KEY.public_key()).seal(V1, "1010101010")


async def no_faults(_: str) -> None:
    """Nothing is planted."""


async def caller_of(house: House) -> Caller:
    credential = await house.payout.find_credential(house.client.keys.api_key)
    assert credential is not None
    return Caller(replace(credential, system_key=pem(SYSTEM_KEY)), V1, None, None, "")  # type: ignore[arg-type]


def rows(count: int) -> dict[str, Any]:
    return {"customs": [{"identity": SEALED} for _ in range(count)]}


@pytest.fixture
def cryptography(key_process: KeyProcess) -> Cryptography:
    return Cryptography(no_faults, key_process)


async def test_the_loop_goes_on_while_a_private_key_is_used(house: House, cryptography: Cryptography) -> None:
    caller = await caller_of(house)
    process = psutil.Process(cryptography.keys.pid)
    process.suspend()
    batch = rows(1)
    opening = asyncio.ensure_future(cryptography.open(caller, batch, NAMES))
    signing = asyncio.ensure_future(cryptography.signed_headers(caller.credential, V1, "/", "GET", ""))
    await asyncio.sleep(0.05)
    assert not opening.done()
    assert not signing.done()
    process.resume()
    await opening
    assert batch == {"customs": [{"identity": "1010101010"}]}
    assert all((await signing).values())


async def test_a_large_batch_leaves_room_for_others_in_between(house: House, cryptography: Cryptography) -> None:
    caller, ended = await caller_of(house), list[str]()
    batch = rows(4 * OPENED_AT_ONCE)

    async def open_all() -> None:
        await cryptography.open(caller, batch, NAMES)
        ended.append("batch")

    async def sign() -> None:
        await cryptography.signed_headers(caller.credential, V1, "/", "GET", "")
        ended.append("signature")

    await asyncio.gather(open_all(), sign())
    assert ended == ["signature", "batch"]
    assert {row["identity"] for row in batch["customs"]} == {"1010101010"}


async def test_all_portions_are_tried_and_none_is_told_apart(
    house: House, cryptography: Cryptography, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []
    ask = cryptography.keys.ask

    async def counting(question: bytes) -> bytes | None:
        tried.append(len(KeyRequest.decoded(question).sealed))
        return await ask(question)

    monkeypatch.setattr(cryptography.keys, "ask", counting)
    caller, count = await caller_of(house), 3 * OPENED_AT_ONCE
    for wrong in (0, count - 1):
        batch = rows(count)
        batch["customs"][wrong]["identity"] = base64.b64encode(b"\x00" + os.urandom(255)).decode()
        tried.clear()
        with pytest.raises(Undecryptable) as caught:
            await cryptography.open(caller, batch, NAMES)
        assert (caught.value.args, caught.value.__cause__, caught.value.__context__) == ((), None, None)
        assert sum(tried) == count
        assert batch["customs"][1]["identity"] == SEALED, "nothing is put in clear"


async def test_all_fields_of_a_portion_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[int] = []

    class Counting(SystemKey):
        def _decrypt(self, version: Any, block: bytes) -> bytes:
            used.append(1)
            return super()._decrypt(version, block)

    monkeypatch.setattr(key_holder, "system_key", lambda _: Counting(SYSTEM_KEY))
    wrong = base64.b64encode(b"\x00" + os.urandom(255)).decode()
    assert key_holder.begin(b"")(KeyRequest("", V1.number, sealed=[wrong, SEALED, SEALED]).encoded()) is None
    assert len(used) == 3


@pytest.mark.parametrize("sealed", [7, True, [SEALED], {"a": SEALED}, "ä" * 344, "\ud800", "AAAA", SEALED[:-1]])
async def test_what_is_no_sealed_field_is_not_opened(house: House, cryptography: Cryptography, sealed: Any) -> None:
    with pytest.raises(Undecryptable):
        await cryptography.open(await caller_of(house), {"customs": [{"identity": sealed}]}, NAMES)

"""Private keys are used off the event loop, and nobody's batch keeps the others from being answered."""

import asyncio
import base64
import os
import threading
from dataclasses import replace
from typing import Any

import pytest

from bursar.api.payout import answering
from bursar.api.payout.answering import OPENED_AT_ONCE, Cryptography
from bursar.api.payout.gate import Caller
from bursar.api.payout.keys import MerchantKey, SystemKey, Undecryptable
from bursar.api.payout.signing import V1

from .house import SYSTEM_KEY, House, pem

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAMES = frozenset({"identity"})
SEALED = MerchantKey(SYSTEM_KEY.public_key()).seal(V1, "1010101010")


async def no_faults(_: str) -> None:
    """Nothing is planted."""


async def caller_of(house: House) -> Caller:
    credential = await house.payout.recognise(house.client.keys.api_key)
    assert credential is not None
    return Caller(replace(credential, system_key=pem(SYSTEM_KEY)), V1, None, None)  # type: ignore[arg-type]


def rows(count: int) -> dict[str, Any]:
    return {"customs": [{"identity": SEALED} for _ in range(count)]}


async def test_private_keys_are_used_in_threads(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[int] = []

    class Watched(SystemKey):
        def _decrypt(self, version: Any, block: bytes) -> bytes:
            used.append(threading.get_ident())
            return super()._decrypt(version, block)

        def sign(self, version: Any, message: bytes) -> str:
            used.append(threading.get_ident())
            return super().sign(version, message)

    monkeypatch.setattr(answering, "system_key", lambda _: Watched(SYSTEM_KEY))
    cryptography, caller = Cryptography(no_faults), await caller_of(house)
    await cryptography.open(caller, rows(1), NAMES)
    await cryptography.signed_headers(caller.credential, V1, "/", "GET", "")
    assert len(used) == 2
    assert threading.get_ident() not in used


async def test_a_large_batch_leaves_room_for_others_in_between(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "THREADS", 1)
    cryptography, caller, ended = Cryptography(no_faults), await caller_of(house), list[str]()
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


async def test_all_portions_are_tried_and_none_is_told_apart(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[int] = []

    class Counting(SystemKey):
        def _decrypt(self, version: Any, block: bytes) -> bytes:
            used.append(1)
            return super()._decrypt(version, block)

    monkeypatch.setattr(answering, "system_key", lambda _: Counting(SYSTEM_KEY))
    cryptography, caller, count = Cryptography(no_faults), await caller_of(house), 3 * OPENED_AT_ONCE
    for wrong in (0, count - 1):
        batch = rows(count)
        batch["customs"][wrong]["identity"] = base64.b64encode(b"\x00" + os.urandom(255)).decode()
        used.clear()
        with pytest.raises(Undecryptable) as caught:
            await cryptography.open(caller, batch, NAMES)
        assert (caught.value.args, caught.value.__cause__, caught.value.__context__) == ((), None, None)
        assert len(used) == count
        assert batch["customs"][1]["identity"] == SEALED, "nothing is put in clear"

"""A process of keys that is replaced while it is asked."""

import asyncio

import pytest

from bursar.api import key_process
from bursar.api.card.jwe import KeyNotAccepted, OwnKey
from bursar.api.card.key_holder import PROGRAM, read_keys
from bursar.api.key_process import RenewedKeys
from bursar.vault.rsa import new_rsa_key

OLD, NEW, OTHER = (new_rsa_key() for _ in range(3))


def sealed_to(pem: bytes, text: bytes = b"{}") -> bytes:
    return OwnKey.from_pem(pem.decode()).recipient.encrypt(text).encode()


async def test_a_key_that_has_just_been_made_opens_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_process, "RELY_S", 1_000.0)
    monkeypatch.setattr(key_process, "LOOK_AGAIN_S", 0.0)
    kept = [OLD]

    async def read() -> bytes:
        return b"".join(kept)

    async with RenewedKeys(PROGRAM, OLD, read) as keys:
        assert await keys.ask(sealed_to(OLD)) == b"{}"
        assert await keys.ask(sealed_to(NEW)) is None
        first = keys.pid
        kept.append(NEW)
        answers = await asyncio.gather(*(keys.ask(sealed_to(key)) for key in (OLD, NEW) * 20))
        assert answers == [b"{}"] * 40
        assert keys.pid != first
        kept[:] = [NEW]
        assert await keys.ask(sealed_to(OTHER)) is None  # has the keys read again
        assert await keys.ask(sealed_to(OLD)) is None
        assert await keys.ask(sealed_to(NEW)) == b"{}"


async def test_undecryptable_questions_do_not_read_keys_without_end() -> None:
    reads = 0

    async def read() -> bytes:
        nonlocal reads
        reads += 1
        return OLD

    async with RenewedKeys(PROGRAM, OLD, read) as keys:
        answers = await asyncio.gather(*(keys.ask(sealed_to(OTHER)) for _ in range(50)))
    assert answers == [None] * 50
    assert reads <= 5


def test_keys_are_read_from_one_text() -> None:
    assert [key.kid for key in read_keys(OLD + NEW)] == [OwnKey.from_pem(pem.decode()).kid for pem in (OLD, NEW)]
    for text in (b"", b"\n", OLD + b"-----BEGIN PRIVATE KEY-----\nnone\n-----END PRIVATE KEY-----\n"):
        with pytest.raises(KeyNotAccepted):
            read_keys(text)

"""Uploads: kept sealed, gone when nobody used them, and safe to repeat."""

from datetime import timedelta

import pytest

from bursar.files.due import ExpireFile
from bursar.files.errors import FileMissing, FileTooLarge, NotAnImage
from bursar.files.model import FILE_BYTES_MAX
from bursar.files.purposes import FilePurpose
from bursar.files.service import REMOVED_AFTER, UNUSED_FOR, in_use
from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.ledger.model import Operation, fingerprint
from tests.customers.house import House, png


def stored(house: House) -> list[str]:
    return sorted(path.name for path in house.folder.rglob("*") if path.is_file())


async def used(house: House, file_id: int) -> None:
    operation = Operation(f"use {file_id}", fingerprint(file_id), "used", "test:1", transitions=(in_use(file_id),))
    await house.ledger.commit(house.ctx(), operation)


async def test_what_is_uploaded_is_kept_sealed(house: House) -> None:
    content = png()
    file_id = await house.files.upload(house.ctx(), content, FilePurpose.SELFIE)
    assert await house.files.content(house.ctx(), file_id) == content
    assert stored(house) == [str(file_id)]
    assert content[:16] not in (house.folder / "1" / str(file_id)).read_bytes()
    await house.files.check_usable(house.ctx(), {FilePurpose.SELFIE: file_id})


async def test_a_repeated_upload_is_one_file(house: House) -> None:
    first = await house.files.upload(house.ctx("once"), png(), FilePurpose.SELFIE)
    assert await house.files.upload(house.ctx("once"), png(), FilePurpose.SELFIE) == first
    assert stored(house) == [str(first)]


@pytest.mark.parametrize(
    ("content", "refusal"), [(b"GIF89a", NotAnImage), (b"\0" * (FILE_BYTES_MAX + 1), FileTooLarge)]
)
async def test_what_is_no_image_leaves_no_trace(house: House, content: bytes, refusal: type[Exception]) -> None:
    before = await house.rows()
    with pytest.raises(refusal):
        await house.files.upload(house.ctx(), content, FilePurpose.SELFIE)
    assert await house.rows() == before
    assert stored(house) == []


@pytest.mark.parametrize(
    ("outcome", "fact"),
    [("refuse", ProviderRefused), ("error", ProviderUnavailable), ("timeout", ProviderUnavailable)],
)
async def test_what_could_not_be_stored_cannot_be_used_and_goes(
    house: House, outcome: str, fact: type[Exception]
) -> None:
    await house.fault("files.store", outcome)
    with pytest.raises(fact):
        await house.files.upload(house.ctx("once"), png(), FilePurpose.SELFIE)
    assert stored(house) == []
    kept = await house.files.upload(house.ctx("once"), png(), FilePurpose.SELFIE)
    assert stored(house) == [str(kept)]


async def test_a_file_that_is_only_being_stored_cannot_be_used(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.fault("files.store", "timeout")
    seen: list[int] = []
    original = house.vault.seal

    async def seal(merchant_id: int, purpose: str, secret: bytes) -> bytes:
        seen.append(int(purpose.rpartition(" ")[2]))
        return await original(merchant_id, purpose, secret)

    monkeypatch.setattr(house.vault, "seal", seal)
    with pytest.raises(ProviderUnavailable):
        await house.files.upload(house.ctx(), png(), FilePurpose.SELFIE)
    with pytest.raises(FileMissing):
        await house.files.check_usable(house.ctx(), {FilePurpose.SELFIE: seen[0]})
    await house.files.expire(house.ctx(), ExpireFile(seen[0]))
    assert (await house.rows())["file"].count("expired") == 1


async def test_an_unused_file_cannot_be_used_after_a_day(house: House) -> None:
    file_id = await house.photo(FilePurpose.SELFIE)
    house.clock.advance(UNUSED_FOR - timedelta(microseconds=1))
    await house.files.check_usable(house.ctx(), {FilePurpose.SELFIE: file_id})
    house.clock.advance(timedelta(microseconds=1))
    with pytest.raises(FileMissing):
        await house.files.check_usable(house.ctx(), {FilePurpose.SELFIE: file_id})
    with pytest.raises(FileMissing):
        await house.files.content(house.ctx(), file_id)


async def test_an_unused_file_is_removed_and_removing_it_twice_is_no_fault(house: House) -> None:
    file_id = await house.photo(FilePurpose.SELFIE)
    await house.files.expire(house.ctx(), ExpireFile(file_id))
    await house.files.expire(house.ctx(), ExpireFile(file_id))
    assert stored(house) == []
    with pytest.raises(FileMissing):
        await house.files.check_usable(house.ctx(), {FilePurpose.SELFIE: file_id})


async def test_a_file_in_use_stays(house: House) -> None:
    file_id = await house.photo(FilePurpose.SELFIE)
    await used(house, file_id)
    house.clock.advance(REMOVED_AFTER)
    await house.files.expire(house.ctx(), ExpireFile(file_id))
    assert await house.files.content(house.ctx(), file_id) == png()
    await house.files.check_usable(house.ctx(), {FilePurpose.SELFIE: file_id})


async def test_the_removal_falls_due_after_the_last_moment_of_use(house: House) -> None:
    file_id = await house.photo(FilePurpose.SELFIE)
    jobs = (await house.rows())["job"]
    assert f'"{{""file_id"": {file_id}}}","2026-03-02 13:00:00+00"' in jobs
    assert REMOVED_AFTER > UNUSED_FOR


async def test_a_file_is_usable_for_its_purpose_and_merchant_only(house: House) -> None:
    file_id = await house.photo(FilePurpose.SELFIE)
    with pytest.raises(FileMissing):
        await house.files.check_usable(house.ctx(), {FilePurpose.SIGNATURE: file_id})
    with pytest.raises(FileMissing):
        await house.files.content(house.ctx(), file_id + 1)

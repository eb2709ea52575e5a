"""Files in a bucket, against a real server of S3's protocol."""

import asyncio
import socket
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from bursar.install.settings import Mode, Settings
from bursar.kernel.errors import ProviderUnavailable
from bursar.main.outside import storage_of
from bursar.providers.storage.folder import StorageFolder
from bursar.providers.storage.s3 import Bucket, S3UrlMalformed, StorageS3
from tests.ground import GIVEN_KEYS


def storage(endpoint: str, bucket: str = "files", prefix: str = "/live/one") -> StorageS3:
    return StorageS3(Bucket.from_url(f"s3://key:se%2Fcret@{bucket}{prefix}?endpoint={endpoint}&region=eu-west-1"))


def listed(endpoint: str) -> str:
    with urllib.request.urlopen(f"{endpoint}/files?list-type=2") as answer:
        return answer.read().decode()  # type: ignore[no-any-return]


async def test_what_is_stored_is_there_until_it_is_removed(endpoint: str) -> None:
    kept = storage(endpoint)
    await kept.store(1, 17, b"first")
    await kept.store(2, 17, b"another merchant's")
    await kept.store(1, 17, b"second")
    assert await kept.load(1, 17) == b"second"
    assert await kept.load(2, 17) == b"another merchant's"
    assert "<Key>live/one/1/17</Key>" in listed(endpoint)
    await kept.remove(1, 17)
    await kept.remove(1, 17)
    assert "<Key>live/one/1/17</Key>" not in listed(endpoint)
    with pytest.raises(ProviderUnavailable) as fault:
        await kept.load(1, 17)
    assert fault.value.operation == "files.load"


async def test_a_large_file_and_an_empty_one_come_back_as_they_were(endpoint: str) -> None:
    kept, large = storage(endpoint, prefix=""), bytes(range(256)) * 32 * 1024
    await asyncio.gather(kept.store(3, 1, large), kept.store(3, 2, b""))
    assert await kept.load(3, 1) == large
    assert await kept.load(3, 2) == b""


async def test_a_bucket_that_is_not_there_and_a_server_that_is_not_there_are_unavailable(endpoint: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        for kept in (storage(endpoint, "another"), storage(f"http://127.0.0.1:{silent.getsockname()[1]}")):
            for ask in (kept.store(1, 1, b"x"), kept.load(1, 1)):
                with pytest.raises(ProviderUnavailable) as fault:
                    await ask
                assert "127.0.0.1" not in str(fault.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "s3://bucket/prefix",
        "s3://key@bucket",
        "s3://key:secret@",
        "https://key:secret@bucket",
        "s3://key:secret@bucket?endpoint=ftp://x",
        "s3://key:secret@bucket?region",
        "s3://key:secret@bucket?regoin=eu",
        "s3://key:secret@[bucket",
    ],
)
def test_another_url_is_refused_with_the_form_of_a_right_one(url: str) -> None:
    with pytest.raises(S3UrlMalformed) as refused:
        Bucket.from_url(url)
    assert "s3://key:secret@bucket/prefix" in str(refused.value)


def test_a_secret_is_not_shown() -> None:
    bucket = Bucket.from_url("s3://key:hidden@files/a/b/")
    assert (bucket.name, bucket.prefix, bucket.region, bucket.endpoint) == ("files", "a/b", "us-east-1", None)
    assert "hidden" not in repr(bucket)


def test_the_settings_say_where_files_are_kept(tmp_path: Path) -> None:
    usual = Settings(Mode.SANDBOX, frozenset(), tmp_path, "127.0.0.1", 1, "", GIVEN_KEYS)
    assert isinstance(storage_of(usual), StorageFolder)
    assert isinstance(storage_of(replace(usual, storage_url="s3://key:secret@bucket")), StorageS3)
    with pytest.raises(S3UrlMalformed):
        storage_of(replace(usual, storage_url="bucket"))

"""Files in a bucket of S3, or of anything that speaks its protocol.

An object is `<prefix>/<merchant>/<file>`. S3 answers a write when the object is kept and whoever asks finds it, as the
port promises. The content is sealed before it gets here, so the bucket needs no trust beyond keeping it.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote, urlsplit

from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from bursar.kernel.errors import Refused
from bursar.providers.storage import faults

if TYPE_CHECKING:
    from obstore.store import S3Config

TIMEOUT: Final = timedelta(seconds=30)
"""For one request with its content; a file is a few megabytes."""
CONNECT_TIMEOUT: Final = timedelta(seconds=5)
REGION: Final = "us-east-1"
TRIES: Final = 3
"""Of one request, within `TRIED_FOR`."""
TRIED_FOR: Final = timedelta(seconds=20)


class S3UrlMalformed(Refused):
    """Storage is s3://key:secret@bucket/prefix?endpoint=https://host&region=name; without an endpoint it is AWS."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A place in a bucket, and our account there."""

    name: str
    key: str
    secret: str = field(repr=False)
    prefix: str = ""
    region: str = REGION
    endpoint: str | None = None
    """The URL of a server other than AWS; buckets are then the first part of the path."""

    @classmethod
    def from_url(cls, url: str) -> "Bucket":
        """Raises S3UrlMalformed."""
        try:
            parts = urlsplit(url)
            asked = parse_qs(parts.query, strict_parsing=bool(parts.query))
        except ValueError:
            raise S3UrlMalformed from None
        options = {name: values[-1] for name, values in asked.items()}
        endpoint = options.get("endpoint")
        named = parts.hostname and parts.username and parts.password
        served = endpoint is None or urlsplit(endpoint).scheme in ("http", "https")
        if parts.scheme != "s3" or not named or not served or options.keys() - {"endpoint", "region"}:
            raise S3UrlMalformed
        return cls(
            parts.hostname or "",
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            parts.path.strip("/"),
            options.get("region", REGION),
            endpoint,
        )


def connection_to(bucket: Bucket) -> S3Store:
    """The client of a bucket; it connects when it is asked for something."""
    config: S3Config = {
        "bucket": bucket.name,
        "access_key_id": bucket.key,
        "secret_access_key": bucket.secret,
        "region": bucket.region,
        "virtual_hosted_style_request": bucket.endpoint is None,
    }
    if bucket.endpoint is not None:
        config["endpoint"] = bucket.endpoint
    return S3Store(
        config=config,
        client_options={
            "timeout": TIMEOUT,
            "connect_timeout": CONNECT_TIMEOUT,
            "allow_http": (bucket.endpoint or "").startswith("http:"),
        },
        retry_config={"max_retries": TRIES - 1, "retry_timeout": TRIED_FOR},
    )


class StorageS3:
    """The port's adapter."""

    def __init__(self, bucket: Bucket) -> None:
        self._prefix = bucket.prefix
        self._store = connection_to(bucket)

    async def store(self, merchant_id: int, file_id: int, content: bytes) -> None:
        """Keep the content; raises ProviderUnavailable."""
        with faults.named("files.store", BaseError):
            await self._store.put_async(self._path(merchant_id, file_id), content, use_multipart=False)

    async def load(self, merchant_id: int, file_id: int) -> bytes:
        """The stored content; raises ProviderUnavailable."""
        with faults.named("files.load", BaseError):
            found = await self._store.get_async(self._path(merchant_id, file_id))
            return bytes(await found.bytes_async())

    async def remove(self, merchant_id: int, file_id: int) -> None:
        """Forget it, if it is there; raises ProviderUnavailable."""
        with faults.named("files.remove", BaseError):
            try:
                await self._store.delete_async(self._path(merchant_id, file_id))
            except (NotFoundError, FileNotFoundError):
                return

    def _path(self, merchant_id: int, file_id: int) -> str:
        return "/".join(filter(None, [self._prefix, str(merchant_id), str(file_id)]))

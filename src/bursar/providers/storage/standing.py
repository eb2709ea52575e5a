"""The record of an install's standing in a bucket, which all of its machines share.

Promises: an object is written only over the version that was read (S3's conditional writes), so that a machine on the
database before a restore never writes over the beginning of a new epoch.
"""

from typing import Any

from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError, PreconditionError

from bursar.install.model import Standing
from bursar.install.record import Kept, read_standing, written
from bursar.providers.storage import faults
from bursar.providers.storage.s3 import Bucket, connection_to


class StandingObject:
    """`<prefix>/epoch/<install>.json`."""

    def __init__(self, bucket: Bucket) -> None:
        self._prefix = bucket.prefix
        self._store = connection_to(bucket)

    async def find(self, install: str) -> Kept | None:
        """The standing kept last, marked with the object's ETag; raises ProviderUnavailable."""
        with faults.named("epoch.find", BaseError):
            try:
                found = await self._store.get_async(self._path(install))
            except (NotFoundError, FileNotFoundError):
                return None
            return Kept(read_standing(bytes(await found.bytes_async())), found.meta["e_tag"])

    async def keep(self, standing: Standing, over: Kept | None) -> bool:
        """Keep it over the version that was found, or where there was none; raises ProviderUnavailable."""
        mode: Any = "create" if over is None else {"e_tag": over.mark}
        with faults.named("epoch.keep", BaseError):
            try:
                await self._store.put_async(self._path(standing.install), written(standing).encode(), mode=mode)
            except (AlreadyExistsError, PreconditionError):
                return False
        return True

    def _path(self, install: str) -> str:
        return "/".join(filter(None, [self._prefix, "epoch", f"{install}.json"]))

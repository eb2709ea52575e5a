"""Use cases of files: uploading, being used, and going away when nobody used them.

A file has its row before its content is stored, so that content left behind by a crash is found and removed. Content is
sealed for its merchant before it leaves this process.
"""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import structlog

from bursar.files.due import ExpireFile
from bursar.files.errors import FileMissing, FileTooLarge, NotAnImage
from bursar.files.images import Images
from bursar.files.model import FileStatus, Image, ImageKind
from bursar.files.purposes import FilePurpose
from bursar.files.storage import Storage
from bursar.files.store import FILE, FileStore, queries
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Job, Operation, Transition, Write, fingerprint

log = structlog.get_logger(__name__)

UNUSED_FOR: Final = timedelta(hours=24)
"""The life of an uploaded file that nothing uses."""
REMOVED_AFTER: Final = timedelta(hours=25)
"""The age at which an unused file is removed: one found usable a moment ago stays while it is taken into use."""
_CONTENT: Final = "file content"
_UNUSED: Final = frozenset({FileStatus.STORING, FileStatus.UPLOADED})
_USABLE: Final = frozenset({FileStatus.UPLOADED, FileStatus.USED})


class Files:
    """The uploaded files of a merchant."""

    def __init__(self, ground: Ground, storage: Storage) -> None:
        self._store = FileStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._vault = ground.vault
        self._storage = storage
        self._images = Images()

    async def upload(self, ctx: Context, content: bytes, purpose: FilePurpose) -> int:
        """Keep an image; its id. Raises FileTooLarge, NotAnImage, ProgramBusy, ProviderRefused or
        ProviderUnavailable."""
        return await self.keep(ctx, content, purpose, (await self._inspected(ctx, content)).kind)

    async def keep(self, ctx: Context, content: bytes, purpose: FilePurpose, kind: ImageKind) -> int:
        """Keep an image that Bursar has made itself; its id. Raises ProviderRefused or ProviderUnavailable."""
        receipt = await self._ledger.commit(ctx, self._arrival(ctx, content, purpose, kind))
        file_id = receipt.subject_id
        sealed = await self._vault.seal(ctx.merchant_id, f"{_CONTENT} {file_id}", content)
        await self._storage.store(ctx.merchant_id, file_id, sealed)
        await self._ledger.commit(ctx, _move(file_id, frozenset({FileStatus.STORING}), FileStatus.UPLOADED))
        return file_id

    async def _inspected(self, ctx: Context, content: bytes) -> Image:
        """The image; a refusal leaves a line that names the limit, since the published code cannot."""
        try:
            return await self._images.inspected(ctx.merchant_id, content)
        except (FileTooLarge, NotAnImage) as refusal:
            log.info("files.refused", fact=repr(refusal), size_bytes=len(content))
            raise

    def _arrival(self, ctx: Context, content: bytes, purpose: FilePurpose, kind: ImageKind) -> Operation:
        file_id = self._ids.next()
        row = {
            "id": file_id,
            "purpose": purpose,
            "kind": kind,
            "size_bytes": len(content),
            "uploaded_at": ctx.now(),
            "expires_at": ctx.now() + UNUSED_FOR,
        }
        return Operation(
            key=ctx.request_key,
            fingerprint=fingerprint("file uploaded", purpose, hashlib.sha256(content).hexdigest()),
            kind="file_uploaded",
            subject=f"file:{file_id}",
            writes=(Write(queries.add_file, row),),
            jobs=(Job(ExpireFile(file_id), ctx.now() + REMOVED_AFTER),),
        )

    async def check_usable(self, ctx: Context, wanted: Mapping[FilePurpose, int]) -> None:
        """Raises FileMissing for the first one that is not there, is for another purpose, or has expired unused."""
        found = await self._store.find_all(ctx.merchant_id, wanted.values())
        for purpose, file_id in wanted.items():
            file = found.get(file_id)
            if file is None or file.purpose is not purpose or not file.usable_at(ctx.now()):
                raise FileMissing(purpose)

    async def content(self, ctx: Context, file_id: int) -> bytes:
        """The content in clear; raises FileMissing, ProviderRefused, ProviderUnavailable or SecretUnreadable."""
        file = await self._store.find(ctx.merchant_id, file_id)
        if file is None or not file.usable_at(ctx.now()):
            raise FileMissing(file.purpose if file else FilePurpose.OTHER)
        sealed = await self._storage.load(ctx.merchant_id, file_id)
        return await self._vault.open(ctx.merchant_id, f"{_CONTENT} {file_id}", sealed)

    async def expire(self, ctx: Context, due: ExpireFile) -> None:
        """The job that removes a file which nothing uses; one in use stays."""
        try:
            await self._ledger.commit(ctx, _move(due.file_id, _UNUSED, FileStatus.EXPIRED))
        except StateChanged:
            return
        await self._storage.remove(ctx.merchant_id, due.file_id)


def _move(file_id: int, expected: frozenset[FileStatus], to: FileStatus) -> Operation:
    return Operation(
        key=f"file:{file_id}:{to}",
        fingerprint=fingerprint("file", file_id, to),
        kind=f"file_{to}",
        subject=f"file:{file_id}",
        transitions=(Transition(FILE, file_id, expected, to),),
    )


def in_use(file_id: int) -> Transition:
    """A file is used from now on, and stays; for the operation that uses it."""
    return Transition(FILE, file_id, _USABLE, FileStatus.USED)

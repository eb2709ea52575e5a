"""The content of statements at rest: sealed for its merchant, in parts, in the storage of files.

Each part is bound to its statement and its place, so that none can be exchanged, left out or put elsewhere unnoticed.
A part at a time is in memory, whichever way it goes.
"""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

from bursar.files.storage import Storage
from bursar.kernel.context import Context
from bursar.payouts.statements.model import PART_BYTES, Statement
from bursar.vault.service import Vault


class StatementContents:
    """Stores, reads and removes the content of statements."""

    def __init__(self, vault: Vault, storage: Storage) -> None:
        self._vault = vault
        self._storage = storage

    async def store(self, ctx: Context, statement: Statement, path: Path) -> None:
        """Keep the file; raises ProviderRefused or ProviderUnavailable, and may have stored some of it then."""
        with path.open("rb") as file:
            for number, file_id in enumerate(statement.file_ids):
                part = await asyncio.to_thread(file.read, PART_BYTES)
                sealed = await self._vault.seal(ctx.merchant_id, _purpose(statement, number), part)
                await self._storage.store(ctx.merchant_id, file_id, sealed)

    async def read(self, ctx: Context, statement: Statement) -> AsyncGenerator[bytes, None]:
        """The parts in clear; the first is there when this returns.

        Raises ProviderRefused, ProviderUnavailable or SecretUnreadable, here or on the way.
        """
        first = await self._part(ctx, statement, 0)

        async def parts() -> AsyncGenerator[bytes, None]:
            yield first
            for number in range(1, len(statement.file_ids)):
                yield await self._part(ctx, statement, number)

        return parts()

    async def _part(self, ctx: Context, statement: Statement, number: int) -> bytes:
        sealed = await self._storage.load(ctx.merchant_id, statement.file_ids[number])
        return await self._vault.open(ctx.merchant_id, _purpose(statement, number), sealed)

    async def remove(self, ctx: Context, statement: Statement) -> None:
        """Forget all stored parts of it; raises ProviderRefused or ProviderUnavailable."""
        for file_id in statement.file_ids:
            await self._storage.remove(ctx.merchant_id, file_id)


def _purpose(statement: Statement, number: int) -> str:
    return f"statement {statement.id} part {number + 1} of {len(statement.file_ids)}"

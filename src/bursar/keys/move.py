"""The move to another master key, from its preparation to the end of the one before.

A person prepares the new master key (`keys.rotate`, by two people). `run` then wraps every data key under it and makes
it the active one; the one before is retiring, and opens all data keys still. When a person has retired that, `run`
takes its wraps away. Each run does the open steps, and may be cut off anywhere.
"""

from typing import Final

from bursar.db.access import Addresses, connected
from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.keys import KeyKind, KeyState
from bursar.keys.errors import KeyStepInvalid
from bursar.ledger.model import Operation, fingerprint
from bursar.staff.audit.model import Event
from bursar.staff.audit.recorder import Recorder
from bursar.staff.model import Principal
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission
from bursar.vault.generations import Generations, stepped
from bursar.vault.master import MasterKeys
from bursar.vault.rewrap import Moved, Rewrapping

PASSES_MAX: Final = 10
"""Walks through all data keys in one run; each but the last found keys that were made during the one before."""


class Move:
    """Moves the data keys of an install to the present master key of this process."""

    def __init__(self, ground: Ground, permissions: Permissions, recorder: Recorder, masters: MasterKeys) -> None:
        self._ledger = ground.ledger
        self._generations = Generations(ground.database)
        self._permissions = permissions
        self._recorder = recorder
        self._masters = masters

    async def run(self, ctx: Context, by: Principal, addresses: Addresses) -> Moved:
        """Wrap all data keys as the standing of the master keys demands; as the owner of the tables.

        Raises PermissionMissing, CannotStart, and the errors of `Rewrapping`.
        """
        await self._permissions.check(ctx, by, Permission.KEYS_ROTATE)
        standing = await self._generations.list_of(INSTALL, KeyKind.MASTER)
        rewrapping, changed = Rewrapping(self._masters, standing), 0
        async with connected(addresses.owner, addresses.owner_setting) as connection:
            for _ in range(PASSES_MAX):
                moved = await rewrapping.run(connection)
                changed += moved.changed
                if not moved.changed:
                    break
        await self._activate(ctx, by, rewrapping.current.id)
        return Moved(moved.keys, changed)

    async def _activate(self, ctx: Context, by: Principal, key_id: str) -> None:
        """Let the present master key be the active one, if it is not."""
        standing = await self._generations.list_of(INSTALL, KeyKind.MASTER)
        coming = next(one for one in standing if one.public == key_id)
        if coming.state is KeyState.ACTIVE:
            return
        if coming.state is not KeyState.NEXT:
            raise KeyStepInvalid(coming.kind, coming.state)
        event = Event("keys.rewrap", f"master key of 0:{coming.generation}", after={"key_id": key_id})
        part = stepped(ctx, coming, KeyState.ACTIVE) + self._recorder.part(ctx, by, event)
        for one in standing:
            if one.state is KeyState.ACTIVE:
                part += stepped(ctx, one, KeyState.RETIRING)
        key, subject = f"master_key:{coming.generation}:active", f"master key of 0:{coming.generation}"
        await self._ledger.commit(ctx.of(INSTALL), Operation(key, fingerprint(key), "key_rewrap", subject) + part)

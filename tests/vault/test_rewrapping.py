"""The move to another master key: what is sealed and hashed stays, whichever of the keys a process was given."""

import asyncio

import psycopg
import pytest

from bursar.db.access import connected
from bursar.db.database import Database
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.ids import Ids
from bursar.kernel.keys import Generation, KeyKind, KeyState
from bursar.ledger.engine import Ledger
from bursar.ledger.model import Operation, fingerprint
from bursar.vault.errors import MasterKeyNotPrepared, MasterKeysAlike, MasterKeyStillNeeded, SecretUnreadable
from bursar.vault.generations import Generations, Secret, made, stepped
from bursar.vault.master import MasterKey, MasterKeys
from bursar.vault.rewrap import Moved, Rewrapping
from bursar.vault.service import Vault

OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 32
MERCHANTS = range(1, 6)


class House:
    """Processes with different master keys on one database."""

    def __init__(self, dsn: str, database: Database, ids: Ids, ledger: Ledger, ctx: Context) -> None:
        self.dsn, self.database, self.ids, self.ledger, self.ctx = dsn, database, ids, ledger, ctx.of(INSTALL)
        self.generations = Generations(database)
        self.sealed: dict[int, bytes] = {}

    async def process(self, current: bytes, previous: bytes | None = None) -> Vault:
        vault = Vault(self.database, self.ids, MasterKeys(current, previous))
        await vault.begin()
        return vault

    async def fill(self, vault: Vault) -> None:
        for merchant_id in MERCHANTS:
            self.sealed[merchant_id] = await vault.seal(merchant_id, "note", f"note {merchant_id}".encode())

    async def is_legible(self, vault: Vault) -> bool:
        texts = [await vault.open(merchant_id, "note", sealed) for merchant_id, sealed in self.sealed.items()]
        return texts == [f"note {merchant_id}".encode() for merchant_id in self.sealed]

    async def standing(self) -> list[Generation]:
        return await self.generations.list_of(INSTALL, KeyKind.MASTER)

    async def prepare(self, secret: bytes, number: int = 2) -> None:
        part = made(self.ctx, KeyKind.MASTER, number, Secret(MasterKey(secret).id), KeyState.NEXT)
        await self.commit(f"prepare {number}", part)

    async def commit(self, key: str, part: object) -> None:
        operation = Operation(key, fingerprint(key), "key", "key:1")
        await self.ledger.commit(self.ctx, operation + part)  # type: ignore[operator]

    async def step(self, number: int, state: KeyState) -> None:
        one = next(each for each in await self.standing() if each.generation == number)
        await self.commit(f"{number} {state}", stepped(self.ctx, one, state))

    async def move(self, current: bytes, previous: bytes | None = None) -> Moved:
        rewrapping = Rewrapping(MasterKeys(current, previous), await self.standing())
        async with connected(self.dsn, "DATABASE_URL") as connection:
            return await rewrapping.run(connection)

    async def activate(self) -> None:
        await self.step(2, KeyState.ACTIVE)
        await self.step(1, KeyState.RETIRING)

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def house(dsn: str, database: Database, ids: Ids, ledger: Ledger, ctx: Context) -> House:
    return House(dsn, database, ids, ledger, ctx)


async def test_a_move_changes_no_secret_and_no_hash(house: House) -> None:
    before = await house.process(OLD)
    await house.fill(before)
    hashed = before.keyed_hash("search", "ada")
    await house.prepare(NEW)
    assert await house.move(NEW, OLD) == Moved(6, 6)
    assert await house.move(NEW, OLD) == Moved(6, 0)
    for keys in ((OLD,), (NEW, OLD), (OLD, NEW), (NEW,)):
        vault = await house.process(*keys)
        assert await house.is_legible(vault)
        assert vault.keyed_hash("search", "ada") == hashed
    await house.activate()
    await house.step(1, KeyState.RETIRED)
    assert await house.move(NEW, OLD) == Moved(6, 6)
    assert await house.move(NEW) == Moved(6, 0)
    after = await house.process(NEW)
    assert await house.is_legible(after)
    assert after.keyed_hash("search", "ada") == hashed
    with pytest.raises(SecretUnreadable):
        await house.process(OLD)
    assert house.rows("SELECT count(*) FROM vault_key WHERE wrapped_too IS NOT NULL") == [(0,)]


async def test_processes_with_either_key_make_data_keys_meanwhile(house: House) -> None:
    old = await house.process(OLD)
    await house.fill(old)
    await house.prepare(NEW)
    both = await house.process(NEW, OLD)
    house.sealed[11] = await both.seal(11, "note", b"note 11")
    house.sealed[12] = await old.seal(12, "note", b"note 12")
    await house.move(NEW, OLD)
    house.sealed[13] = await old.seal(13, "note", b"note 13")
    assert await house.move(NEW, OLD) == Moved(9, 1)
    await house.activate()
    new = await house.process(NEW)
    house.sealed[14] = await both.seal(14, "note", b"note 14")
    for vault in (await house.process(NEW, OLD), new, await house.process(OLD)):
        assert await house.is_legible(vault)


async def test_a_move_that_is_cut_off_goes_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = await house.process(OLD)
    await house.fill(vault)
    await house.prepare(NEW)
    monkeypatch.setattr("bursar.vault.rewrap.PAGE", 2)
    monkeypatch.setattr("bursar.vault.rewrap._write", _cut_off_after(2))
    with pytest.raises(asyncio.CancelledError):
        await house.move(NEW, OLD)
    assert house.rows("SELECT count(*) FROM vault_key WHERE wrapped_too IS NOT NULL") == [(4,)]
    for keys in ((OLD,), (NEW, OLD)):
        assert await house.is_legible(await house.process(*keys))
    monkeypatch.undo()
    assert await house.move(NEW, OLD) == Moved(6, 2)
    assert await house.is_legible(await house.process(NEW))


def _cut_off_after(pages: int):  # type: ignore[no-untyped-def]
    from bursar.vault import rewrap

    write, left = rewrap._write, [pages]

    async def cut_off(*given: object) -> None:
        if not left[0]:
            raise asyncio.CancelledError
        left[0] -= 1
        await write(*given)  # type: ignore[arg-type]

    return cut_off


async def test_two_moves_at_once_leave_what_one_leaves(house: House) -> None:
    vault = await house.process(OLD)
    await house.fill(vault)
    await house.prepare(NEW)
    await asyncio.gather(house.move(NEW, OLD), house.move(NEW, OLD))
    assert await house.move(NEW, OLD) == Moved(6, 0)
    assert await house.is_legible(await house.process(NEW))


async def test_an_abandoned_move_gives_way_to_another(house: House) -> None:
    vault = await house.process(OLD)
    await house.fill(vault)
    await house.prepare(OTHER)
    await house.move(OTHER, OLD)
    await house.step(2, KeyState.RETIRED)
    await house.prepare(NEW, 3)
    assert await house.move(NEW, OLD) == Moved(6, 6)
    for keys in ((OLD,), (NEW,)):
        assert await house.is_legible(await house.process(*keys))
    with pytest.raises(SecretUnreadable):
        await house.process(OTHER)


async def test_nobody_moves_to_a_key_that_was_not_prepared(house: House) -> None:
    await house.fill(await house.process(OLD))
    wraps = house.rows("SELECT * FROM vault_key ORDER BY 1")
    with pytest.raises(MasterKeyNotPrepared):
        await house.move(NEW, OLD)
    assert house.rows("SELECT * FROM vault_key ORDER BY 1") == wraps
    with pytest.raises(MasterKeysAlike):
        MasterKeys(OLD, OLD)


async def test_a_data_key_that_nobody_opens_stops_the_move(house: House) -> None:
    await house.fill(await house.process(OLD))
    house.rows("UPDATE vault_key SET wrapped = 'garbage' WHERE merchant_id = 3")
    await house.prepare(NEW)
    with pytest.raises(SecretUnreadable):
        await house.move(NEW, OLD)
    assert house.rows("SELECT wrapped FROM vault_key WHERE merchant_id = 3") == [(b"garbage",)]


async def test_wraps_stay_while_a_process_depends_on_them(house: House) -> None:
    await house.fill(await house.process(OLD))
    await house.prepare(NEW)
    await house.move(NEW, OLD)
    await house.activate()
    await house.step(1, KeyState.RETIRED)
    old, new = (MasterKey(secret).mark for secret in (OLD, NEW))
    with psycopg.connect(house.dsn, autocommit=True) as process:
        process.execute(f"SELECT pg_advisory_lock_shared(16966, {old}), pg_advisory_lock_shared(16964, 7)")  # type: ignore[arg-type]
        with pytest.raises(MasterKeyStillNeeded) as refused:
            await house.move(NEW, OLD)
        assert refused.value.processes == 1
        assert house.rows("SELECT count(*) FROM vault_key WHERE wrapped_too IS NULL") == [(0,)]
        process.execute(f"SELECT pg_advisory_lock_shared(16966, {new})")  # type: ignore[arg-type]
        assert await house.move(NEW, OLD) == Moved(6, 6)


async def test_an_older_install_keeps_the_hashes_of_its_programs(house: House) -> None:
    """An older program derives the secret of hashes from the master key, and knows no other table than this one."""
    older = Vault(house.database, house.ids, MasterKeys(OLD))
    house.sealed[INSTALL] = await older.seal(INSTALL, "note", b"note 0")
    house.rows("DELETE FROM key_step; DELETE FROM key_generation")
    hashed = older.keyed_hash("search", "ada")
    for _ in range(2):
        vault = await house.process(OLD)
        assert vault.keyed_hash("search", "ada") == hashed
        assert await house.is_legible(vault)
    assert MasterKey(OLD).find_legible(INSTALL, house.rows("SELECT wrapped FROM vault_key")[0][0]) is not None  # type: ignore[arg-type]


async def test_a_new_installs_hashes_are_no_ones_to_derive(house: House) -> None:
    """Neither from the master key, nor by an older program, which finds no data key rather than wrong hashes."""
    vault, other = await asyncio.gather(house.process(OLD), house.process(OLD))
    assert vault.keyed_hash("search", "ada") == other.keyed_hash("search", "ada")
    assert vault.keyed_hash("search", "ada") != Vault(house.database, house.ids, MasterKeys(OLD)).keyed_hash(
        "search", "ada"
    )
    wrapped = house.rows("SELECT wrapped FROM vault_key WHERE merchant_id = 0")[0][0]
    found = MasterKey(OLD).find_legible(INSTALL, wrapped)  # type: ignore[arg-type]
    assert found is not None
    assert found[1] is False

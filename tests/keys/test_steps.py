"""Steps with keys as staff order them: by two people, each once, and with the overlap that they promise."""

import asyncio
import base64
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.ids import Ids
from bursar.kernel.keys import Generation, KeyKind, KeyState
from bursar.kernel.money import Money
from bursar.keys.assembly import build_keys
from bursar.keys.errors import GenerationUnknown, KeyNotPrepared, KeyPreparedAlready, KeyStepInvalid
from bursar.keys.model import KEPT_DAYS
from bursar.ledger.engine import Ledger
from bursar.merchants.assembly import build_merchants
from bursar.merchants.errors import MerchantUnknown
from bursar.merchants.payout.model import PayoutCredential
from bursar.merchants.payout.service import NewPayoutMerchant
from bursar.merchants.service import NewMerchant
from bursar.staff.approvals.service import Request
from bursar.staff.errors import ApprovalOfOwn, ArgumentsUnusable, PermissionMissing
from bursar.staff.model import Principal
from bursar.vault.errors import KeyChangedMeanwhile
from bursar.vault.rsa import new_rsa_key
from tests.staff.office import CONSOLE, Office, outcomes

SYSTEM = {"kind": "payout system", "merchant": 1}
FIRST_KEY = new_rsa_key()


class Desk:
    """Two owners' desk, and a merchant of both APIs."""

    def __init__(self, database: Database, ids: Ids, clock: ManualClock) -> None:
        self.staff = Office(database, ids, clock)
        self.ground = self.staff.ground
        self.merchants = build_merchants(self.ground)
        self.keys = build_keys(self.ground, self.merchants.merchants, self.staff.room.actions)
        self.asks = self.approves = CONSOLE

    async def open(self) -> None:
        await self.ground.vault.begin()
        ctx = self.staff.ctx().of(1)
        funds = (Money.zero("USDT"),)
        await self.merchants.merchants.add(ctx, NewMerchant("M", ("card",), "key", "secret", "public", funds))
        new = NewPayoutMerchant("pkey", None, FIRST_KEY, ("Bursar",), (Money.zero("SAR"),))
        await self.merchants.payout.add(self.staff.ctx().of(1), new)
        self.asks = await (await self.staff.owner()).sign_in()
        self.approves = await (await self.staff.somebody("otto", "operations")).sign_in()

    async def ask(self, step: str, by: Principal | None = None, **said: Any) -> int:
        by = by or self.asks
        request = Request("keys.rotate", {"step": step, **said}, "a year old")
        performed = await self.staff.room.approvals.perform(self.staff.ctx(by), by, request)
        assert performed.waits_for is not None, "the default policy demands a second person"
        return performed.waits_for.asked.id

    async def approve(self, number: int, by: Principal | None = None) -> None:
        by = by or self.approves
        await self.staff.room.approvals.approve(self.staff.ctx(by), by, number)

    async def take(self, step: str, **said: Any) -> None:
        await self.approve(await self.ask(step, **said))

    async def known(self, merchant: int, kind: KeyKind) -> list[Generation]:
        return [one for one in await self.keys.list_page(merchant) if one.kind == kind]

    async def states(self, merchant: int = 1, kind: KeyKind = KeyKind.PAYOUT_SYSTEM) -> list[KeyState]:
        return [one.state_at(self.staff.clock.now()) for one in await self.known(merchant, kind)]

    async def credential(self) -> PayoutCredential:
        fresh = build_merchants(self.ground).payout
        found = await fresh.find_credential("pkey")
        assert found is not None
        return found


@pytest.fixture
async def desk(database: Database, ids: Ids, clock: ManualClock) -> Desk:
    desk = Desk(database, ids, clock)
    await desk.open()
    return desk


async def test_a_system_pair_is_replaced_in_steps_that_overlap(desk: Desk) -> None:
    assert await desk.states() == [KeyState.ACTIVE]
    await desk.take("prepare", **SYSTEM)
    prepared = await desk.credential()
    assert prepared.system_key == FIRST_KEY
    assert len(prepared.other_keys) == 1
    assert prepared.callback_key is None
    await desk.take("rotate", **SYSTEM)
    rotated = await desk.credential()
    assert (rotated.system_key, rotated.other_keys) == (prepared.other_keys[0], (FIRST_KEY,))
    assert rotated.for_callbacks.system_key == FIRST_KEY
    assert await desk.states() == [KeyState.RETIRING, KeyState.ACTIVE]
    desk.staff.clock.advance(timedelta(days=KEPT_DAYS))
    assert await desk.states() == [KeyState.RETIRED, KeyState.ACTIVE]
    later = await desk.credential()
    assert (later.system_key, later.other_keys, later.callback_key) == (rotated.system_key, (), None)


async def test_a_list_says_who_and_when_and_shows_public_halves_alone(desk: Desk) -> None:
    await desk.take("prepare", **SYSTEM)
    first, second = await desk.known(1, KeyKind.PAYOUT_SYSTEM)
    assert (first.made_by, second.made_by) == (CONSOLE.actor, desk.approves.actor)
    assert second.made_at == desk.staff.clock.now()
    assert (first.sealed, second.sealed) == (None, None)
    assert second.public != first.public
    key = serialization.load_der_public_key(base64.b64decode(first.public or ""))
    private = serialization.load_pem_private_key(FIRST_KEY, None)
    assert key == private.public_key()
    assert ("approval.approve", "done") in await desk.staff.records(person_id=desk.approves.person_id)


async def test_nobody_rotates_alone_or_without_the_permission(desk: Desk) -> None:
    number = await desk.ask("prepare", **SYSTEM)
    with pytest.raises(ApprovalOfOwn):
        await desk.approve(number, desk.asks)
    support = await (await desk.staff.somebody("sue", "support")).sign_in()
    with pytest.raises(PermissionMissing):
        await desk.ask("prepare", support, **SYSTEM)
    assert await desk.states() == [KeyState.ACTIVE]


async def test_a_key_that_got_out_is_replaced_at_once(desk: Desk) -> None:
    await desk.take("prepare", **SYSTEM)
    leaked = (await desk.credential()).other_keys[0]
    await desk.take("replace", **SYSTEM)
    assert await desk.states() == [KeyState.RETIRED, KeyState.RETIRED, KeyState.ACTIVE]
    credential = await desk.credential()
    assert credential.other_keys == ()
    assert credential.system_key not in (FIRST_KEY, leaked)


@pytest.mark.parametrize(
    ("step", "said", "fact"),
    [
        ("rotate", SYSTEM, KeyNotPrepared),
        ("retire", {**SYSTEM, "generation": 1}, KeyStepInvalid),
        ("retire", {**SYSTEM, "generation": 2}, GenerationUnknown),
        ("retire", SYSTEM, ArgumentsUnusable),
        ("rotate", {**SYSTEM, "kept_days": 367}, ArgumentsUnusable),
        ("rotate", {**SYSTEM, "kept_days": "30"}, ArgumentsUnusable),
        ("prepare", {"kind": "payout system", "merchant": 99}, MerchantUnknown),
        ("prepare", {"kind": "payout system", "merchant": 0}, ArgumentsUnusable),
        ("prepare", {"kind": "card platform", "merchant": 1}, ArgumentsUnusable),
        ("prepare", {"kind": "hashes", "merchant": 0}, ArgumentsUnusable),
        ("rotate", {"kind": "master", "merchant": 0}, ArgumentsUnusable),
        ("prepare", {"kind": "master", "merchant": 0}, ArgumentsUnusable),
        ("replace", {"kind": "data", "merchant": 1}, ArgumentsUnusable),
        ("burn", SYSTEM, ArgumentsUnusable),
    ],
)
async def test_a_step_that_no_key_can_take_is_refused_before_anybody_is_asked(
    desk: Desk, step: str, said: dict[str, Any], fact: type[Exception]
) -> None:
    before = await desk.staff.table("key_generation", "key_step", "approval", "vault_key")
    with pytest.raises(fact):
        await desk.ask(step, **said)
    assert await desk.staff.table("key_generation", "key_step", "approval", "vault_key") == before


async def test_two_who_take_the_same_step_at_once_take_it_once(desk: Desk) -> None:
    numbers = [await desk.ask("prepare", **SYSTEM) for _ in range(3)]
    results = await outcomes(*(desk.approve(number) for number in numbers))
    assert results[-1] == "done"
    assert set(results[:-1]) <= {KeyPreparedAlready.__name__, KeyChangedMeanwhile.__name__}
    assert await desk.states() == [KeyState.ACTIVE, KeyState.NEXT]


async def test_data_sealed_with_a_replaced_key_opens_and_new_data_has_the_new_key(desk: Desk, ctx: Context) -> None:
    vault = desk.ground.vault
    before = await vault.seal(1, "note", b"before")
    await asyncio.gather(*(desk.take("rotate", kind="data", merchant=1) for _ in range(2)), return_exceptions=True)
    await desk.take("rotate", kind="data", merchant=1)
    states = await desk.states(1, KeyKind.DATA)
    assert states[-1] == KeyState.ACTIVE
    assert set(states[:-1]) == {KeyState.RETIRING}
    assert await vault.open(1, "note", before) == b"before"
    fresh = Desk(desk.staff.database, desk.ground.ids, desk.staff.clock).ground.vault
    await fresh.begin()
    after = await fresh.seal(1, "note", b"after")
    assert (before[0], after[0]) == (1, len(states))
    assert await vault.open(1, "note", after) == b"after"
    assert await fresh.open(1, "note", before) == b"before"


async def test_the_installs_own_data_key_and_pairs_are_replaced_likewise(desk: Desk) -> None:
    await desk.take("rotate", kind="data", merchant=INSTALL)
    assert await desk.states(INSTALL, KeyKind.DATA) == [KeyState.RETIRING, KeyState.ACTIVE]
    again = Desk(desk.staff.database, desk.ground.ids, desk.staff.clock).ground.vault
    await again.begin()
    assert again.keyed_hash("a", "b") == desk.ground.vault.keyed_hash("a", "b")
    await desk.take("prepare", kind="card platform", merchant=INSTALL)
    assert await desk.states(INSTALL, KeyKind.CARD_PLATFORM) == [KeyState.NEXT]


async def test_a_page_goes_on_where_the_one_before_ended(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        await desk.take("rotate", kind="data", merchant=1)
    whole = [(one.merchant_id, one.kind, one.generation) for one in await desk.keys.list_page()]
    found: list[Generation] = []
    monkeypatch.setattr("bursar.vault.generations.PAGE_MAX", 2)
    while page := await desk.keys.list_page(None, found[-1] if found else None):
        assert len(page) <= 2
        found += page
    assert [(one.merchant_id, one.kind, one.generation) for one in found] == whole


def test_the_database_lets_the_application_change_no_step(dsn: str, ledger: Ledger) -> None:
    import psycopg

    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET ROLE bursar_app")
        for statement in ("UPDATE key_step SET state = 'active'", "DELETE FROM key_generation"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)  # type: ignore[arg-type]

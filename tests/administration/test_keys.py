"""Keys of merchants: two live at once, a secret that is shown once, an end, and uses that pushes follow."""

import asyncio
from datetime import datetime, timedelta

import pytest

from bursar.merchants.errors import SettingInvalid
from bursar.merchants.keys.errors import (
    KeyExpiryInvalid,
    MerchantKeyRevoked,
    MerchantKeysTooMany,
    MerchantKeyUnknown,
    PublicKeyUnusable,
    SecretShown,
)
from bursar.merchants.keys.model import Api, KeyStatus, MerchantKey
from bursar.merchants.keys.uses import WRITTEN_EVERY_S, KeyUses
from bursar.staff.approvals.model import Approval
from bursar.staff.errors import PermissionMissing
from tests.staff.office import CONSOLE, outcomes

from .conftest import Desk, flat, public_key


async def keys(desk: Desk, number: int, api: Api = Api.CARD) -> list[MerchantKey]:
    found = await desk.directory.list_keys(desk.ctx(), CONSOLE, number)
    return [key for key in found if key.api is api]


async def used(desk: Desk, number: int, key: MerchantKey, address: str = "198.51.100.9") -> None:
    desk.merchants.uses.tell(number, key.id, address)
    await desk.merchants.uses.settled()


async def test_a_second_key_needs_a_second_person_and_has_a_secret_of_its_own(desk: Desk) -> None:
    number = await desk.made()
    assert isinstance(await desk.perform("merchant_keys.create", merchant=number, api="card"), Approval)
    assert len(await keys(desk, number)) == 1
    await desk.agreed("merchant_keys.create", merchant=number, api="card", public_key=flat(public_key(2)))
    first, second = await keys(desk, number)
    credentials = [await desk.merchants.find_credential("card", key.key) for key in (first, second)]
    assert [each and each.merchant.card_public_key for each in credentials] == [
        flat(public_key()),
        flat(public_key(2)),
    ]
    secrets = [each and each.secret for each in credentials]
    assert len(set(secrets)) == 2
    assert await desk.directory.show_secret(desk.ctx(), CONSOLE, number, second.id) == secrets[1]


async def test_there_is_no_third_key_that_lives(desk: Desk, beside: Desk) -> None:
    number = await desk.made()
    asked = [await desk.perform("merchant_keys.create", merchant=number, api="card") for _ in range(3)]
    by = await desk.second.sign_in()
    calls = [
        each.room.approvals.approve(each.ctx(by), by, one.asked.id)
        for each, one in zip((desk, beside, desk), asked, strict=True)
        if isinstance(one, Approval)
    ]
    assert await outcomes(*calls) == ["MerchantKeysTooMany"] * 2 + ["done"]
    assert len(await keys(desk, number)) == 2
    there = await desk.everything()
    with pytest.raises(MerchantKeysTooMany):
        await desk.perform("merchant_keys.create", merchant=number, api="card")
    assert await desk.everything() == there
    await desk.agreed("merchant_keys.create", merchant=number, api="payout")


async def test_a_revoked_key_makes_room_and_is_accepted_no_more(desk: Desk, beside: Desk) -> None:
    number = await desk.made()
    (first,) = await keys(desk, number)
    await desk.agreed("merchant_keys.create", merchant=number, api="card")
    assert await beside.merchants.find_credential("card", first.key) is not None
    await beside.perform("merchant_keys.revoke", merchant=number, key=first.id)
    assert await beside.merchants.find_credential("card", first.key) is None
    assert (await desk.record("merchant_keys.revoke")).before == {
        "key": first.key,
        "api": "card",
        "status": "live",
        "expires_at": None,
    }
    with pytest.raises(MerchantKeyRevoked):
        await desk.perform("merchant_keys.revoke", merchant=number, key=first.id)
    await desk.agreed("merchant_keys.create", merchant=number, api="card")
    assert [key.status(desk.clock.now()) for key in await keys(desk, number)] == [
        KeyStatus.REVOKED,
        KeyStatus.LIVE,
        KeyStatus.LIVE,
    ]


async def test_a_key_that_is_revoked_twice_at_once_is_revoked_once(desk: Desk, beside: Desk) -> None:
    number = await desk.made()
    (first,) = await keys(desk, number)
    calls = [each.perform("merchant_keys.revoke", merchant=number, key=first.id) for each in (desk, beside)]
    assert await outcomes(*calls) == ["MerchantKeyRevoked", "done"]


async def test_a_key_ends_at_its_instant_in_each_process_and_makes_room(desk: Desk, beside: Desk) -> None:
    number = await desk.made()
    first = (await keys(desk, number))[0]
    payout = (await keys(desk, number, Api.PAYOUT))[0]
    at = desk.clock.now() + timedelta(hours=1)
    for key in (first, payout):
        await desk.perform("merchant_keys.expire", merchant=number, key=key.id, expires_at=at.isoformat())
    await desk.agreed("merchant_keys.create", merchant=number, api="card")
    desk.clock.advance(at - desk.clock.now() - timedelta(microseconds=1))
    for process in (desk, beside):
        assert await process.merchants.find_credential("card", first.key) is not None
        assert await process.payout.find_credential(payout.key) is not None
    desk.clock.advance(timedelta(microseconds=1))
    for process in (desk, beside):
        assert await process.merchants.find_credential("card", first.key) is None
        assert await process.payout.find_credential(payout.key) is None
    await desk.agreed("merchant_keys.create", merchant=number, api="card")
    assert [key.slot for key in await keys(desk, number)] == [None, 2, 1]


async def test_an_end_only_moves_nearer(desk: Desk) -> None:
    number = await desk.made()
    (first,) = await keys(desk, number)
    now = desk.clock.now()

    async def expire(at: datetime) -> None:
        await desk.perform("merchant_keys.expire", merchant=number, key=first.id, expires_at=at.isoformat())

    await expire(now + timedelta(days=2))
    await expire(now + timedelta(days=1))
    there = await desk.everything()
    for at in (now + timedelta(days=1, seconds=1), now, now - timedelta(days=1)):
        with pytest.raises(KeyExpiryInvalid):
            await expire(at)
    with pytest.raises(MerchantKeyUnknown):
        await desk.perform("merchant_keys.expire", merchant=number, key=77, expires_at=now.isoformat())
    assert await desk.everything() == there


async def test_a_secret_is_shown_once_to_one(desk: Desk, beside: Desk) -> None:
    number = await desk.made()
    (card,), (payout,) = await keys(desk, number), await keys(desk, number, Api.PAYOUT)
    support = await (await desk.somebody("sam", "support")).sign_in()
    with pytest.raises(PermissionMissing):
        await desk.directory.show_secret(desk.ctx(support), support, number, card.id)
    calls = [each.directory.show_secret(each.ctx(), CONSOLE, number, card.id) for each in (desk, beside, desk)]
    assert await outcomes(*calls) == ["SecretShown", "SecretShown", "done"]
    with pytest.raises(SecretShown):
        await desk.directory.show_secret(desk.ctx(), CONSOLE, number, payout.id)
    other = await desk.made("Other")
    with pytest.raises(MerchantKeyUnknown):
        await desk.directory.show_secret(desk.ctx(), CONSOLE, other, card.id)
    assert (await desk.record("merchant_keys.show")).subject == f"merchant_key:{card.id}"


async def test_a_key_without_a_public_key_anywhere_is_refused(desk: Desk) -> None:
    number = await desk.made(payout_public_key=None, permissions=["card"])
    there = await desk.everything()
    with pytest.raises(SettingInvalid):
        await desk.perform("merchant_keys.create", merchant=number, api="payout")
    with pytest.raises(PublicKeyUnusable):
        await desk.perform("merchant_keys.create", merchant=number, api="payout", public_key="AAAA")
    assert await desk.everything() == there
    await desk.agreed("merchant_keys.create", merchant=number, api="payout", public_key=flat(public_key(3)))
    assert (await desk.payout.credential(number)).settings.public_key == flat(public_key(3))


# ── uses ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("api", list(Api))
async def test_pushes_go_by_the_newest_key_that_has_signed_a_request(desk: Desk, beside: Desk, api: Api) -> None:
    async def pushing() -> str:
        found = beside.merchants.card_credential if api is Api.CARD else beside.payout.credential
        return (await found(number)).key  # type: ignore[no-any-return]

    number = await desk.made()
    (first,) = await keys(desk, number, api)
    assert await pushing() == first.key
    desk.later(seconds=1)
    await desk.agreed("merchant_keys.create", merchant=number, api=api.value, public_key=flat(public_key(2)))
    second = (await keys(desk, number, api))[1]
    assert await pushing() == first.key
    await used(desk, number, first)
    assert await pushing() == first.key
    await used(desk, number, second)
    assert await pushing() == second.key
    await desk.perform("merchant_keys.revoke", merchant=number, key=second.id)
    assert await pushing() == first.key
    await desk.perform("merchant_keys.revoke", merchant=number, key=first.id)
    assert await pushing() == second.key


async def test_a_use_is_written_once_a_minute_and_the_first_one_stays(desk: Desk) -> None:
    now = [0.0]
    uses = KeyUses(desk.ground, lambda: now[0])
    number = await desk.made()

    async def tell(address: str) -> tuple[datetime | None, datetime | None, str | None]:
        uses.tell(number, (await keys(desk, number))[0].id, address)
        await uses.settled()
        (key,) = await keys(desk, number)
        return key.first_used_at, key.last_used_at, key.last_used_from

    first = desk.clock.now()
    assert await tell("192.0.2.1") == (first, first, "192.0.2.1")
    desk.later(seconds=30)
    now[0] += WRITTEN_EVERY_S - 0.1
    assert await tell("192.0.2.2") == (first, first, "192.0.2.1")
    now[0] += 0.1
    assert await tell("192.0.2.2") == (first, desk.clock.now(), "192.0.2.2")


async def test_uses_told_by_many_at_once_are_all_written(desk: Desk, beside: Desk) -> None:
    numbers = [await desk.made(f"Shop {each}") for each in range(4)]
    found = [(number, key) for number in numbers for key in await desk.directory.list_keys(desk.ctx(), CONSOLE, number)]
    for process, order in ((desk, found), (beside, list(reversed(found)))):
        for number, key in order:
            process.merchants.uses.tell(number, key.id, "192.0.2.1")
    await asyncio.gather(desk.merchants.uses.settled(), beside.merchants.uses.settled())
    assert await desk.sql("SELECT count(*) FROM merchant_key WHERE first_used_at IS NULL") == [(0,)]

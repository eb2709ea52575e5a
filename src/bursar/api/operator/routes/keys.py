"""The keys of the install, and the pairs that it has for its merchants."""

from typing import Any

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_cursor, write_cursor
from bursar.api.operator.problems import CURSOR_UNUSABLE, Problem
from bursar.api.operator.schemas.approvals import DoneOut, Waits
from bursar.api.operator.schemas.keys import (
    KeptIn,
    KeyIn,
    KeyOut,
    KeyQuery,
    KeyRetireIn,
    KeyRotateIn,
    RetireIn,
    RewrapOut,
    SystemKeyQuery,
)
from bursar.api.operator.schemas.wire import Change, Id, Listed
from bursar.kernel.errors import Fact
from bursar.kernel.keys import GENERATION_MAX, KeyKind
from bursar.keys.actions import ROTATE
from bursar.keys.errors import GenerationUnknown, KeyNotPrepared, KeyPreparedAlready, KeyStepInvalid
from bursar.keys.model import Step
from bursar.merchants.errors import MerchantUnknown
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.roles import Permission
from bursar.vault.errors import GenerationsExhausted, KeyChangedMeanwhile

route = Route("Keys", "Generations of every key of the install and of its merchants' pairs, and steps with them.")

_USUAL: tuple[type[Fact], ...] = (ArgumentsUnusable, MerchantUnknown, KeyChangedMeanwhile)
_MADE: tuple[type[Fact], ...] = (*_USUAL, GenerationsExhausted)


async def _listed(call: Call, owner: int | None, query: KeyQuery | SystemKeyQuery) -> Listed[KeyOut]:
    place = read_cursor(query.after, query.sort, int, str, int) or (-1, "", 0)
    after = int(place[0]), str(place[1]), int(place[2])
    if after[2] > GENERATION_MAX:
        raise Problem(CURSOR_UNUSABLE)
    found = await call.services.keys.list_behind(owner, after, query.limit + 1)
    return page(
        found,
        query.limit,
        lambda one: KeyOut.of(one, call.now),
        lambda one: write_cursor(query.sort, one.merchant_id, one.kind, one.generation),
    )


async def _step(call: Call, step: Step, reason: str, **said: Any) -> DoneOut | Waits:
    return await call.perform(ROTATE, {"step": step.value, **said}, reason)


def _pair(merchant_id: int) -> dict[str, Any]:
    """The arguments that name the pair of a merchant."""
    return {"kind": KeyKind.PAYOUT_SYSTEM.value, "merchant": merchant_id}


# ── all keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@route.get("/keys", Permission.KEYS_READ)
async def list_keys(call: Call, query: KeyQuery) -> Listed[KeyOut]:
    """List generations of keys with state and dates, and public halves of pairs."""
    return await _listed(call, query.owner, query)


@route.get("/keys/rewrap", Permission.KEYS_READ)
async def get_rewrap(call: Call) -> RewrapOut:
    """Show how far the data keys are moved to the present master key; every data key is looked at."""
    return RewrapOut.of(await call.services.keys.coverage())


@route.post("/keys/prepare", Permission.KEYS_ROTATE, refuses=(*_MADE, KeyPreparedAlready, KeyStepInvalid))
async def prepare_key(call: Call, body: KeyIn) -> DoneOut | Waits:
    """Make the next generation: it is accepted already, and used for nothing yet.

    Of the master key it registers the one that this process has in its settings as the present one.
    """
    key_id = call.services.keys.master_key_id
    more = {"key_id": key_id} if body.kind is KeyKind.MASTER else {}
    return await _step(call, Step.PREPARE, body.reason, **body.said, **more)


@route.post("/keys/rotate", Permission.KEYS_ROTATE, refuses=(*_MADE, KeyNotPrepared))
async def rotate_key(call: Call, body: KeyRotateIn) -> DoneOut | Waits:
    """Use the next generation from now on; the one before is accepted until its date."""
    return await _step(call, Step.ROTATE, body.reason, **body.said, kept_days=body.kept_days)


@route.post("/keys/replace", Permission.KEYS_ROTATE, refuses=_MADE)
async def replace_key(call: Call, body: KeyIn) -> DoneOut | Waits:
    """Make and use another generation at once, and accept no earlier one: for a key that got out."""
    return await _step(call, Step.REPLACE, body.reason, **body.said)


@route.post("/keys/retire", Permission.KEYS_ROTATE, refuses=(*_USUAL, GenerationUnknown, KeyStepInvalid))
async def retire_key(call: Call, body: KeyRetireIn) -> DoneOut | Waits:
    """Accept a retiring generation, or a next one, no more."""
    return await _step(call, Step.RETIRE, body.reason, **body.said, generation=body.generation)


# ── pairs of one merchant ────────────────────────────────────────────────────────────────────────────────────────────


@route.get("/merchants/{merchant_id}/system-keys", Permission.KEYS_READ, refuses=(MerchantUnknown,))
async def list_system_keys(call: Call, merchant_id: Id, query: SystemKeyQuery) -> Listed[KeyOut]:
    """List the keys that the install has for a merchant, with the public half of the pair."""
    await call.services.administration.directory.get(call.ctx, call.by, merchant_id)
    return await _listed(call, merchant_id, query)


@route.post(
    "/merchants/{merchant_id}/system-keys/prepare", Permission.KEYS_ROTATE, refuses=(*_MADE, KeyPreparedAlready)
)
async def prepare_system_key(call: Call, merchant_id: Id, body: Change) -> DoneOut | Waits:
    """Make the merchant's next pair: it opens already, and signs nothing yet."""
    return await _step(call, Step.PREPARE, body.reason, **_pair(merchant_id))


@route.post("/merchants/{merchant_id}/system-keys/rotate", Permission.KEYS_ROTATE, refuses=(*_MADE, KeyNotPrepared))
async def rotate_system_key(call: Call, merchant_id: Id, body: KeptIn) -> DoneOut | Waits:
    """Sign answers by the next pair from now on; the one before opens, and signs callbacks, until its date."""
    return await _step(call, Step.ROTATE, body.reason, **_pair(merchant_id), kept_days=body.kept_days)


@route.post("/merchants/{merchant_id}/system-keys/replace", Permission.KEYS_ROTATE, refuses=_MADE)
async def replace_system_key(call: Call, merchant_id: Id, body: Change) -> DoneOut | Waits:
    """Make and use another pair at once, and accept no earlier one."""
    return await _step(call, Step.REPLACE, body.reason, **_pair(merchant_id))


@route.post(
    "/merchants/{merchant_id}/system-keys/retire",
    Permission.KEYS_ROTATE,
    refuses=(*_USUAL, GenerationUnknown, KeyStepInvalid),
)
async def retire_system_key(call: Call, merchant_id: Id, body: RetireIn) -> DoneOut | Waits:
    """Accept a retiring pair, or a next one, no more."""
    return await _step(call, Step.RETIRE, body.reason, **_pair(merchant_id), generation=body.generation)

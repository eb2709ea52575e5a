"""An object and all that has happened to it, in one column of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from bursar.console.machines import MACHINES
from bursar.console.page import Access, Shown
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.decisions.errors import NothingToDecide
from bursar.decisions.model import Ref, Waiting
from bursar.kernel.money import Money
from bursar.lookup.errors import NothingToReveal, ObjectUnknown
from bursar.lookup.model import KINDS, Moment
from bursar.lookup.objects.model import OBJECT_KINDS, SeenObject
from bursar.lookup.objects.reveals import REVEALED
from bursar.staff.errors import PermissionMissing
from bursar.staff.roles import Permission

page: Final = StaffPage("/objects/{name}", Access.SIGNED_IN)
_SHOWN_APART: Final = frozenset({"merchant_id", "id", "status", "created_at"})
_REFS: Final = {"customer_id": "customer", "card_id": "card", "order_id": "card_order", "payee_id": "payee"}
_CODES: Final = (
    "id",
    "hash",
    "uid",
    "address",
    "sender",
    "recipient",
    "no",
    "code",
    "iban_ends",
    "number",
    "reference",
)


@dataclass(frozen=True, slots=True)
class Told:
    """A fact about an object, in the form that fits its value."""

    name: str
    form: str
    """`money`, `moment`, `code`, `object`, `flag` or `text`."""
    value: Any


@dataclass(frozen=True, slots=True)
class Story:
    """An object with its history."""

    ref: Ref
    seen: SeenObject | None
    """None for a kind that has no row of its own: a verification."""
    waiting: Waiting | None
    status: str | None
    moments: Sequence[Moment]


@page.shows
async def show(visit: StaffVisit) -> Shown:
    """An object by its name, `payout-4-17`; raises PermissionMissing, DecisionMalformed or ObjectUnknown."""
    return await _shown(visit, Ref.read(visit.path["name"]), {})


@page.change("reveal", proved=True)
async def reveal(visit: StaffVisit) -> Shown:
    """The same page with the secrets of the object, once; raises what `Reveals.reveal` raises."""
    ref = Ref.read(visit.path["name"])
    kind = next((kind for kind in REVEALED if kind.name == ref.kind), None)
    if kind is None:
        raise NothingToReveal(str(ref))
    reveals, reason = visit.services.reveals, visit.form.get("reason", "")
    secrets = await reveals.reveal(visit.ctx, visit.by, kind, ref.object_id, reason)
    return await _shown(visit, ref, secrets)


async def _shown(visit: StaffVisit, ref: Ref, secrets: Mapping[str, str]) -> Shown:
    story = await story_of(visit, ref)
    values = {
        "story": story,
        "facts": [] if story.seen is None else facts_of(story.seen),
        "machine": MACHINES.get(ref.kind),
        "secrets": secrets,
        "revealed": visit.may(Permission.SECRETS_REVEAL) and ref.kind in {kind.name for kind in REVEALED},
    }
    return Shown("staff/object.html", values)


async def story_of(visit: StaffVisit, ref: Ref) -> Story:
    """An object with its history; raises PermissionMissing or ObjectUnknown."""
    services = visit.services
    moments = await services.lookup.timeline(visit.ctx, visit.by, ref)
    seen = await _seen(visit, ref)
    status = seen.status if seen is not None else await _status(visit, ref)
    return Story(ref, seen, await _waiting(visit, ref), status, moments)


async def _status(visit: StaffVisit, ref: Ref) -> str | None:
    """The status of an object without a row."""
    found = await visit.services.lookup.find(visit.ctx, visit.by, str(ref.object_id))
    return next((each.status for each in found if each.ref == ref), None)


async def _seen(visit: StaffVisit, ref: Ref) -> SeenObject | None:
    kind = next((kind for kind in OBJECT_KINDS if kind.name == ref.kind), None)
    if kind is None:
        return None
    seen: SeenObject = await visit.services.objects.get(visit.ctx, visit.by, kind, ref.object_id)
    if seen.merchant_id != ref.merchant_id:
        raise ObjectUnknown(str(ref))
    return seen


async def _waiting(visit: StaffVisit, ref: Ref) -> Waiting | None:
    if not (visit.may(Permission.DECISIONS_READ) and visit.may(KINDS[ref.kind])):
        return None
    try:
        return (await visit.services.decisions.queue.standing(visit.ctx, visit.by, ref)).waiting
    except (NothingToDecide, PermissionMissing):
        return None


def facts_of(seen: SeenObject) -> list[Told]:
    """The facts of a row that are not shown elsewhere; what it does not have is left out."""
    told = ((each.name, getattr(seen, each.name)) for each in fields(seen) if each.name not in _SHOWN_APART)
    return [_fact(seen, name, value) for name, value in told if value is not None]


def _fact(seen: SeenObject, name: str, value: object) -> Told:
    if isinstance(value, Money):
        return Told(name, "money", value)
    if isinstance(value, datetime):
        return Told(name, "moment", value)
    if isinstance(value, bool):
        return Told(name, "flag", value)
    if name in _REFS:
        return Told(name, "object", Ref(_REFS[name], seen.merchant_id, int(str(value))))
    return Told(name, "code" if name.endswith(_CODES) else "text", value)

"""The install: versions, mode and modules, the settings of this process with their source, and its own keys."""

from typing import Any, Final

from bursar.console.page import Moved, Shown
from bursar.console.staff.forms import Field, Form, Kind, offered, opened, performed, read
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.kernel.context import INSTALL
from bursar.kernel.keys import GENERATION_MAX, KeyKind
from bursar.keys.actions import ROTATE
from bursar.keys.model import KEPT_DAYS, KEPT_DAYS_MAX, STEPS, Step
from bursar.staff.errors import CursorUnusable
from bursar.staff.roles import Permission

page: Final = StaffPage("/install", Permission.SYSTEM_READ)
keys: Final = StaffPage("/install/keys", Permission.KEYS_READ)
PAGE: Final = 50
"""Generations of one page."""
KINDS: Final = tuple(kind.value for kind in (KeyKind.MASTER, KeyKind.DATA, KeyKind.CARD_PLATFORM))
"""The kinds of the install's own keys that have steps."""


def _form(do: str, step: Step, *more: Field) -> Form:
    """The form of a step, with the kinds of keys that have it."""
    kinds = tuple(kind for kind in KINDS if step in STEPS[KeyKind(kind)])
    which = Field("key_kind", Kind.CHOICE, choices=kinds, family="key_kind")
    return Form(do, Permission.KEYS_ROTATE, (which, *more), action=ROTATE)


PREPARE: Final = _form("prepare-install-key", Step.PREPARE)
TURN: Final = _form("rotate-install-key", Step.ROTATE, Field("kept_days", Kind.NUMBER, KEPT_DAYS_MAX))
REPLACE: Final = _form("replace-install-key", Step.REPLACE)
RETIRE: Final = _form("retire-install-key", Step.RETIRE, Field("generation", Kind.NUMBER, GENERATION_MAX))
FORMS: Final = (PREPARE, TURN, REPLACE, RETIRE)


@page.shows
async def show(visit: StaffVisit) -> Shown:
    """Versions and settings; of a secret one only its source is told."""
    system = visit.services.system
    values = {
        "versions": await system.versions(),
        "settings": system.settings(),
        "reads_keys": visit.may(Permission.KEYS_READ),
    }
    return Shown("staff/install.html", values)


@keys.shows
async def show_keys(visit: StaffVisit) -> Shown:
    """Generations of the install's own keys by kind, without their secret halves; raises CursorUnusable."""
    found = await visit.services.keys.list_behind(INSTALL, _behind(visit.query.get("after", "")), PAGE + 1)
    now, last = visit.ctx.now(), found[PAGE - 1] if len(found) > PAGE else None
    values = {
        "generations": [(each, each.state_at(now)) for each in found[:PAGE]],
        "after": "" if last is None else f"{last.kind}:{last.generation}",
        "offers": offered(visit, FORMS, *(each.do for each in FORMS)),
        "form": await opened(visit, FORMS, {"kept_days": str(KEPT_DAYS)}),
    }
    return Shown("staff/install_keys.html", values)


@keys.change(PREPARE.do, proved=True)
async def prepare(visit: StaffVisit) -> Moved:
    """Make the next generation; raises KeyPreparedAlready or KeyStepInvalid."""
    said = _read(visit, PREPARE, Step.PREPARE)
    if said["kind"] == KeyKind.MASTER.value:
        said["key_id"] = visit.services.keys.master_key_id
    return await performed(visit, ROTATE, said, keys.path)


@keys.change(TURN.do, proved=True)
async def rotate(visit: StaffVisit) -> Moved:
    """Use the next generation from now on; raises KeyNotPrepared."""
    return await performed(visit, ROTATE, _read(visit, TURN, Step.ROTATE), keys.path)


@keys.change(REPLACE.do, proved=True)
async def replace(visit: StaffVisit) -> Moved:
    """Make and use another generation at once, and accept no earlier one."""
    return await performed(visit, ROTATE, _read(visit, REPLACE, Step.REPLACE), keys.path)


@keys.change(RETIRE.do, proved=True)
async def retire(visit: StaffVisit) -> Moved:
    """Accept a generation no more; raises GenerationUnknown or KeyStepInvalid."""
    return await performed(visit, ROTATE, _read(visit, RETIRE, Step.RETIRE), keys.path)


def _read(visit: StaffVisit, form: Form, step: Step) -> dict[str, Any]:
    """The arguments of a step as its form says them; raises FieldUnusable."""
    said = read(visit, form)
    return {"step": step.value, "kind": said.pop("key_kind"), "merchant": INSTALL, **said}


def _behind(text: str) -> tuple[int, str, int]:
    """The owner, the kind and the number that a page begins behind; raises CursorUnusable."""
    if not text:
        return -1, "", 0
    kind, _, number = text.partition(":")
    if kind not in set(KeyKind) or not (number.isascii() and number.isdigit() and len(number) < 4):
        raise CursorUnusable
    return INSTALL, kind, min(int(number), GENERATION_MAX)

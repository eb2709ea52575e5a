"""Forms that ask for a change: declared once, shown in one place of a page, and read into values.

The form that is open stands in the address as `change`, with what it is about, so that a page has one form at a time. A
form that was refused is shown again with what was typed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum, auto
from typing import Any, Final

from bursar.console.errors import FieldUnusable
from bursar.console.page import Moved
from bursar.console.staff.visit import StaffVisit
from bursar.staff.approvals.service import Request
from bursar.staff.roles import Permission

Value = str | Sequence[str]
"""The present value of a field, or the chosen words of one that has several."""
CHANGE: Final = "change"
"""The parameter of the address that names the open form."""


class Kind(StrEnum):
    """The kinds of fields."""

    TEXT = auto()
    LONG = auto()
    """A text of several lines."""
    LINES = auto()
    """A list of texts, one on each line."""
    NUMBER = auto()
    DECIMAL = auto()
    CHOICE = auto()
    SEVERAL = auto()
    """Some of the choices."""
    MOMENT = auto()
    """An instant, typed in the visitor's zone."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form; its label is the text `field.NAME`, and `hint.NAME` a hint where there is one."""

    name: str
    kind: Kind = Kind.TEXT
    most: int = 100
    """Characters; of a number its highest value."""
    choices: tuple[str, ...] = ()
    family: str = ""
    """The family of the words of the choices; empty: they are shown as they are."""
    required: bool = True


@dataclass(frozen=True, slots=True)
class Form:
    """A form: the texts `form.DO` and `about.DO` are its title and what it brings about."""

    do: str
    permission: Permission
    fields: tuple[Field, ...] = ()
    action: str = ""
    """The action whose policy may want a second person; empty: nobody else is needed."""
    reasoned: bool = True
    proved: bool = True
    carries: tuple[str, ...] = ()
    """Names in the address that it is about, sent along with it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A form as it is shown."""

    form: Form
    values: Mapping[str, Value]
    carried: Mapping[str, str]
    second: str
    """The roles of the second person that is needed; empty: nobody else is."""
    typed: Mapping[str, str] = field(default_factory=dict)
    """The texts of a form that was refused."""

    def value(self, name: str) -> str:
        """The text of a field."""
        if self.typed:
            return self.typed.get(name, "")
        found = self.values.get(name, "")
        return found if isinstance(found, str) else "\n".join(found)

    def holds(self, name: str, choice: str) -> bool:
        """True if a choice is chosen."""
        if self.typed:
            return self.typed.get(name) == choice or f"{name}.{choice}" in self.typed
        found = self.values.get(name, "")
        return found == choice if isinstance(found, str) else choice in found


async def opened(
    visit: StaffVisit, forms: Sequence[Form], values: Mapping[str, Value] | None = None, usual: str = ""
) -> Opened | None:
    """The form that the address or the change before names, or the usual one, if the visitor may send it; `values` are
    those of now.
    """
    wanted = visit.form.get("do") or visit.query.get(CHANGE) or usual
    form = next((each for each in forms if each.do == wanted and visit.may(each.permission)), None)
    if form is None:
        return None
    said = visit.form or visit.query
    carried = {name: said.get(name, "") for name in form.carries}
    return Opened(form, values or {}, carried, await second_of(visit, form.action), visit.form)


async def second_of(visit: StaffVisit, action: str) -> str:
    """The roles of the second person that an action needs; empty where nobody else is needed."""
    if not action:
        return ""
    policy = await visit.services.staff.policies.needed(visit.ctx, visit.by, action, None)
    return "" if policy is None else ", ".join(visit.messages.word("role", role) for role in policy.approvers)


def offered(visit: StaffVisit, forms: Sequence[Form], *names: str) -> list[Form]:
    """The forms among these names that the visitor may send."""
    return [form for form in forms if form.do in names and visit.may(form.permission)]


async def perform(visit: StaffVisit, action: str, arguments: Mapping[str, Any]) -> tuple[str, int]:
    """Carry an action out or ask for it, with the reason in the form: the note that tells which, and the number of its
    object, 0 while it waits.

    Raises what `Approvals.perform` raises.
    """
    request = Request(action, dict(arguments), visit.form.get("reason", ""))
    done = await visit.services.staff.approvals.perform(visit.ctx, visit.by, request)
    return ("note.changed", done.subject_id or 0) if done.waits_for is None else ("note.asked", 0)


async def performed(visit: StaffVisit, action: str, arguments: Mapping[str, Any], to: str) -> Moved:
    """The same, and on to a page."""
    note, _ = await perform(visit, action, arguments)
    return Moved(to, note)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def read(visit: StaffVisit, form: Form) -> dict[str, Any]:
    """The values of a form by name, as arguments of actions have them; None for what is left empty.

    Raises FieldUnusable for the first that is missing or not in its form.
    """
    return {each.name: _read(visit, each) for each in form.fields}


def _read(visit: StaffVisit, asked: Field) -> Any:
    if asked.kind is Kind.SEVERAL:
        return [choice for choice in asked.choices if f"{asked.name}.{choice}" in visit.form]
    text = visit.form.get(asked.name, "").strip()
    if asked.kind is Kind.LINES:
        return [line.strip() for line in text.split("\n") if line.strip()]
    if not text and not asked.required:
        return None
    value = _value(visit, asked, text) if text else None
    if value is None:
        raise FieldUnusable(visit.messages.word("field", asked.name))
    return value


def _value(visit: StaffVisit, asked: Field, text: str) -> Any:
    """The value of a text; None where it is not in its form."""
    if asked.kind is Kind.NUMBER:
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 and int(text) <= asked.most else None
    if asked.kind is Kind.DECIMAL:
        return _decimal(text)
    if asked.kind is Kind.CHOICE:
        return text if text in asked.choices else None
    if asked.kind is Kind.MOMENT:
        return _instant(visit, text)
    return text


def _decimal(text: str) -> str | None:
    try:
        value = Decimal(text) if len(text) <= 40 and text.isascii() else None
    except InvalidOperation:
        return None
    return f"{value:f}" if value is not None and value.is_finite() and abs(value.adjusted()) < 40 else None


def _instant(visit: StaffVisit, text: str) -> str | None:
    """An instant of the visitor's zone, with its zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=visit.look.place)).astimezone(UTC).isoformat()

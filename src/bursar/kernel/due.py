"""Work that falls due: the payload of each kind of job, its handler, and the answers of a handler.

A kind is declared once, by the class of its payload, which is stored as a JSON document. Programs of several versions
write and read the same table, so a field at its default is left out of the document and an unknown key is passed over:
a kind gets another field by giving it a default.

A handler runs at least once for each job, sometimes more often, so its effects must bear repeating. `None` means the
job is done and gone. The worker that runs handlers is unknown here.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from types import NoneType
from typing import Any, ClassVar, Final, Generic, Self, TypeVar, get_args, get_type_hints

from bursar.kernel.context import Context
from bursar.kernel.errors import BrokenInvariant
from bursar.kernel.spans import TRACEPARENT


class PayloadUnfit(BrokenInvariant):
    """The payload of a kind of job is no dataclass of fields that a document can hold."""

    kind: str


class PayloadMalformed(BrokenInvariant):
    """The document of a job is not the payload of its kind; the reason quotes no value."""

    kind: str
    reason: str


class Payload:
    """The payload of one kind of job: a frozen dataclass that names its `kind`.

    Its fields are whole numbers, texts, truth values, days, instants and bytes, or one of these and None.
    """

    __slots__ = ()
    kind: ClassVar[str]

    def __init_subclass__(cls) -> None:
        _DECLARED[cls.__module__, cls.__qualname__] = cls  # a dataclass with slots is made twice, under one name

    def document(self) -> dict[str, object]:
        """The payload as it is stored."""
        values = ((form, getattr(self, form.name)) for form in forms_of(type(self)))
        return {form.name: form.written(value) for form, value in values if value != form.default}

    @classmethod
    def read(cls, document: object) -> Self:
        """The payload of a stored document; raises PayloadMalformed."""
        try:
            if not isinstance(document, Mapping):
                raise ValueError("it is no object")
            return cls(**{form.name: form.read(document) for form in forms_of(cls)})
        except ValueError as fault:
            raise PayloadMalformed(cls.kind, str(fault)) from None


def carrying(document: dict[str, object], traceparent: str | None) -> dict[str, object]:
    """The document with the trace that its work belongs to; readers pass over a key that is no field of theirs."""
    return document if traceparent is None else {**document, TRACEPARENT: traceparent}


def parent_of(document: object) -> str | None:
    """The trace that the work of a stored document belongs to."""
    found = document.get(TRACEPARENT) if isinstance(document, Mapping) else None
    return found if isinstance(found, str) else None


P = TypeVar("P", bound=Payload)
_DECLARED: Final[dict[tuple[str, str], type[Payload]]] = {}


def declared(package: str) -> list[type[Payload]]:
    """The payloads declared by the modules of a package, as far as this process has imported them."""
    return [payload for (module, _), payload in _DECLARED.items() if module.startswith(f"{package}.")]


@dataclass(frozen=True, slots=True)
class Again:
    """The job went well and falls due once more at `at`, by the business clock."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Handler(Generic[P]):
    """The function that does the jobs of one kind; after any exception the job is tried again later."""

    payload: type[P]
    run: Callable[[Context, P], Awaitable[Again | None]]


Handlers = tuple[Handler[Any], ...]

# ── documents ────────────────────────────────────────────────────────────────────────────────────────────────────────

_STORED: Final[Mapping[type, tuple[type, Callable[[Any], object]]]] = {
    int: (int, int),
    str: (str, str),
    bool: (bool, bool),
    date: (str, date.fromisoformat),
    datetime: (str, datetime.fromisoformat),
    bytes: (str, bytes.fromhex),
}
"""For each type of a field, the type that JSON has for it, and the way back."""
_WRITTEN: Final[Mapping[type, Callable[[Any], object]]] = {
    date: date.isoformat,
    datetime: datetime.isoformat,
    bytes: bytes.hex,
}


@dataclass(frozen=True, slots=True)
class Form:
    """One field of a payload in a document."""

    name: str
    type: type
    nullable: bool
    default: object

    def written(self, value: object) -> object:
        """The value as JSON has it."""
        writer = _WRITTEN.get(self.type)
        return value if writer is None or value is None else writer(value)

    def read(self, document: Mapping[str, object]) -> object:
        """The field's value; raises ValueError."""
        if self.name not in document and self.default is not MISSING:
            return self.default
        if self.name not in document:
            raise ValueError(f"{self.name} is missing")
        raw, (stored, reader) = document[self.name], _STORED[self.type]
        if raw is None and self.nullable:
            return None
        try:
            if type(raw) is stored:
                return reader(raw)
        except ValueError:
            pass
        raise ValueError(f"{self.name} is not of the type {self.type.__name__}")


_FORMS: Final[dict[type[Payload], tuple[Form, ...]]] = {}


def forms_of(payload: type[Payload]) -> tuple[Form, ...]:
    """The fields of a payload, found out once; raises PayloadUnfit."""
    known = _FORMS.get(payload)
    if known is None:
        known = _FORMS[payload] = tuple(_forms(payload))
    return known


def _forms(payload: type[Payload]) -> Iterator[Form]:
    if not is_dataclass(payload):
        raise PayloadUnfit(payload.kind)
    types = {name: get_args(hint) or (hint,) for name, hint in get_type_hints(payload).items()}
    for field in fields(payload):
        held = [one for one in types[field.name] if one is not NoneType]
        if len(held) != 1 or held[0] not in _STORED:
            raise PayloadUnfit(payload.kind)
        yield Form(field.name, held[0], NoneType in types[field.name], field.default)

"""The handlers of a process: one for each kind of job that can be enqueued. Pure."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from bursar.kernel.due import Handler, Payload, forms_of
from bursar.kernel.errors import BrokenInvariant


class KindDeclaredTwice(BrokenInvariant):
    """Two payloads are declared for the same kind of job."""

    kind: str


class KindHandledTwice(BrokenInvariant):
    """Two handlers are given for the same kind of job."""

    kind: str


class KindNotHandled(BrokenInvariant):
    """A kind of job can be enqueued, but no handler is given for it."""

    kind: str


def by_kind(handlers: Iterable[Handler[Any]]) -> Mapping[str, Handler[Any]]:
    """Handlers by the kind of their jobs; raises KindHandledTwice or PayloadUnfit."""
    known: dict[str, Handler[Any]] = {}
    for handler in handlers:
        forms_of(handler.payload)
        if known.setdefault(handler.payload.kind, handler) is not handler:
            raise KindHandledTwice(handler.payload.kind)
    return known


def check_handled(
    declared: Iterable[type[Payload]], handlers: Iterable[Handler[Any]], besides: Collection[type[Payload]] = ()
) -> None:
    """Hold the handlers of a process to the kinds declared, `besides` excepted: nothing enqueues those here.

    Raises KindDeclaredTwice, KindHandledTwice, KindNotHandled or PayloadUnfit.
    """
    known, payloads = by_kind(handlers), dict[str, type[Payload]]()
    for payload in declared:
        if payloads.setdefault(payload.kind, payload) is not payload:
            raise KindDeclaredTwice(payload.kind)
        if payload not in besides and (payload.kind not in known or known[payload.kind].payload is not payload):
            raise KindNotHandled(payload.kind)

"""The declaration of an operator endpoint.

    route = Route("Staff", "The people who run the install.")

    @route.post("/staff", Permission.STAFF_MANAGE, status=201, refuses=(EmailTaken, OwnerNeedsTwo))
    async def add(call: Call, body: NewPersonIn) -> PersonOut:

Authentication, permission, limits, idempotency, problems and the rendering of the answer follow from the declaration.
The function's arguments are the request's parts: one for each name in braces of the path, `query` and `body`. Its
result decides the form of the answer: a schema, `Listed` for one page of a list, None for nothing, a `FileOut`, or
`Waits` where somebody else has to approve, which is answered with 202.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from inspect import get_annotations
from types import UnionType
from typing import Any, Final, TypeAlias, TypeVar, Union, get_args, get_origin

from bursar.api.declarations import DeclarationIncomplete, check_declared
from bursar.api.limits import USUAL, Limits
from bursar.api.operator.schemas.approvals import Waits
from bursar.kernel.errors import Fact
from bursar.staff.merchant_roles import MerchantPermission
from bursar.staff.roles import Permission

PREFIX: Final = "/operator/v1"

Function = Callable[..., Awaitable[Any]]
Needed: TypeAlias = "Permission | MerchantPermission | Access"
"""A permission of the staff's roles, or of those of merchants' users, or none of either."""
F = TypeVar("F", bound=Function)
_NAMES: Final = re.compile(r"\{(\w+)\}")
_SAFE: Final = frozenset({"GET"})


class Access(StrEnum):
    """The callers of an endpoint that needs no permission of a role."""

    ANYBODY = "anybody"
    ENROLLING = "a session, also one to set up ways to sign in"
    SESSION = "a session"
    SIGNED_IN = "a session or a token"


@dataclass(frozen=True, slots=True)
class FileOut:
    """An answer that is a file, in parts."""

    name: str
    media_type: str
    parts: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call of the API."""

    resource: str
    method: str
    path: str
    """Below the prefix, with names in braces."""
    function: Function
    access: Needed
    status: int
    """The HTTP status of its answer."""
    once: bool
    """Its answer has a secret, or something has left by mail: a repeat is told that it was answered, not the answer."""
    keyed: bool
    """It changes something, under an `Idempotency-Key`."""
    limits: Limits
    refuses: tuple[type[Fact], ...]
    """Facts of its own, for readers of the documentation."""
    prefix: str = PREFIX
    """The beginning of all paths of its API."""

    @property
    def whole_path(self) -> str:
        """The path with the prefix: `/operator/v1/staff`."""
        return self.prefix + self.path

    @property
    def key(self) -> str:
        """Verb and whole path: `POST /operator/v1/staff`."""
        return f"{self.method} {self.whole_path}"

    @property
    def changes(self) -> bool:
        """True for any verb that may change something."""
        return self.method not in _SAFE

    @property
    def path_parameters(self) -> dict[str, Any]:
        """The types of the names in its path."""
        annotations = _annotations(self.function)
        return {name: annotations[name] for name in _NAMES.findall(self.path)}

    @property
    def query(self) -> Any:
        """The schema of its query; None for an endpoint without."""
        return _annotations(self.function).get("query")

    @property
    def body(self) -> Any:
        """The schema of its body; None for an endpoint without."""
        return _annotations(self.function).get("body")

    @property
    def answer(self) -> Any:
        """The type of its answer; None for nothing, FileOut for a file."""
        choices = [each for each in self._answers if each is not Waits]
        return None if choices == [type(None)] else choices[0]

    @property
    def may_wait(self) -> bool:
        """True if a policy can make it wait for somebody else."""
        return Waits in self._answers

    @property
    def _answers(self) -> tuple[Any, ...]:
        declared = _annotations(self.function)["return"]
        if get_origin(declared) in (Union, UnionType):
            return get_args(declared)
        return (type(None) if declared is None else declared,)


def _annotations(function: Function) -> dict[str, Any]:
    return get_annotations(function, eval_str=True)


class Route:
    """Collects the endpoints of one resource; its name and sentence head a section of the documentation."""

    def __init__(self, resource: str, sentence: str, prefix: str = PREFIX) -> None:
        self.resource = resource
        self.sentence = sentence
        self.prefix = prefix
        self.endpoints: list[Endpoint] = []

    def include(self, shared: "Route", access: Mapping[Needed, Needed] | None = None) -> None:
        """Serve the endpoints of another route below this one's prefix too; `access` has those that differ here."""
        instead = access or {}
        self.endpoints += [
            replace(
                endpoint,
                resource=self.resource,
                prefix=self.prefix,
                access=instead.get(endpoint.access, endpoint.access),
            )
            for endpoint in shared.endpoints
        ]

    def get(self, path: str, access: Needed, *, refuses: Sequence[type[Fact]] = ()) -> Callable[[F], F]:
        """Declares the decorated function as the endpoint of a GET; raises DeclarationIncomplete."""
        return self._declare("GET", path, access, refuses=refuses, keyed=False)

    def post(
        self,
        path: str,
        access: Needed,
        *,
        status: int = 200,
        once: bool = False,
        keyed: bool = True,
        limits: Limits = USUAL,
        refuses: Sequence[type[Fact]] = (),
    ) -> Callable[[F], F]:
        """Declares the decorated function as the endpoint of a POST; raises DeclarationIncomplete.

        One that is not `keyed` takes no Idempotency-Key: it begins a session, or changes nothing.
        """
        return self._declare(
            "POST", path, access, status=status, once=once, keyed=keyed, limits=limits, refuses=refuses
        )

    def put(
        self, path: str, access: Needed, *, once: bool = False, refuses: Sequence[type[Fact]] = ()
    ) -> Callable[[F], F]:
        """Declares the decorated function as the endpoint of a PUT; raises DeclarationIncomplete."""
        return self._declare("PUT", path, access, once=once, refuses=refuses)

    def patch(self, path: str, access: Needed, *, refuses: Sequence[type[Fact]] = ()) -> Callable[[F], F]:
        """Declares the decorated function as the endpoint of a PATCH; raises DeclarationIncomplete."""
        return self._declare("PATCH", path, access, refuses=refuses)

    def delete(self, path: str, access: Needed, *, refuses: Sequence[type[Fact]] = ()) -> Callable[[F], F]:
        """Declares the decorated function as the endpoint of a DELETE; raises DeclarationIncomplete."""
        return self._declare("DELETE", path, access, refuses=refuses)

    def _declare(
        self,
        method: str,
        path: str,
        access: Needed,
        *,
        refuses: Sequence[type[Fact]],
        status: int = 200,
        once: bool = False,
        keyed: bool = True,
        limits: Limits = USUAL,
    ) -> Callable[[F], F]:
        def declare(function: F) -> F:
            check_declared(function, self.prefix + path, (*_NAMES.findall(path), "return"))
            if not isinstance(access, Permission | MerchantPermission | Access):
                raise DeclarationIncomplete(f"{method} {self.prefix}{path} names no permission: add it")
            endpoint = Endpoint(
                self.resource, method, path, function, access, status, once, keyed, limits, tuple(refuses), self.prefix
            )
            self.endpoints.append(endpoint)
            return function

        return declare

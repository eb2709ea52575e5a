"""The declaration of a payout endpoint.

    route = Route(Permission.PAYOUT)

    @route.post("/payee/custom/create", reveals=Reveals.CUSTOMER, missing={"name_e": Code.NAME_MISSING}, codes=[…])
    async def create(call: Call, body: NewCustomer) -> CustomerOut:

Signature, nonce, limits of the body, rate limits, permission, suspension, sensitive fields both ways and the envelope
follow from the declaration; the function parses nothing and catches nothing, and takes no `body` if it has no
parameters. Its result decides the form of the answer: a schema or a list of them as `data`, a `Page` as a bare array
with its counts in headers, None as an empty object, a `FileOut` as a file.

`codes` are the refusals of its own that the endpoint can answer with, for readers of the documentation; `when` has the
codes of facts that mean something else here than elsewhere; `missing` and `invalid` name a parameter's own code.
"""

from collections.abc import AsyncIterable, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import get_annotations
from typing import Any, Final, TypeVar, get_args, get_origin

from bursar.api.declarations import check_declared
from bursar.api.limits import USUAL, Limits
from bursar.api.payout.codes import Code
from bursar.api.payout.sensitive import Reveals
from bursar.kernel.errors import Fact
from bursar.kernel.paging import Page
from bursar.merchants.model import Permission

PREFIX: Final = "/openApi/v"
"""Of every path, with the version's number behind it."""

OCTETS: Final = "application/octet-stream"
"""The media type of a file without another one."""

Function = Callable[..., Awaitable[Any]]
F = TypeVar("F", bound=Function)
Facts = Mapping[type[Fact], Code]
Blames = Mapping[str, Code]


@dataclass(frozen=True, slots=True)
class FileOut:
    """An answer that is a file instead of an envelope; one that comes in parts says how many bytes there are."""

    name: str
    media_type: str
    content: bytes | AsyncIterable[bytes]
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path of the API, in all its versions."""

    method: str
    path: str
    function: Function
    permission: Permission
    upload: bool
    limits: Limits
    reveals: Reveals
    money_out: bool
    """It orders that money leaves the merchant's account: a suspension can refuse it alone."""
    codes: tuple[Code, ...]
    when: Facts = field(default_factory=dict)
    missing: Blames = field(default_factory=dict)
    invalid: Blames = field(default_factory=dict)
    media_type: str = OCTETS
    """Of the file, for an endpoint that answers one."""

    @property
    def body(self) -> Any:
        """The schema of its parameters; None for an endpoint that takes none."""
        return get_annotations(self.function, eval_str=True).get("body")

    @property
    def answer(self) -> Any:
        """The type of its `data`; a page's is the list of its rows."""
        if not self.is_page:
            return self._declared
        row: Any = get_args(self._declared)[0]
        return list[row]

    @property
    def is_page(self) -> bool:
        """True if it answers one page of a list."""
        origin: Any = get_origin(self._declared)
        return origin is Page

    @property
    def _declared(self) -> Any:
        return get_annotations(self.function, eval_str=True)["return"]


class Route:
    """Collects endpoints of one subject, which need `permission`."""

    def __init__(self, permission: Permission) -> None:
        self._permission = permission
        self.endpoints: list[Endpoint] = []

    def get(
        self,
        path: str,
        *,
        reveals: Reveals = Reveals.NOTHING,
        codes: Sequence[Code] = (),
        when: Facts | None = None,
        missing: Blames | None = None,
        invalid: Blames | None = None,
        media_type: str = OCTETS,
    ) -> Callable[[F], F]:
        """Declares the decorated function as the endpoint of a GET, whose parameters stand in the query.

        Raises DeclarationIncomplete for one without an answer or a docstring.
        """
        return self._declare("GET", path, False, USUAL, reveals, codes, (when, missing, invalid), media_type=media_type)

    def post(
        self,
        path: str,
        *,
        upload: bool = False,
        limits: Limits = USUAL,
        reveals: Reveals = Reveals.NOTHING,
        money_out: bool = False,
        codes: Sequence[Code] = (),
        when: Facts | None = None,
        missing: Blames | None = None,
        invalid: Blames | None = None,
    ) -> Callable[[F], F]:
        """Declares the decorated function as the endpoint of a POST: of JSON, or of a form when it is an upload.

        Raises DeclarationIncomplete for one without an answer or a docstring.
        """
        readings = (when, missing, invalid)
        return self._declare("POST", path, upload, limits, reveals, codes, readings, money_out=money_out)

    def _declare(
        self,
        method: str,
        path: str,
        upload: bool,
        limits: Limits,
        reveals: Reveals,
        codes: Sequence[Code],
        readings: tuple[Facts | None, Blames | None, Blames | None],
        *,
        money_out: bool = False,
        media_type: str = OCTETS,
    ) -> Callable[[F], F]:
        when, missing, invalid = readings

        def declare(function: F) -> F:
            check_declared(function, path, ("return",))
            endpoint = Endpoint(
                method,
                path,
                function,
                self._permission,
                upload,
                limits,
                reveals,
                money_out,
                tuple(codes),
                dict(when or {}),
                dict(missing or {}),
                dict(invalid or {}),
                media_type,
            )
            self.endpoints.append(endpoint)
            return function

        return declare

"""The declaration of a card endpoint.

    route = Route(Permission.CARD)

    @route.post("/card/operate/recharge", encrypted=True, mutating=True, money_out=True, codes=[…])
    async def recharge(call: Call, body: Recharge) -> OrderOut:

Signature, decryption, permission, suspension, limits of the body, rate limit and replay follow from the declaration;
the function parses nothing and catches nothing. `codes` are the refusals of its own that the endpoint can answer with,
for readers of the documentation; `when` has the codes of facts that mean something else here than elsewhere.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import get_annotations
from typing import Any, Final, TypeVar

from bursar.api.card.codes import Code
from bursar.api.card.signing import Borders
from bursar.api.declarations import check_declared
from bursar.api.limits import USUAL, Limits
from bursar.kernel.errors import Fact
from bursar.merchants.model import Permission

PREFIX: Final = "/api/v1"

Function = Callable[..., Awaitable[Any]]
F = TypeVar("F", bound=Function)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path of the API."""

    path: str
    function: Function
    encrypted: bool
    mutating: bool
    permissions: tuple[Permission, ...]
    """A merchant needs one of them."""
    upload: bool
    fixed: bool
    limits: Limits
    money_out: bool
    """It takes money out of the merchant's account for good, or begins to: a suspension can refuse it alone."""
    codes: tuple[Code, ...]
    when: Mapping[type[Fact], Code] = field(default_factory=dict)
    borders: Borders = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "borders", Borders.of(self.body))

    @property
    def wallet(self) -> bool:
        """True for the wallet family, whose missing permission has a code of its own."""
        return self.permissions == (Permission.WALLET,)

    @property
    def body(self) -> Any:
        """The schema of its parameters."""
        return get_annotations(self.function, eval_str=True)["body"]

    @property
    def answer(self) -> Any:
        """The type of its `data`."""
        return get_annotations(self.function, eval_str=True)["return"]


class Route:
    """Collects endpoints of one subject, which need one of `permissions`."""

    def __init__(self, *permissions: Permission) -> None:
        self._permissions = permissions
        self.endpoints: list[Endpoint] = []

    def post(
        self,
        path: str,
        *,
        encrypted: bool = False,
        mutating: bool = False,
        upload: bool = False,
        fixed: bool = False,
        limits: Limits = USUAL,
        money_out: bool = False,
        codes: Sequence[Code] = (),
        when: Mapping[type[Fact], Code] | None = None,
    ) -> Callable[[F], F]:
        """Declares the decorated function as the endpoint of `path`; a `fixed` answer is the same for everybody.

        Raises DeclarationIncomplete for one without `body`, answer or docstring.
        """

        def declare(function: F) -> F:
            whole_path = PREFIX + path
            check_declared(function, whole_path, ("body", "return"))
            self.endpoints.append(
                Endpoint(
                    whole_path,
                    function,
                    encrypted,
                    mutating,
                    self._permissions,
                    upload,
                    fixed,
                    limits,
                    money_out,
                    tuple(codes),
                    dict(when or {}),
                )
            )
            return function

        return declare

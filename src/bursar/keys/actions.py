"""Steps with keys as an action of staff: `keys.rotate`, which needs a second person by the default policy.

Arguments: `step`, `kind`, `merchant` (0: the install's own), and where a step needs them `generation`, `kept_days` and
`key_id`.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, TypeVar

from bursar.kernel.context import Context
from bursar.kernel.keys import KeyKind
from bursar.keys.model import KEPT_DAYS, Order, Step
from bursar.keys.service import Keys
from bursar.ledger.decisions import Decided
from bursar.staff.approvals.model import Action, Arguments, Changed
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.roles import Permission

ROTATE = "keys.rotate"

C = TypeVar("C", bound=StrEnum)


def key_actions(keys: Keys) -> Iterator[Action]:
    """All actions with keys."""

    async def decide(ctx: Context, said: Arguments) -> Decided[Any]:
        order = read_order(said)
        before = await keys.states(ctx, order)
        decided = await keys.decide(ctx, order)
        changed = Changed({"generations": before}, {**said, "generation": decided.outcome})
        return Decided(changed, decided.kind, decided.subject, decided.part)

    yield Action(ROTATE, Permission.KEYS_ROTATE, decide, _book)


def read_order(said: Arguments) -> Order:
    """Raises ArgumentsUnusable."""
    kind, step = _choice(said, "kind", KeyKind), _choice(said, "step", Step)
    generation, key_id = said.get("generation"), said.get("key_id")
    if generation is not None:
        generation = _number(said, "generation")
    if key_id is not None and not isinstance(key_id, str):
        raise ArgumentsUnusable("key_id is a text")
    kept_days = KEPT_DAYS if said.get("kept_days") is None else _number(said, "kept_days")
    return Order(step, kind, _book(said), generation, kept_days, key_id).checked()


def _book(said: Arguments) -> int:
    return _number(said, "merchant")


def _number(said: Arguments, name: str) -> int:
    value = said.get(name)
    if type(value) is not int or value < 0:
        raise ArgumentsUnusable(f"{name} is a number")
    return value


def _choice(said: Arguments, name: str, choices: type[C]) -> C:
    try:
        return choices(str(said.get(name)))
    except ValueError:
        raise ArgumentsUnusable(f"{name} is one of {', '.join(choices)}") from None

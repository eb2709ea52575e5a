"""Pools as actions of staff: whether a coin is paid out on a chain, its limits and fee, and whose deposits wait.

Arguments are JSON values: `coin`, `chain`, `settings` by name, and `holds_from`. Limits and fee are `config`, decimal
texts by name, of which those that are not named stay; null takes all of them away.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bursar.administration.arguments import LIST_MAX, decimal, read_instant, text, texts
from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.staff.approvals.model import Action, Arguments, Changed
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.roles import Permission
from bursar.wallet.pools import PoolChange, Pools

CHANGES: Final[Mapping[str, tuple[str, ...]]] = {
    "pools.change": ("withdrawable", "addresses_left"),
    "pool_limits.change": ("config",),
    "pool_blocks.change": ("blocked_senders",),
}
"""Each action with the settings that it changes."""


def pool_actions(pools: Pools) -> Iterator[Action]:
    """All actions on pools, in the install's own book."""
    for name, allowed in CHANGES.items():
        yield Action(name, Permission.POOLS_CHANGE, _Change(pools, allowed))


class _Change:
    """Decides on some settings of a pool."""

    def __init__(self, pools: Pools, allowed: tuple[str, ...]) -> None:
        self._pools = pools
        self._allowed = allowed

    async def __call__(self, ctx: Context, said: Arguments) -> Decided[Any]:
        coin, chain_id, at = text(said, "coin"), text(said, "chain"), read_instant(said, "holds_from")
        decided = await self._pools.decide_change(ctx, coin, chain_id, _change(said, self._allowed), at)
        found, which = decided.outcome, {"coin": coin, "chain": chain_id}
        after = {**which, **found.after, "holds_from": found.holds_from.isoformat()}
        return Decided(Changed({**which, **found.before}, after), decided.kind, decided.subject, decided.part)


def _change(said: Arguments, allowed: tuple[str, ...]) -> PoolChange:
    given = said.get("settings")
    if not isinstance(given, Mapping) or not given or not given.keys() <= set(allowed):
        raise ArgumentsUnusable(f"settings are names with values, of {', '.join(allowed)}")
    config, left = given.get("config"), given.get("addresses_left")
    return PoolChange(
        withdrawable=_truth(given, "withdrawable"),
        config=None if config is None else _amounts(config),
        unconfigured="config" in given and config is None,
        blocked_senders=texts(given, "blocked_senders") if "blocked_senders" in given else None,
        addresses_left=None if left is None else _count(left),
        unlimited="addresses_left" in given and left is None,
    )


def _truth(given: Mapping[str, Any], name: str) -> bool | None:
    if name in given and not isinstance(given[name], bool):
        raise ArgumentsUnusable(f"{name} is true or false")
    return given.get(name)


def _count(value: object) -> int:
    if type(value) is not int:
        raise ArgumentsUnusable("addresses_left is a whole number, or null for as many as are prepared")
    return value


def _amounts(config: object) -> Mapping[str, str]:
    if not isinstance(config, Mapping) or len(config) > LIST_MAX:
        raise ArgumentsUnusable("config is a map of decimal texts")
    return {name: f"{decimal(config, name):f}" for name in config}

"""Faults that a tester plants in the sandbox's providers.

A sandbox provider asks here before it does anything, as a real one might fail before it did anything. The table is
shared, so that a fault planted through the API strikes in the worker too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.cache import Cache
from bursar.kernel.errors import Fact, ProviderRefused, ProviderUnavailable

queries = load_queries(__package__)

PLACES: Final = frozenset(
    {
        "issuer.register",
        "issuer.recharge",
        "issuer.lock",
        "issuer.unlock",
        "issuer.cancel",
        "issuer.activate",
        "issuer.pin",
        "issuer.threeds",
        "issuer.catalogue",
        "kyc.submit",
        "files.store",
        "payment.execute",
        "api.internal",
        "mail.send",
        "sms.send",
        "secrets.store",
        "secrets.encrypt",
        "bank.submit",
        "bank.cancel",
        "chain.node",
        "chain.derive",
        "chain.validate",
        "chain.send",
    }
)
"""Provider operations that can be made to fail."""
TIMES_MAX: Final = 1_000_000
"""Times for which one fault can be planted at once."""


class FaultOutcome(StrEnum):
    """The form in which a planted fault shows."""

    REFUSE = "refuse"
    ERROR = "error"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"


_FACTS: Final[Mapping[str, type[ProviderRefused] | type[ProviderUnavailable]]] = {
    FaultOutcome.REFUSE: ProviderRefused,
    FaultOutcome.ERROR: ProviderUnavailable,
    FaultOutcome.TIMEOUT: ProviderUnavailable,
    FaultOutcome.UNREACHABLE: ProviderUnavailable,
}


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """The next `times` calls at `place` have this outcome."""

    place: str
    outcome: str
    times: int


class Faults:
    """Plants faults and lets them strike."""

    def __init__(self, database: Database, quiet_s: float = 0.0) -> None:
        """`quiet_s`: how long it may be relied on that nothing is planted, unless it is planted here."""
        self._database = database
        self._any = Cache(self._read_any, quiet_s)

    async def _read_any(self, _: None) -> bool:
        return bool(await self._database.fetch_value(queries.any_planted, {}))

    async def strike(self, place: str) -> None:
        """Raises ProviderRefused or ProviderUnavailable if a fault is planted there, and uses it up."""
        if not await self._any.get(None):
            return
        outcome = await self.use_up(place)
        if outcome is not None:
            fact: Fact = _FACTS[outcome](place)
            raise fact

    async def use_up(self, place: str) -> FaultOutcome | None:
        """The outcome of a fault that is planted there, which is used up; for ports that tell outcomes apart."""
        outcome = await self._database.fetch_value(queries.strike, {"place": place})
        return None if outcome is None else FaultOutcome(outcome)

    async def plant(self, fault: PlantedFault) -> None:
        """The next calls at the place go wrong."""
        row = {"place": fault.place, "outcome": fault.outcome, "times": fault.times}
        await self._database.execute(queries.plant_fault, row)
        self._any.clear()

    async def planted(self) -> list[PlantedFault]:
        """The faults that have not struck yet."""
        return await self._database.fetch_all(queries.list_faults, {}, PlantedFault)

    async def clear(self) -> None:
        """Nothing goes wrong any more."""
        await self._database.execute(queries.clear_faults, {})
        self._any.clear()

"""The sandbox's ledger: the ledger, before which a planted fault may stop a payment or a change of a password.

Nothing in the books differs: a stopped operation leaves no trace, and a repeat of an accepted one gets its receipt.
"""

from collections.abc import Callable
from typing import Final

from bursar.cards.due import RechargeCard, RegisterCard
from bursar.cards.errors import PaymentFailed
from bursar.db.database import Database
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact, ProviderRefused, ProviderUnavailable
from bursar.kernel.ids import Ids
from bursar.ledger.engine import Ledger
from bursar.ledger.model import Operation, Receipt
from bursar.merchants.verification.errors import EnabledNotStored, PasswordNotStored
from bursar.sandbox.faults import Faults

_PAYING: Final = (RegisterCard, RechargeCard)
"""Work that only a paid order causes."""
_STORING: Final[dict[str, Callable[[], Fact]]] = {
    "verification_password_set": PasswordNotStored,
    "verification_password_updated": PasswordNotStored,
    "verification_password_enabled": EnabledNotStored,
    "verification_password_disabled": EnabledNotStored,
}
"""Operations that store a secret, by kind, and the fact where its keeper fails."""


class SandboxLedger(Ledger):
    """Asks for faults at `payment.execute` and `secrets.store`."""

    def __init__(
        self, database: Database, ids: Ids, faults: Faults, *, planned: Callable[[], None] | None = None
    ) -> None:
        super().__init__(database, ids, planned=planned)
        self._faults = faults

    async def commit(self, ctx: Context, operation: Operation) -> Receipt:
        """As `Ledger.commit`; raises also PaymentFailed, PasswordNotStored and EnabledNotStored."""
        try:
            await self._strike(operation)
        except (ProviderRefused, ProviderUnavailable) as fault:
            receipt = await self.find_receipt(ctx, operation.key, operation.fingerprint)
            if receipt is None:
                raise _fact(operation) from fault
            return receipt
        return await super().commit(ctx, operation)

    async def _strike(self, operation: Operation) -> None:
        if _is_payment(operation):
            await self._faults.strike("payment.execute")
        elif operation.kind in _STORING:
            await self._faults.strike("secrets.store")


def _is_payment(operation: Operation) -> bool:
    return any(isinstance(job.payload, _PAYING) for job in operation.jobs)


def _fact(operation: Operation) -> Fact:
    if _is_payment(operation):
        return PaymentFailed(int(operation.subject.rpartition(":")[2]))
    return _STORING[operation.kind]()

"""What leaves the wallet put together: withdrawals, the payment engine, and the work that they cause."""

from collections.abc import Mapping
from dataclasses import dataclass

from bursar.db.database import Database
from bursar.kernel.due import Handler
from bursar.kernel.ids import Ids
from bursar.ledger.engine import Ledger
from bursar.ledger.store import Books
from bursar.main.wallet import WalletParts
from bursar.merchants.service import Merchants
from bursar.wallet.deposits import RETURN
from bursar.wallet.payments.engine import Engine
from bursar.wallet.payments.model import SWEEP, TOP_UP, Purpose
from bursar.wallet.payments.service import ADVANCE, Payments
from bursar.wallet.treasury.due import LOOK
from bursar.wallet.treasury.reconciliation import Reconciliation
from bursar.wallet.treasury.returns import PURPOSE as DEPOSIT_RETURN
from bursar.wallet.treasury.returns import Returns
from bursar.wallet.treasury.strays import COMPARE, Strays
from bursar.wallet.treasury.sweeps import Sweeps
from bursar.wallet.withdrawals.blocks import AddressBlocks
from bursar.wallet.withdrawals.progress import PURPOSE as WITHDRAWAL
from bursar.wallet.withdrawals.progress import Progress
from bursar.wallet.withdrawals.service import WithdrawalParts, Withdrawals


@dataclass(frozen=True, slots=True)
class PayingParts:
    """The paying half of the wallet of one process."""

    payments: Payments
    withdrawals: Withdrawals
    progress: Progress
    engine: Engine
    returns: Returns
    sweeps: Sweeps
    reconciliation: Reconciliation
    blocks: AddressBlocks
    strays: Strays

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Of the work that payments cause."""
        return {
            ADVANCE: self.engine.advance,
            RETURN: self.returns.send_back,
            LOOK: self.sweeps.look,
            COMPARE: self.strays.compare,
        }


def paying_side(wallet: WalletParts, database: Database, ledger: Ledger, ids: Ids, merchants: Merchants) -> PayingParts:
    payments = Payments(database, ids)
    parts = WithdrawalParts(
        database, ledger, ids, merchants, wallet.chains, wallet.pools, wallet.screening, wallet.addresses, payments
    )
    progress = Progress(parts)
    returns = Returns(ledger, wallet.chains, wallet.deposits, payments)
    sweeps = Sweeps(database, ledger, ids, wallet.chains, wallet.pools, wallet.addresses, payments)
    purposes: dict[str, Purpose] = {WITHDRAWAL: progress, DEPOSIT_RETURN: returns, SWEEP: sweeps, TOP_UP: sweeps}
    engine = Engine(database, ledger, wallet.chains, wallet.signer, purposes)
    reconciliation = Reconciliation(Books(database), wallet.chains, wallet.addresses, wallet.deposits, payments)
    blocks = AddressBlocks(ledger, wallet.chains)
    return PayingParts(
        payments, Withdrawals(parts), progress, engine, returns, sweeps, reconciliation, blocks,
        Strays(database, ledger, ids, wallet.chains, wallet.pools),
    )  # fmt: skip

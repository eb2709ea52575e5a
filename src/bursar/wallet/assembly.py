"""The wallet put together: chains, addresses and deposits first, then all that leaves by them.

Two functions, since a process may read chains and give out addresses without paying.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bursar.ground import Ground
from bursar.kernel.due import Handler, Handlers
from bursar.ledger.store import Books
from bursar.merchants.service import Merchants
from bursar.wallet.address_book import AddressBook
from bursar.wallet.deposits import Deposits
from bursar.wallet.due import AdvancePayment, CompareAddresses, PrepareAddresses, ReturnDeposit, ScanChain, SweepAddress
from bursar.wallet.payments.engine import PaymentEngine
from bursar.wallet.payments.model import SWEEP, TOP_UP, Purpose
from bursar.wallet.payments.service import Payments
from bursar.wallet.pools import Pools
from bursar.wallet.ports import Chains, Screening, Signer
from bursar.wallet.scanner import Scanner
from bursar.wallet.service import Wallet
from bursar.wallet.treasury.reconciliation import Reconciliation
from bursar.wallet.treasury.returns import PURPOSE as DEPOSIT_RETURN
from bursar.wallet.treasury.returns import DepositReturns
from bursar.wallet.treasury.strays import StrayCoins
from bursar.wallet.treasury.sweeps import Sweeps
from bursar.wallet.withdrawals.blocks import AddressBlocks
from bursar.wallet.withdrawals.progress import PURPOSE as WITHDRAWAL
from bursar.wallet.withdrawals.progress import Progress
from bursar.wallet.withdrawals.service import WithdrawalDependencies, Withdrawals


@dataclass(frozen=True, slots=True)
class WalletRoom:
    """Chains, and the services that take coins in."""

    merchants: Merchants
    chains: Chains
    screening: Screening
    payments: Payments
    pools: Pools
    addresses: AddressBook
    deposits: Deposits
    scanner: Scanner
    wallet: Wallet

    @property
    def handlers(self) -> Handlers:
        """Handlers of the work that coins coming in cause."""
        return (Handler(ScanChain, self.scanner.scan), Handler(PrepareAddresses, self.addresses.prepare))


@dataclass(frozen=True, slots=True)
class PayingRoom:
    """The services that coins leave by: withdrawals, the payment engine, and the treasury."""

    payments: Payments
    withdrawals: Withdrawals
    progress: Progress
    engine: PaymentEngine
    returns: DepositReturns
    sweeps: Sweeps
    reconciliation: Reconciliation
    blocks: AddressBlocks
    strays: StrayCoins

    @property
    def handlers(self) -> Handlers:
        """Handlers of the work that payments cause."""
        return (
            Handler(AdvancePayment, self.engine.advance),
            Handler(ReturnDeposit, self.returns.send_back),
            Handler(SweepAddress, self.sweeps.look),
            Handler(CompareAddresses, self.strays.compare),
        )


def build_wallet(ground: Ground, merchants: Merchants, chains: Chains, screening: Screening) -> WalletRoom:
    """The half that takes coins in, on these chains."""
    pools, deposits, payments = Pools(ground, chains), Deposits(ground), Payments(ground)
    return WalletRoom(
        merchants,
        chains,
        screening,
        payments,
        pools,
        AddressBook(ground, merchants, chains, pools, screening),
        deposits,
        Scanner(ground, chains, pools, deposits, payments),
        Wallet(merchants, chains, pools),
    )


def build_paying(
    ground: Ground, wallet: WalletRoom, signer: Signer, also: Mapping[str, Purpose] | None = None
) -> PayingRoom:
    """The half that coins leave by; `also` are purposes of payments besides those of the wallet itself."""
    chains, pools, payments = wallet.chains, wallet.pools, wallet.payments
    parts = WithdrawalDependencies(
        ground, wallet.merchants, chains, pools, wallet.screening, wallet.addresses, payments
    )
    progress = Progress(parts)
    returns = DepositReturns(ground.ledger, chains, wallet.deposits, payments)
    sweeps = Sweeps(ground, chains, pools, wallet.addresses, payments)
    purposes: dict[str, Purpose] = {
        WITHDRAWAL: progress,
        DEPOSIT_RETURN: returns,
        SWEEP: sweeps,
        TOP_UP: sweeps,
        **(also or {}),
    }
    return PayingRoom(
        payments,
        Withdrawals(parts),
        progress,
        PaymentEngine(ground, chains, signer, purposes),
        returns,
        sweeps,
        Reconciliation(Books(ground.database), chains, wallet.addresses, wallet.deposits, payments),
        AddressBlocks(ground.ledger, chains),
        StrayCoins(ground, chains, pools),
    )

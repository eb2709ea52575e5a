"""Deposits that the risk control sends back: paid from the hot address to where they came from, to the last unit."""

from typing import Final

import structlog

from bursar.kernel.context import Context
from bursar.ledger.engine import Ledger
from bursar.ledger.model import Operation, Part, fingerprint
from bursar.wallet.deposits import Deposits
from bursar.wallet.due import ReturnDeposit
from bursar.wallet.model import Deposit, DepositStatus
from bursar.wallet.payments.model import Intent, NewIntent
from bursar.wallet.payments.service import Payments
from bursar.wallet.ports import Chains, KeyPurpose, KeyRef

PURPOSE: Final = "deposit_return"
"""The purpose of payments that send deposits back."""

log = structlog.get_logger(__name__)


class DepositReturns:
    """The return of deposits to their senders, and its side of the payment engine (`Purpose`)."""

    def __init__(self, ledger: Ledger, chains: Chains, deposits: Deposits, payments: Payments) -> None:
        self._ledger = ledger
        self._chains = chains
        self._deposits = deposits
        self._payments = payments

    async def send_back(self, ctx: Context, due: ReturnDeposit) -> None:
        """Due work: ask for the payment, once."""
        deposit = await self._deposits.get(ctx, due.deposit_id)
        if deposit.status != DepositStatus.RETURNING or await self._payments.find(PURPOSE, deposit.id) is not None:
            return
        _, payment = self._payments.requested(ctx, self._payment(deposit))
        operation = Operation(
            key=f"deposit_return:{deposit.id}",
            fingerprint=fingerprint("deposit return", deposit.id),
            kind="deposit_return_begun",
            subject=f"deposit:{deposit.id}",
        )
        await self._ledger.commit(ctx, operation + payment)

    def _payment(self, deposit: Deposit) -> NewIntent:
        spec = self._chains[deposit.chain_id].spec
        return NewIntent(
            purpose=PURPOSE,
            subject_id=deposit.id,
            key=KeyRef(spec.id, KeyPurpose.HOT),
            sender=spec.hot_address,
            recipient=deposit.sender,
            token=spec.token(deposit.coin),
            units=deposit.units,
        )

    def subject(self, intent: Intent) -> str:
        """The payment itself."""
        return f"wallet_payment:{intent.id}"

    async def leave(self, ctx: Context, intent: Intent) -> Part:  # noqa: ARG002 - the port's
        """No condition: a deposit that the risk control sends back was never the merchant's."""
        return Part()

    async def signed(self, ctx: Context, intent: Intent, tx_hash: str) -> Part:  # noqa: ARG002 - the port's
        """The merchant is told when the coins have left for good."""
        return Part()

    async def paid(self, ctx: Context, intent: Intent, tx_hash: str) -> Part:
        """The deposit is booked out by its own rules, which do it once however often they are asked."""
        await self._deposits.sent_back(ctx, intent.subject_id, tx_hash)
        return Part()

    async def failed(self, ctx: Context, intent: Intent, reason: str) -> Part:  # noqa: ARG002 - the port's
        """The coins stay, held; somebody has to look where they can be sent."""
        log.error("treasury.deposit_not_sent_back", deposit=intent.subject_id, reason=reason)
        return Part()

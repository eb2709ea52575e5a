"""The argument of a payout endpoint: its caller and the use cases."""

from dataclasses import dataclass

from bursar.api.payout.customers import CustomerPresenter
from bursar.exchange.service import Exchange
from bursar.kernel.context import Context
from bursar.merchants.payout.model import PayoutCredential
from bursar.merchants.payout.service import PayoutMerchants
from bursar.otp.service import Otp
from bursar.payouts.batches import PayoutBatches
from bursar.payouts.payees.batches import PayeeBatches
from bursar.payouts.payees.service import Payees
from bursar.payouts.service import Payouts
from bursar.payouts.statements.service import Statements
from bursar.webhooks.service import Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The use cases that the payout API offers."""

    merchants: PayoutMerchants
    exchange: Exchange
    payees: Payees
    payee_batches: PayeeBatches
    payouts: Payouts
    payout_batches: PayoutBatches
    presenter: CustomerPresenter
    otp: Otp
    statements: Statements
    webhooks: Webhooks


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted request."""

    ctx: Context
    credential: PayoutCredential
    services: Services

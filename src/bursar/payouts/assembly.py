"""The room of payouts put together: payment orders, batches of them, and how they go on to the bank."""

from dataclasses import dataclass

from bursar.exchange.service import Exchange
from bursar.ground import Ground
from bursar.kernel.due import Handler, Handlers
from bursar.merchants.assembly import MerchantRoom
from bursar.payouts.batches import PayoutBatches
from bursar.payouts.days import PayoutDays
from bursar.payouts.due import EnquirePayout, ReviewPayout, SendPayout
from bursar.payouts.jobs import PayoutJobs
from bursar.payouts.payees.service import Payees
from bursar.payouts.ports import Bank
from bursar.payouts.progress import Progress
from bursar.payouts.service import PayoutDependencies, Payouts


@dataclass(frozen=True, slots=True)
class PayoutRoom:
    """The services of payouts."""

    payouts: Payouts
    batches: PayoutBatches
    progress: Progress
    days: PayoutDays
    jobs: PayoutJobs

    @property
    def handlers(self) -> Handlers:
        """Handlers of the work that payouts cause."""
        return (
            Handler(ReviewPayout, self.jobs.review),
            Handler(SendPayout, self.jobs.send),
            Handler(EnquirePayout, self.jobs.enquire),
        )


def build_payouts(
    ground: Ground, merchants: MerchantRoom, payees: Payees, exchange: Exchange, bank: Bank
) -> PayoutRoom:
    """The room on this ground, with the bank that pays."""
    parts = PayoutDependencies(ground, merchants.payout, payees, exchange, bank)
    progress = Progress(ground, merchants.merchants, payees, bank)
    payouts = Payouts(parts, progress)
    return PayoutRoom(
        payouts, PayoutBatches(parts, payouts), progress, PayoutDays(ground.database, payees), PayoutJobs(progress)
    )

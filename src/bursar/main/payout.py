"""The payout side put together: payees, payment orders, and the work that they cause."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bursar.api.payout import call as payout_call
from bursar.api.payout.customers import Showing
from bursar.api.payout.photos import Photos
from bursar.api.payout.webhooks import Render
from bursar.exchange.service import Exchange
from bursar.files.storage import Storage
from bursar.kernel.due import Handler
from bursar.main.bank import FILE_POLICY, FileRail, file_rail
from bursar.main.gateways import Gateways
from bursar.main.statements import daily_statements
from bursar.merchants.payout.service import PayoutMerchants
from bursar.messages.velocity import Velocity
from bursar.otp.model import TestNumbers
from bursar.otp.service import Otp
from bursar.payees.batches import PayeeBatches
from bursar.payees.events import STATUS_CHANGED as PAYEE_CHANGED
from bursar.payees.sealing import Sealing
from bursar.payees.service import PayeeParts, Payees
from bursar.payees.stc_codes import StcCodes
from bursar.payees.verification import SEND_CODE, Verification
from bursar.payouts.batches import PayoutBatches
from bursar.payouts.events import STATUS_CHANGED as PAYOUT_CHANGED
from bursar.payouts.jobs import PayoutJobs
from bursar.payouts.ports import Bank
from bursar.payouts.progress import ENQUIRE, SEND, Progress
from bursar.payouts.service import REVIEW, PayoutParts, Payouts
from bursar.providers.sandbox_bank import SandboxBank
from bursar.providers.sandbox_clock import SandboxClock
from bursar.providers.sandbox_faults import Faults
from bursar.providers.sandbox_messages import SANDBOX_CODE, SANDBOX_NUMBERS
from bursar.settings import Settings
from bursar.statements.jobs import StatementJobs
from bursar.statements.service import DISCARD, MAKE, PLAN
from bursar.vault.guessing import Guesses
from bursar.vault.passwords import Passwords
from bursar.webhooks.service import Webhooks
from bursar.worker.model import Policy


@dataclass(frozen=True, slots=True)
class PayoutWork:
    """What the payout side does besides answering merchants."""

    photos: Photos
    progress: Progress
    verification: Verification
    jobs: PayoutJobs
    statements: StatementJobs
    rail: FileRail | None
    """The bank that is paid through by files, if there is one."""

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Of the work that payees and payouts cause."""
        return {
            SEND_CODE: self.verification.send_due, REVIEW: self.jobs.review, SEND: self.jobs.send,
            ENQUIRE: self.jobs.enquire, PLAN: self.statements.plan, MAKE: self.statements.make,
            DISCARD: self.statements.discard, **self._file_handlers,
        }  # fmt: skip

    @property
    def policies(self) -> Mapping[str, Policy]:
        """How the work with files is run."""
        return dict.fromkeys(self._file_handlers, FILE_POLICY)

    @property
    def _file_handlers(self) -> Mapping[str, Handler]:
        return self.rail.handlers(self.progress) if self.rail else {}


def one_time_passwords(
    settings: Settings, parts: PayeeParts, passwords: Passwords, guesses: Guesses, merchants: PayoutMerchants,
    gateways: Gateways,
) -> Otp:  # fmt: skip
    return Otp(
        parts.database, parts.ledger, parts.ids, parts.vault, passwords, guesses, merchants, gateways.sms,
        gateways.receipts, velocity=Velocity("", settings.otp_per_merchant, settings.otp_per_prefix),
        test_numbers=TestNumbers(SANDBOX_CODE, SANDBOX_NUMBERS) if settings.is_sandbox else None,
    )  # fmt: skip


def payout_side(
    settings: Settings, parts: PayeeParts, merchants: PayoutMerchants, otp: Otp, clock: SandboxClock, faults: Faults,
    storage: Storage, webhooks_with: Callable[[Mapping[str, Render]], Webhooks],
) -> tuple[payout_call.Services, PayoutWork]:  # fmt: skip
    """The payout side; `webhooks_with` makes the webhooks that its renderers belong to."""
    database, ledger, ids, vault = parts.database, parts.ledger, parts.ids, parts.vault
    verification = Verification(database, ledger, StcCodes(otp), Sealing(vault, parts.tests))
    rail = file_rail(settings.bank_file, database, ledger, ids, clock, parts.merchants)
    bank: Bank = rail.bank if rail else SandboxBank(database, faults)
    payees, exchange = Payees(parts, verification), Exchange(database, ledger)
    progress = Progress(database, ledger, ids, parts.merchants, payees, bank)
    payout_parts = PayoutParts(database, ledger, ids, merchants, payees, exchange, bank)
    payouts = Payouts(payout_parts, progress)
    links = Photos(settings.base_url, payees, vault.keyed_hash, clock)
    statements = daily_statements(parts, payees, storage, settings.home)
    showing = Showing(payees, payouts, links)
    services = payout_call.Services(
        merchants=merchants, exchange=exchange, otp=otp, payees=payees, payee_batches=PayeeBatches(parts, payees),
        payouts=payouts, payout_batches=PayoutBatches(payout_parts, payouts), showing=showing,
        statements=statements,
        webhooks=webhooks_with({PAYEE_CHANGED: showing.customer_event, PAYOUT_CHANGED: showing.order_event}),
    )  # fmt: skip
    return services, PayoutWork(links, progress, verification, PayoutJobs(progress), StatementJobs(statements), rail)

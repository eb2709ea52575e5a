"""A bank that pays at once or refuses at once where a test account says so, and else waits to be told."""

from typing import Final

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.errors import ProviderRefused
from bursar.payouts.model import Outcome
from bursar.payouts.ports import Payment, RailReport
from bursar.sandbox.bank.accounts import test_accounts
from bursar.sandbox.faults import Faults

queries = load_queries(__package__)

FAILED: Final = "refused by the sandbox's test account"


class SandboxBank:
    """The port's sandbox adapter; keeps its payments in a table, so that all processes see one bank."""

    def __init__(self, database: Database, faults: Faults) -> None:
        self._database = database
        self._faults = faults

    async def submit(self, payment: Payment) -> None:
        """Take a payment on; raises the fault planted at `bank.submit`, and refuses a payment that was cancelled
        before.
        """
        await self._faults.strike("bank.submit")
        account = payment.beneficiary.iban or payment.beneficiary.stc_account or ""
        known = test_accounts().get(account)
        row = {"reference": payment.reference, "state": "accepted", "outcome": known.payment if known else None}
        if await self._database.fetch_value(queries.take_payment, row) == "cancelled":
            raise ProviderRefused("bank.submit")

    async def cancel(self, reference: str) -> None:
        """Never pay it; raises the fault planted at `bank.cancel`, and refuses a payment that was submitted before."""
        await self._faults.strike("bank.cancel")
        row = {"reference": reference, "state": "cancelled", "outcome": None}
        if await self._database.fetch_value(queries.take_payment, row) == "accepted":
            raise ProviderRefused("bank.cancel")

    async def outcome(self, reference: str) -> RailReport | None:
        """The end of a payment to a test account."""
        said = await self._database.fetch_value(queries.find_outcome, {"reference": reference})
        if said is None:
            return None
        outcome = Outcome(said)
        return RailReport(outcome, FAILED if outcome is Outcome.FAILED else None)

"""The condition that no order to a payee is open, for the deletion of payees."""

from typing import Final

from bursar.kernel.context import Context
from bursar.ledger.model import Write
from bursar.payouts.store import queries

WITHOUT_ORDERS: Final = "payout_payee_gone_without_orders"


class OpenPayouts:
    """Lets payees be deleted only while no order to them is open."""

    def none_open(self, ctx: Context, payee_id: int) -> tuple[Write, str]:
        """A row that the database refuses while an order to the payee is open, and the constraint's name."""
        return Write(queries.part_with_payee, {"payee_id": payee_id, "at": ctx.now()}), WITHOUT_ORDERS

"""The holder of a card, for whom nothing is made while screening or the operator has stopped them."""

from bursar.cards.model import PaidOrder
from bursar.customers.errors import CustomerFrozen
from bursar.customers.service import Customers
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.screening.model import SubjectKind
from bursar.screening.service import Gate


class Holders:
    """Judges holders for the work that orders cause."""

    def __init__(self, ground: Ground, customers: Customers) -> None:
        self._gate = Gate(ground)
        self._customers = customers

    async def check(self, ctx: Context, order: PaidOrder) -> None:
        """Raises ScreeningOpen, also for the name on a card that is to be made, or CustomerFrozen."""
        name = (SubjectKind.CARD_ORDER, order.id)  # a recharge has none, and nothing of it is screened
        await self._gate.check(ctx, (SubjectKind.CUSTOMER, order.customer_id), name)
        if await self._customers.is_frozen(ctx, order.customer_id):
            raise CustomerFrozen

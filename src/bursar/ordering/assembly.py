"""The room of orders of merchants' users put together."""

from dataclasses import dataclass

from bursar.ground import Ground
from bursar.merchants.service import Merchants
from bursar.ordering.actions import OrderDependencies, order_actions
from bursar.ordering.drafts import Drafts
from bursar.ordering.service import Ordering
from bursar.payouts.batches import PayoutBatches
from bursar.staff.users.assembly import UserRoom
from bursar.wallet.withdrawals.service import Withdrawals


@dataclass(frozen=True, slots=True)
class OrderingRoom:
    """The services by which merchants' users order."""

    drafts: Drafts
    ordering: Ordering


def build_ordering(
    ground: Ground, users: UserRoom, merchants: Merchants, batches: PayoutBatches, withdrawals: Withdrawals
) -> OrderingRoom:
    """The room on this ground, with its actions among those of merchants' users."""
    drafts = Drafts(ground, users, batches)
    for action in order_actions(OrderDependencies(merchants, drafts, batches, withdrawals)):
        users.actions.add(action)
    return OrderingRoom(drafts, Ordering(users.approvals, users.permissions, drafts))

"""Everything that bank and chains know beyond a restored moment."""

from bursar.api.operator.call import Call, present
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_number, write_cursor
from bursar.api.operator.schemas.approvals import DoneOut, Waits
from bursar.api.operator.schemas.differences import DifferenceOut, DifferenceQuery, SettleDifferenceIn
from bursar.api.operator.schemas.wire import Id, Listed
from bursar.decisions.errors import DecidedAlready, NothingToDecide
from bursar.decisions.model import Ref, Verdict
from bursar.differences.actions import DIFFERENCE, PAYMENT, TO_MERCHANT
from bursar.differences.errors import DifferenceNotSo, DifferenceUnknown, PaymentUnlike
from bursar.kernel.context import INSTALL
from bursar.merchants.errors import MerchantUnknown
from bursar.staff.roles import Permission
from bursar.wallet.errors import AddressGiven

route = Route("Differences", "Everything that bank and chains know beyond a restored moment.")


@route.get("/differences", Permission.DIFFERENCES_READ)
async def list_differences(call: Call, query: DifferenceQuery) -> Listed[DifferenceOut]:
    """List differences, newest first."""
    before = read_number(query.after, query.sort)
    found = await call.services.differences.list_page(call.ctx, call.by, before, query.limit + 1)
    return page(found, query.limit, DifferenceOut.of, lambda each: write_cursor(query.sort, each.id))


@route.get("/differences/{difference_id}", Permission.DIFFERENCES_READ, refuses=(DifferenceUnknown,))
async def get_difference(call: Call, difference_id: Id) -> DifferenceOut:
    """Show a difference, with the latest word of the place where it was found."""
    return DifferenceOut.of(*await call.services.differences.show(call.ctx, call.by, difference_id))


@route.post(
    "/differences/{difference_id}/settle",
    Permission.DIFFERENCES_READ,
    refuses=(NothingToDecide, DecidedAlready, DifferenceNotSo, PaymentUnlike, AddressGiven, MerchantUnknown),
)
async def settle_difference(call: Call, difference_id: Id, body: SettleDifferenceIn) -> DoneOut | Waits:
    """Settle a difference, once.

    `pay` and `dismiss` take `differences.settle`; `book` takes `money.adjust`, and a second person.
    """
    more = present(**{TO_MERCHANT: body.merchant_id, PAYMENT: body.payment_id})
    ref, verdict = Ref(DIFFERENCE, INSTALL, difference_id), Verdict(body.result, body.reason, more=more)
    return call.outcome(await call.services.decisions.queue.decide(call.ctx, call.by, ref, verdict))
